"""Pages of a browse and of a search (pure)."""

from __future__ import annotations

from connectors.kit.json_path import KEY_CHARACTERS_MAX, JsonNode
from connectors.kit.mapping_table import MapEndpoint
from connectors.kit.readings import Readings
from connectors.musicbrainz.keys import linked, searched
from schemas.records import RawEvent


def browse_of(entity: str, row_mapping: MapEndpoint) -> MapEndpoint:
    """Return the mapping of a browse: its rows, and once a list how many there are.

    Args:
        entity: of the rows, by the vendor's name in the singular, such as ``release-group``.
        row_mapping: of a row, which is a lookup's payload in the detail that was asked for.
    """
    measure = f"{entity.replace('-', '_')}s"

    def map_browse(root: JsonNode, event: RawEvent, readings: Readings) -> None:
        count = root.count(f"{entity}-count")
        if root.count(f"{entity}-offset") == 0:
            readings.measure(measure, linked(event), count)
        for row in root.rows(f"{entity}s"):
            row_mapping(row, event, readings)

    return map_browse


def search_of(entity: str) -> MapEndpoint:
    """Return the mapping of a search: how many hits there are, once a list.

    A hit is no thing: it knows less than its lookup, which is made for each, and would hide what that says.

    Args:
        entity: of the hits, by the vendor's name in the singular.
    """

    def map_search(root: JsonNode, event: RawEvent, readings: Readings) -> None:
        count = root.count("count")
        if root.count("offset") == 0:
            key = f"{entity}:{searched(event)}"[:KEY_CHARACTERS_MAX]
            readings.measure("search_hits", key, count)

    return map_search
