"""Scenario files: those that are shipped play, a mistake is told with its path, and vendors show what a file moves."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.movement import SeriesName
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.playable import PLAYABLE, playable
from crosscurrent.embedded.world.scenario import Scenario
from crosscurrent.embedded.world.scenario_file import load_scenario, parse_scenario, shipped
from crosscurrent.embedded.world.truth import truth
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.watched import watched_sources
from crosscurrent.embedded.world.world import World
from crosscurrent.errors import WrongUse

ARTIST = "spotify.popularity:fMt4xhDTeNFNbhJI000000"
FILM = "tmdb.popularity:movie/990001"
STARS = "github.stargazers:quillfen-works/sailbench"


def file_of(*tables: str) -> Scenario:
    return parse_scenario("\n".join(['name = "mine"', *tables]), "mine.toml")


def coupling(leads: str = ARTIST, follows: str = FILM, **more: object) -> str:
    said = {"lag_hours": 3, "strength": 0.8, **more}
    lines = [f"{name} = {value}" for name, value in said.items()]
    return "\n".join(["[[couplings]]", f'leads = "{leads}"', f'follows = "{follows}"', *lines])


def broken(series: str = FILM, kind: str = "level", **more: object) -> str:
    lines = [f"{name} = {value}" for name, value in {"at_hour": 10, **more}.items()]
    return "\n".join(["[[breaks]]", f'series = "{series}"', f'kind = "{kind}"', *lines])


def test_at_least_six_scenarios_are_shipped_and_each_says_what_it_is_for() -> None:
    scenarios = {name: load_scenario(name) for name in shipped()}
    assert {"demo", "nothing", "many-couplings", "regime-change", "heavy-tails"} <= set(scenarios)
    assert len(scenarios) >= 6
    for name, scenario in scenarios.items():
        assert scenario.name == name
        assert scenario.description
    assert truth(scenarios["nothing"])["couplings"] == truth(scenarios["nothing"])["breaks"] == []
    assert len(scenarios["many-couplings"].links) >= 6


def test_demo_file_plants_what_the_demo_plants() -> None:
    written, coded = truth(load_scenario("demo")), truth(default_scenario(break_after_hours=190))
    said = ("leads", "follows", "lag_hours", "sign")
    for kind, names in (("couplings", said), ("breaks", ("series", "kind", "at", "size"))):
        rows = [[[one[name] for name in names] for one in every[kind]] for every in (written, coded)]  # type: ignore[attr-defined]
        assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("tables", "path", "expected"),
    [
        (("nonsense = 1",), "nonsense: 1", "nothing of that name"),
        ((coupling(lag_hours=900),), "couplings[0].lag_hours: 900", "less than or equal to 200"),
        ((coupling(), coupling(strength=2)), "couplings[1].strength: 2", "less than or equal to 1"),
        ((coupling(leads="spotify.fame:x"),), "couplings[0].leads: 'spotify.fame:x'", "spotify.popularity"),
        ((coupling(follows="tmdb.popularity:movie/1"),), "couplings[0].follows: no tmdb", "world series"),
        ((coupling(), coupling(FILM, ARTIST)), "couplings[1]:", "no series that leads itself"),
        ((coupling(), coupling(STARS, FILM)), "couplings[0].strength:", "1 at most"),
        ((broken(kind="jump"),), "breaks[0].kind: 'jump'", "'variance' or 'flatline'"),
        ((broken(),), "breaks[0].size: 0", "how large"),
        ((broken(STARS, size=-5),), "breaks[0]: a counter that falls", "lets it grow"),
        ((broken(size=1, until_hour=5),), "breaks[0].until_hour: 5", "later"),
        (
            (f"[[series]]\nname = '{ARTIST}'\nmodel = 'counter'",),
            "series[0].model: counter",
            "mean-reverting",
        ),
        (('[[outages]]\nsource = "x"\nat_hour = 1\nuntil_hour = 2',), "outages[0].source: 'x'", "github"),
        (('[[faults]]\nvendor = "github"\nkind = "rain"',), "faults[0]: fault 'rain'", "truncate"),
    ],
)
def test_mistake_is_told_with_its_path_in_the_file(tables: tuple[str, ...], path: str, expected: str) -> None:
    with pytest.raises(WrongUse) as caught:
        file_of(*tables)
    assert caught.value.found.startswith(f"mine.toml: {path}")
    assert expected in (caught.value.expected or "")


def test_file_that_is_not_there_is_told_with_what_is(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="many-couplings"):
        load_scenario(str(tmp_path / "none.toml"))


def test_every_measure_that_may_move_can_be_watched() -> None:
    names = list(playable(default_scenario(1)))
    assert {tuple(name.partition(":")[0].split(".")) for name in names} == set(PLAYABLE)
    series = [_series(name) for name in names]
    watched = watched_sources(0.5, series)
    for one in series:
        if one.source in {"spotify", "tmdb", "musicbrainz"}:
            assert one.entity.rpartition("/")[2] in watched[one.source]["targets"]


@pytest.mark.parametrize(
    ("vendor", "series", "address", "path"),
    [
        ("github", STARS, "/repos/quillfen-works/sailbench", "stargazers_count"),
        ("spotify", ARTIST, "/v1/artists/fMt4xhDTeNFNbhJI000000", "popularity"),
        ("tmdb", FILM, "/3/movie/990001", "popularity"),
        ("openweathermap", "openweathermap.wind_speed:2643743", "/data/2.5/weather?id=2643743", "wind.speed"),
        (
            "musicbrainz",
            "musicbrainz.rating:7a19c0d0-0001-4000-a000-000000000000",
            "/ws/2/artist/7a19c0d0-0001-4000-a000-000000000000?inc=ratings&fmt=json",
            "rating.value",
        ),
        ("pokeapi", "pokeapi.base_experience:bramawl", "/api/v2/pokemon/1/", "base_experience"),
        (
            "notion",
            "notion.number:6dac6c00-79be-a0ca-c6ea-ae935f03ed09/lVl:",
            "/v1/pages/6dac6c00-79be-a0ca-c6ea-ae935f03ed09",
            "properties.Level.number",
        ),
    ],
)
def test_vendor_shows_what_the_file_moves(vendor: str, series: str, address: str, path: str) -> None:
    size = 20.0 if vendor != "musicbrainz" else 1.0
    scenario = file_of(broken(series, at_hour=5, size=size))
    model = MovementModel(
        scenario.seed, scenario.start_seconds // 3600, scenario.movements, scenario.links, scenario.shifts
    )
    name = scenario.movements[0].series
    time = VirtualTime(scenario.start_seconds, ManualClock(), speed=0)
    world = World(scenario, time)
    shown = []
    for _ in range(8):
        shown.append(_value(world, vendor, address, path))
        time.advance(3600)
    expected = [model.value(name.source, name.measure, name.entity, hour) for hour in range(8)]
    assert shown == expected
    assert len(set(shown)) > 1


def _series(text: str) -> SeriesName:
    head, _, entity = text.partition(":")
    source, _, measure = head.partition(".")
    return SeriesName(source, measure, entity)


def _value(world: World, vendor: str, address: str, path: str) -> float:
    place, _, query = address.partition("?")
    asked = dict(part.split("=") for part in query.split("&") if part) | {"appid": "key"}
    headers = {
        "user-agent": "tests/1 ( tests@example.org )",
        "authorization": _credential(world, vendor),
        "notion-version": "2025-09-03",
    }
    answer = world.answer(vendor, place, asked, headers, f"http://world/{vendor}", None)
    value = orjson.loads(answer.body)
    for step in path.split("."):
        value = value[step]
    return float(value)


def _credential(world: World, vendor: str) -> str:
    if vendor != "spotify":
        return "Bearer token"
    grant = world.answer(
        vendor,
        "/api/token",
        {},
        {"authorization": "Basic YXBwOnMzY3JldA=="},
        "http://world/spotify",
        None,
        method="POST",
        body=b"grant_type=client_credentials",
    )
    return f"Bearer {orjson.loads(grant.body)['access_token']}"
