"""The played GitHub with an index that lags: its changes come late, none is lost, and nothing counts as gone."""

from __future__ import annotations

import asyncio

import httpx
import orjson

from connectors.github.connector import GITHUB
from connectors.kit.presence import VANISHED
from crosscurrent.clock import ManualClock, SystemClock
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from tests.contract.connector_bench import BASE_URL, Bench, bench

REPOSITORY = "quillfen-works/sailbench"
HOURS = 12


async def watched(*, lagging: bool) -> tuple[set[tuple[int, str]], Bench, World]:
    """Poll hourly; a lagging vendor answers every other hour with what stood there two hours before."""
    scenario = default_scenario(1)
    time = VirtualTime(scenario.start_seconds, SystemClock(), speed=0)
    world = World(scenario, time, WorldTerms())
    clock = ManualClock()
    transport = httpx.ASGITransport(create_app(world))
    async with bench(
        GITHUB,
        transport,
        base_url=f"{BASE_URL}/github",
        targets=[REPOSITORY],
        clock=clock,
    ) as own:
        for hour in range(HOURS):
            if lagging and hour % 2 and hour < HOURS - 1:
                world.faults.ask({"vendor": "github", "kind": "stale", "count": 2, "path": "/repos/"})
            for poll in own.asking.polls:
                if poll.endpoint in {"issues", "releases"}:
                    await own.poll(poll)
            time.advance(3600)
            clock.advance(3600)
        rows = [
            row
            for event in own.broker.events()
            if event.endpoint == "issues"
            for row in orjson.loads(event.payload)
        ]
    return {(row["number"], row["updated_at"]) for row in rows}, own, world


def test_changes_that_an_index_shows_late_are_all_published_and_nothing_is_gone() -> None:
    late, own, world = asyncio.run(watched(lagging=True))
    undisturbed, _, _ = asyncio.run(watched(lagging=False))

    assert world.state()["faults_made"]
    assert late == undisturbed
    assert [event for event in own.broker.events() if event.endpoint == VANISHED] == []
