"""Where the next page is: one small class for each way in which vendors cut lists (pure).

Each has a bound on the pages of one poll; ``Trail`` keeps a vendor that points back from making an endless loop.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from connectors.kit.page import Page
from crosscurrent.errors import Poison

PAGES_MAX_DEFAULT = 10

_LINK = re.compile(r"<([^>]*)>([^<]*)")
_RELATION = re.compile(r';\s*rel\s*=\s*"?([^";,]*)"?', re.IGNORECASE)


class Pagination(Protocol):
    """Leads from one page to the next.

    ``parameters`` is asked once, for the first page; then ``next_url`` after each page that came with a body,
    until it says ``None`` or ``pages_max`` pages were read. It raises ``Poison`` where the vendor names a page
    that is no address.
    """

    @property
    def pages_max(self) -> int:
        """Pages of one poll at most."""
        ...

    def parameters(self) -> dict[str, str]:
        """Return the query parameters with which the first page is asked for."""
        ...

    def next_url(self, page: Page) -> str | None:
        """Return the address of the page after this one, or ``None`` if it is the last."""
        ...


@dataclass(frozen=True, slots=True)
class OnePage:
    """The whole answer is one page."""

    pages_max: int = 1

    def parameters(self) -> dict[str, str]:
        """Return none."""
        return {}

    def next_url(self, page: Page) -> str | None:
        """Return none."""
        del page
        return None


@dataclass(frozen=True, slots=True)
class LinkHeader:
    """``Link: <…>; rel="next"`` (RFC 8288).

    Attributes:
        size_parameter: query parameter of the page size; empty if there is none.
        size: rows of a page.
        pages_max: pages of one poll at most.
    """

    size_parameter: str = "per_page"
    size: int = 100
    pages_max: int = PAGES_MAX_DEFAULT

    def parameters(self) -> dict[str, str]:
        """Return the page size."""
        return {self.size_parameter: str(self.size)} if self.size_parameter else {}

    def next_url(self, page: Page) -> str | None:
        """Return the target of the relation ``next``; a relative one counts from the page's address."""
        for target, attributes in _LINK.findall(page.headers.get("link", "")):
            relation = _RELATION.search(attributes)
            if relation and "next" in relation[1].lower().split():
                return _joined(page.url, str(target))
        return None


@dataclass(frozen=True, slots=True)
class PageNumber:
    """``page=1``, ``page=2``, … until a page is not full, or the last by the vendor's word.

    Attributes:
        rows: dotted path of the rows; empty if the body is the list.
        parameter: query parameter of the number.
        first: number of the first page.
        size_parameter: query parameter of the page size; empty if there is none.
        size: rows of a full page.
        last_field: dotted path of the last page's number; empty if the vendor does not say.
        pages_max: pages of one poll at most.
    """

    rows: str = "results"
    parameter: str = "page"
    first: int = 1
    size_parameter: str = ""
    size: int = 20
    last_field: str = ""
    pages_max: int = PAGES_MAX_DEFAULT

    def parameters(self) -> dict[str, str]:
        """Return the first page's number and the page size."""
        size = {self.size_parameter: str(self.size)} if self.size_parameter else {}
        return {self.parameter: str(self.first), **size}

    def next_url(self, page: Page) -> str | None:
        """Return the address with the next number, or ``None`` after the last page."""
        number = _whole(query_of(page.url).get(self.parameter), self.first)
        count = len(page.rows(self.rows))
        last = page.field(self.last_field) if self.last_field else None
        more = number < last if isinstance(last, int) else count >= self.size
        return with_query(page.url, {self.parameter: str(number + 1)}) if more and count else None


