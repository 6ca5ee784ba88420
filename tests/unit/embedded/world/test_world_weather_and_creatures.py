"""The played OpenWeatherMap and PokéAPI: their own ways of keys, errors, gaps and pages."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import orjson
import pytest

from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world import default_scenario
from crosscurrent.embedded.world.exchange import Answer
from crosscurrent.embedded.world.openweathermap_api import OpenWeatherMapTerms
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms

LONDON = "/data/2.5/weather?id=2643743"


class Client:
    """Asks a world's OpenWeatherMap or PokéAPI."""

    def __init__(self, *, key: str | None = None, limit: int = 1000) -> None:
        scenario = default_scenario(1)
        self.clock = ManualClock()
        self.time = VirtualTime(scenario.start_seconds, self.clock, speed=0)
        self.world = World(scenario, self.time, WorldTerms(openweathermap=OpenWeatherMapTerms(key, limit)))

    def get(self, address: str, *, key: str = "key", **headers: str) -> Answer:
        path, _, query = address.partition("?")
        asked = dict(part.split("=") for part in query.split("&") if part)
        vendor = "pokeapi" if path.startswith("/api/") else "openweathermap"
        if key and vendor == "openweathermap":
            asked["appid"] = key
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.world.answer(vendor, path, asked, sent, f"http://here/{vendor}", None)

    def json(self, address: str) -> Any:
        answer = self.get(address)
        assert answer.status == 200
        return orjson.loads(answer.body)


def test_weather_moves_with_the_virtual_hour() -> None:
    client = Client()
    first = client.json(LONDON)
    client.time.advance(3599)
    same = client.json(LONDON)
    client.time.advance(1)
    second = client.json(LONDON)

    assert first == same
    assert second["dt"] - first["dt"] == 3600
    assert second["main"]["temp"] != first["main"]["temp"]


def test_weather_is_the_same_by_id_by_name_and_by_place() -> None:
    client = Client()

    assert client.json(LONDON) == client.json("/data/2.5/weather?q=London,GB")
    assert client.json(LONDON) == client.json("/data/2.5/weather?lat=51.5&lon=-0.12")


def test_units_change_temperature_and_wind_only() -> None:
    client = Client()
    standard, metric, imperial = (
        client.json(f"{LONDON}&units={u}") for u in ("standard", "metric", "imperial")
    )

    assert metric["main"]["temp"] == pytest.approx(standard["main"]["temp"] - 273.15, abs=0.01)
    assert imperial["main"]["temp"] == pytest.approx(metric["main"]["temp"] * 1.8 + 32, abs=0.02)
    assert imperial["wind"]["speed"] == pytest.approx(metric["wind"]["speed"] * 2.236936, abs=0.02)
    assert metric["main"]["pressure"] == standard["main"]["pressure"]


def test_fields_are_absent_now_and_then_and_whole_numbers_lose_their_fraction() -> None:
    client = Client()
    seen: list[dict[str, Any]] = []
    for _ in range(300):
        client.time.advance(3600)
        seen += client.json("/data/2.5/group?id=2643743,3413829,1880252")["list"]
        seen.append(client.json("/data/2.5/weather?id=1880252"))

    single = [one for one in seen if "cod" in one]
    assert 0 < sum("visibility" not in one for one in single) < len(single)
    assert 0 < sum("gust" not in one["wind"] for one in single) < len(single)
    assert 0 < sum("rain" in one for one in single) < len(single)
    assert any(isinstance(one["main"]["temp"], int) for one in seen)


def test_code_is_a_number_in_weather_and_a_string_in_forecast_and_404() -> None:
    client = Client()

    assert client.json(LONDON)["cod"] == 200
    assert client.json("/data/2.5/forecast?id=2643743")["cod"] == "200"
    assert orjson.loads(client.get("/data/2.5/weather?id=1").body) == {
        "cod": "404",
        "message": "city not found",
    }


def test_forecast_has_forty_rows_three_hours_apart_ahead_of_now() -> None:
    client = Client()
    client.time.advance(3600 * 4)
    forecast = client.json("/data/2.5/forecast?id=2643743")
    times = [row["dt"] for row in forecast["list"]]

    assert forecast["cnt"] == len(times) == 40
    assert times[0] > client.time.now_seconds()
    assert {later - earlier for earlier, later in pairwise(times)} == {10_800}
    assert all(time % 10_800 == 0 for time in times)


@pytest.mark.parametrize("key", ["", "bad"])
def test_missing_or_bad_key_is_refused_in_the_vendors_words(key: str) -> None:
    answer = Client(key="good").get(LONDON, key=key)

    assert answer.status == 401
    assert orjson.loads(answer.body)["cod"] == 401


def test_requests_beyond_the_minute_are_refused_until_it_is_over() -> None:
    client = Client(limit=2)
    statuses = [client.get(LONDON).status for _ in range(3)]
    client.clock.advance(60)

    assert statuses == [200, 200, 429]
    assert client.get(LONDON).status == 200


@pytest.mark.parametrize("query", ["lat=x&lon=1", "lat=91&lon=1", "lat=1"])
def test_place_that_is_none_is_a_400(query: str) -> None:
    assert Client().get(f"/data/2.5/air_pollution?{query}").status == 400


def test_weather_has_no_tag() -> None:
    assert "etag" not in Client().get(LONDON).headers


def test_list_leads_to_every_creature_once_and_stops() -> None:
    client = Client()
    address: str | None = "/api/v2/pokemon?limit=25"
    names: list[str] = []
    for _ in range(10):
        page = client.json(address) if address else {"results": [], "next": None}
        names += [row["name"] for row in page["results"]]
        address = page["next"] and page["next"].removeprefix("http://here/pokeapi")

    assert len(names) == len(set(names)) == 60


def test_creature_is_the_same_by_id_and_by_name() -> None:
    client = Client()
    by_id = client.json("/api/v2/pokemon/7/")

    assert client.json(f"/api/v2/pokemon/{by_id['name']}") == by_id


def test_links_lead_from_creature_to_species_to_chain_and_back() -> None:
    client = Client()
    base = "http://here/pokeapi"
    creature = client.json("/api/v2/pokemon/2")
    species = client.json(creature["species"]["url"].removeprefix(base))
    chain = client.json(species["evolution_chain"]["url"].removeprefix(base))["chain"]
    names = []
    while chain:
        names.append(chain["species"]["name"])
        chain = chain["evolves_to"][0] if chain["evolves_to"] else None

    assert creature["name"] in names


def test_unchanged_creature_is_a_304() -> None:
    client = Client()
    tag = client.get("/api/v2/pokemon/7").headers["etag"]
    client.time.advance(3600 * 1000)

    assert client.get("/api/v2/pokemon/7", if_none_match=tag).status == 304


def test_unknown_creature_is_plain_text() -> None:
    answer = Client().get("/api/v2/pokemon/nobody")

    assert (answer.status, answer.media_type, answer.body) == (404, "text/plain; charset=utf-8", b"Not Found")
