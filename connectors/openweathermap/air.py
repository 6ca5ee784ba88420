"""Air quality: what is in the air, in micrograms a cubic metre (pure)."""

from __future__ import annotations

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from connectors.openweathermap.places import map_place
from schemas.records import RawEvent

COMPONENTS = ("co", "no", "no2", "o3", "so2", "pm2_5", "pm10", "nh3")


def map_air_pollution(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the air of a place, now or in the past; the index ``aqi`` is a function of the components."""
    del event
    key = map_place(root.child("coord"), readings)
    for row in root.rows("list"):
        at_ms = readings.happened_ms(row, "dt")
        components = row.child("components")
        for component in COMPONENTS:
            value = components.optional_number(component)
            readings.measure(component, key, value, unit="ug/m3", at_ms=at_ms)


def map_air_place(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the place whose air is predicted."""
    del event
    map_place(root.child("coord"), readings)
