"""The played Notion: bearer secret, version header, cursors in query or body, and a limit with ``Retry-After``.

Source: https://developers.notion.com/reference/intro, /reference/request-limits, /reference/status-codes
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from crosscurrent.embedded.world.exchange import Answer, Call, json_answer
from crosscurrent.embedded.world.item_changes import (
    NO_CHANGES,
    Entity,
    ItemChanges,
    ItemList,
    Key,
    KeysAt,
)
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.notion_blocks import Blocks
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.notion_model import COMMENT_HOURS, DATA_SOURCES, PEOPLE, Row, Workspace
from crosscurrent.embedded.world.notion_payload import Objects, Payload, list_payload
from crosscurrent.embedded.world.quota import Quota
from crosscurrent.embedded.world.scenario import Scenario

SOURCE = "notion"
ROWS = "rows"
PAGE_SIZE_MAX = 100
WINDOW_SECONDS = 60.0
VERSIONS = ("2025-09-03",)

_ID = "(?P<id>[0-9a-f-]{36})"


@dataclass(frozen=True, slots=True)
class NotionTerms:
    """How the vendor treats its callers.

    Attributes:
        token: the secret that is good; empty for any.
        limit: requests a caller may make in a minute, three a second.
    """

    token: str = ""
    limit: int = 180


class NotionApi:
    """Answers Notion's requests.

    Args:
        scenario: seed and start.
        terms: of the callers.
        movements: of the numbers that the scenario moves in a way of its own.
        changes: what of the rows is not shown.
    """

    def __init__(
        self,
        scenario: Scenario,
        terms: NotionTerms,
        movements: MovementModel | None = None,
        changes: ItemChanges = NO_CHANGES,
    ) -> None:
        self._start_seconds = scenario.start_seconds
        self._workspace = Workspace(scenario.seed, movements)
        self._objects = Objects(scenario.start_seconds)
        self._changes = changes
        self._lacking: list[frozenset[Key]] = []
        self._trash: set[str] = set()
        self._blocks = Blocks(self._objects)
        self._terms = terms
        self._quota = Quota(WINDOW_SECONDS)
        self._hour_of_rows = -1
        self._rows: list[list[Row]] = []
        self._row_by_id: dict[str, Row] = {}
        self._routes: tuple[tuple[str, re.Pattern[str], Callable[[Call, str], Payload | None]], ...] = (
            ("POST", re.compile("/v1/search"), self._search),
            ("GET", re.compile("/v1/users"), self._users),
            ("GET", re.compile(f"/v1/databases/{_ID}"), self._database),
            ("GET", re.compile(f"/v1/data_sources/{_ID}"), self._data_source),
            ("POST", re.compile(f"/v1/data_sources/{_ID}/query"), self._query),
            ("GET", re.compile(f"/v1/pages/{_ID}"), self._page),
            ("GET", re.compile(f"/v1/blocks/{_ID}/children"), self._children),
            ("GET", re.compile("/v1/comments"), self._comments),
        )

    def answer(self, call: Call) -> Answer:
        """Return the response to a request."""
        request_id = id_of("request", call.path, call.body, sorted(call.query.items()), call.now_seconds)
        try:
            self._admit(call)
            payload = self._payload(call)
        except _Refusal as refusal:
            return refusal.answer(request_id)
        return json_answer({**payload, "request_id": request_id})

    def _admit(self, call: Call) -> None:
        authorization = call.headers.get("authorization", "")
        secret = authorization.removeprefix("Bearer ")
        if not authorization.startswith("Bearer ") or (self._terms.token and secret != self._terms.token):
            raise _Refusal(401, "unauthorized", "API token is invalid.")
        if call.headers.get("notion-version") not in VERSIONS:
            told = call.headers.get("notion-version", "`undefined`")
            raise _Refusal(
                400,
                "missing_version",
                f"Notion-Version header failed validation: Notion-Version header should be defined, instead was {told}.",
            )
        if self._quota.used(secret, call.real_seconds) >= self._terms.limit:
            wait = self._quota.seconds_left(secret, call.real_seconds)
            raise _Refusal(
                429, "rate_limited", "You have been rate limited.", retry_after_seconds=max(1, wait)
            )
        self._quota.spend(secret, call.real_seconds)

    def _payload(self, call: Call) -> Payload:
        self._bring_to(call.now_seconds)
        for method, pattern, make in self._routes:
            found = pattern.fullmatch(call.path)
            if found and method == call.method:
                payload = make(call, found.groupdict().get("id", ""))
                if payload is None:
                    identity = found.groupdict().get("id", "")
                    raise _Refusal(
                        404,
                        "object_not_found",
                        f"Could not find object with ID: {identity}. Make sure the relevant pages and databases "
                        "are shared with your integration.",
                    )
                return payload
        raise _Refusal(400, "invalid_request_url", "Invalid request URL.")

    def _bring_to(self, now_seconds: float) -> None:
        hour = int(now_seconds - self._start_seconds) // 3600
        sources = range(len(DATA_SOURCES))
        named = [self._objects.data_source_id(source) for source in sources]
        asked = [(SOURCE, ROWS, named[source], now_seconds, self._numbers(source)) for source in sources]
        lacking = [self._changes.lacking(*one) for one in asked]
        if hour == self._hour_of_rows and lacking == self._lacking:
            return
        self._hour_of_rows, self._lacking = hour, lacking
        # what is in the trash can be read by its id, and is in no list
        trash = [self._changes.deleted(*one) for one in asked]
        known = [
            [
                row
                for row in self._workspace.rows(source, hour)
                if row.number not in lacking[source] - trash[source]
            ]
            for source in sources
        ]
        self._rows = [[row for row in known[source] if row.number not in trash[source]] for source in sources]
        self._row_by_id = {self._objects.page_id(row): row for rows in known for row in rows}
        self._trash = {
            self._objects.page_id(row)
            for source in sources
            for row in known[source]
            if row.number in trash[source]
        }

    def list_of(self, items: str, entity: str) -> ItemList | None:
        """Return a list by what it holds and whose it is; None if there is none."""
        source = self._source(entity) if items == ROWS else None
        if source is None:
            return None

        def entity_of(key: Key) -> Entity:
            return "page", id_of("row", source, key)

        return ItemList(self._numbers(source), entity_of, tells_deleted=True)

    def _numbers(self, source: int) -> KeysAt:
        def keys_at(seconds: float) -> list[Key]:
            hour = int(seconds - self._start_seconds) // 3600
            return [row.number for row in self._workspace.rows(source, hour)]

        return keys_at

    def _search(self, call: Call, _: str) -> Payload | None:
        asked = _body(call)
        found = [self._objects.page(row) for rows in self._rows for row in rows]
        found += [self._objects.data_source(source) for source in range(len(DATA_SOURCES))]
        found.append(self._objects.top_page())
        wanted = asked.get("filter")
        if isinstance(wanted, dict):
            found = [one for one in found if one["object"] == wanted.get("value")]
        return _listed(_sorted(found, asked.get("sort")), "page_or_data_source", asked)

    def _query(self, call: Call, identity: str) -> Payload | None:
        source = self._source(identity)
        if source is None:
            return None
        asked = _body(call)
        sorts = asked.get("sorts")
        first = sorts[0] if isinstance(sorts, list) and sorts else None
        rows = [self._objects.page(row) for row in self._rows[source]]
        page = _listed(_sorted(rows, first), "page_or_data_source", asked)
        begins, more = asked.get("start_cursor") is None, page["has_more"] is True
        self._changes.paged(SOURCE, ROWS, identity, call.now_seconds, first=begins, more=more)
        return page

    def _users(self, call: Call, _: str) -> Payload | None:
        people = [self._objects.person(index) for index in range(len(PEOPLE))]
        return _listed([*people, self._objects.bot()], "user", call.query)

    def _database(self, _: Call, identity: str) -> Payload | None:
        ids = [self._objects.database_id(source) for source in range(len(DATA_SOURCES))]
        return self._objects.database(ids.index(identity)) if identity in ids else None

    def _data_source(self, _: Call, identity: str) -> Payload | None:
        source = self._source(identity)
        return None if source is None else self._objects.data_source(source)

    def _page(self, _: Call, identity: str) -> Payload | None:
        if identity == self._objects.top_id:
            return self._objects.top_page()
        row = self._row_by_id.get(identity)
        if row is None:
            return None
        page = self._objects.page(row)
        return page | {"in_trash": True, "archived": True} if identity in self._trash else page

    def _children(self, call: Call, identity: str) -> Payload | None:
        blocks = self._blocks.below(identity, is_row=identity in self._row_by_id)
        return None if blocks is None else _listed(blocks, "block", call.query)

    def _comments(self, call: Call, _: str) -> Payload | None:
        page = call.query.get("block_id", "")
        if page == self._objects.top_id:
            count = self._workspace.comments(self._hour_of_rows)
            comments = [
                self._objects.comment(page, number, (number - 2) * COMMENT_HOURS) for number in range(count)
            ]
        elif page in self._row_by_id:
            row = self._row_by_id[page]
            comments = [self._objects.comment(page, 0, row.created_hour)] if row.number % 5 == 0 else []
        else:
            raise _Refusal(404, "object_not_found", f"Could not find block with ID: {page[:40]}.")
        return _listed(comments, "comment", call.query)

    def _source(self, identity: str) -> int | None:
        ids = [self._objects.data_source_id(source) for source in range(len(DATA_SOURCES))]
        return ids.index(identity) if identity in ids else None


class _Refusal(Exception):
    """An error in Notion's form."""

    def __init__(self, status: int, code: str, message: str, *, retry_after_seconds: int = 0) -> None:
        super().__init__(message)
        self._status, self._code, self._retry_after_seconds = status, code, retry_after_seconds

    def answer(self, request_id: str) -> Answer:
        error: Payload = {
            "object": "error",
            "status": self._status,
            "code": self._code,
            "message": str(self),
            "request_id": request_id,
        }
        if not self._retry_after_seconds:
            return json_answer(error, status=self._status)
        error["additional_data"] = {"rate_limit_reason": "connection"}
        wait = {"retry-after": str(self._retry_after_seconds)}
        return json_answer(error, status=self._status).with_headers(wait)


