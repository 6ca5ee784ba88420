"""Spotify's connector against its played vendor at its worst: tokens that end in mid-run, limits, rows by pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.types import ASGIApp

from connectors.kit.errors import Refused
from connectors.registry import MAPPINGS
from connectors.spotify.connector import SPOTIFY
from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.spotify_api import SpotifyTerms
from crosscurrent.embedded.world.spotify_catalogue import music_id
from crosscurrent.embedded.world.spotify_tokens import TokenTerms
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from tests.contract.connector_bench import BASE_URL, SECRET, Bench, bench
from tests.contract.connector_cases import SPOTIFY_TARGETS

TRACKS = tuple(f"track:{music_id('track', 8 * number)}" for number in range(12))


class Played:
    """A vendor on a clock that the connector shares: where one waits, the other's time passes."""

    def __init__(self, terms: SpotifyTerms) -> None:
        scenario = default_scenario(1)
        self.clock = ManualClock()
        time = VirtualTime(scenario.start_seconds, self.clock, speed=0)
        self.world = World(scenario, time, WorldTerms(spotify=terms))
        self.paths: list[tuple[str, str]] = []
        self.credentials: list[str] = []

    @asynccontextmanager
    async def connected(self, *targets: str) -> AsyncIterator[Bench]:
        transport = _Watching(create_app(self.world), self)
        url = f"{BASE_URL}/spotify"
        async with bench(SPOTIFY, transport, base_url=url, targets=targets, clock=self.clock) as parts:
            yield parts

    def statuses(self) -> dict[str, int]:
        requests = self.world.state()["requests"]
        assert isinstance(requests, dict)
        return dict(requests["spotify"])

    def grants(self) -> int:
        return sum(path == "/spotify/api/token" for _, path in self.paths)


class _Watching(httpx.ASGITransport):
    def __init__(self, app: ASGIApp, played: Played) -> None:
        super().__init__(app)
        self._played = played

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._played.paths.append((request.method, request.url.path))
        self._played.credentials.append(request.headers["authorization"])
        return await super().handle_async_request(request)


async def test_token_that_ends_in_mid_run_costs_one_request_and_loses_nothing() -> None:
    played = Played(SpotifyTerms(TokenTerms(token_requests_max=5)))
    async with played.connected(*SPOTIFY_TARGETS) as parts:
        polled = await parts.round()

    events = parts.broker.events()
    assert [one.error for one in polled if one.error] == []
    assert {event.status for event in events} == {200}
    assert len({event.request_url for event in events}) == len(events) == 78
    refused = played.statuses()["401"]
    assert refused == (len(events) - 1) // 5
    assert played.grants() == refused + 1
    assert sum(one.cost.requests for one in polled) == len(events) + refused


async def test_token_is_renewed_in_time_so_that_none_is_refused() -> None:
    played = Played(SpotifyTerms(TokenTerms(token_seconds=100)))
    async with played.connected(*TRACKS) as parts:
        for poll in parts.asking.polls:
            assert (await parts.poll(poll)).outcome == "ok"
            played.clock.advance(31)

    assert "401" not in played.statuses()
    assert played.grants() == 4


async def test_limit_is_kept_to_as_the_vendor_asks() -> None:
    played = Played(SpotifyTerms(limit=5))
    async with played.connected(*TRACKS) as parts:
        began = played.clock.monotonic_seconds()
        polled = [await parts.poll(poll) for poll in parts.asking.polls]
        waited = played.clock.monotonic_seconds() - began

    assert [one.outcome for one in polled] == ["ok"] * len(TRACKS)
    # two windows are used up; each tells it once
    assert played.statuses()["429"] == 2
    assert waited == 60


async def test_wrong_secret_stops_with_its_reason_and_asks_the_api_for_nothing() -> None:
    played = Played(SpotifyTerms(TokenTerms("app-of-the-bench", "another secret")))
    async with played.connected("new-releases") as parts:
        (polled,) = await parts.round()

    assert isinstance(polled.error, Refused)
    assert polled.error.credential
    assert "invalid_client" in polled.error.found
    assert "CROSSCURRENT_SOURCES__SPOTIFY__CLIENT_SECRET" in polled.error.todo
    assert SECRET not in f"{polled.error} {parts.broker.messages!r}"
    assert {path for _, path in played.paths} == {"/spotify/api/token"}


async def test_token_is_in_nothing_that_is_published() -> None:
    played = Played(SpotifyTerms(TokenTerms(token_requests_max=3)))
    async with played.connected(*SPOTIFY_TARGETS, "track:none") as parts:
        await parts.round()

    shown = repr(parts.broker.messages)
    tokens = {sent.partition(" ")[2] for sent in played.credentials}
    assert len(tokens) > 20
    assert [token for token in {*tokens, SECRET} if token in shown] == []


@pytest.mark.parametrize("kind", ["status-503", "not-json", "huge"])
async def test_token_endpoint_that_fails_once_costs_an_attempt_and_leaves_no_trace(kind: str) -> None:
    played = Played(SpotifyTerms())
    fault = {"vendor": "spotify", "kind": kind, "path": "/api/token", "bytes": 1_000_000}
    played.world.faults.ask(fault)
    async with played.connected(TRACKS[0]) as parts:
        (polled,) = await parts.round()

    assert polled.outcome == "ok"
    assert polled.cost.retries == 1
    assert played.grants() == 2
    assert parts.broker.letters() == []


async def test_every_row_of_a_playlist_is_published_once() -> None:
    played = Played(SpotifyTerms())
    async with played.connected(f"playlist:{music_id('playlist', 0)}") as parts:
        await parts.round()

    pages = [event for event in parts.broker.events() if event.endpoint == "playlist_items"]
    kinds = Counter(thing.entity_type for event in pages for thing in MAPPINGS["spotify"](event).things)
    assert [event.page_index for event in pages] == [0, 1, 2]
    # of the 120 rows some are gone, and those are no things
    assert 110 < sum(kinds.values()) < 120
    assert kinds.keys() == {"track", "local_file", "episode"}


async def test_album_that_is_new_is_followed_from_then_on() -> None:
    played = Played(SpotifyTerms())
    async with played.connected("new-releases") as parts:
        await parts.round()
        first = {event.request_key for event in parts.broker.events()}
        played.world.time.advance(24 * 3600)
        await parts.round()

    later = {event.request_key for event in parts.broker.events()} - first
    assert later == {f"album:{music_id('album', 72)}"}


@pytest.mark.parametrize("target", ["artist:4Z8W4fKeB5YxbusRsdQVPb", "album:x"])
async def test_target_that_there_is_not_is_refused_and_the_others_go_on(target: str) -> None:
    played = Played(SpotifyTerms())
    async with played.connected(target, TRACKS[0]) as parts:
        polled = await parts.round()

    assert [one.outcome for one in polled] == ["failed", "ok"]
