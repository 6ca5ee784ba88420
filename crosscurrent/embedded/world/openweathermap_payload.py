"""Current weather, forecasts and air quality in OpenWeatherMap's shapes (pure)."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Literal

from crosscurrent.embedded.world.scenario import City
from crosscurrent.embedded.world.weather_model import CityHour

Units = Literal["standard", "metric", "imperial"]

ZERO_CELSIUS_KELVIN = 273.15
MILES_PER_HOUR = 2.236936
VISIBILITY_METRES_MAX = 10_000
GUST_FROM_METRES_PER_SECOND = 3.5
GUST_FACTOR = 1.4
RAIN_FROM_HUMIDITY_PERCENT = 88.0
SNOW_BELOW_KELVIN = 273.65
GROUND_PRESSURE_LESS_HECTOPASCAL = 4
SECONDS_PER_DAY = 86_400


def current_payload(city: City, weather: CityHour, seconds: int, units: Units) -> dict[str, object]:
    """Return what ``/weather`` says; ``seconds`` is the virtual epoch time of the lattice hour."""
    daylight = sunrise_and_sunset(city, seconds)
    return {
        "coord": {"lon": city.longitude, "lat": city.latitude},
        "weather": [condition(weather, night=not daylight[0] <= seconds < daylight[1])],
        "base": "stations",
        "main": _main(weather, units),
        **_visibility(weather),
        "wind": _wind(weather, units),
        "clouds": {"all": cloud_percent(weather)},
        **_precipitation(weather, "1h"),
        "dt": seconds,
        "sys": {
            "type": 2,
            "id": 2_000_000 + city.id % 9973,
            "country": city.country,
            "sunrise": daylight[0],
            "sunset": daylight[1],
        },
        "timezone": city.timezone_seconds,
        "id": city.id,
        "name": city.name,
        "cod": 200,
    }


def group_row(city: City, weather: CityHour, seconds: int, units: Units) -> dict[str, object]:
    """Return a row of ``/group``: like ``/weather``, with some fields of its own and without others."""
    row = current_payload(city, weather, seconds, units)
    for absent in ("base", "cod", "visibility", "rain", "snow"):
        row.pop(absent, None)
    sunrise, sunset = sunrise_and_sunset(city, seconds)
    main = _main(weather, units)
    main.pop("feels_like")
    wind = _wind(weather, units)
    wind.pop("gust", None)
    row.update(
        sys={
            "type": 2, "id": 2_000_000 + city.id % 9973, "message": 0.0031, "country": city.country,
            "sunrise": sunrise, "sunset": sunset,
        },
        main=main,
        wind=wind,
        dt_txt=_text(seconds),
    )  # fmt: skip
    return row


def forecast_payload(city: City, rows: list[tuple[CityHour, int]], units: Units) -> dict[str, object]:
    """Return what ``/forecast`` says.

    Args:
        city: the place.
        rows: expected weather and its virtual epoch time, three hours apart.
        units: of the answer.
    """
    first = rows[0][1] if rows else 0
    sunrise, sunset = sunrise_and_sunset(city, first)
    return {
        "cod": "200",
        "message": 0,
        "cnt": len(rows),
        "list": [_forecast_row(city, weather, seconds, units) for weather, seconds in rows],
        "city": {
            "id": city.id,
            "name": city.name,
            "coord": {"lat": city.latitude, "lon": city.longitude},
            "country": city.country,
            "population": city.population,
            "timezone": city.timezone_seconds,
            "sunrise": sunrise,
            "sunset": sunset,
        },
    }


def air_payload(latitude: float, longitude: float, weather: CityHour, seconds: int) -> dict[str, object]:
    """Return what ``/air_pollution`` says: all pollutants follow the fine particles."""
    fine = weather.fine_particles_micrograms
    components = {
        "co": round(150.0 + 7.0 * fine, 2),
        # a number that falls on a whole one is sent without its fraction
        "no": whole_if_whole(round(max(0.0, 0.2 * fine - 2.0), 2)),
        "no2": round(1.3 * fine, 2),
        "o3": round(max(4.0, 110.0 - 3.0 * fine), 2),
        "so2": round(0.3 * fine, 2),
        "pm2_5": round(fine, 2),
        "pm10": round(fine * 1.45, 2),
        "nh3": round(0.12 * fine, 2),
    }
    return {
        "coord": {"lon": longitude, "lat": latitude},
        "list": [{"main": {"aqi": _air_quality_index(fine)}, "components": components, "dt": seconds}],
    }


def condition(weather: CityHour, *, night: bool) -> dict[str, object]:
    """Return the vendor's weather condition: id, group, words and icon.

    Source: openweathermap.org, "Weather Conditions".
    """
    icon_end = "n" if night else "d"
    if weather.humidity_percent >= RAIN_FROM_HUMIDITY_PERCENT:
        if weather.temperature_kelvin < SNOW_BELOW_KELVIN:
            return {"id": 600, "main": "Snow", "description": "light snow", "icon": f"13{icon_end}"}
        return {"id": 500, "main": "Rain", "description": "light rain", "icon": f"10{icon_end}"}
    cover = cloud_percent(weather)
    for limit, number, words, icon in _CLOUDS:
        if cover <= limit:
            group = "Clear" if number == 800 else "Clouds"
            return {"id": number, "main": group, "description": words, "icon": f"{icon}{icon_end}"}
    return {"id": 804, "main": "Clouds", "description": "overcast clouds", "icon": f"04{icon_end}"}


def cloud_percent(weather: CityHour) -> int:
    """Return the cloud cover: damp air is cloudy air."""
    return int(min(100.0, max(0.0, (weather.humidity_percent - 45.0) * 2.2)))


def sunrise_and_sunset(city: City, seconds: int) -> tuple[int, int]:
    """Return the epoch seconds of the day's sunrise and sunset, equal to noon and midnight's where there is none.

    Source: the sunrise equation with Cooper's declination, Solar Energy 12 (1969) 333-346.
    """
    day = (seconds + city.timezone_seconds) // SECONDS_PER_DAY
    day_of_year = datetime.fromtimestamp(day * SECONDS_PER_DAY, UTC).timetuple().tm_yday
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day_of_year) / 365)
    cosine = -math.tan(math.radians(city.latitude)) * math.tan(declination)
    half_day_hours = math.degrees(math.acos(min(1.0, max(-1.0, cosine)))) / 15
    noon = day * SECONDS_PER_DAY + SECONDS_PER_DAY // 2 - city.longitude * 240
    return int(noon - half_day_hours * 3600), int(noon + half_day_hours * 3600)


def whole_if_whole(value: float) -> float | int:
    """Return an int where the number has no fraction, as the vendor sends it."""
    return int(value) if value.is_integer() else value


def _forecast_row(city: City, weather: CityHour, seconds: int, units: Units) -> dict[str, object]:
    sunrise, sunset = sunrise_and_sunset(city, seconds)
    night = not sunrise <= seconds < sunset
    rain = weather.humidity_percent >= RAIN_FROM_HUMIDITY_PERCENT
    return {
        "dt": seconds,
        "main": {**_main(weather, units), "temp_kf": 0},
        "weather": [condition(weather, night=night)],
        "clouds": {"all": cloud_percent(weather)},
        "wind": _wind(weather, units),
        **_visibility(weather),
        "pop": whole_if_whole(round(min(1.0, max(0.0, (weather.humidity_percent - 60) / 40)), 2)),
        **({"rain": {"3h": _millimetres(weather) * 3}} if rain else {}),
        "sys": {"pod": "n" if night else "d"},
        "dt_txt": _text(seconds),
    }


def _main(weather: CityHour, units: Units) -> dict[str, object]:
    pressure = round(weather.pressure_hectopascal)
    kelvin = weather.temperature_kelvin
    felt = kelvin + 0.05 * (weather.humidity_percent - 50) * (kelvin - 290) / 20
    return {
        "temp": _temperature(kelvin, units),
        "feels_like": _temperature(felt, units),
        "temp_min": _temperature(kelvin - 1.1, units),
        "temp_max": _temperature(kelvin + 0.9, units),
        "pressure": pressure,
        "humidity": round(weather.humidity_percent),
        "sea_level": pressure,
        "grnd_level": pressure - GROUND_PRESSURE_LESS_HECTOPASCAL,
    }


def _wind(weather: CityHour, units: Units) -> dict[str, object]:
    speed = weather.wind_metres_per_second
    wind: dict[str, object] = {"speed": _speed(speed, units), "deg": round(weather.wind_degrees)}
    if speed >= GUST_FROM_METRES_PER_SECOND and weather.hour % 8:
        wind["gust"] = _speed(speed * GUST_FACTOR, units)
    return wind


def _visibility(weather: CityHour) -> dict[str, object]:
    # now and then a station does not report it
    if weather.hour % 16 == 5:
        return {}
    damp = max(0.0, weather.humidity_percent - 85.0)
    return {"visibility": int(VISIBILITY_METRES_MAX - 500 * damp)}


def _precipitation(weather: CityHour, period: str) -> dict[str, object]:
    if weather.humidity_percent < RAIN_FROM_HUMIDITY_PERCENT:
        return {}
    kind = "snow" if weather.temperature_kelvin < SNOW_BELOW_KELVIN else "rain"
    return {kind: {period: _millimetres(weather)}}


def _millimetres(weather: CityHour) -> float:
    return round(0.1 + (weather.humidity_percent - RAIN_FROM_HUMIDITY_PERCENT) * 0.15, 2)


def _temperature(kelvin: float, units: Units) -> float | int:
    if units == "standard":
        return whole_if_whole(round(kelvin, 2))
    celsius = kelvin - ZERO_CELSIUS_KELVIN
    return whole_if_whole(round(celsius if units == "metric" else celsius * 9 / 5 + 32, 2))


def _speed(metres_per_second: float, units: Units) -> float | int:
    factor = MILES_PER_HOUR if units == "imperial" else 1.0
    return whole_if_whole(round(metres_per_second * factor, 2))


def _air_quality_index(fine_particles: float) -> int:
    return 1 + sum(fine_particles >= limit for limit in (10.0, 25.0, 50.0, 75.0))


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


_CLOUDS = (
    (10, 800, "clear sky", "01"),
    (25, 801, "few clouds", "02"),
    (50, 802, "scattered clouds", "03"),
    (84, 803, "broken clouds", "04"),
)
