"""Natural keys of places: the vendor's city id, or the coordinates where there is none (pure)."""

from __future__ import annotations

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings

CITY_ADDRESS = "https://openweathermap.org/city/"
_DECIMALS = 4  # 11 m, and as the vendor itself gives coordinates


def coordinates_key(row: JsonNode, latitude: str = "lat", longitude: str = "lon") -> str:
    """Return the key of a place without an id: ``51.5085,-0.1257``.

    Raises:
        Poison: a coordinate is absent, no number, or outside of the globe.
    """
    return f"{_degrees(row, latitude, 90)},{_degrees(row, longitude, 180)}"


def map_city(city: JsonNode, readings: Readings, entity_type: str = "city", **more: object) -> str:
    """Add a city as a thing and return its key; an id of 0 is the vendor's way to say that it knows none.

    Args:
        city: with ``id``, ``name`` and ``coord``, and ``country`` there or below ``sys``.
        readings: where the thing goes.
        entity_type: of the thing; what is only about a city has a type of its own, so that it hides nothing of it.
        more: further properties.

    Raises:
        Poison: there is neither an id nor a place.
    """
    known = not city.has("coord") or city.peek("id") not in (None, 0)
    where = city.nullable_child("coord")
    key = str(city.whole("id")) if known or where is None else coordinates_key(where)
    attributes = city.plain("timezone", "population", "country")
    country = city.peek("sys", "country")
    attributes |= {} if country is None else {"country": country}
    attributes |= {} if where is None else where.plain("lat", "lon")
    readings.thing(
        "place" if entity_type == "city" and not known else entity_type,
        key,
        city.peek_text("name"),
        url=CITY_ADDRESS + key if known else None,
        attributes=attributes | {name: value for name, value in more.items() if value is not None},
    )
    return key


def map_place(row: JsonNode, readings: Readings, **more: object) -> str:
    """Add a place that has only coordinates (``lat``, ``lon``) as a thing and return its key."""
    key = coordinates_key(row)
    attributes = row.plain("lat", "lon", "timezone", "country", "state", "zip")
    readings.thing("place", key, row.peek_text("name"), attributes=attributes | more)
    return key


def _degrees(row: JsonNode, name: str, bound: int) -> str:
    value = row.number(name)
    if abs(value) > bound:
        raise row.misfit(f"{name} between -{bound} and {bound}", found=f"an object whose {name} is {value!r}")
    # adding 0 turns -0.0 into 0.0
    return f"{round(value, _DECIMALS) + 0.0:.{_DECIMALS}f}"
