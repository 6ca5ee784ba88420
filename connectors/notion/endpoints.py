"""Which endpoint of Notion a request asks, and what is not measured there, and why.

Source: https://developers.notion.com/reference
"""

from __future__ import annotations

import re
from typing import Final

SEARCH: Final = "search"
USERS: Final = "users"
DATABASE: Final = "database"
DATA_SOURCE: Final = "data_source"
DATA_SOURCE_QUERY: Final = "data_source_query"
PAGE: Final = "page"
BLOCK_CHILDREN: Final = "block_children"
COMMENTS: Final = "comments"

BLOCK: Final = "block"
FILE_UPLOAD: Final = "file_upload"
FRAGMENT: Final = "fragment"
MARKDOWN: Final = "page_markdown"
PAGE_PROPERTY: Final = "page_property"
TEMPLATES: Final = "data_source_templates"
USER: Final = "user"
VIEWS: Final = "views"
WEBHOOK: Final = "webhook"
WRITTEN: Final = "written"
OTHER: Final = "other"

POLLED: Final = (
    SEARCH, USERS, DATABASE, DATA_SOURCE, DATA_SOURCE_QUERY, PAGE, BLOCK_CHILDREN, COMMENTS
)  # fmt: skip

NOT_MEASURED: Final = {
    BLOCK: "a part of a page, with a text and no quantity",
    DATABASE: "it holds data sources, whose rows are counted by their query",
    DATA_SOURCE: "a schema: the properties that its rows have",
    FILE_UPLOAD: "a file on its way in, gone in an hour",
    FRAGMENT: "a part of an object, without the object that it is part of",
    MARKDOWN: "the text of a page again",
    PAGE_PROPERTY: "it does not say of which page the property is",
    TEMPLATES: "names of templates",
    USER: "a person or a bot, with no quantity",
    WEBHOOK: "it names what has changed, which is asked for",
    VIEWS: "how a database is shown, by number only",
    OTHER: "this connector does not know the endpoint",
}

_ID = "[0-9a-fA-F-]{32,36}"
_PATHS: Final = tuple(
    (method, re.compile(pattern), endpoint)
    for method, pattern, endpoint in (
        ("POST", "/v1/search", SEARCH),
        ("GET", "/v1/users", USERS),
        ("GET", "/v1/users/[^/]+", USER),
        ("GET", f"/v1/databases/{_ID}", DATABASE),
        ("GET", f"/v1/data_sources/{_ID}", DATA_SOURCE),
        ("POST", f"/v1/data_sources/{_ID}/query", DATA_SOURCE_QUERY),
        ("POST", f"/v1/databases/{_ID}/query", DATA_SOURCE_QUERY),
        ("GET", f"/v1/data_sources/{_ID}/templates", TEMPLATES),
        ("GET", f"/v1/pages/{_ID}", PAGE),
        ("GET", f"/v1/pages/{_ID}/markdown", MARKDOWN),
        ("GET", f"/v1/pages/{_ID}/properties/[^/]+", PAGE_PROPERTY),
        ("GET", f"/v1/blocks/{_ID}", BLOCK),
        ("GET", f"/v1/blocks/{_ID}/children", BLOCK_CHILDREN),
        ("GET", "/v1/comments", COMMENTS),
        ("GET", "/v1/file_uploads(?:/[^/]+)?", FILE_UPLOAD),
        ("GET", "/v1/views(?:/.*)?", VIEWS),
    )
)
_OF_KIND: Final = {
    "block": BLOCK,
    "block-children": BLOCK_CHILDREN,
    "comments": COMMENTS,
    "data-source": DATA_SOURCE,
    "data-source-query": DATA_SOURCE_QUERY,
    "data-source-templates": TEMPLATES,
    "database": DATABASE,
    "file-uploads": FILE_UPLOAD,
    "objects": FRAGMENT,
    "page": PAGE,
    "page-property": PAGE_PROPERTY,
    "search": SEARCH,
    "users": USERS,
    "views": VIEWS,
    "write-responses": WRITTEN,
}


def endpoint_of(method: str, path: str | None, kind: str) -> str:
    """Return our name of the endpoint that a request asked, ``other`` if we have none.

    Args:
        method: HTTP method, in any case.
        path: of the request, from the vendor's host on, with or without a query; None if unknown.
        kind: folder of the recording, which decides where the path is unknown.
    """
    if path is None:
        return _OF_KIND.get(kind.removesuffix("-2021"), OTHER)
    where = path.partition("?")[0].rstrip("/")
    found = (name for asked, pattern, name in _PATHS if asked == method.upper() and pattern.fullmatch(where))
    return next(found, WRITTEN if kind == "write-responses" else OTHER)