@dataclass(frozen=True, slots=True)
class Offset:
    """``offset=0``, ``offset=100``, …: the offset grows by the rows that came, which may be fewer than asked for.

    Attributes:
        rows: dotted path of the rows; empty if the body is the list.
        total_field: dotted path of the number of all rows; empty if the vendor does not say, and a page that is
            not full is the last.
        parameter: query parameter of the offset.
        size_parameter: query parameter of the page size.
        size: rows asked for.
        pages_max: pages of one poll at most.
    """

    rows: str = "results"
    total_field: str = "count"
    parameter: str = "offset"
    size_parameter: str = "limit"
    size: int = 100
    pages_max: int = PAGES_MAX_DEFAULT

    def parameters(self) -> dict[str, str]:
        """Return offset 0 and the page size."""
        return {self.size_parameter: str(self.size), self.parameter: "0"}

    def next_url(self, page: Page) -> str | None:
        """Return the address behind the rows that came, or ``None`` when all have come."""
        count = len(page.rows(self.rows))
        reached = _whole(query_of(page.url).get(self.parameter), 0) + count
        total = page.field(self.total_field) if self.total_field else None
        more = reached < total if isinstance(total, int) else not self.total_field and count >= self.size
        return with_query(page.url, {self.parameter: str(reached)}) if more and count else None


@dataclass(frozen=True, slots=True)
class NextCursor:
    """A body names the cursor of the next page, or its whole address.

    Attributes:
        field: dotted path of the cursor; null, empty or absent on the last page.
        parameter: query parameter that takes it; empty if the cursor is an address.
        size_parameter: query parameter of the page size; empty if there is none.
        size: rows asked for.
        pages_max: pages of one poll at most.
        more_field: dotted path of what says whether there is a next page; empty if only the cursor does.
        rows: dotted path of the rows, for ``before_parameter``.
        before_parameter: parameter that counts the rows of the pages before; list it in the poll's ``noted``.
    """

    field: str
    parameter: str = ""
    size_parameter: str = ""
    size: int = 100
    pages_max: int = PAGES_MAX_DEFAULT
    more_field: str = ""
    rows: str = ""
    before_parameter: str = ""

    def parameters(self) -> dict[str, str]:
        """Return the page size."""
        return {self.size_parameter: str(self.size)} if self.size_parameter else {}

    def next_url(self, page: Page) -> str | None:
        """Return the address with the body's cursor, or ``None`` if it names none."""
        cursor = page.field(self.field)
        if isinstance(cursor, bool) or not isinstance(cursor, str | int) or cursor == "":
            return None
        if self.more_field and page.field(self.more_field) is not True:
            return None
        if not self.parameter:
            return _joined(page.url, str(cursor))
        return with_query(page.url, {self.parameter: str(cursor), **self._before(page)})

    def _before(self, page: Page) -> dict[str, str]:
        if not self.before_parameter:
            return {}
        before = _whole(query_of(page.url).get(self.before_parameter), 0)
        return {self.before_parameter: str(before + len(page.rows(self.rows)))}


class Trail:
    """The pages of one poll, so that none is read twice.

    Args:
        pages_max: pages at most.
    """

    def __init__(self, pages_max: int) -> None:
        self._pages_max = pages_max
        self._seen: set[str] = set()

    def enter(self, url: str) -> bool:
        """Return whether the page may be read; ``False`` when the poll has had its pages.

        Raises:
            Poison: this poll has read that page already.
        """
        page = canonical_url(url)
        if page in self._seen:
            raise Poison(
                f"the page after page {len(self._seen)} is one that this poll has read already",
                expected="a next page that is new",
                todo="correct the pagination that the connector declares, or report it to the vendor",
                reason="page_again",
            )
        if len(self._seen) >= self._pages_max:
            return False
        self._seen.add(page)
        return True


def query_of(url: str) -> dict[str, str]:
    """Return the query parameters of an address; of one given twice the last."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def with_query(url: str, changes: Mapping[str, str]) -> str:
    """Return an address with some of its query parameters set."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode({**query_of(url), **changes})))


def without(url: str, names: Collection[str]) -> str:
    """Return an address without some of its query parameters."""
    parts = urlsplit(url)
    left = {name: value for name, value in query_of(url).items() if name not in names}
    return urlunsplit(parts._replace(query=urlencode(left)))


def canonical_url(url: str) -> str:
    """Return what addresses of the same page have in common: the order of their parameters does not matter."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode(sorted(parse_qsl(parts.query, True))), fragment=""))


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        raise Poison(
            f"a next page of {len(target)} characters that is no address",
            expected="an http or https address, absolute or relative",
            todo="correct the pagination that the connector declares, or report it to the vendor",
        ) from None


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else otherwise
