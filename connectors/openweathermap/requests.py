"""What is asked of OpenWeatherMap for each target (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.kit.declaration import Found, Poll
from connectors.kit.history import Windows
from connectors.openweathermap.endpoints import AIR_POLLUTION, AIR_POLLUTION_HISTORY, FORECAST, WEATHER
from crosscurrent.errors import WrongUse

AIR_INTERVAL_MULTIPLE = 6  # a new value each hour
FORECAST_INTERVAL_MULTIPLE = 18  # a new row each three hours

# hourly, from 27 November 2020 on; openweathermap.org/api/air-pollution
_AIR_HISTORY = Windows(
    "start",
    "end",
    days=30,
    form="epoch",
    endpoint=AIR_POLLUTION_HISTORY,
    path="/data/2.5/air_pollution/history",
)
_CITY = re.compile(r"\d{1,10}")
_POSITION = re.compile(r"(-?\d{1,3}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)")


def polls(targets: Sequence[str]) -> list[Poll]:
    """Return the requests for city ids and ``latitude,longitude`` targets.

    Raises:
        WrongUse: a target is neither.
    """
    return [poll for target in targets for poll in _polls_of(target)]


def poll_for(endpoint: str, target: str) -> Poll:
    """Return the request for what a payload named: the air at a city's position."""
    place = _place(target)
    return Poll(
        endpoint, target, "/data/2.5/air_pollution", place, AIR_INTERVAL_MULTIPLE, history=_AIR_HISTORY
    )


def _polls_of(target: str) -> list[Poll]:
    place = _place(target)
    position = "lat" in place
    found = [poll_for(AIR_POLLUTION, target)] if position else []
    find = None if position else find_position
    return [
        Poll(WEATHER, target, "/data/2.5/weather", place, find=find),
        *found,
        Poll(FORECAST, target, "/data/2.5/forecast", place, FORECAST_INTERVAL_MULTIPLE),
    ]


def find_position(payload: object) -> list[Found]:
    """Return the position that current weather names: the air there is asked for by position only."""
    coord = payload.get("coord") if isinstance(payload, dict) else None
    if not isinstance(coord, dict):
        return []
    latitude, longitude = coord.get("lat"), coord.get("lon")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return []
    return [(AIR_POLLUTION, f"{latitude},{longitude}")]


def _place(target: str) -> dict[str, str]:
    if _CITY.fullmatch(target):
        return {"id": target}
    position = _POSITION.fullmatch(target)
    if position and abs(float(position[1])) <= 90 and abs(float(position[2])) <= 180:
        return {"lat": position[1], "lon": position[2]}
    raise WrongUse(
        f"the OpenWeatherMap target {target[:80]!r}",
        expected="a city id such as 2643743, or latitude,longitude such as 51.5,-0.13",
        todo="correct CROSSCURRENT_SOURCES__OPENWEATHERMAP__TARGETS",
        source="openweathermap",
    )
