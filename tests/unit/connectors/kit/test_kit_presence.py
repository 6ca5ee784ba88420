"""What a request no longer shows: told when it is sure, and only then."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import orjson
import pytest

from connectors.github.connector import GITHUB
from connectors.kit.declaration import Poll
from connectors.kit.pagination import PageNumber
from connectors.kit.polled import Standing
from connectors.kit.presence import LISTED_MAX, SETTLE_SECONDS, VANISHED, Complete, Presence
from connectors.kit.readings import Readings
from connectors.kit.state import RequestState
from crosscurrent.clock import ManualClock
from crosscurrent.errors import Transient
from schemas.mapping import MappedPayload
from schemas.records import RawEvent
from streams.normalise.logic import entity_batch
from tests.contract.connector_bench import Answer, Bench, Vendor, bench

LIST = Poll(
    "rows", "all", "/rows", pagination=PageNumber(rows="rows", size=2), complete=Complete("row")
)  # fmt: skip
ONE = Poll("row", "a", "/row", complete=Complete("row", frozenset({404, 410})))
ROUND_SECONDS = 400.0


class Shelf:
    """A vendor with a list in pages of two; ``meanwhile`` is called before each page, with its number."""

    def __init__(self, rows: Sequence[str]) -> None:
        self.rows = list(rows)
        self.values: dict[str, int] = {}
        self.broken_page = 0
        self.status = 200
        self.remove_before: dict[int, str] = {}
        self.etags = False

    def __call__(self, request: httpx.Request) -> Answer:
        number = int(request.url.params.get("page", "1"))
        if number in self.remove_before:
            self.rows.remove(self.remove_before.pop(number))
        if number == self.broken_page or self.status != 200:
            return (self.status if self.status != 200 else 400), {}, b"{}"
        names = self.rows[:1] if request.url.path == "/row" else self.rows[number * 2 - 2 : number * 2]
        body = orjson.dumps({"rows": [{"id": name, "n": self.values.get(name, 0)} for name in names]})
        tag = {"etag": f'"{hash(body)}"'} if self.etags else {}
        if tag and request.headers.get("if-none-match") == tag["etag"]:
            return 304, tag, b""
        return 200, {"content-type": "application/json", **tag}, body


def map_rows(event: RawEvent) -> MappedPayload:
    if event.endpoint == VANISHED:
        return GITHUB.map_payload(event)
    readings = Readings(event)
    for row in orjson.loads(event.payload)["rows"]:
        readings.thing("row", row["id"], attributes={"n": row["n"]}, version=f"v{row['n']}")
    return readings.mapped()


@asynccontextmanager
async def shelf(vendor: Shelf) -> AsyncIterator[tuple[Bench, ManualClock]]:
    clock = ManualClock(datetime(2026, 1, 5, tzinfo=UTC))
    connector = replace(GITHUB, map_payload=map_rows, ask_again=frozenset())
    async with bench(connector, Vendor(vendor), clock=clock) as own:
        yield own, clock


async def rounds(own: Bench, clock: ManualClock, count: int = 1, poll: Poll = LIST) -> None:
    for _ in range(count):
        await own.poll(poll)
        clock.advance(ROUND_SECONDS)


def gone(own: Bench) -> list[str]:
    return [
        row["entity_id"]
        for event in own.broker.events()
        if event.endpoint == VANISHED
        for row in orjson.loads(event.payload)["gone"]
    ]


def current(own: Bench) -> dict[str, dict[str, str]]:
    """The attributes of each thing's latest version, as the tables keep them: a record with a known id adds nothing."""
    latest: dict[str, dict[str, str]] = {}
    known: set[str] = set()
    for event in own.broker.events():
        batch = entity_batch(event, map_rows(event).things)
        for entity in batch.entities if batch else ():
            if entity.record_id not in known:
                latest[entity.entity_id] = entity.attributes
            known.add(entity.record_id)
    return latest


async def test_thing_that_leaves_a_list_is_told_once_and_named_by_the_event() -> None:
    vendor = Shelf("abcde")
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock, 2)
        vendor.rows.remove("b")
        await rounds(own, clock, 6)

    assert gone(own) == ["b"]
    (event,) = [event for event in own.broker.events() if event.endpoint == VANISHED]
    assert event.request_key == LIST.request_key
    assert event.request_url.endswith("/rows?page=1")
    assert current(own)["b"] == {"deleted_at": '"2026-01-05T00:13:20.000Z"'}
    assert {"deleted_at" in attributes for name, attributes in current(own).items() if name != "b"} == {False}


async def test_thing_that_leaves_an_unchanged_list_of_validators_is_told_too() -> None:
    vendor = Shelf("abcde")
    vendor.etags = True
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock, 3)
        vendor.rows.remove("e")
        await rounds(own, clock, 5)

    # its first page never changed, and was sent only once
    assert gone(own) == ["e"]


async def test_nothing_is_told_before_the_index_had_time_to_settle() -> None:
    vendor = Shelf("abc")
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock)
        vendor.rows.remove("b")
        await rounds(own, clock, 2)  # 400 s after the first round without it
        told = gone(own)
        vendor.rows.append("b")
        await rounds(own, clock, 4)

    assert SETTLE_SECONDS > ROUND_SECONDS
    assert (told, gone(own)) == ([], [])


