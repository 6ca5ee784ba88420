"""Cutting lists into pages, and the ``Link`` header that leads from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

PER_PAGE_DEFAULT = 30
PER_PAGE_MAX = 100

Row = TypeVar("Row")


def page_of(rows: Sequence[Row], query: Mapping[str, str]) -> tuple[Sequence[Row], int, int]:
    """Return the rows of the page asked for, its number and the number of the last page.

    A ``page`` or ``per_page`` that is no positive number counts as not given, as with GitHub.
    """
    per_page = min(_positive(query.get("per_page"), PER_PAGE_DEFAULT), PER_PAGE_MAX)
    page = _positive(query.get("page"), 1)
    last = max(1, -(-len(rows) // per_page))
    return rows[(page - 1) * per_page : page * per_page], page, last


def link_header(address: str, query: Mapping[str, str], page: int, last: int) -> dict[str, str]:
    """Return the ``Link`` header of a page, empty where all rows are on one.

    Source: docs.github.com, "Using pagination in the REST API".
    """
    relations = []
    if page > 1:
        relations.append(("prev", min(page - 1, last)))
    if page < last:
        relations += [("next", page + 1), ("last", last)]
    if page > 1:
        relations.append(("first", 1))
    links = [
        f'<{address}?{urlencode({**query, "page": str(number)})}>; rel="{relation}"'
        for relation, number in relations
    ]
    return {"link": ", ".join(links)} if links else {}


def _positive(text: str | None, otherwise: int) -> int:
    return (
        int(text) if text is not None and text.isascii() and text.isdigit() and int(text) > 0 else otherwise
    )
