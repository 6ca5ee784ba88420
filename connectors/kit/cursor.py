"""From where an incremental request goes on, with a look-back for what vendors show late (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import orjson

from connectors.kit.page import Page
from connectors.kit.pagination import query_of, with_query, without
from crosscurrent.errors import Poison

LOOK_BACK_SECONDS_DEFAULT = 600.0


class Cursor(Protocol):
    """Turns what was read into where to go on.

    ``parameters`` is asked once before a poll, ``advance`` once after it, with the pages that were published.
    """

    def parameters(self, cursor: str | None) -> dict[str, str]:
        """Return the query parameters for a poll with this cursor; ``None`` is the first poll of all."""
        ...

    def pages_max(self, cursor: str | None, pages_max: int) -> int:
        """Return the pages to read at most, of those that the pagination allows."""
        ...

    def advance(self, cursor: str | None, pages: Iterable[Page], *, complete: bool) -> str | None:
        """Return the cursor of the next poll.

        Args:
            cursor: the poll's own.
            pages: those that were published.
            complete: whether they were all that there are.

        Raises:
            Poison: more rows share one time than a poll may read, so that it cannot go on.
        """
        ...


@dataclass(frozen=True, slots=True)
class Since:
    """Rows changed since a time, oldest first, so that a poll that was cut goes on where it stopped.

    The first poll reads only the newest page: what is older is a backfill's work. The look-back asks again for
    the last stretch before the newest row, because vendors' indexes show some changes late.

    Attributes:
        field: the row's time of change, ISO 8601.
        parameter: query parameter of the time.
        rows: dotted path of the rows; empty if the body is the list.
        ascending: parameters that make the vendor answer oldest first.
        newest_first: parameters of the first poll.
        look_back_seconds: how far before the newest row the next poll begins.
        page_parameter: query parameter of a page's number or place.
    """

    field: str
    parameter: str = "since"
    rows: str = ""
    ascending: tuple[tuple[str, str], ...] = ()
    newest_first: tuple[tuple[str, str], ...] = ()
    look_back_seconds: float = LOOK_BACK_SECONDS_DEFAULT
    page_parameter: str = "page"

    def parameters(self, cursor: str | None) -> dict[str, str]:
        """Return the time and the order."""
        since = _since(cursor)
        if since is None:
            return dict(self.newest_first)
        return {**dict(self.ascending), self.parameter: since}

    def pages_max(self, cursor: str | None, pages_max: int) -> int:
        """Return one page for the first poll, all others after it."""
        return 1 if _since(cursor) is None else pages_max

    def following(self, page: Page, url: str) -> str:
        """Return the address of the page after one, by the newest time on it.

        A row that changes or goes while pages are read changes the places of others: by page numbers the row at the
        head of the next page would be skipped. Rows of the newest time are shown twice, as one record each. Where a
        page does not go from older to newer rows, nothing but the vendor's own address leads on.

        Args:
            page: the page.
            url: of the page after it, by the vendor's word.
        """
        asked = query_of(page.url)
        before, times = moment_of(asked.get(self.parameter)), self._times(page)
        if before is None or not times or times != sorted(times):
            return url
        newest = times[-1].replace(microsecond=0)
        if newest <= max(before, times[0]):
            return url
        places = query_of(url).keys() - asked.keys() | {self.page_parameter}
        return with_query(without(page.url, places), {self.parameter: iso_seconds(newest)})

    def advance(self, cursor: str | None, pages: Iterable[Page], *, complete: bool) -> str | None:
        """Return the newest time less the look-back; it never goes back, and a poll that was cut must go on.

        After polls that were cut the look-back reaches behind them too, to where the first of them began: what shows
        late lies anywhere in it.

        Raises:
            Poison: more rows share one time than a poll may read.
        """
        newest = max(filter(None, (self._newest(page) for page in pages)), default=None)
        before, began = _since(cursor), _since(cursor, "began") or _since(cursor)
        # what was cut off lies behind the newest row; the first poll reads the newest and is never cut
        if newest is not None and not complete and before is not None:
            since = iso_seconds(newest)
            if since <= before:
                raise self._stuck(before)
            return _json(since, began)
        reached = newest or moment_of(before) if complete else newest
        if reached is None:
            return cursor
        since = iso_seconds(reached - timedelta(seconds=self.look_back_seconds))
        return _json(max(since, began) if began is not None else since)

    def _stuck(self, before: str) -> Poison:
        return Poison(
            f"a whole poll of rows whose {self.field} is not after {before}",
            expected="fewer rows of one time than a poll may read",
            todo="raise the pages_max that the connector declares for this endpoint",
        )

    def _newest(self, page: Page) -> datetime | None:
        return max(self._times(page), default=None)

    def _times(self, page: Page) -> list[datetime]:
        moments = (moment_of(row.get(self.field)) for row in page.rows(self.rows) if isinstance(row, dict))
        return [moment for moment in moments if moment is not None]


def moment_of(value: object) -> datetime | None:
    """Return the moment that an ISO 8601 text names, in UTC where it names no zone; ``None`` if it is none."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def iso_seconds(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _since(cursor: str | None, name: str = "since") -> str | None:
    if cursor is None:
        return None
    try:
        decoded = orjson.loads(cursor)
    except orjson.JSONDecodeError:
        return None  # of another version: the newest page is read again, under the same ids
    since = decoded.get(name) if isinstance(decoded, dict) else None
    return since if isinstance(since, str) else None


def _json(since: str, began: str | None = None) -> str:
    return orjson.dumps({"since": since} | ({"began": began} if began else {})).decode()
