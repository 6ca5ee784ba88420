"""A cursor over changes that are asked for by days, at most so many at once (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import orjson

from connectors.kit.page import Page
from connectors.kit.quota import vendor_seconds
from crosscurrent.errors import Poison

DAYS_MAX = 13  # from the 1st to the 14th are 14 days
LATE_DAYS = 1  # changes of yesterday may show up today


@dataclass(frozen=True, slots=True)
class DateWindow:
    """Goes on from day to day by the vendor's own clock.

    The first poll asks for the vendor's default, the last 24 hours, unless a first day is given; then windows of 14
    days lead from there to the present. A window with more pages than the vendor shows is asked again in halves.

    Attributes:
        first_day: ISO date from which on changes are wanted; empty for the vendor's default.
        pages_max: pages of a window that the vendor shows.
    """

    first_day: str = ""
    pages_max_shown: int = 500

    def parameters(self, cursor: str | None) -> dict[str, str]:
        """Return the window's first and last day; none for the vendor's default."""
        window = self._window(cursor)
        if window is None:
            return {}
        begin, days = window
        return {"start_date": begin.isoformat(), "end_date": (begin + timedelta(days=days)).isoformat()}

    def pages_max(self, cursor: str | None, pages_max: int) -> int:
        """Return all pages that the pagination allows."""
        del cursor
        return pages_max

    def following(self, page: Page, url: str) -> str:
        """Return the address as it is: a day's list does not move."""
        del page
        return url

    def advance(self, cursor: str | None, pages: Iterable[Page], *, complete: bool) -> str | None:
        """Return the window of the next poll: the same if this one was cut or nothing in it is new.

        Raises:
            Poison: one day has more pages than the vendor shows.
        """
        read = list(pages)
        window = self._window(cursor)
        if not complete:
            return self._halved(cursor, window) if len(read) >= self.pages_max_shown else cursor
        today = max(filter(None, (_day_of(page) for page in read)), default=None)
        if today is None:
            return cursor
        reached = today - timedelta(days=LATE_DAYS)
        if window is not None:
            begin, days = window
            end = begin + timedelta(days=days)
            # a window that lies in the past is done; the present one is asked again
            reached = max(begin, reached) if end >= today else end
        return _json(reached, DAYS_MAX)

    def _halved(self, cursor: str | None, window: tuple[date, int] | None) -> str | None:
        if window is None:
            return cursor
        begin, days = window
        if days <= 1:
            raise Poison(
                f"more than {self.pages_max_shown} pages of changes from {begin.isoformat()} on",
                expected="a day that fits into the pages that the vendor shows",
                todo="name a later first day in the target; the lookups of what is watched bring its changes anyway",
            )
        return _json(begin, days // 2)

    def _window(self, cursor: str | None) -> tuple[date, int] | None:
        if cursor is None:
            return (date.fromisoformat(self.first_day), DAYS_MAX) if self.first_day else None
        try:
            decoded = orjson.loads(cursor)
            return date.fromisoformat(decoded["since"]), min(max(1, int(decoded["days"])), DAYS_MAX)
        except (ValueError, TypeError, KeyError):
            return None  # of another version: the vendor's default is read again, under the same ids


def _day_of(page: Page) -> date | None:
    seconds = vendor_seconds(page.headers.get("date"))
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date()


def _json(begin: date, days: int) -> str:
    return orjson.dumps({"since": begin.isoformat(), "days": days}).decode()
