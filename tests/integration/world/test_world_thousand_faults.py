"""A thousand faults over eight vendors, through the real connector kit: nothing is lost, each is counted as what it was."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace

import orjson
import pytest
import structlog
from prometheus_client import REGISTRY
from starlette.types import ASGIApp

from benchmarks.virtual_loop import LoopClock, run_virtual
from connectors.registry import CONNECTORS
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.faults import TimedFault, random_faults
from crosscurrent.embedded.world.film_catalogue import FIRST_IDS
from crosscurrent.embedded.world.github_api import GithubTerms
from crosscurrent.embedded.world.music_catalogue import ARTIST, mbid
from crosscurrent.embedded.world.notion_api import NotionTerms
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.pokeapi_graphql_api import PokeApiGraphqlTerms
from crosscurrent.embedded.world.spotify_catalogue import music_id
from crosscurrent.embedded.world.vendors import VENDORS
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from crosscurrent.errors import Poison
from tests.contract.connector_bench import BASE_URL, Bench, bench
from tests.integration.world.asgi_wire import Wire

FAULTS = 1040
ROUNDS = 10
# until the last fault has found a request, and what it hit was asked again
ROUNDS_AFTER_MAX = 30
TARGETS = {
    "github": ("quillfen-works/sailbench", "quillfen-works/dovecote", "org:tarnholt"),
    "musicbrainz": (f"artist:{mbid(ARTIST, 2)}",),
    "notion": (f"database:{id_of('database', 2)}",),
    "openweathermap": ("2643743", "184745"),
    "pokeapi": ("1", "4", "7"),
    "pokeapi_graphql": CONNECTORS["pokeapi_graphql"].targets_default,
    "spotify": (f"artist:{music_id('artist', 3)}", f"playlist:{music_id('playlist', 0)}"),
    "tmdb": (*(f"movie:{FIRST_IDS['movie'] + number}" for number in range(4)), "popular:person"),
}
# what the kit calls each fault; the others come as a 200, and are told from data by whoever reads it
OUTCOMES = {
    "transient": ("status-500", "status-502", "graphql-error"),
    "throttled": ("status-503", "status-429", "secondary-limit"),
    "truncated": ("truncate", "disconnect"),
    "refused": ("auth-expired",),
}
# of the pages that are no JSON, those that came twice running at one address
TWICE_RUNNING_SHARE_MAX = 0.4
ITEMS_MIN = 1000
Item = tuple[str, ...]


class Run:
    """All connectors, hour after hour, on one world.

    Args:
        faults: planned ones.
    """

    def __init__(self, faults: tuple[TimedFault, ...] = ()) -> None:
        scenario = replace(default_scenario(1), faults=faults)
        self.time = VirtualTime(scenario.start_seconds, LoopClock(), speed=0)
        terms = WorldTerms(
            github=GithubTerms(limit=1_000_000),
            notion=NotionTerms(limit=1_000_000),
            pokeapi_graphql=PokeApiGraphqlTerms(burst=1_000_000),
        )
        self.world = World(scenario, self.time, terms)
        self.benches: dict[str, Bench] = {}

    async def go(self, *, begin_hour: int = 0, rounds: int = ROUNDS) -> None:
        """Poll everything once an hour; after the last hour again until no fault is left."""
        app = create_app(self.world)
        async with AsyncExitStack() as stack:
            for vendor in VENDORS:
                self.benches[vendor] = await stack.enter_async_context(_bench(vendor, app))
            self.time.advance(begin_hour * 3600)
            for number in range(rounds):
                if number:
                    self.time.advance(3600)
                await self._round()
            for _ in range(ROUNDS_AFTER_MAX):
                left = sum(self.world.faults.pending().values())
                await self._round()
                if not left:
                    return
        raise AssertionError(f"faults that found no request: {self.world.faults.pending()}")

    async def _round(self) -> None:
        await asyncio.gather(*(one.round() for one in self.benches.values()))

    def things(self) -> set[Item]:
        """What there was to see at any hour."""
        return {item for item in self.items() if item[1] == "thing"}

    def unreadable(self, vendor: str) -> int:
        """How many answers were kept that are no payload."""
        one = self.benches[vendor]
        return sum(not _is_readable(event.payload) for event in one.broker.events())

    def items(self) -> set[Item]:
        """Everything that was published, less the times at which it was."""
        return {item for vendor, one in self.benches.items() for item in _items(vendor, one)}


def _bench(vendor: str, app: ASGIApp) -> AbstractAsyncContextManager[Bench]:
    return bench(
        CONNECTORS[vendor],
        Wire(app),
        base_url=f"{BASE_URL}/{vendor}",
        targets=TARGETS[vendor],
        clock=LoopClock(),
    )


def _items(vendor: str, one: Bench) -> Iterator[Item]:
    for event in {(event.endpoint, event.payload): event for event in one.broker.events()}.values():
        try:
            mapped = one.connector.map_payload(event)
        except Poison:
            # such as half a JSON text: kept as it came, and asked for again
            continue
        for thing in mapped.things:
            yield vendor, "thing", thing.entity_type, thing.entity_id
            yield vendor, "version", thing.entity_type, thing.entity_id, thing.name, _text(thing.attributes)
        for measured in mapped.measurements:
            yield vendor, "value", measured.measure, measured.entity_id, repr(measured.value)


def _is_readable(payload: bytes) -> bool:
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError:
        return False
    return True


def _text(attributes: object) -> str:
    return orjson.dumps(attributes, option=orjson.OPT_SORT_KEYS).decode()


def _counted() -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter()
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            if sample.name == "connector_requests_total":
                counted[sample.labels["source"], sample.labels["outcome"]] += int(sample.value)
    return counted


@pytest.fixture
def quiet_log() -> Iterator[None]:
    # a thousand warnings would bury what a failure says
    with structlog.testing.capture_logs():
        yield


@pytest.fixture(scope="module")
def plan() -> tuple[TimedFault, ...]:
    return random_faults(FAULTS, 7, hours=ROUNDS - 1, vendors=VENDORS)


@pytest.mark.usefixtures("quiet_log")
def test_thousand_faults_lose_nothing_and_are_counted(plan: tuple[TimedFault, ...]) -> None:
    hit, quiet, last = Run(plan), Run(), Run()
    before = _counted()
    run_virtual(hit.go())
    counted = _counted() - before
    run_virtual(quiet.go())
    run_virtual(last.go(begin_hour=ROUNDS - 1, rounds=1))

    made = hit.world.faults.made()
    assert made == _planned(plan)
    assert sum(sum(kinds.values()) for kinds in made.values()) >= 1000
    for vendor, kinds in made.items():
        for outcome, of_kinds in OUTCOMES.items():
            expected = sum(kinds.get(kind, 0) for kind in of_kinds)
            # of Spotify some hit the endpoint that grants tokens, and one that has expired is renewed
            assert counted[vendor, outcome] == expected or vendor == "spotify", (vendor, outcome, kinds)
        kept = kinds["not-json"] + kinds["truncated-json"]
        # the same page of maintenance twice running at one address is published once
        fewest = kept * (1 - TWICE_RUNNING_SHARE_MAX)
        assert fewest <= hit.unreadable(vendor) <= kept or vendor == "spotify", vendor
    published = hit.items()
    # whatever was there at any hour, and everything as it is at the end
    assert quiet.things() - published == set()
    assert last.items() - published == set()
    assert len(last.items()) > ITEMS_MIN


def _planned(plan: tuple[TimedFault, ...]) -> dict[str, dict[str, int]]:
    planned: dict[str, dict[str, int]] = {vendor: {} for vendor in VENDORS}
    for (vendor, kind), count in sorted(Counter((one.vendor, one.fault.kind) for one in plan).items()):
        planned[vendor][kind] = count
    return planned
