"""What all of Spotify's objects have in common: ids, other catalogues' ids, dates, and who they name (pure)."""

from __future__ import annotations

from typing import Final

from connectors.kit.external_ids import gtin, isrc
from connectors.kit.json_path import PROPERTY_ITEMS_MAX, JsonNode
from connectors.kit.readings import Readings

EXTERNAL_IDS: Final = ("isrc", "ean", "upc")


def add_thing(
    node: JsonNode, entity_type: str, readings: Readings, attributes: dict[str, object] | None = None
) -> str:
    """Add an object as a thing and return its key, the vendor's id.

    Args:
        node: the object.
        entity_type: its type.
        readings: where it goes.
        attributes: besides its URI.
    """
    key = node.text("id")
    readings.thing(
        entity_type,
        key,
        node.peek_text("name"),
        url=node.peek_text("external_urls", "spotify"),
        attributes=node.plain("uri") | (attributes or {}),
    )
    return key


def link_codes(node: JsonNode, entity_type: str, key: str, readings: Readings) -> None:
    """Add what other catalogues call a track or an album: by ISRC, or by the bar code of the product."""
    for name, make in (("isrc", isrc), ("ean", gtin), ("upc", gtin)):
        external = make(node.peek_text("external_ids", name))
        readings.link(entity_type, key, external, node, "external_ids", name)


def measure_popularity(node: JsonNode, key: str, readings: Readings) -> None:
    """Add an object's popularity, 0 to 100; apps in development mode are not told it."""
    readings.measure("popularity", key, node.optional_count("popularity"))


def measure_followers(node: JsonNode, key: str, readings: Readings) -> None:
    """Add how many follow an object; apps in development mode are not told it."""
    followers = node.nullable_child("followers")
    if followers is not None:
        readings.measure("followers", key, followers.count("total"))


def there(rows: list[JsonNode]) -> list[JsonNode]:
    """Return the rows that are not null: where several ids were asked for, null stands for an unknown one."""
    return [row for row in rows if row.value is not None]


def external_ids(node: JsonNode) -> dict[str, object]:
    """Return the ids of other catalogues as sent: ISRC, EAN and UPC, those that are there."""
    found = {name: node.peek_text("external_ids", name) for name in EXTERNAL_IDS}
    return {name: value for name, value in found.items() if value}


def released(node: JsonNode) -> dict[str, object]:
    """Return when something came out, as sent: a year, a month or a day, as its precision says."""
    return node.plain("release_date", "release_date_precision")


def credited(node: JsonNode) -> dict[str, object]:
    """Return who made something: the artists' ids and their names, those that have them.

    At most ``PROPERTY_ITEMS_MAX`` of each are kept.
    """
    artists = node.rows("artists")[:PROPERTY_ITEMS_MAX] if node.has("artists") else []
    ids = [text for text in (artist.peek_text("id") for artist in artists) if text]
    names = [text for text in (artist.peek_text("name") for artist in artists) if text]
    found: dict[str, object] = {"artist_ids": ids, "artists": names}
    return {name: value for name, value in found.items() if value}
