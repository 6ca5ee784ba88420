"""How many pages a list has by the word of its first page (pure)."""

from __future__ import annotations

import re

from connectors.kit.page import Page
from connectors.kit.pagination import LinkHeader, Offset, OnePage, PageNumber, Pagination, query_of

_LAST = re.compile(r'<([^>]*)>[^,<]*;\s*rel\s*=\s*"?last"?', re.IGNORECASE)


def pages_left(pagination: Pagination, page: Page) -> int | None:
    """Return how many pages there are from this one on, itself included; ``None`` if the vendor does not say."""
    if isinstance(pagination, OnePage) or pagination.next_url(page) is None:
        return 1
    if isinstance(pagination, LinkHeader):
        last = _LAST.search(page.headers.get("link", ""))
        return None if last is None else _from(page.url, "page", query_of(last[1]).get("page"))
    if isinstance(pagination, PageNumber):
        total = page.field(pagination.last_field) if pagination.last_field else None
        return _from(page.url, pagination.parameter, None if total is None else str(total))
    if isinstance(pagination, Offset):
        total, rows = page.field(pagination.total_field), len(page.rows(pagination.rows))
        offset = query_of(page.url).get(pagination.parameter, "0")
        if isinstance(total, int) and rows and offset.isdigit():
            return max(1, -(-(total - int(offset)) // rows))
    return None


def _from(url: str, parameter: str, last: str | None) -> int | None:
    number = query_of(url).get(parameter, "1")
    if last is None or not last.isdigit() or not number.isdigit():
        return None
    return max(1, int(last) - int(number) + 1)
