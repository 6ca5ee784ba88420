"""Forecasts, kept as properties of a thing: nobody has observed them (pure)."""

from __future__ import annotations

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from connectors.openweathermap.places import map_city, map_place
from connectors.openweathermap.units import Units, units_of
from schemas.records import RawEvent


def map_forecast(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a five-day forecast as a thing: what is expected for a city as it stands now."""
    units = units_of(event.request_url)
    rows = [_row(row, units) for row in root.rows("list")]
    map_city(root.child("city"), readings, event.endpoint, rows=rows)


def map_forecast_daily(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a daily forecast as a thing: for how many days it is."""
    days = root.rows("list")
    map_city(root.child("city"), readings, event.endpoint, days=len(days))


def map_geocoding(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the places that a name or a postcode stands for."""
    del event
    for row in root.rows() if isinstance(root.value, list) else [root]:
        map_place(row, readings)


def _row(row: JsonNode, units: Units) -> dict[str, object]:
    said = {
        "at": row.epoch_ms("dt") // 1000,
        "temperature_kelvin": round(units.temperature(row.child("main"), "temp"), 2),
        "precipitation_probability": row.optional_number("pop"),
    }
    return {name: value for name, value in said.items() if value is not None}
