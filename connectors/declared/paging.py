"""The kit's pagination for a declared paginator (pure)."""

from __future__ import annotations

from typing import assert_never

from connectors.declared import vendor
from connectors.kit.pagination import LinkHeader, NextCursor, Offset, OnePage, PageNumber, Pagination


def pagination_of(paginator: vendor.Paginator, rows: str) -> Pagination:
    """Return how the pages of an endpoint follow each other.

    Args:
        paginator: what is declared.
        rows: dotted path of the rows; empty if the body is the list.
    """
    match paginator:
        case vendor.SinglePage():
            return OnePage()
        case vendor.HeaderLink(limit_param=size_parameter, limit=size, maximum_pages=pages_max):
            return LinkHeader(size_parameter or "", size, pages_max)
        case vendor.PageNumbers():
            return PageNumber(
                rows,
                parameter=paginator.page_param,
                first=paginator.base_page,
                size_parameter=paginator.limit_param or "",
                size=paginator.limit or 1,  # of unknown size: a page with a row may have another behind it
                last_field=paginator.total_path or "",
                pages_max=paginator.maximum_pages,
            )
        case vendor.Offsets():
            return Offset(
                rows,
                total_field=paginator.total_path or "",
                parameter=paginator.offset_param,
                size_parameter=paginator.limit_param,
                size=paginator.limit,
                pages_max=paginator.maximum_pages,
            )
        case vendor.Cursors():
            return NextCursor(
                paginator.cursor_path,
                parameter=paginator.cursor_param,
                size_parameter=paginator.limit_param or "",
                size=paginator.limit,
                pages_max=paginator.maximum_pages,
                more_field=paginator.has_more_path or "",
            )
        case vendor.JsonLink():
            return NextCursor(
                paginator.next_url_path,
                size_parameter=paginator.limit_param or "",
                size=paginator.limit,
                pages_max=paginator.maximum_pages,
            )
        case _:
            assert_never(paginator)


def body_paths(paginator: vendor.Paginator | None) -> list[str]:
    """Return the paths in the body that lead from page to page."""
    names = ("total_path", "cursor_path", "has_more_path", "next_url_path")
    return [path for name in names if (path := getattr(paginator, name, None)) is not None]
