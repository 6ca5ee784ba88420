"""How a list is asked for a span of time, a page at a time, so that it can be gone on with anywhere (pure).

Each way is a cursor of its own beside the live poll's: its state names the next page and not the last row read, and
begins anew when its round does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Protocol, cast

import orjson

from connectors.kit.cursor import Cursor, Since, iso_seconds, moment_of
from connectors.kit.page import Page
from connectors.kit.pagination import Pagination, query_of

if TYPE_CHECKING:
    from connectors.kit.declaration import Poll

BACKFILL_KEY = "backfill"
"""Begins the keys of states that are kept beside the live poll's."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, and the round in which it is read.

    Attributes:
        begin: the first moment wanted, UTC.
        end: the last.
        round: a cursor of another round is none.
    """

    begin: datetime
    end: datetime
    round: int = 1


class History(Protocol):
    """Says how a poll is asked for a span of time."""

    def asked(self, poll: Poll, span: Span) -> Poll:
        """Return the poll for the span: its cursor is a ``HistoryCursor``, its state is kept beside the live one's."""
        ...


class HistoryCursor(Cursor, Protocol):
    """A cursor that has an end."""

    def is_done(self, cursor: str | None) -> bool:
        """Return whether everything in the span was read."""
        ...

    def stretches(self, cursor: str | None) -> int:
        """Return how many lists, each with pages of its own, are still to be read."""
        ...


def history_cursor(poll: Poll) -> HistoryCursor:
    """Return the cursor of a poll that a ``History`` or ``whole`` gave."""
    return cast(HistoryCursor, poll.cursor)


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """A list that the vendor gives from a time on, oldest change first.

    Each page is asked for by the newest time of the one before: a row that changes meanwhile moves to the end, and
    by page numbers the row after it would be skipped.

    Attributes:
        since: the live poll's cursor, which knows the parameters.
    """

    since: Since

    def asked(self, poll: Poll, span: Span) -> Poll:
        """Return the poll from the beginning of the span on."""
        return _beside(poll, _SinceCursor(self.since, span, poll.pagination))


@dataclass(frozen=True, slots=True)
class NewestFirst:
    """A list that only leads back, from its newest row on: read until a row is older than the span.

    **What it may miss.** By page numbers or offsets a page is a place in a list that moves while it is read. A row that comes
    in front shifts the others back: a page shows some again, under the ids they have. But a row that *leaves* the part
    already read (it was deleted, or an older row of a list by change moved to the front) pulls the next page's first row
    into a page that is read, and that row is missed. Nothing in the answers shows it, and to read each page twice would
    double the cost of what is rare. So: where the vendor has cursors (``NextCursor``, GraphQL), pages begin at a row and
    nothing is missed; where it takes a time, use ``ChangedSince``. Else a row that moved to the front is read by the live
    poll, and one that was skipped by the next whole round (``backfill --resync``).

    Attributes:
        field: the row's time, ISO 8601.
        rows: dotted path of the rows; empty if the body is the list.
    """

    field: str
    rows: str = ""

    def asked(self, poll: Poll, span: Span) -> Poll:
        """Return the poll from the newest page back."""
        return _beside(poll, _PagesCursor(span, poll.pagination, self.field, self.rows))


@dataclass(frozen=True, slots=True)
class Windows:
    """A list that the vendor gives for a stretch with a beginning and an end.

    Attributes:
        first: query parameter of the beginning.
        last: query parameter of the end.
        days: length of a stretch; two of them have their border in common.
        form: how a time is written: ``day``, ``iso`` or ``epoch`` (seconds).
        endpoint: of the history, where it is not the live poll's.
        path: of the history, where it is not the live poll's.
        pagination: of the history, where it is not the live poll's.
    """

    first: str
    last: str
    days: int
    form: Literal["day", "iso", "epoch"] = "iso"
    endpoint: str = ""
    path: str = ""
    pagination: Pagination | None = None

    def asked(self, poll: Poll, span: Span) -> Poll:
        """Return the poll of one stretch after the other."""
        pagination = self.pagination or poll.pagination
        there = replace(
            poll,
            endpoint=self.endpoint or poll.endpoint,
            path=self.path or poll.path,
            pagination=pagination,
        )
        return _beside(there, _WindowsCursor(self, span, pagination))


def whole(poll: Poll, span: Span) -> Poll:
    """Return the poll that reads everything which a request shows, whatever was published of it before."""
    if isinstance(poll.cursor, Since):
        return replace(ChangedSince(poll.cursor).asked(poll, span), find=poll.find)
    return replace(_beside(poll, _PagesCursor(span, poll.pagination)), find=poll.find)


def _beside(poll: Poll, cursor: HistoryCursor) -> Poll:
    # what rows name is asked for by the live poll
    return replace(poll, cursor=cursor, history=None, complete=None, find=None, aside=BACKFILL_KEY)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a round stands: the stretch, the page within it, and whether all is read."""

    at: str
    page: Mapping[str, str]
    done: bool = False

    def to_json(self, span: Span) -> str:
        fields = {"round": span.round, "at": self.at, "page": dict(self.page), "done": self.done}
        return orjson.dumps({name: value for name, value in fields.items() if value}).decode()


def _place(cursor: str | None, span: Span, at: str = "") -> _Place:
    """Return where a round stands; at its beginning if the cursor is another round's, or of another version."""
    try:
        fields = orjson.loads(cursor or "{}")
        if fields.get("round") != span.round:
            return _Place(at, {})
        page = {str(name): str(value) for name, value in fields.get("page", {}).items()}
        return _Place(str(fields.get("at", at)), page, bool(fields.get("done", False)))
    except (ValueError, AttributeError):
        return _Place(at, {})


