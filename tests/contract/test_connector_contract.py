"""What every connector must do, whatever its source."""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from connectors.kit.declaration import Poll
from connectors.kit.digest import leave_out
from connectors.kit.history import Span, history_cursor
from connectors.registry import CONNECTORS, MAPPINGS
from crosscurrent.errors import WrongUse
from schemas.topics import RAW, topic_name
from tests.contract.connector_bench import SECRET, Bench, Vendor, bench, granted
from tests.contract.connector_cases import CASES, Case

README_HEADINGS = [
    "Quota",
    "Endpoints",
    "Mapping",
    "Quirks",
    "Refused (dead letter)",
    "From documentation only",
]
every_connector = pytest.mark.parametrize("case", CASES, ids=lambda case: case.connector.name)


def test_every_registered_connector_has_a_case() -> None:
    built_in = {case.connector.name for case in CASES if case.page is None}
    assert built_in == set(CONNECTORS) == set(MAPPINGS)


@every_connector
def test_connector_declares_bounds_and_names(case: Case) -> None:
    connector = case.connector

    assert topic_name(RAW, connector.name) == f"raw.{connector.name}"
    assert connector.name.isidentifier()
    assert connector.name.islower()
    assert connector.base_url.startswith("https://")
    assert connector.interval_seconds >= 1
    assert 1 <= connector.concurrency_max <= 32
    assert connector.targets_help
    assert connector.quota.description


@every_connector
def test_connector_polls_only_endpoints_that_it_declares(case: Case) -> None:
    polls = case.connector.polls(case.targets)

    assert {poll.endpoint for poll in polls} <= set(case.connector.endpoints)
    assert len({poll.request_key for poll in polls}) == len(polls)
    # 500 is the most that a vendor shows of a list by page number
    assert all(poll.interval_multiple >= 1 and 1 <= poll.pagination.pages_max <= 500 for poll in polls)


@every_connector
def test_connector_names_endpoints_as_its_mapping_does(case: Case) -> None:
    for poll in case.connector.polls(case.targets):
        path = poll.first_url("", None)

        assert case.connector.endpoint_of(poll.method, path, "") == poll.endpoint


@every_connector
def test_connector_polls_something_without_targets(case: Case) -> None:
    assert case.connector.polls(case.connector.targets_default)


@every_connector
@pytest.mark.parametrize("target", ["", "../../admin", "a b", "name\nother", "x?appid=1", "\N{SNOWMAN}"])
def test_connector_refuses_a_target_that_it_cannot_ask_for(case: Case, target: str) -> None:
    with pytest.raises(WrongUse) as refused:
        case.connector.polls([target])

    assert case.connector.name.upper() in refused.value.todo


@every_connector
def test_connector_has_a_readme(case: Case) -> None:
    text = case.readme.read_text()

    assert [endpoint for endpoint in case.connector.endpoints if endpoint not in text] == []
    if case.page is None:
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == README_HEADINGS
        asked = text.partition("## Endpoints")[2].partition("## Mapping")[0]
        assert [endpoint for endpoint in case.connector.endpoints if f"`{endpoint}`" not in asked] == []


@every_connector
async def test_connector_polls_every_endpoint_and_all_of_it_maps(case: Case) -> None:
    async with vendor(case) as parts:
        polled = await parts.round()

    events = parts.broker.events()
    assert [p.error for p in polled if p.error] == []
    assert {event.endpoint for event in events} == set(case.connector.endpoints)
    mapped = [case.connector.map_payload(event) for event in events]
    assert sum(len(payload.things) for payload in mapped) > 0
    assert sum(len(payload.measurements) for payload in mapped) > 0
    named = {thing.entity_type for payload in mapped for thing in payload.things}
    named |= {measurement.measure for payload in mapped for measurement in payload.measurements}
    text = case.readme.read_text()
    assert {name for name in named if name not in text} == set()


@every_connector
async def test_connector_made_again_from_nothing_publishes_the_same_records(case: Case) -> None:
    digests = []
    for _ in range(2):
        async with vendor(case) as parts:
            await parts.round()
            digests.append(parts.broker.digest())

    assert digests[0] == digests[1]