async def test_item_that_slips_between_pages_while_they_are_read_is_not_told() -> None:
    vendor = Shelf(["x0", "x1", "x2", "x3", "x4", "a", "b", "c", "d"])
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock)
        for number in range(5):
            # in every round a row leaves page 1 after it was read: the first row of page 2 slips through
            vendor.remove_before[2] = f"x{number}"
            await rounds(own, clock)
        slipped = gone(own)
        await rounds(own, clock, 4)

    assert slipped == []
    assert sorted(gone(own)) == ["x0", "x1", "x2", "x3", "x4"]


@pytest.mark.parametrize("page", [1, 2, 3])
async def test_round_that_failed_or_was_cut_tells_nothing_and_forgets_nothing(page: int) -> None:
    vendor = Shelf("abcde")
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock)
        vendor.rows.remove("a")
        vendor.broken_page = page
        await rounds(own, clock, 5)
        told = gone(own)
        vendor.broken_page = 0
        await rounds(own, clock, 4)

    assert (told, gone(own)) == ([], ["a"])


async def test_list_longer_than_a_poll_reads_tells_nothing() -> None:
    vendor = Shelf("abcdefgh")
    poll = replace(LIST, pagination=PageNumber(rows="rows", size=2, pages_max=2))
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock, 2, poll)
        vendor.rows.remove("a")
        await rounds(own, clock, 5, poll)

    assert gone(own) == []


async def test_list_longer_than_can_be_remembered_tells_nothing_and_remembers_no_more() -> None:
    names = [f"r{number}" for number in range(LISTED_MAX + 2)]
    vendor = Shelf(names)
    poll = replace(LIST, pagination=PageNumber(rows="rows", size=2, pages_max=LISTED_MAX))
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock, 1, poll)
        state = own.standings[poll.request_key].state

    assert sum(len(page.keys or ()) for page in state.pages) == LISTED_MAX
    assert state.presence == Presence()


async def test_knowledge_of_a_list_survives_a_restart() -> None:
    vendor = Shelf("abc")
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock)
        vendor.rows.remove("c")
        for _ in range(4):
            for key, standing in own.standings.items():
                text = standing.state.to_json()
                own.standings[key] = Standing(RequestState.from_json(text), standing.vouch_offsets)
                assert own.standings[key] == standing
            await rounds(own, clock)

    assert gone(own) == ["c"]


async def test_vanishing_that_was_not_acknowledged_with_its_state_is_the_same_version_when_told_again() -> (
    None
):
    vendor = Shelf("abc")
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock)
        vendor.rows.remove("c")
        await rounds(own, clock, 2)
        own.broker.failures["connector-state"] = [Transient("no acknowledgement")]
        with pytest.raises(Transient):
            await own.poll(LIST)
        clock.advance(ROUND_SECONDS)
        await own.poll(LIST)
        events = [event for event in own.broker.events() if event.endpoint == VANISHED]

    batches = [entity_batch(event, map_rows(event).things) for event in events]
    assert len(events) == 2
    assert len({batch.entities[0].record_id for batch in batches if batch}) == 1


@pytest.mark.parametrize("status", [404, 410])
async def test_thing_of_which_the_vendor_says_that_it_is_gone_is_told_once(status: int) -> None:
    vendor = Shelf("a")
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock, 1, ONE)
        vendor.status = status
        await rounds(own, clock, 2, ONE)
        early = gone(own)
        await rounds(own, clock, 4, ONE)

    assert (early, gone(own)) == ([], ["a"])


@pytest.mark.parametrize("status", [401, 403])
async def test_thing_that_cannot_be_asked_for_is_not_told_to_be_gone(status: int) -> None:
    vendor = Shelf("a")
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock, 1, ONE)
        vendor.status = status
        await rounds(own, clock, 4, ONE)

    assert gone(own) == []


async def test_thing_that_was_never_there_is_not_told_to_be_gone() -> None:
    vendor = Shelf("a")
    vendor.status = 404
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock, 5, ONE)

    assert gone(own) == []


async def test_list_that_is_refused_tells_nothing_of_its_things() -> None:
    vendor = Shelf("abc")
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock)
        vendor.status = 404
        await rounds(own, clock, 5)

    assert gone(own) == []


@pytest.mark.parametrize("poll", [LIST, ONE], ids=["list", "one"])
async def test_thing_that_is_back_in_the_same_version_is_there_again(poll: Poll) -> None:
    vendor = Shelf("abc" if poll is LIST else "a")
    async with shelf(vendor) as (own, clock):
        await rounds(own, clock, 1, poll)
        vendor.rows.remove("a")
        vendor.status = 200 if poll is LIST else 404
        await rounds(own, clock, 5, poll)
        told = gone(own)
        vendor.status = 200
        vendor.rows.insert(0, "a")
        await rounds(own, clock, 5, poll)

    assert told == gone(own) == ["a"]
    assert current(own)["a"] == {"n": "0"}