@dataclass(frozen=True, slots=True)
class _SinceCursor:
    since: Since
    span: Span
    pagination: Pagination

    def parameters(self, cursor: str | None) -> dict[str, str]:
        place = self._place(cursor)
        return {**dict(self.since.ascending), self.since.parameter: place.at, **place.page}

    def pages_max(self, cursor: str | None, pages_max: int) -> int:
        del cursor, pages_max
        return 1

    def advance(self, cursor: str | None, pages: Iterable[Page], *, complete: bool) -> str | None:
        place = self._place(cursor)
        for page in pages:
            place = self._after(place, page, complete=complete)
        return place.to_json(self.span)

    def is_done(self, cursor: str | None) -> bool:
        return self._place(cursor).done

    def stretches(self, cursor: str | None) -> int:
        return 0 if self.is_done(cursor) else 1

    def _after(self, place: _Place, page: Page, *, complete: bool) -> _Place:
        following = self.pagination.next_url(page)
        times = _times(page, self.since.rows, self.since.field)
        newest = max(times, default=None)
        if complete or following is None or newest is None or newest > self.span.end:
            return replace(place, page={}, done=True)
        at = iso_seconds(newest)
        # where all rows of a page share one time, only its number leads on
        return _Place(at, {}) if at > place.at else replace(place, page=_page_of(page.url, following))

    def _place(self, cursor: str | None) -> _Place:
        return _place(cursor, self.span, iso_seconds(self.span.begin))


@dataclass(frozen=True, slots=True)
class _PagesCursor:
    span: Span
    pagination: Pagination
    field: str = ""
    rows: str = ""

    def parameters(self, cursor: str | None) -> dict[str, str]:
        return dict(_place(cursor, self.span).page)

    def pages_max(self, cursor: str | None, pages_max: int) -> int:
        del cursor, pages_max
        return 1

    def advance(self, cursor: str | None, pages: Iterable[Page], *, complete: bool) -> str | None:
        place = _place(cursor, self.span)
        for page in pages:
            following = None if complete else self.pagination.next_url(page)
            oldest = min(_times(page, self.rows, self.field), default=None) if self.field else None
            if following is None or (oldest is not None and oldest < self.span.begin):
                place = _Place("", {}, done=True)
            else:
                place = _Place("", _page_of(page.url, following))
        return place.to_json(self.span)

    def is_done(self, cursor: str | None) -> bool:
        return _place(cursor, self.span).done

    def stretches(self, cursor: str | None) -> int:
        return 0 if self.is_done(cursor) else 1


@dataclass(frozen=True, slots=True)
class _WindowsCursor:
    windows: Windows
    span: Span
    pagination: Pagination

    def parameters(self, cursor: str | None) -> dict[str, str]:
        place = self._place(cursor)
        begin, end = self._window(place)
        return {self.windows.first: self._text(begin), self.windows.last: self._text(end), **place.page}

    def pages_max(self, cursor: str | None, pages_max: int) -> int:
        del cursor, pages_max
        return 1

    def advance(self, cursor: str | None, pages: Iterable[Page], *, complete: bool) -> str | None:
        place = self._place(cursor)
        for page in pages:
            following = None if complete else self.pagination.next_url(page)
            if following is not None:
                place = replace(place, page=_page_of(page.url, following))
                continue
            _, end = self._window(place)
            place = _Place(iso_seconds(end), {}, done=end >= self.span.end)
        return place.to_json(self.span)

    def is_done(self, cursor: str | None) -> bool:
        return self._place(cursor).done

    def stretches(self, cursor: str | None) -> int:
        place = self._place(cursor)
        left = self.span.end - datetime.fromisoformat(place.at)
        return 0 if place.done else max(1, -(-left // timedelta(days=self.windows.days)))

    def _window(self, place: _Place) -> tuple[datetime, datetime]:
        begin = datetime.fromisoformat(place.at)
        return begin, min(begin + timedelta(days=self.windows.days), self.span.end)

    def _text(self, moment: datetime) -> str:
        if self.windows.form == "day":
            return moment.date().isoformat()
        return str(int(moment.timestamp())) if self.windows.form == "epoch" else iso_seconds(moment)

    def _place(self, cursor: str | None) -> _Place:
        return _place(cursor, self.span, iso_seconds(self.span.begin))


def _page_of(url: str, following: str) -> dict[str, str]:
    """Return the parameters by which the next page differs: the others are asked for anyway."""
    before = query_of(url)
    return {name: value for name, value in query_of(following).items() if before.get(name) != value}


def _times(page: Page, rows: str, field: str) -> list[datetime]:
    moments = (moment_of(row.get(field)) for row in page.rows(rows) if isinstance(row, dict))
    return [moment.astimezone(UTC) for moment in moments if moment is not None]