@every_connector
async def test_connector_polls_again_what_it_polled_without_new_records(case: Case) -> None:
    async with vendor(case) as parts:
        await parts.round()
        first = {event.record_id for event in parts.broker.events()}
        polled = await parts.round()

    again = {event.record_id for event in parts.broker.events()} - first
    # an incremental request goes on behind its first page, and asks a little of that again
    incremental = {poll.endpoint for poll in parts.asking.polls if poll.cursor is not None}
    assert {e.endpoint for e in parts.broker.events() if e.record_id in again} <= incremental
    assert [p.error for p in polled if p.error] == []


@every_connector
async def test_connector_measures_nothing_that_it_calls_volatile(case: Case) -> None:
    async with vendor(case) as parts:
        await parts.round()

    for event in parts.broker.events():
        payload = orjson.loads(event.payload)
        for path in case.connector.volatile:
            leave_out(payload, path.split("."))
        less = replace(event, payload=orjson.dumps(payload))
        assert case.connector.map_payload(less) == case.connector.map_payload(event)


@every_connector
async def test_connector_does_not_publish_again_what_stands_still(case: Case) -> None:
    async with vendor(case) as parts:
        await parts.round()
        first = len(parts.broker.events())
        standing_still = [poll for poll in parts.asking.polls if poll.cursor is None]
        polled = [await parts.poll(poll) for poll in standing_still]

    # none, where every poll goes on from a cursor
    assert {one.outcome for one in polled} <= {"unchanged"}
    assert len(parts.broker.events()) == first


@every_connector
async def test_connector_state_stands_behind_its_events_and_rests_on_them(case: Case) -> None:
    async with vendor(case) as parts:
        for poll in parts.asking.polls:
            await parts.poll(poll)
            assert parts.broker.topics[-1] == "connector-state"
            state = parts.broker.states()[-1]
            assert state.request_key == poll.request_key
            assert state.vouch_offsets == {f"raw.{case.connector.name}-0": len(parts.broker.events())}


@every_connector
async def test_connector_shows_its_secret_nowhere(case: Case) -> None:
    async with vendor(case) as parts:
        await parts.round()
        await parts.poll(Poll("nothing", "here", "/no/such/path"))

    shown = repr(parts.broker.messages)
    assert parts.broker.states()[-1].outcome == "failed"
    assert SECRET not in shown


@every_connector
async def test_connector_publishes_what_is_not_json_as_received(case: Case) -> None:
    page = b"<html><body>We are down for maintenance</body></html>"
    maintenance = Vendor(lambda request: granted(request) or (200, {"content-type": "text/html"}, page))
    async with bench(case.connector, maintenance, base_url=case.base_url, targets=case.targets) as parts:
        polled = await parts.poll(parts.asking.polls[0])

    (event,) = parts.broker.events()
    assert polled.outcome == "ok"
    assert event.payload == page
    assert parts.broker.letters() == []


@every_connector
async def test_connector_knows_the_things_of_which_it_can_tell_that_they_are_gone(case: Case) -> None:
    async with vendor(case) as own:
        await own.round()
        made = {poll.request_key: poll for poll in own.asking.polls}
        for standing in own.standings.values():
            for found in standing.state.found:
                assert case.connector.poll_for is not None
                poll = case.connector.poll_for(*found)
                made[poll.request_key] = poll
        told = [poll for poll in made.values() if poll.complete is not None]
        for poll in told:
            assert poll.complete is not None
            pages = own.standings[poll.request_key].state.pages
            keys = [key for page in pages for key in page.keys or ()]
            assert all(page.keys is not None for page in pages)
            assert len(set(keys)) == len(keys)
            # the vendor's word that it is gone must be about one thing
            assert len(keys) == 1 if poll.complete.gone_statuses else pages


@every_connector
def test_connector_asks_for_history_where_its_mapping_knows_it(case: Case) -> None:
    span = Span(datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    for poll in case.connector.polls(case.targets):
        if poll.history is not None:
            there = poll.history.asked(poll, span)
            path = there.first_url("", None)
            assert there.state_key != poll.state_key
            assert case.connector.endpoint_of(there.method, path, "") == there.endpoint
            assert history_cursor(there).stretches(None) >= 1


def vendor(case: Case) -> AbstractAsyncContextManager[Bench]:
    return bench(case.connector, case.transport(), base_url=case.base_url, targets=case.targets)
