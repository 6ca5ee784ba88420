"""What OpenWeatherMap's payloads say, in which units, and what of them is left out on purpose."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from connectors.openweathermap.mapping import map_payload
from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload, Measurement
from tests.unit.connectors.mappings.sample_payloads import BY_ENDPOINT, NOW, event_for

BASE = "https://api.openweathermap.org/data/2.5"


def payload_of(endpoint: str) -> Any:
    return copy.deepcopy(BY_ENDPOINT["openweathermap", endpoint].payload)


def mapped(endpoint: str, payload: object, url: str = f"{BASE}/x") -> MappedPayload:
    return map_payload(event_for("openweathermap", endpoint, payload, url=url))


def values(found: MappedPayload) -> dict[str, float]:
    return {one.measure: one.value for one in found.measurements}


def warm(temperature: float, speed: float) -> dict[str, object]:
    weather = payload_of("weather")
    return {
        **weather,
        "main": weather["main"] | {"temp": temperature},
        "wind": weather["wind"] | {"speed": speed},
    }


def test_weather_is_measured_at_the_time_the_vendor_states() -> None:
    found = mapped("weather", payload_of("weather"))

    assert found.measurements[0] == Measurement(
        "temperature", "2759794", "K", "gauge", (NOW - 60) * 1000, 280.5
    )
    assert {one.observed_at_ms for one in found.measurements} == {(NOW - 60) * 1000}
    assert {(one.measure, one.unit) for one in found.measurements} == {
        ("temperature", "K"),
        ("pressure", "hPa"),
        ("humidity", "%"),
        ("wind_speed", "m/s"),
        ("cloud_cover", "%"),
        ("visibility", "m"),
        ("rain_1h", "mm"),
    }


@pytest.mark.parametrize(
    ("query", "temperature", "speed"),
    [
        ("", 293.15, 10.0),
        ("?units=standard", 293.15, 10.0),
        ("?id=1&units=metric", 20.0, 10.0),
        ("?units=Imperial&id=1", 68.0, 22.369362920544),
        ("?units=furlongs", 293.15, 10.0),
    ],
)
def test_units_of_the_request_become_si(query: str, temperature: float, speed: float) -> None:
    found = values(mapped("weather", warm(temperature, speed), f"{BASE}/weather{query}"))

    assert found["temperature"] == pytest.approx(293.15)
    assert found["wind_speed"] == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("query", "temperature"), [("", 20.0), ("?units=metric", 293.0), ("?units=imperial", 400.0)]
)
def test_temperature_in_other_units_than_asked_is_refused(query: str, temperature: float) -> None:
    """Payloads in degrees Celsius whose address was lost once went through as kelvin, near absolute zero."""
    with pytest.raises(Poison, match=r"\$\.main\.temp") as caught:
        mapped("weather", warm(temperature, 1.0), f"{BASE}/weather{query}")

    assert "units of the request" in caught.value.expected


def test_functions_of_other_fields_and_angles_are_left_out() -> None:
    measures = values(mapped("weather", payload_of("weather"))).keys()

    assert not measures & {"feels_like", "temp_min", "temp_max", "sea_level", "wind_gust", "wind_direction"}
    assert "aqi" not in values(mapped("air_pollution", payload_of("air_pollution")))


def test_city_that_the_vendor_does_not_know_is_a_place() -> None:
    found = mapped("weather", payload_of("weather") | {"id": 0, "name": ""})

    assert {one.entity_id for one in found.measurements} == {"52.4000,4.9000"}
    assert [(thing.entity_type, thing.entity_id, thing.name) for thing in found.things] == [
        ("place", "52.4000,4.9000", "52.4000,4.9000")
    ]


@pytest.mark.parametrize(
    ("latitude", "longitude", "key"),
    [
        (51.50853, -0.12574, "51.5085,-0.1257"),
        (-0.00001, 180, "0.0000,180.0000"),
        (50, 50, "50.0000,50.0000"),
    ],
)
def test_place_has_one_key_however_its_coordinates_are_written(
    latitude: float, longitude: float, key: str
) -> None:
    air = payload_of("air_pollution") | {"coord": {"lat": latitude, "lon": longitude}}

    assert {one.entity_id for one in mapped("air_pollution", air).measurements} == {key}


def test_coordinate_off_the_globe_is_refused() -> None:
    with pytest.raises(Poison, match="between -90 and 90"):
        mapped("air_pollution", payload_of("air_pollution") | {"coord": {"lat": 91, "lon": 0}})


def test_forecast_is_a_thing_and_no_observation() -> None:
    found = mapped("forecast", payload_of("forecast"))

    assert not found.measurements
    assert found.things[0].attributes["rows"] == [
        {"at": NOW + 10_800, "temperature_kelvin": 279.0, "precipitation_probability": 0.2}
    ]


def test_predicted_hours_of_one_call_are_left_out() -> None:
    later = payload_of("one_call")["current"] | {"dt": NOW + 7200, "temp": 300.0}

    found = mapped("one_call", payload_of("one_call") | {"hourly": [later], "daily": [{"dt": NOW + 90_000}]})

    assert values(found)["temperature"] == 280.5
    assert len(found.measurements) == 8


def test_older_time_machine_is_read_as_well() -> None:
    hour = payload_of("one_call")["current"]
    place = {"lat": 52.37, "lon": 4.9}

    older = mapped("one_call_timemachine", place | {"current": hour, "hourly": [hour | {"dt": NOW - 3660}]})

    assert len(older.measurements) == 16


@pytest.mark.parametrize("code", ["404", 404, "401", 500])
def test_error_that_came_with_status_200_is_refused(code: object) -> None:
    with pytest.raises(Poison, match=r"\$\.cod"):
        mapped("weather", {"cod": code, "message": "city not found"})


def test_direction_that_is_null_loses_no_measurement() -> None:
    weather = payload_of("weather")

    found = mapped("weather", {**weather, "wind": {"speed": 3.5, "deg": None}})

    assert len(found.measurements) == 7
    assert "wind_direction_degrees" not in found.things[0].attributes


def test_search_without_a_hit_gives_nothing() -> None:
    assert mapped("find", {"cod": "200", "count": 0, "list": []}) == MappedPayload()
