"""What the connectors ask the simulated world maps at any hour, and what was planted there comes out as series."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import orjson
import pytest

from connectors.kit.declaration import Connector, Poll
from connectors.registry import CONNECTORS
from crosscurrent.clock import ManualClock
from crosscurrent.demo.planted import planted
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.faults import Fault
from crosscurrent.embedded.world.notion_api import NotionTerms
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.notion_payload import TOP_TITLE
from crosscurrent.embedded.world.truth import truth
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload
from schemas.records import RawEvent
from tests.contract.connector_cases import GITHUB_TARGETS, MUSICBRAINZ_TARGETS, SPOTIFY_TARGETS, TMDB_TARGETS
from tests.contract.world_credentials import authorization
from tests.unit.connectors.mappings.sample_payloads import TABLES, event_for

HOURS = (0, 5, 149, 300)
SCENARIO = default_scenario()
TARGETS = {
    "github": [*GITHUB_TARGETS, "tarnholt/peatbog"],
    "musicbrainz": list(MUSICBRAINZ_TARGETS),
    "notion": [
        f"database:{id_of('database', 1)}",
        f"page:{id_of('page', TOP_TITLE)}",
        "all",
    ],
    "openweathermap": ["2179537", "3143244", "59.9127,10.7461"],
    "pokeapi": ["1", "7", "25"],
    "pokeapi_graphql": list(CONNECTORS["pokeapi_graphql"].targets_default),
    "spotify": list(SPOTIFY_TARGETS),
    "tmdb": list(TMDB_TARGETS),
}
THINGS_ONLY = frozenset(
    {
        "issues",
        "events",
        "forecast",
        "evolution_chain",
        "movie_changes",
        "tv_changes",
        "person_changes",
        "new_releases",
        "database",
        "data_source",
        "page",
        "workflow_runs",
    }
)


def world_at(hour: int) -> World:
    time = VirtualTime(SCENARIO.start_seconds, ManualClock(), speed=0)
    world = World(SCENARIO, time, WorldTerms(notion=NotionTerms(limit=1_000_000)))
    time.advance(hour * 3600)
    return world


def asked(world: World, connector: Connector, poll: Poll, fault: Fault | None = None) -> RawEvent:
    url = poll.first_url("", None)
    ask = poll.ask(url)
    path, _, query = ask.url.partition("?")
    parameters = {"appid": "key", **dict(parse_qsl(query))}
    headers = {
        "user-agent": "test",
        "authorization": authorization(world, connector.name),
        **connector.headers,
    }
    answer = world.answer(
        connector.name,
        path,
        parameters,
        headers,
        f"http://world/{connector.name}",
        fault,
        method=poll.method,
        body=ask.body or b"",
    )
    assert answer.status == 200, (url, answer.body)
    assert connector.endpoint_of(poll.method, url, "") == poll.endpoint
    observed_at = datetime.fromtimestamp(world.time.now_seconds(), UTC)
    return event_for(
        connector.name, poll.endpoint, answer.body, url=ask.url + ask.mark, observed_at=observed_at
    )


def polled(world: World, connector: Connector) -> Iterator[RawEvent]:
    yield from (event for _, event in polls_of(world, connector))


def polls_of(world: World, connector: Connector) -> Iterator[tuple[Poll, RawEvent]]:
    waiting = connector.polls(TARGETS[connector.name])
    for poll in waiting:
        event = asked(world, connector, poll)
        yield poll, event
        if poll.find and connector.poll_for:
            waiting += [connector.poll_for(*found) for found in poll.find(orjson.loads(event.payload))]


def mapped(event: RawEvent) -> MappedPayload:
    return TABLES[event.source].map_payload(event)


@pytest.mark.parametrize("hour", HOURS)
@pytest.mark.parametrize("name", CONNECTORS)
def test_world_payload_maps_whichever_endpoint_is_polled(name: str, hour: int) -> None:
    connector = CONNECTORS[name]
    seen = set()
    for event in polled(world_at(hour), connector):
        found = mapped(event)
        seen.add(event.endpoint)
        if event.endpoint in THINGS_ONLY:
            assert not found.measurements
        elif event.payload != b"[]" and b'"has_more":true' not in event.payload:
            assert found.measurements, event.request_url

    assert seen == set(connector.endpoints)


def test_planted_series_are_measured_under_the_names_that_the_demo_looks_for() -> None:
    world = world_at(200)
    measured = {
        (event.source, one.measure, one.entity_id): one.kind
        for connector in CONNECTORS.values()
        for event in polled(world, connector)
        for one in mapped(event).measurements
    }
    couplings, breaks = planted(truth(SCENARIO))

    for coupling in couplings:
        assert measured[coupling.first] == "gauge"
        assert measured[coupling.second] == "counter"
    assert all(planted_break.series in measured for planted_break in breaks)


@pytest.mark.parametrize(
    ("name", "endpoint", "path"),
    [
        ("github", "repository", "$.stargazers_count"),
        ("github", "organisation_repositories", "$[0].stargazers_count"),
        ("github", "issues", "$[0].number"),
        ("github", "releases", "$[0].id"),
        ("musicbrainz", "browse_release", "$.release-count"),
        ("musicbrainz", "artist", "$.rating.votes-count"),
        ("musicbrainz", "search_recording", "$.count"),
        ("openweathermap", "weather", "$.main.temp"),
        ("openweathermap", "forecast", "$.list[0].main.temp"),
        ("openweathermap", "air_pollution", "$.list[0].dt"),
        ("pokeapi", "pokemon_species", "$.capture_rate"),
        ("pokeapi", "pokemon_list", "$.count"),
        ("pokeapi_graphql", "pokemon", "$.data.pokemon[0].height"),
        ("spotify", "artist", "$.popularity"),
        ("spotify", "album", "$.popularity"),
        ("spotify", "track", "$.popularity"),
        ("spotify", "playlist", "$.followers.total"),
        ("tmdb", "movie", "$.popularity"),
        ("tmdb", "trending", "$.results[0].popularity"),
        ("tmdb", "person_changes", "$.results[0].id"),
    ],
)
def test_null_that_the_world_puts_for_a_number_is_refused_with_its_path(
    name: str, endpoint: str, path: str
) -> None:
    world, connector = world_at(200), CONNECTORS[name]
    poll = next(poll for poll, event in polls_of(world, connector) if event.endpoint == endpoint)
    event = asked(world, connector, poll, Fault("null-number"))

    with pytest.raises(Poison) as caught:
        mapped(event)

    assert caught.value.facts["path"] == path


@pytest.mark.parametrize("name", CONNECTORS)
def test_field_that_the_world_adds_changes_nothing(name: str) -> None:
    world, connector = world_at(200), CONNECTORS[name]
    for poll, event in polls_of(world, connector):
        assert mapped(asked(world, connector, poll, Fault("new-field"))) == mapped(event)
