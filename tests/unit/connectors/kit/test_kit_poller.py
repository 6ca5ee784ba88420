"""One poll: what is published and in which order, and what the next poll knows of it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import httpx
import orjson
import pytest

from connectors.github.connector import GITHUB
from connectors.kit.auth import BearerHeader
from connectors.kit.cursor import Since
from connectors.kit.declaration import Connector, Poll
from connectors.kit.event import DEAD_LETTER_BYTES_CUT
from connectors.kit.json_request import JsonBody
from connectors.kit.outcome import SLOW_RETRY_SECONDS
from connectors.kit.pagination import LinkHeader
from connectors.kit.polled import Standing
from connectors.kit.state import RequestState
from crosscurrent.clock import ManualClock
from crosscurrent.errors import Poison, Transient
from tests.contract.connector_bench import BASE_URL, Answer, Bench, MemoryBroker, Vendor, bench

DATE = {"date": "Mon, 05 Jan 2026 00:00:00 GMT"}
ROWS = Poll("rows", "all", "/rows", pagination=LinkHeader(size_parameter="", pages_max=3))
TOO_LARGE = Poison("Broker: Message size too large", expected="less", todo="look at it")


def connector() -> Connector:
    return replace(GITHUB, polls=lambda targets: [ROWS], auth=BearerHeader())


def parts(
    answer: Callable[[httpx.Request], Answer], broker: MemoryBroker | None = None
) -> AbstractAsyncContextManager[Bench]:
    return bench(connector(), Vendor(answer), broker=broker)


def pages(request: httpx.Request) -> Answer:
    """Three pages, each with a tag; a 304 for whoever has it."""
    number = int(request.url.params.get("page", "1"))
    tag = f'"{number}"'
    link = {"link": f'<{BASE_URL}/rows?page={number + 1}>; rel="next"'} if number < 3 else {}
    if request.headers.get("if-none-match") == tag:
        return 304, {**DATE, "etag": tag}, b""
    return 200, {**DATE, **link, "etag": tag}, orjson.dumps([number])


async def test_poll_publishes_each_page_and_then_its_state() -> None:
    async with parts(pages) as own:
        polled = await own.poll(ROWS)

    assert own.broker.topics == ["raw.github"] * 3 + ["connector-state"]
    assert [event.payload for event in own.broker.events()] == [b"[1]", b"[2]", b"[3]"]
    assert polled.outcome == "ok"
    assert own.broker.states()[0].vouch_offsets == {"raw.github-0": 3}


async def test_poll_of_what_has_not_changed_costs_nothing_and_says_so() -> None:
    async with parts(pages) as own:
        await own.poll(ROWS)
        polled = await own.poll(ROWS)

    state = own.broker.states()[1]
    assert (polled.outcome, len(own.broker.events())) == ("unchanged", 3)
    assert (state.requests, state.requests_counted, state.not_modified) == (3, 0, 3)
    assert state.vouch_offsets == {"raw.github-0": 3}


async def test_poll_of_a_list_that_has_grown_by_a_page_finds_it_behind_an_unchanged_one() -> None:
    grown = False

    def answer(request: httpx.Request) -> Answer:
        status, headers, body = pages(request)
        if request.url.params.get("page") == "2" and not grown:
            headers.pop("link", None)
        elif request.url.params.get("page") == "2":
            headers["link"] = f'<{BASE_URL}/rows?page=3>; rel="next"'
        return status, headers, body

    async with parts(answer) as own:
        await own.poll(ROWS)
        grown = True
        await own.poll(ROWS)

    assert [event.payload for event in own.broker.events()] == [b"[1]", b"[2]", b"[3]"]


async def test_poll_that_is_not_acknowledged_moves_nothing() -> None:
    broker = MemoryBroker(failures={"connector-state": [Transient("no acknowledgement")]})
    async with parts(pages, broker) as own:
        with pytest.raises(Transient):
            await own.poll(ROWS)
        assert own.standings == {}
        await own.poll(ROWS)

    ids = [event.record_id for event in broker.events()]
    assert ids[:3] == ids[3:]
    assert {event.poll_id for event in broker.events()} == {broker.states()[0].record_id}


async def test_poll_that_fails_on_its_way_goes_on_from_there() -> None:
    broken = True

    def answer(request: httpx.Request) -> Answer:
        third = request.url.params.get("page") == "3"
        return (404, DATE, b"gone") if third and broken else pages(request)

    async with parts(answer) as own:
        failed = await own.poll(ROWS)
        broken = False
        polled = await own.poll(ROWS)

    assert (failed.outcome, failed.pause_seconds) == ("failed", SLOW_RETRY_SECONDS)
    assert (polled.outcome, polled.cost.not_modified, polled.cost.events) == ("ok", 2, 1)
    assert [event.payload for event in own.broker.events()] == [b"[1]", b"[2]", b"[3]"]


async def test_poll_ends_where_a_vendor_points_back() -> None:
    def answer(request: httpx.Request) -> Answer:
        return 200, {**DATE, "link": f'<{BASE_URL}/rows>; rel="next"'}, b"[]"

    async with parts(answer) as own:
        polled = await own.poll(ROWS)

    assert polled.outcome == "failed"
    assert len(own.broker.events()) == 1
    assert "read already" in (own.broker.states()[0].error or "")


async def test_poll_that_is_asked_to_wait_long_is_throttled_and_keeps_its_place() -> None:
    def answer(request: httpx.Request) -> Answer:
        return 429, {**DATE, "retry-after": "600"}, b"slow down"

    async with parts(answer) as own:
        polled = await own.poll(ROWS)

    assert polled.outcome == "throttled"
    assert polled.pause_seconds == pytest.approx(600, abs=1)
    assert own.broker.topics == ["connector-state"]


async def test_payload_too_large_for_the_broker_is_dead_lettered_by_its_beginning() -> None:
    body = b"x" * (DEAD_LETTER_BYTES_CUT + 1)
    broker = MemoryBroker(failures={"raw.github": [TOO_LARGE], "dead-letter.connector": [TOO_LARGE]})
    async with parts(lambda _: (200, {**DATE, "etag": '"1"'}, body), broker) as own:
        polled = await own.poll(ROWS)

    (letter,) = broker.letters()
    assert polled.outcome == "failed"
    assert letter.value == body[:DEAD_LETTER_BYTES_CUT]
    assert f"{DEAD_LETTER_BYTES_CUT} of {len(body)} bytes" in letter.found
    assert (letter.partition, letter.offset) == (-1, -1)
    # what was dead-lettered is not fetched again and again
    assert own.standings[ROWS.request_key].state.pages[0].validators.etag == '"1"'


async def test_body_above_the_bound_is_dead_lettered() -> None:
    bomb = gzip.compress(b"\0" * 80_000_000)
    async with parts(lambda _: (200, {**DATE, "content-encoding": "gzip"}, bomb)) as own:
        polled = await own.poll(ROWS)

    assert polled.outcome == "failed"
    assert [letter.error for letter in own.broker.letters()] == ["TooLarge"]


async def test_poll_with_a_cursor_goes_on_behind_what_was_acknowledged() -> None:
    asked = []

    def answer(request: httpx.Request) -> Answer:
        asked.append(request.url.params.get("since"))
        return 200, DATE, b'[{"at": "2026-01-05T10:00:00Z"}]'

    poll = Poll("rows", "all", "/rows", cursor=Since("at", look_back_seconds=60))
    async with parts(answer) as own:
        await own.poll(poll)
        await own.poll(poll)

    assert asked == [None, "2026-01-05T09:59:00Z"]
    assert [event.cursor for event in own.broker.events()] == [None, '{"since":"2026-01-05T09:59:00Z"}']


async def test_poll_rests_as_long_as_the_vendor_asks_between_polls() -> None:
    async with parts(lambda _: (200, {**DATE, "x-poll-interval": "60"}, b"[]")) as own:
        polled = await own.poll(ROWS)

    assert polled.pause_seconds == 60


async def test_poll_keeps_a_state_that_another_connector_can_read() -> None:
    async with parts(pages) as own:
        await own.poll(ROWS)
        stored = own.broker.states()[0]
    async with parts(pages) as other:
        other.standings[ROWS.request_key] = Standing(RequestState.from_json(stored.state))
        polled = await other.poll(ROWS)

    assert polled.outcome == "unchanged"
    assert polled.standing.state.polls == 2


def plain(bodies: list[bytes]) -> Callable[[httpx.Request], Answer]:
    """A vendor without conditional requests: gives one body after another, the last one for ever."""
    return lambda _: (200, DATE, bodies.pop(0) if len(bodies) > 1 else bodies[0])


async def test_page_that_says_what_was_published_last_is_not_published_again() -> None:
    async with parts(plain([b'{"a":1,"b":2}', b'{"b": 2, "a": 1}', b'{"a":2}'])) as own:
        outcomes = [(await own.poll(ROWS)).outcome for _ in range(4)]

    assert outcomes == ["ok", "unchanged", "ok", "unchanged"]
    assert [event.payload for event in own.broker.events()] == [b'{"a":1,"b":2}', b'{"a":2}']
    assert [state.pages_unchanged for state in own.broker.states()] == [0, 1, 0, 1]
    # it was a request all the same
    assert [state.requests_counted for state in own.broker.states()] == [1, 1, 1, 1]


async def test_page_is_compared_without_what_the_connector_calls_volatile() -> None:
    vendor = Vendor(plain([b'{"dt":1,"request_id":"x"}', b'{"dt":1,"request_id":"y"}', b'{"dt":2}']))
    async with bench(replace(connector(), volatile=("request_id",)), vendor) as own:
        outcomes = [(await own.poll(ROWS)).outcome for _ in range(3)]

    # the same values at a later time of the vendor's are a new measurement
    assert outcomes == ["ok", "unchanged", "ok"]


async def test_unchanged_page_still_leads_to_the_next_and_to_what_it_names() -> None:
    def answer(request: httpx.Request) -> Answer:
        status, headers, body = pages(request)
        headers.pop("etag")
        return status, headers, body

    poll = replace(ROWS, find=lambda payload: [("thing", str(payload))])
    async with parts(answer) as own:
        await own.poll(poll)
        polled = await own.poll(poll)

    assert (polled.outcome, polled.cost.requests, polled.cost.pages_unchanged) == ("unchanged", 3, 3)
    assert [target for _, target in polled.standing.state.found] == ["[1]", "[2]", "[3]"]


async def test_unchanged_page_is_published_after_a_while_where_time_alone_changes_what_it_means() -> None:
    clock = ManualClock()
    source = replace(connector(), unchanged_seconds_max=100.0)
    async with bench(source, Vendor(plain([b"[1]"])), clock=clock) as own:
        outcomes = []
        for _ in range(7):
            outcomes.append((await own.poll(ROWS)).outcome)
            clock.advance(40)
        spans_ms = own.standings[ROWS.request_key].state.changes.spans_ms

    assert outcomes == ["ok", "unchanged", "unchanged", "ok", "unchanged", "unchanged", "ok"]
    # that is no change
    assert all(span_ms < 0 for span_ms in spans_ms)


async def test_answer_that_is_not_200_is_never_taken_for_unchanged() -> None:
    async with parts(lambda _: (203, DATE, b"{}")) as own:
        outcomes = [(await own.poll(ROWS)).outcome for _ in range(2)]

    assert outcomes == ["ok", "ok"]


async def test_post_is_compared_too() -> None:
    poll = Poll("rows", "all", "/rows", body=JsonBody({"query": "{ rows }"}))
    async with parts(lambda _: (200, {**DATE, "etag": '"1"'}, b"[]")) as own:
        outcomes = [(await own.poll(poll)).outcome for _ in range(2)]

    assert outcomes == ["ok", "unchanged"]


async def test_state_of_an_older_version_is_read_and_its_pages_are_published_once_more() -> None:
    old = RequestState.from_json('{"polls":3,"pages":[["http://vendor.test/rows","\\"t\\"",null,null]]}')
    async with parts(plain([b"[1]"])) as own:
        own.standings[ROWS.request_key] = Standing(old)
        outcomes = [(await own.poll(ROWS)).outcome for _ in range(2)]

    assert outcomes == ["ok", "unchanged"]
    assert own.standings[ROWS.request_key].state.polls == 5


async def test_digest_and_rate_survive_a_restart() -> None:
    clock = ManualClock()
    async with bench(connector(), Vendor(plain([b"[1]"])), clock=clock) as own:
        for _ in range(3):
            await own.poll(ROWS)
            clock.advance(60)
        stored = own.broker.states()[-1].state
    async with bench(connector(), Vendor(plain([b"[1]"])), clock=clock) as other:
        other.standings[ROWS.request_key] = Standing(RequestState.from_json(stored))
        polled = await other.poll(ROWS)

    assert polled.outcome == "unchanged"
    assert polled.standing.state.changes.spans_ms == (-60_000, -60_000, -60_000)


async def test_rate_counts_polls_of_an_incremental_request_by_its_cursor() -> None:
    clock = ManualClock()
    poll = Poll("rows", "all", "/rows", cursor=Since("at", look_back_seconds=60))
    rows = [b'[{"at": "2026-01-05T10:00:00Z"}]'] * 3 + [b'[{"at": "2026-01-05T11:00:00Z"}]']
    async with bench(connector(), Vendor(plain(rows)), clock=clock) as own:
        for _ in range(4):
            await own.poll(poll)
            clock.advance(60)

    # the second asks for a little of the first again, which is no news
    assert own.standings[poll.request_key].state.changes.spans_ms == (-60_000, -60_000, 60_000)
