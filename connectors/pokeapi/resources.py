"""Resources that all look alike: an id, a name, names for people; and lists of them (pure)."""

from __future__ import annotations

import re

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from connectors.pokeapi.measures import numbered
from schemas.records import RawEvent

_IN_ADDRESS = re.compile(r"/api/v2/(?P<resource>[a-z-]{1,60})/")
_ENGLISH = "en"


def map_resource(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a resource as a thing, without measurements."""
    map_named(root, event.endpoint, readings)


def map_named(root: JsonNode, entity_type: str, readings: Readings, *more: str) -> str:
    """Add a resource as a thing and return its key, its name: unique within its type.

    Args:
        root: the resource.
        entity_type: its type.
        readings: where it goes.
        more: further fields to keep as properties.
    """
    key = root.text("name")
    attributes = root.plain("is_default", "is_main_series", "order", *more) | {"id": root.whole("id")}
    for relation in ("generation", "region", "type", "category", "species"):
        name = root.peek_text(relation, "name")
        attributes |= {relation: name} if name else {}
    readings.thing(entity_type, key, _english(root), attributes=attributes)
    readings.link(entity_type, key, numbered(entity_type, root), root, "id")
    return key


def map_move(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a move; a move that does no damage has no power, one that cannot miss no accuracy."""
    key = map_named(root, event.endpoint, readings)
    readings.measure("power", key, root.nullable_number("power"))
    readings.measure("accuracy", key, root.nullable_number("accuracy"), unit="%")
    readings.measure("power_points", key, root.nullable_number("pp"))
    readings.measure("priority", key, root.nullable_number("priority"))


def map_item(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map an item; what it costs stood beside its name once, and now by version, of which none is the current."""
    key = map_named(root, event.endpoint, readings)
    readings.measure("cost", key, root.nullable_count("cost"))
    readings.measure("fling_power", key, root.nullable_number("fling_power"))


def map_berry(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a berry."""
    key = map_named(root, event.endpoint, readings)
    readings.measure("growth_time", key, root.count("growth_time"), unit="h")
    readings.measure("size", key, root.count("size"), unit="mm")
    readings.measure("max_harvest", key, root.count("max_harvest"))
    readings.measure("natural_gift_power", key, root.nullable_count("natural_gift_power"))
    readings.measure("smoothness", key, root.count("smoothness"))
    readings.measure("soil_dryness", key, root.count("soil_dryness"))


def map_machine(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a machine, which has no name of its own."""
    attributes = {
        name: root.child(name).text("name") for name in ("item", "move", "version_group") if root.has(name)
    }
    readings.thing(event.endpoint, str(root.whole("id")), attributes.get("item"), attributes=dict(attributes))


def map_list(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map how many resources of a kind there are, once a list: from its first page.

    A row only names a resource; as a thing it would hide what the resource says of itself.
    """
    del event
    count, rows = root.count("count"), root.rows("results")
    if root.has("previous") or not rows:
        return
    address = rows[0].text("url")
    found = _IN_ADDRESS.search(address)
    if found is None:
        raise rows[0].misfit(
            "an address below /api/v2/<resource>/", found=f"an object whose url is {address!r}"
        )
    readings.measure("resources", found["resource"], count)


def _english(root: JsonNode) -> str | None:
    for name in root.rows("names") if root.has("names") else ():
        if name.peek("language", "name") == _ENGLISH:
            return name.peek_text("name")
    return None
