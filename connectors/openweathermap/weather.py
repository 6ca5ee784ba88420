"""Weather as it was measured: now, for several cities, or in the past (pure)."""

from __future__ import annotations

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from connectors.openweathermap.places import map_city, map_place
from connectors.openweathermap.units import Units, units_of
from schemas.records import RawEvent

_PERIODS = ("1h", "3h")


def map_weather(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the current weather of one city."""
    main, wind = root.child("main"), root.child("wind")
    # the direction is no series: it is an angle, and to statistics 359 and 1 are far apart
    key = map_city(root, readings, weather=_words(root), wind_direction_degrees=wind.peek("deg"))
    _measure_row(root, main, wind, key, units_of(event.request_url), readings)


def map_weather_list(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the current weather of several cities."""
    for row in root.rows("list"):
        map_weather(row, event, readings)


def map_history(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the past hours of one city, whose id stands beside the rows."""
    rows = root.rows("list")
    if not rows:
        return
    key = str(root.whole("city_id"))
    for row in rows:
        main, wind = row.child("main"), row.child("wind")
        _measure_row(row, main, wind, key, units_of(event.request_url), readings)


def map_one_call(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the current weather of a One Call answer; its minutes, hours and days are predictions."""
    current = root.child("current")
    key = map_place(root, readings, weather=_words(current))
    _measure_flat_row(current, key, units_of(event.request_url), readings)


def map_timemachine(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the past hours of a place: below ``data`` since version 3.0, before as ``current`` and ``hourly``."""
    key = map_place(root, readings)
    units = units_of(event.request_url)
    rows = root.rows("data") if root.has("data") else root.rows("hourly")
    current = root.nullable_child("current")
    for row in [*([current] if current else []), *rows]:
        _measure_flat_row(row, key, units, readings)


def _measure_row(
    row: JsonNode, main: JsonNode, wind: JsonNode, key: str, units: Units, readings: Readings
) -> None:
    at_ms = readings.happened_ms(row, "dt")
    readings.measure("temperature", key, units.temperature(main, "temp"), unit="K", at_ms=at_ms)
    readings.measure("pressure", key, main.number("pressure"), unit="hPa", at_ms=at_ms)
    readings.measure("humidity", key, main.number("humidity"), unit="%", at_ms=at_ms)
    readings.measure("wind_speed", key, units.speed(wind.number("speed")), unit="m/s", at_ms=at_ms)
    readings.measure("cloud_cover", key, row.child("clouds").number("all"), unit="%", at_ms=at_ms)
    _measure_common(row, key, at_ms, readings)


def _measure_flat_row(row: JsonNode, key: str, units: Units, readings: Readings) -> None:
    at_ms = readings.happened_ms(row, "dt")
    readings.measure("temperature", key, units.temperature(row, "temp"), unit="K", at_ms=at_ms)
    readings.measure("pressure", key, row.number("pressure"), unit="hPa", at_ms=at_ms)
    readings.measure("humidity", key, row.number("humidity"), unit="%", at_ms=at_ms)
    readings.measure("wind_speed", key, units.speed(row.number("wind_speed")), unit="m/s", at_ms=at_ms)
    readings.measure("cloud_cover", key, row.number("clouds"), unit="%", at_ms=at_ms)
    readings.measure("uv_index", key, row.optional_number("uvi"), at_ms=at_ms)
    _measure_common(row, key, at_ms, readings)


def _measure_common(row: JsonNode, key: str, at_ms: int, readings: Readings) -> None:
    readings.measure("visibility", key, row.optional_number("visibility"), unit="m", at_ms=at_ms)
    for what in ("rain", "snow"):
        # the search answers null where the others leave it out
        fallen = row.nullable_child(what)
        if fallen is not None:
            for period in _PERIODS:
                millimetres = fallen.optional_number(period)
                readings.measure(f"{what}_{period}", key, millimetres, unit="mm", at_ms=at_ms)


def _words(row: JsonNode) -> str | None:
    conditions = row.rows("weather") if row.has("weather") else []
    words = [text for text in (one.peek_text("description") for one in conditions) if text]
    return ", ".join(words) or None
