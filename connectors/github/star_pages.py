"""Pages of who starred a repository, the newest first, until the days that may still change are read (pure).

Stars are counted by day, and a day may lie on several pages. So a page's address notes how many rows of its first day
stood on the pages before it; the note is written down in the record and not sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from connectors.kit.cursor import moment_of
from connectors.kit.history import NewestFirst, Span
from connectors.kit.page import Page
from connectors.kit.pagination import with_query
from connectors.kit.quota import vendor_seconds

if TYPE_CHECKING:
    from connectors.kit.declaration import Poll

STARS: Final = "data.repository.stargazers"
DAY_NOTE: Final = "day"
BEFORE_NOTE: Final = "before"
NOTES: Final = frozenset({DAY_NOTE, BEFORE_NOTE})
DAY_SECONDS: Final = 86_400

_NUMBERS = re.compile(r"\d{1,7} \d{1,9}")
_ROWS_A_PAGE = 100
_DAYS_READ = 3  # the running one, the last, and one more for polls that were missed


@dataclass(frozen=True, slots=True)
class StarPages:
    """Leads back through the stars of a repository.

    Attributes:
        days: to read, the running one included; 0 for all of them.
        pages_max: pages of one poll at most.
    """

    days: int = _DAYS_READ
    pages_max: int = 50

    def parameters(self) -> dict[str, str]:
        """Return the page size."""
        return {"first": str(_ROWS_A_PAGE)}

    def next_url(self, page: Page) -> str | None:
        """Return the address with the body's cursor and the notes; ``None`` behind the last day that is wanted."""
        cursor = page.field(f"{STARS}.pageInfo.endCursor")
        if (
            page.field(f"{STARS}.pageInfo.hasNextPage") is not True
            or not isinstance(cursor, str)
            or not cursor
        ):
            return None
        days = [day for day in map(_day, page.rows(f"{STARS}.edges")) if day is not None]
        if not days or self._is_behind(days[-1], page):
            return None
        day, before = days[-1], days.count(days[-1])
        noted = noted_before(page.url)
        if noted is not None and noted[0] == day:
            before += noted[1]
        return with_query(page.url, {"after": cursor, DAY_NOTE: str(day), BEFORE_NOTE: str(before)})

    def _is_behind(self, day: int, page: Page) -> bool:
        now = vendor_seconds(page.headers.get("date"))
        return bool(self.days) and now is not None and day < now // DAY_SECONDS - self.days + 1


@dataclass(frozen=True, slots=True)
class StarHistory:
    """Asks for the stars of a span of time: back from the newest."""

    def asked(self, poll: Poll, span: Span) -> Poll:
        """Return the poll whose pages do not end after some days."""
        there = replace(poll, pagination=StarPages(days=0))
        return NewestFirst("starredAt", f"{STARS}.edges").asked(there, span)


def noted_before(address: str) -> tuple[int, int] | None:
    """Return the day since 1970 with which the page before ended and its rows so far; ``None`` for a first page.

    Args:
        address: of the page, or as its record has it, with the notes behind ``#``.
    """
    parts = urlsplit(address)
    notes = {**dict(parse_qsl(parts.query)), **dict(parse_qsl(parts.fragment))}
    day, before = notes.get(DAY_NOTE, ""), notes.get(BEFORE_NOTE, "")
    return (int(day), int(before)) if _NUMBERS.fullmatch(f"{day} {before}") else None


def _day(row: object) -> int | None:
    moment = moment_of(row.get("starredAt")) if isinstance(row, dict) else None
    return None if moment is None else int(moment.timestamp() // DAY_SECONDS)