def _body(call: Call) -> Mapping[str, object]:
    try:
        decoded = orjson.loads(call.body or b"{}")
    except orjson.JSONDecodeError:
        decoded = None
    if not isinstance(decoded, dict):
        raise _Refusal(400, "invalid_json", "Error parsing JSON body.")
    return decoded


def _sorted(rows: list[Payload], order: object) -> list[Payload]:
    if not isinstance(order, dict):
        return rows
    direction, timestamp = order.get("direction"), order.get("timestamp")
    if direction not in ("ascending", "descending") or timestamp not in ("last_edited_time", "created_time"):
        raise _Refusal(400, "validation_error", "body failed validation: body.sort should be a valid sort.")
    return sorted(rows, key=lambda row: str(row[str(timestamp)]), reverse=direction == "descending")


def _listed(rows: list[Payload], kind: str, asked: Mapping[str, object]) -> Payload:
    size, cursor = asked.get("page_size", PAGE_SIZE_MAX), asked.get("start_cursor")
    number = int(size) if isinstance(size, int) or (isinstance(size, str) and size.isdigit()) else 0
    if not 1 <= number <= PAGE_SIZE_MAX:
        raise _Refusal(400, "validation_error", "page_size should be a number from 1 to 100.")
    page = list_payload(rows, kind, cursor=None if cursor is None else str(cursor), page_size=number)
    if page is None:
        raise _Refusal(400, "validation_error", "The start_cursor provided is invalid.")
    return page
