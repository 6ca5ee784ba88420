"""The played OpenWeatherMap API: addresses, the key, the limit a minute, and its ways of saying an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from crosscurrent.embedded.world.exchange import Answer, Call, json_answer
from crosscurrent.embedded.world.openweathermap_payload import (
    Units,
    air_payload,
    current_payload,
    forecast_payload,
    group_row,
)
from crosscurrent.embedded.world.quota import Quota
from crosscurrent.embedded.world.scenario import City, Scenario
from crosscurrent.embedded.world.weather_model import WeatherModel

WINDOW_SECONDS = 60.0
DEFAULT_LIMIT = 60_000
GROUP_CITIES_MAX = 20
FORECAST_ROWS = 40
FORECAST_STEP_HOURS = 3


@dataclass(frozen=True, slots=True)
class OpenWeatherMapTerms:
    """How the played OpenWeatherMap treats its callers.

    Attributes:
        key: the only key that is good; any is if None.
        limit: requests a real minute.
    """

    key: str | None = None
    limit: int = DEFAULT_LIMIT


class OpenWeatherMapApi:
    """Answers OpenWeatherMap's requests.

    Args:
        scenario: its cities.
        weather: their weather.
        terms: how callers are treated.
    """

    def __init__(self, scenario: Scenario, weather: WeatherModel, terms: OpenWeatherMapTerms) -> None:
        self._start_seconds = scenario.start_seconds
        self._cities = scenario.cities
        self._by_id = {city.id: city for city in scenario.cities}
        self._weather = weather
        self._terms = terms
        self._quota = Quota(WINDOW_SECONDS)
        self._routes: dict[str, Callable[[Call], Answer]] = {
            "/data/2.5/weather": self._current,
            "/data/2.5/group": self._group,
            "/data/2.5/forecast": self._forecast,
            "/data/2.5/air_pollution": self._air_pollution,
        }

    def answer(self, call: Call) -> Answer:
        """Return the response to a request; there are no quota headers and no tags, as with the vendor."""
        key = call.query.get("appid", "")
        if not key or self._terms.key not in (None, key):
            return json_answer({"cod": 401, "message": _INVALID_KEY}, status=401)
        if self._quota.used(key, call.real_seconds) >= self._terms.limit:
            return json_answer({"cod": 429, "message": _BLOCKED}, status=429)
        self._quota.spend(key, call.real_seconds)
        handler = self._routes.get(call.path)
        if handler is None:
            return json_answer({"cod": "404", "message": "Internal error"}, status=404)
        return handler(call)

    def _current(self, call: Call) -> Answer:
        city = self._city(call)
        if isinstance(city, Answer):
            return city
        hour, seconds = self._hour(call)
        return json_answer(current_payload(city, self._weather.at(city.id, hour), seconds, _units(call)))

    def _group(self, call: Call) -> Answer:
        wanted = [_whole(text) for text in call.query.get("id", "").split(",")][:GROUP_CITIES_MAX]
        cities = [self._by_id[number] for number in wanted if number in self._by_id]
        if not cities:
            return _not_found()
        hour, seconds = self._hour(call)
        units = _units(call)
        rows = [group_row(city, self._weather.at(city.id, hour), seconds, units) for city in cities]
        return json_answer({"cnt": len(rows), "list": rows})

    def _forecast(self, call: Call) -> Answer:
        city = self._city(call)
        if isinstance(city, Answer):
            return city
        hour, seconds = self._hour(call)
        count = _whole(call.query.get("cnt", "")) or FORECAST_ROWS
        # rows stand on the full three hours, as the vendor's do
        first = FORECAST_STEP_HOURS - seconds // 3600 % FORECAST_STEP_HOURS
        steps = range(first, first + FORECAST_STEP_HOURS * min(count, FORECAST_ROWS), FORECAST_STEP_HOURS)
        rows = [(self._weather.expected(city.id, hour, ahead), seconds + ahead * 3600) for ahead in steps]
        return json_answer(forecast_payload(city, rows, _units(call)))

    def _air_pollution(self, call: Call) -> Answer:
        position = _position(call)
        if position is None:
            return _nothing_to_geocode()
        city = self._nearest(*position)
        hour, seconds = self._hour(call)
        return json_answer(air_payload(*position, self._weather.at(city.id, hour), seconds))

    def _city(self, call: Call) -> City | Answer:
        if "id" in call.query:
            return self._by_id.get(_whole(call.query["id"]) or 0) or _not_found()
        if "q" in call.query:
            name = call.query["q"].split(",")[0].strip().lower()
            return next((city for city in self._cities if city.name.lower() == name), None) or _not_found()
        position = _position(call)
        return _nothing_to_geocode() if position is None else self._nearest(*position)

    def _nearest(self, latitude: float, longitude: float) -> City:
        return min(
            self._cities,
            key=lambda city: (city.latitude - latitude) ** 2 + (city.longitude - longitude) ** 2,
        )

    def _hour(self, call: Call) -> tuple[int, int]:
        hour = int((call.now_seconds - self._start_seconds) // 3600)
        return hour, self._start_seconds + hour * 3600


def _units(call: Call) -> Units:
    units = call.query.get("units", "standard")
    # the vendor takes a name it does not know for the default
    return cast(Units, units) if units in {"standard", "metric", "imperial"} else "standard"


def _position(call: Call) -> tuple[float, float] | None:
    try:
        latitude, longitude = float(call.query["lat"]), float(call.query["lon"])
    except (KeyError, ValueError):
        return None
    return (latitude, longitude) if -90 <= latitude <= 90 and -180 <= longitude <= 180 else None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _not_found() -> Answer:
    return json_answer({"cod": "404", "message": "city not found"}, status=404)


def _nothing_to_geocode() -> Answer:
    return json_answer({"cod": "400", "message": "Nothing to geocode"}, status=400)


_INVALID_KEY = "Invalid API key. Please see https://openweathermap.org/faq#error401 for more info."
_BLOCKED = (
    "Your account is temporary blocked due to exceeding of requests limitation of your subscription type. "
    "Please choose the proper subscription https://openweathermap.org/price"
)
