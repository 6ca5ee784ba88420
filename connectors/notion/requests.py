"""What is asked of Notion for each target, and what its answers say to ask next (pure).

Source: https://developers.notion.com/reference/intro (pagination), /reference/post-search, /reference/query-a-data-source
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from connectors.kit.declaration import Found, Poll
from connectors.kit.history import History, NewestFirst
from connectors.kit.json_request import JsonBody
from connectors.kit.pagination import NextCursor
from connectors.kit.presence import Complete
from connectors.notion.endpoints import (
    BLOCK_CHILDREN,
    COMMENTS,
    DATA_SOURCE,
    DATA_SOURCE_QUERY,
    DATABASE,
    PAGE,
    SEARCH,
    USERS,
)
from crosscurrent.errors import WrongUse

ALL: Final = "all"
BEFORE_PARAMETER: Final = "rows_before"
PAGE_SIZE: Final = 100
LIST_PAGES_MAX: Final = 100
DEPTH_MAX: Final = 3
"""How many levels of blocks below a page are read, the page's own included."""
POLLS_A_DAY: Final = 144

_DEPTH_MARK = "~"
_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_PAGES = NextCursor(
    "next_cursor",
    "start_cursor",
    "page_size",
    PAGE_SIZE,
    LIST_PAGES_MAX,
    more_field="has_more",
    rows="results",
    before_parameter=BEFORE_PARAMETER,
)
_EDITED = NewestFirst("last_edited_time", "results")
_NOTED = frozenset({BEFORE_PARAMETER})
_WHOLE = frozenset({"page_size"})
# newest first, so that the first page shows what was edited of late
_SEARCH_BODY = JsonBody({"sort": {"timestamp": "last_edited_time", "direction": "descending"}}, whole=_WHOLE)
_QUERY_BODY = JsonBody(
    {"sorts": [{"timestamp": "last_edited_time", "direction": "descending"}]}, whole=_WHOLE
)
# a page that lies in these blocks is a page of its own, with blocks of its own
_NOT_DESCENDED = frozenset({"child_page", "child_database"})


def polls(targets: Sequence[str]) -> list[Poll]:
    """Return the requests for ``all`` that is shared with the connection, or for single pages and databases.

    Raises:
        WrongUse: a target is none of these.
    """
    found = [_poll_of(target) for target in dict.fromkeys(targets)]
    return [
        *found,
        _listed(USERS, "", "/v1/users", interval_multiple=POLLS_A_DAY // 24, complete=Complete("user")),
    ]


def poll_for(endpoint: str, target: str) -> Poll:
    """Return the request for what a target or a payload names."""
    identity, _, depth = target.partition(_DEPTH_MARK)
    make: dict[str, Callable[[], Poll]] = {
        DATABASE: lambda: Poll(
            DATABASE, identity, f"/v1/databases/{identity}", interval_multiple=6, find=find_in_database
        ),
        DATA_SOURCE: lambda: Poll(
            DATA_SOURCE, identity, f"/v1/data_sources/{identity}", interval_multiple=6, find=find_rows
        ),
        DATA_SOURCE_QUERY: lambda: _listed(
            DATA_SOURCE_QUERY,
            identity,
            f"/v1/data_sources/{identity}/query",
            body=_QUERY_BODY,
            history=_EDITED,
            complete=Complete("page"),
        ),
        PAGE: lambda: Poll(PAGE, identity, f"/v1/pages/{identity}", find=find_in_page),
        BLOCK_CHILDREN: lambda: _listed(
            BLOCK_CHILDREN,
            target,
            f"/v1/blocks/{identity}/children",
            interval_multiple=POLLS_A_DAY,
            find=partial(find_blocks, depth=int(depth or 1)),
        ),
        COMMENTS: lambda: _listed(
            COMMENTS, identity, "/v1/comments", {"block_id": identity}, interval_multiple=POLLS_A_DAY
        ),
    }
    return make[endpoint]()


def find_in_search(payload: object) -> list[Found]:
    """Return what to ask of each page and data source that a search shows."""
    found: list[Found] = []
    for row, identity in _rows(payload):
        if row.get("object") == "page":
            found += [(BLOCK_CHILDREN, identity), (COMMENTS, identity)]
        elif row.get("object") == "data_source":
            found += [(DATA_SOURCE_QUERY, identity), *_database_of(row)]
    return found


def find_in_database(payload: object) -> list[Found]:
    """Return the data sources of a database."""
    sources = payload.get("data_sources") if isinstance(payload, dict) else None
    names = [_identity(source) for source in sources] if isinstance(sources, list) else []
    return [(DATA_SOURCE, name) for name in names if name]


def find_rows(payload: object) -> list[Found]:
    """Return the query of a data source."""
    identity = _identity(payload)
    return [(DATA_SOURCE_QUERY, identity)] if identity else []


def find_in_page(payload: object) -> list[Found]:
    """Return the blocks and the comments of a page."""
    identity = _identity(payload)
    return [(BLOCK_CHILDREN, identity), (COMMENTS, identity)] if identity else []


def find_blocks(payload: object, *, depth: int) -> list[Found]:
    """Return the blocks that have blocks below them; none below ``DEPTH_MAX`` levels."""
    if depth >= DEPTH_MAX:
        return []
    return [
        (BLOCK_CHILDREN, f"{identity}{_DEPTH_MARK}{depth + 1}")
        for row, identity in _rows(payload)
        if row.get("has_children") is True and row.get("type") not in _NOT_DESCENDED
    ]


def dashed(identity: str) -> str | None:
    """Return an id as Notion writes it, whether it was given with dashes or without; ``None`` if it is none."""
    if not _ID.fullmatch(identity):
        return None
    plain = identity.replace("-", "").lower()
    return "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))


def _poll_of(target: str) -> Poll:
    if target == ALL:
        return _listed(SEARCH, "", "/v1/search", body=_SEARCH_BODY, find=find_in_search, history=_EDITED)
    kind, _, identity = target.partition(":")
    named = dashed(identity)
    if kind not in {PAGE, DATABASE, DATA_SOURCE} or named is None:
        raise WrongUse(
            f"the Notion target {target[:80]!r}",
            expected="all, page:<id>, database:<id> or data_source:<id>",
            todo="correct CROSSCURRENT_SOURCES__NOTION__TARGETS; the id is the last part of a page's address",
            source="notion",
        )
    return poll_for(kind, named)


def _listed(
    endpoint: str,
    target: str,
    path: str,
    parameters: dict[str, str] | None = None,
    *,
    interval_multiple: int = 1,
    body: JsonBody | None = None,
    find: Callable[[object], Sequence[Found]] | None = None,
    history: History | None = None,
    complete: Complete | None = None,
) -> Poll:
    return Poll(
        endpoint,
        target,
        path,
        parameters or {},
        interval_multiple=interval_multiple,
        pagination=_PAGES,
        find=find,
        noted=_NOTED,
        body=body,
        history=history,
        complete=complete,
    )


def _rows(payload: object) -> Iterator[tuple[dict[str, object], str]]:
    rows = payload.get("results") if isinstance(payload, dict) else None
    for row in rows if isinstance(rows, list) else ():
        identity = _identity(row)
        if identity:
            yield row, identity


def _database_of(row: dict[str, object]) -> list[Found]:
    parent = row.get("parent")
    name = parent.get("database_id") if isinstance(parent, dict) else None
    found = dashed(name) if isinstance(name, str) else None
    return [(DATABASE, found)] if found else []


def _identity(value: object) -> str | None:
    name = value.get("id") if isinstance(value, dict) else None
    return dashed(name) if isinstance(name, str) else None
