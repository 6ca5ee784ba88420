"""Notion as it is polled: past 100 rows, below blocks, around a cursor that repeats, and after each kind of error."""

from __future__ import annotations

from collections import Counter

import httpx
import orjson
import pytest

from connectors.kit.errors import Refused
from connectors.notion.connector import NOTION, VERSION
from connectors.notion.requests import DEPTH_MAX, find_blocks, find_in_search, poll_for, polls
from crosscurrent.embedded.world.notion_blocks import LEVELS_OF_THE_TOGGLE
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.notion_model import BLOCKS_OF_THE_TOP_PAGE, DATA_SOURCES
from crosscurrent.embedded.world.notion_payload import TOP_TITLE
from crosscurrent.errors import Backpressure, CrosscurrentError, Transient, WrongUse
from schemas.records import RawEvent
from tests.contract.connector_bench import Answer, Bench, Vendor, bench
from tests.contract.connector_cases import CASES

CASE = next(case for case in CASES if case.connector is NOTION)
TOP = id_of("page", TOP_TITLE)
LOG = id_of("data source", 0)
DATE = {"date": "Mon, 05 Jan 2026 00:00:00 GMT"}
EMPTY = {"object": "list", "results": [], "has_more": False, "next_cursor": None}


async def events_of(*targets: str) -> list[RawEvent]:
    async with bench(NOTION, CASE.transport(), base_url=CASE.base_url, targets=targets) as parts:
        polled = await parts.round()
    assert [one.error for one in polled if one.error] == []
    return parts.broker.events()


def measured(events: list[RawEvent], measure: str) -> dict[str, float]:
    return {
        one.entity_id: one.value
        for event in events
        for one in NOTION.map_payload(event).measurements
        if one.measure == measure
    }


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.kit.fetch._RETRY_WAIT_SECONDS_INITIAL", 0.0)
    monkeypatch.setattr("connectors.kit.fetch._RETRY_JITTER_SECONDS", 0.0)


async def one_poll(*answers: Answer) -> tuple[Bench, CrosscurrentError | None, int]:
    waiting = list(answers)
    vendor = Vendor(lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0])
    async with bench(NOTION, vendor, targets=("all",)) as parts:
        polled = await parts.poll(parts.asking.polls[0])
    return parts, polled.error, len(vendor.requests)


def error(status: int, code: str, **headers: str) -> Answer:
    body = {"object": "error", "status": status, "code": code, "message": "As documented."}
    return status, {**DATE, **headers}, orjson.dumps(body)


async def test_rows_past_a_hundred_are_read_once_each_and_counted_exactly() -> None:
    events = await events_of(f"data_source:{LOG}")

    pages = [event for event in events if event.endpoint == "data_source_query"]
    rows = Counter(row["id"] for page in pages for row in orjson.loads(page.payload)["results"])
    assert len(pages) == 2
    assert len(rows) == DATA_SOURCES[0].rows_at_start > 100
    assert set(rows.values()) == {1}
    assert measured(events, "rows") == {LOG: float(DATA_SOURCES[0].rows_at_start)}
    assert "rows_before=100" in pages[1].request_url


async def test_blocks_are_read_to_a_bounded_depth_and_counted() -> None:
    events = await events_of(f"page:{TOP}")

    blocks = [event for event in events if event.endpoint == "block_children"]
    levels = {event.request_key.partition("@")[0].partition("~")[2] or "1" for event in blocks}
    assert levels == {str(level) for level in range(1, DEPTH_MAX + 1)}
    assert DEPTH_MAX < LEVELS_OF_THE_TOGGLE
    assert measured(events, "blocks")[TOP] == float(BLOCKS_OF_THE_TOP_PAGE)


async def test_what_is_only_noted_is_not_sent() -> None:
    seen: list[httpx.Request] = []

    def pages(request: httpx.Request) -> Answer:
        seen.append(request)
        more = {"has_more": True, "next_cursor": "c", "results": [{}]} if len(seen) == 1 else {}
        return 200, DATE, orjson.dumps({**EMPTY, **more})

    async with bench(NOTION, Vendor(pages), targets=("all",)) as parts:
        await parts.poll(parts.asking.polls[0])
        seen.clear()
        await parts.poll(parts.asking.polls[1])

    assert len(seen) == 2
    assert "start_cursor=c" in str(seen[1].url)
    assert not any("rows_before" in str(request.url) + request.content.decode() for request in seen)
    assert {request.headers["notion-version"] for request in seen} == {VERSION}


