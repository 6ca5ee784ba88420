"""The loop of one source: what one poll does to the others, and how it ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import httpx
import pytest

from connectors.github.connector import GITHUB
from connectors.kit.change_rate import ChangeHistory
from connectors.kit.declaration import Connector, Found, Poll
from connectors.kit.health import Health
from connectors.kit.loop import Loop
from connectors.kit.planner import Bounds, Planner
from connectors.kit.polled import Standing
from connectors.kit.schedule import Schedule
from connectors.kit.state import RequestState
from crosscurrent.clock import ManualClock, SystemClock
from crosscurrent.errors import Fatal, Transient
from tests.contract.connector_bench import Answer, Bench, MemoryBroker, Vendor, bench

GOOD: Answer = (200, {"date": "Mon, 05 Jan 2026 00:00:00 GMT"}, b"{}")


def good(request: httpx.Request) -> Answer:
    return GOOD


def poll(target: str, find: Callable[[object], Sequence[Found]] | None = None) -> Poll:
    return Poll("thing", target, f"/{target}", find=find)


def source(*polls: Poll) -> Connector:
    return replace(GITHUB, polls=lambda _: list(polls), poll_for=lambda _, target: poll(target))


async def run_until(
    condition: Callable[[Bench], bool],
    *polls: Poll,
    answer: Callable[[httpx.Request], Answer] = good,
    broker: MemoryBroker | None = None,
) -> tuple[Bench, Health]:
    clock = SystemClock()
    connector, stop = source(*polls), asyncio.Event()
    health = Health("github", clock)
    async with bench(connector, Vendor(answer), broker=broker) as parts:
        loop = Loop(
            connector,
            poller=parts.poller,
            pacer=parts.asking.pacer,
            schedule=Schedule(),
            planner=Planner(Bounds(0.01), unchanged_is_free=True),
            health=health,
            clock=clock,
            standings={},
        )
        loop.add(parts.asking.polls)
        running = asyncio.create_task(loop.run(stop))
        async with asyncio.timeout(20):
            while not condition(parts) and not running.done():  # noqa: ASYNC110 - nobody signals a condition
                await asyncio.sleep(0.005)
        stop.set()
        await running
    return parts, health


def polled(parts: Bench) -> Counter[str]:
    return Counter(state.request_key for state in parts.broker.states())


async def test_loop_polls_again_and_again_and_is_ready() -> None:
    names = ("thing:a", "thing:b")
    parts, health = await run_until(
        lambda own: min(polled(own)[name] for name in names) >= 3, poll("a"), poll("b")
    )

    assert {state.outcome for state in parts.broker.states()} == {"ok", "unchanged"}
    assert health.not_ready() == []


async def test_loop_goes_on_with_others_where_one_poll_breaks() -> None:
    def broken(payload: object) -> list[Found]:
        raise RuntimeError("a mistake in a connector")

    parts, health = await run_until(
        lambda own: polled(own)["thing:b"] >= 3, poll("a", find=broken), poll("b")
    )

    assert "thing:a" not in polled(parts)
    assert health.not_ready() == []


async def test_loop_schedules_what_payloads_name_once() -> None:
    def names(payload: object) -> list[Found]:
        return [("thing", "found"), ("thing", "a")]

    parts, _ = await run_until(lambda own: polled(own)["thing:found"] >= 2, poll("a", find=names))

    assert set(polled(parts)) == {"thing:a", "thing:found"}


async def test_loop_makes_a_poll_again_that_the_broker_did_not_acknowledge() -> None:
    broker = MemoryBroker(failures={"raw.github": [Transient("the broker is away")]})
    parts, health = await run_until(lambda own: bool(own.broker.states()), poll("a"), broker=broker)

    assert parts.broker.states()[0].outcome == "ok"
    assert health.not_ready() == []


async def test_loop_ends_where_a_person_is_needed() -> None:
    broker = MemoryBroker(failures={"connector-state": [Fatal("the schema clashes")]})

    with pytest.raises(Fatal, match="clashes"):
        await run_until(lambda _: False, poll("a"), broker=broker)


async def test_loop_says_why_nothing_comes() -> None:
    parts, health = await run_until(
        lambda own: len(polled(own)) == 2,
        poll("a"),
        poll("b"),
        answer=lambda _: (401, {}, b"Bad credentials"),
    )

    assert {state.outcome for state in parts.broker.states()} == {"failed"}
    assert ["Bad credentials" in reason for reason in health.not_ready()] == [True]


async def test_loop_is_ready_while_one_of_its_targets_is_gone() -> None:
    def answer(request: httpx.Request) -> Answer:
        return (404, {}, b"") if request.url.path == "/a" else GOOD

    _, health = await run_until(lambda own: len(polled(own)) == 2, poll("a"), poll("b"), answer=answer)

    assert health.not_ready() == []


async def test_loop_asks_again_after_a_start_only_when_the_interval_is_over() -> None:
    clock = ManualClock()
    now_ms = round(clock.now_utc().timestamp() * 1000)
    fresh, stale, planner = poll("fresh"), poll("stale"), Planner(Bounds(100.0), unchanged_is_free=True)
    standings = {
        fresh.request_key: Standing(RequestState(1, changes=ChangeHistory((), now_ms - 40_000))),
        stale.request_key: Standing(RequestState(1, changes=ChangeHistory((), now_ms - 400_000))),
    }
    connector, schedule = source(fresh, stale, poll("new")), Schedule()
    async with bench(connector, Vendor(good), clock=clock) as parts:
        loop = Loop(
            connector,
            poller=parts.poller,
            pacer=parts.asking.pacer,
            schedule=schedule,
            planner=planner,
            health=Health("github", clock),
            clock=clock,
            standings=standings,
        )
        loop.add(parts.asking.polls)

    due = [one.target for one in iter(lambda: schedule.take(0.0), None)]
    assert due == ["stale", "new"]
    assert loop.wait_seconds() == pytest.approx(60)
