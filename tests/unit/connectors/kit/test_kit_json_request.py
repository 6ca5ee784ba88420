"""Polls that are a POST: the page is asked for inside the body, and the record says which body that was."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial

import httpx
import orjson
import pytest

from connectors.github.connector import GITHUB
from connectors.kit.declaration import Poll
from connectors.kit.json_request import JsonBody
from connectors.kit.pagination import NextCursor
from crosscurrent.errors import CrosscurrentError, Transient
from tests.contract.connector_bench import BASE_URL, SECRET, Answer, Bench, Vendor, bench

DATE = {"date": "Mon, 05 Jan 2026 00:00:00 GMT"}
BODY = JsonBody({"filter": "page"}, whole=frozenset({"page_size"}))
SEARCH = Poll(
    "rows",
    "all",
    "/search",
    pagination=NextCursor("next_cursor", "start_cursor", "page_size", 2, pages_max=5),
    body=BODY,
)
CONNECTOR = replace(GITHUB, polls=lambda targets: [SEARCH])


def cursors(request: httpx.Request) -> Answer:
    """Three pages by a cursor in the body."""
    asked = orjson.loads(request.content)
    following = {None: "b", "b": "c", "c": None}[asked.get("start_cursor")]
    return 200, {**DATE, "etag": '"same"'}, orjson.dumps({"asked": asked, "next_cursor": following})


async def polled(vendor: Vendor, times: int = 1) -> tuple[Bench, list[CrosscurrentError | None]]:
    async with bench(CONNECTOR, vendor) as parts:
        errors = [(await parts.poll(SEARCH)).error for _ in range(times)]
    return parts, errors


async def test_poll_with_a_body_asks_for_each_page_inside_the_body() -> None:
    vendor = Vendor(cursors)
    await polled(vendor)

    bodies = [orjson.loads(request.content) for request in vendor.requests]
    assert {request.method for request in vendor.requests} == {"POST"}
    assert {str(request.url) for request in vendor.requests} == {f"{BASE_URL}/search"}
    assert {request.headers["content-type"] for request in vendor.requests} == {"application/json"}
    assert [body.get("start_cursor") for body in bodies] == [None, "b", "c"]
    assert all(body["filter"] == "page" and body["page_size"] == 2 for body in bodies)


async def test_event_of_a_post_names_its_page_and_the_digest_of_its_body() -> None:
    vendor = Vendor(cursors)
    parts, _ = await polled(vendor)

    events = parts.broker.events()
    digests = [hashlib.sha256(request.content).hexdigest() for request in vendor.requests]
    assert events[1].request_method == "POST"
    assert events[1].request_url == (f"{BASE_URL}/search#page_size=2&start_cursor=b&body-sha256={digests[1]}")
    assert events[1].request_key == f"rows:all@{BODY.digest}"
    assert len({event.record_id for event in events}) == 3


async def test_post_with_the_same_answer_to_two_bodies_makes_two_records() -> None:
    def same(request: httpx.Request) -> Answer:
        first = b"start_cursor" not in request.content
        return 200, DATE, b'{"next_cursor": "b"}' if first else b'{"next_cursor": null}'

    first, _ = await polled(Vendor(same))
    other = replace(SEARCH, body=replace(BODY, fields={"filter": "database"}))
    async with bench(CONNECTOR, Vendor(same)) as parts:
        await parts.poll(other)

    assert not {e.record_id for e in first.broker.events()} & {e.record_id for e in parts.broker.events()}


async def test_post_is_never_conditional() -> None:
    vendor = Vendor(cursors)
    await polled(vendor, times=2)

    assert len(vendor.requests) == 6
    assert not any("if-none-match" in request.headers for request in vendor.requests)


async def test_post_whose_cursor_repeats_ends_with_an_error_after_the_pages_that_were_new() -> None:
    vendor = Vendor(lambda _: (200, DATE, b'{"next_cursor": "b"}'))
    parts, (error,) = await polled(vendor)

    assert len(vendor.requests) == len(parts.broker.events()) == 2
    assert error is not None
    assert "read already" in error.found


def redirected(status: int, location: str, request: httpx.Request) -> Answer:
    del request
    return status, {**DATE, "location": location}, b""


async def test_post_is_not_followed_to_another_origin_nor_made_a_get() -> None:
    for status, location in ((302, f"{BASE_URL}/other"), (307, "http://elsewhere.test/search")):
        vendor = Vendor(partial(redirected, status, location))
        _, (error,) = await polled(vendor)

        assert len(vendor.requests) == 1
        assert error is not None


async def test_post_is_followed_within_its_origin_with_its_body_and_credential() -> None:
    def moved(request: httpx.Request) -> Answer:
        if request.url.path == "/search":
            return 308, {**DATE, "location": "/v2/search"}, b""
        return 200, DATE, request.content

    vendor = Vendor(moved)
    parts, _ = await polled(vendor)

    assert [request.url.path for request in vendor.requests] == ["/search", "/v2/search"]
    assert orjson.loads(parts.broker.events()[0].payload)["filter"] == "page"
    assert {request.headers["authorization"] for request in vendor.requests} == {f"Bearer {SECRET}"}


async def test_body_that_the_source_calls_a_failure_is_asked_for_again_and_not_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connectors.kit.fetch._RETRY_WAIT_SECONDS_INITIAL", 0.0)
    monkeypatch.setattr("connectors.kit.fetch._RETRY_JITTER_SECONDS", 0.0)
    answers = iter([b'{"errors": []}', b'{"next_cursor": null}'])
    failing = replace(CONNECTOR, failure_in=lambda body: Transient("errors") if b"errors" in body else None)
    async with bench(failing, Vendor(lambda _: (200, DATE, next(answers)))) as parts:
        done = await parts.poll(SEARCH)

    assert done.error is None
    assert done.cost.retries == 1
    assert [event.payload for event in parts.broker.events()] == [b'{"next_cursor": null}']


def test_body_places_a_parameter_where_the_vendor_wants_it() -> None:
    body = JsonBody({"variables": {"gen": 1}}, {"limit": "variables.page.limit"}, frozenset({"limit"}))

    ask = body.ask("https://vendor.test/graph?limit=20&operation=rows")

    assert ask.url == "https://vendor.test/graph"
    assert ask.body == b'{"operation":"rows","variables":{"gen":1,"page":{"limit":20}}}'
