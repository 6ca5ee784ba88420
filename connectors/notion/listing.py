"""What a list says as a whole: how many rows there are, and how many pages were edited in a day (pure).

A list's page does not say how many rows came before it, so the request notes it in the record's address.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from connectors.notion.endpoints import BLOCK_CHILDREN, COMMENTS, DATA_SOURCE_QUERY, SEARCH, USERS
from connectors.notion.requests import BEFORE_PARAMETER
from schemas.records import RawEvent

DAY_MS: Final = 86_400_000
WORKSPACE: Final = "workspace"

_COUNTED: Final = {
    BLOCK_CHILDREN: "blocks",
    COMMENTS: "comments",
    DATA_SOURCE_QUERY: "rows",
    SEARCH: "shared_items",
    USERS: "users",
}
_IN_PATH = re.compile(r"/v1/(?:blocks|data_sources|databases)/(?P<id>[0-9a-fA-F-]{32,36})/")


def map_listing(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the number of rows, on a list's last page, and the pages edited in a day, on its first.

    Neither is told where the record does not say which list it is, or how many rows came before.
    """
    key, before = _key(event), _rows_before(event)
    counted = _COUNTED.get(event.endpoint)
    if key is None or before is None or counted is None:
        return
    last = root.value.get("has_more") is False if isinstance(root.value, dict) else False
    rows = root.rows("results")
    if last:
        readings.measure(counted, key, float(before + len(rows)))
    if before == 0 and event.endpoint in (SEARCH, DATA_SOURCE_QUERY):
        _map_edited(rows, key, last, readings)


def _map_edited(rows: list[JsonNode], key: str, last: bool, readings: Readings) -> None:
    since_ms = readings.now_ms - DAY_MS
    times = [row.moment_ms("last_edited_time") for row in rows if row.peek("object") == "page"]
    edited = sum(1 for at_ms in times if at_ms > since_ms)
    # newest first: the rest of the list is older only if this page reaches back a whole day
    if last or (times and min(times) <= since_ms):
        readings.measure("pages_edited", key, float(edited))


def _key(event: RawEvent) -> str | None:
    if event.endpoint in (SEARCH, USERS):
        return WORKSPACE
    parts = urlsplit(event.request_url)
    if event.endpoint == COMMENTS:
        return parse_qs(parts.query).get("block_id", [None])[0]
    found = _IN_PATH.search(parts.path)
    return found["id"] if found else None


def _rows_before(event: RawEvent) -> int | None:
    parts = urlsplit(event.request_url)
    asked = parse_qs(parts.query) | parse_qs(parts.fragment)
    noted = asked.get(BEFORE_PARAMETER, [""])[0]
    if noted.isascii() and noted.isdigit():
        return int(noted)
    known = parts.path.startswith("/v1/") and event.page_index == 0 and "start_cursor" not in asked
    return 0 if known and _is_whole_question(event) else None


def _is_whole_question(event: RawEvent) -> bool:
    # of a recorded POST the body is unknown: it may have had a cursor, a filter or another order
    return event.request_method == "GET" or "body-sha256=" in event.request_url
