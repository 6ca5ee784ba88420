"""Many repositories and playlists of which few change: each begins its hours at a moment of its own."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.github_history import EVENTS_MAX, GithubHistory
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.repository_model import RepositoryModel
from crosscurrent.embedded.world.scenario import Scenario
from crosscurrent.embedded.world.scenario_file import load_scenario, parse_scenario
from crosscurrent.embedded.world.spotify_catalogue import music_id
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.weather_model import WeatherModel
from crosscurrent.embedded.world.world import World
from crosscurrent.errors import WrongUse

FIRST_PLAYLIST = 3


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    whole = load_scenario("seldom-changes")
    assert len(whole.playlists) == 50
    quiet = [one for one in whole.repositories if one.late_seconds]
    assert len(quiet) > 450
    return replace(whole, repositories=tuple(quiet[:8]), playlists=whole.playlists[:4])


def history_of(scenario: Scenario) -> GithubHistory:
    moved = MovementModel(scenario.seed, scenario.start_seconds // 3600, ())
    return GithubHistory(scenario, RepositoryModel(scenario, WeatherModel(scenario, moved), moved))


def test_repository_that_is_late_shows_a_change_at_the_second_that_it_names(scenario: Scenario) -> None:
    history = history_of(scenario)
    for place in history.places.values():
        hours = range(1, 200)
        changed = next(h for h in hours if history.counts(place, h) != history.counts(place, h - 1))
        at = history.counts(place, changed).updated_seconds

        assert history.hour_at(place, at) == changed
        assert history.hour_at(place, at - 1) == changed - 1
        assert at % 3600 == (place.repository.late_seconds + 31 * 60) % 3600
        assert history.hour_of_all(at) in (changed - 1, changed)


def test_events_are_those_of_all_hours_whether_something_happened_in_them_or_not(scenario: Scenario) -> None:
    scenario = replace(scenario, repositories=load_scenario("nothing").repositories + scenario.repositories)
    history = history_of(scenario)
    for place in history.places.values():
        each = [event for back in range(20, -60, -1) for event in history._events_of_hour(place, back)]
        listed = (
            [
                event
                for event in history.events(place, 20)
                if orjson.loads(event)["created_at"] >= orjson.loads(each[-1])["created_at"]
            ]
            if each
            else []
        )

        assert listed[:EVENTS_MAX] == each[:EVENTS_MAX]


def test_playlist_that_seldom_changes_shows_its_change_in_rows_followers_and_snapshot(
    scenario: Scenario,
) -> None:
    scenario = replace(
        scenario, playlists=tuple(replace(one, changes_per_hour=0.2) for one in scenario.playlists)
    )
    world = World(scenario, VirtualTime(scenario.start_seconds, ManualClock(), speed=0))
    headers = {"authorization": f"Bearer {_token(world)}"}
    path = f"/v1/playlists/{music_id('playlist', FIRST_PLAYLIST)}"
    seen = []
    for _ in range(30):
        answer = world.answer("spotify", path, {}, headers, "http://test", None)
        payload = orjson.loads(answer.body)
        seen.append((payload["snapshot_id"], payload["followers"]["total"], payload["tracks"]["total"]))
        world.time.advance(3600)

    assert 2 <= len(set(seen)) <= 15
    assert (
        len({snapshot for snapshot, *_ in seen})
        == len({followers for _, followers, _ in seen})
        == len(set(seen))
    )
    missing = world.answer(
        "spotify",
        f"/v1/playlists/{music_id('playlist', FIRST_PLAYLIST + 4)}",
        {},
        headers,
        "http://test",
        None,
    )
    assert missing.status == 404


def test_scenario_without_how_often_its_crowd_changes_is_refused() -> None:
    with pytest.raises(WrongUse, match=r"crowd\.changes_per_hour"):
        parse_scenario('name = "x"\n[crowd]\nrepositories = 5\n', "a test")


def _token(world: World) -> str:
    headers = {"authorization": "Basic YTpi", "content-type": "application/x-www-form-urlencoded"}
    answer = world.answer(
        "spotify",
        "/api/token",
        {},
        headers,
        "http://test",
        None,
        method="POST",
        body=b"grant_type=client_credentials",
    )
    return str(orjson.loads(answer.body)["access_token"])