@pytest.mark.parametrize("place", [0, 1], ids=["in a body", "in a query"])
async def test_cursor_that_repeats_ends_the_poll_with_an_error(place: int) -> None:
    page = orjson.dumps({**EMPTY, "results": [{}], "has_more": True, "next_cursor": "same"})
    vendor = Vendor(lambda _: (200, DATE, page))
    async with bench(NOTION, vendor, targets=("all",)) as parts:
        polled = await parts.poll(parts.asking.polls[place])

    assert len(vendor.requests) == 2
    assert polled.outcome == "failed"
    assert polled.error is not None
    assert "read already" in polled.error.found


async def test_cursor_beside_has_more_false_is_not_followed() -> None:
    _, failed, requests = await one_poll((200, DATE, orjson.dumps({**EMPTY, "next_cursor": "left over"})))

    assert (failed, requests) == (None, 1)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (409, "conflict_error"),
        (500, "internal_server_error"),
        (502, "bad_gateway"),
        (503, "service_unavailable"),
        (504, "gateway_timeout"),
    ],
)
async def test_answer_that_may_pass_is_asked_for_again(status: int, code: str, hurried: None) -> None:
    parts, failed, requests = await one_poll(error(status, code), (200, DATE, orjson.dumps(EMPTY)))

    assert (failed, requests) == (None, 2)
    assert len(parts.broker.events()) == 1


async def test_conflict_that_stays_fails_the_poll_as_passing(hurried: None) -> None:
    _, failed, _ = await one_poll(error(409, "conflict_error"))

    assert isinstance(failed, Transient)


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limited"), (529, "service_overload")])
async def test_answer_that_asks_to_wait_is_heeded(status: int, code: str) -> None:
    _, failed, requests = await one_poll(error(status, code, **{"retry-after": "600"}))

    assert isinstance(failed, Backpressure)
    assert failed.retry_after_seconds == pytest.approx(600, abs=5)
    assert requests == 1


@pytest.mark.parametrize(
    ("status", "code", "credential"),
    [
        (400, "validation_error", False),
        (401, "unauthorized", True),
        (403, "restricted_resource", True),
        (404, "object_not_found", False),
    ],
)
async def test_answer_that_will_not_change_is_not_asked_for_again(
    status: int, code: str, credential: bool
) -> None:
    _, failed, requests = await one_poll(error(status, code))

    assert isinstance(failed, Refused)
    assert (failed.credential, requests) == (credential, 1)
    assert code in failed.found


def test_target_is_taken_with_and_without_dashes() -> None:
    plain = TOP.replace("-", "").upper()

    assert polls([f"page:{plain}"])[0].path == f"/v1/pages/{TOP}"


@pytest.mark.parametrize("target", ["page:", "page:12", f"block:{TOP}", TOP, f"page:{TOP}/children"])
def test_target_that_names_nothing_is_refused(target: str) -> None:
    with pytest.raises(WrongUse, match="NOTION__TARGETS"):
        polls([target])


def test_pages_and_databases_in_a_block_are_not_descended_into() -> None:
    rows = [
        {"id": TOP, "has_children": True, "type": kind} for kind in ("child_page", "child_database", "column")
    ]

    assert find_blocks({"results": rows}, depth=1) == [("block_children", f"{TOP}~2")]
    assert find_blocks({"results": rows}, depth=DEPTH_MAX) == []


@pytest.mark.parametrize(
    "payload", [None, [], {}, {"results": None}, {"results": [None, {"id": 1}, {"id": "x"}]}]
)
def test_search_that_shows_nothing_finds_nothing(payload: object) -> None:
    assert find_in_search(payload) == []


def test_every_found_target_has_a_poll_of_its_own() -> None:
    row = {"object": "data_source", "id": LOG, "parent": {"database_id": TOP}}
    found = find_in_search({"results": [row, {"object": "page", "id": TOP}]})

    assert [endpoint for endpoint, _ in found] == [
        "data_source_query",
        "database",
        "block_children",
        "comments",
    ]
    assert len({poll_for(*one).request_key for one in found}) == len(found)
