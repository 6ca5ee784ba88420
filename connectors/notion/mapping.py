"""What a Notion payload says: one mapping for all endpoints, since every object names its own kind (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from connectors.kit.json_path import JsonNode
from connectors.kit.mapping_table import MapEndpoint, MappingTable, nothing_in
from connectors.kit.readings import Readings
from connectors.notion import endpoints
from connectors.notion.left_out import IGNORED, MAPS
from connectors.notion.listing import map_listing
from connectors.notion.objects import map_block, map_comment, map_database, map_nothing, map_page, map_user
from schemas.mapping import MappedPayload
from schemas.records import RawEvent

_OBJECTS: Final[Mapping[str, Callable[[JsonNode, Readings], None]]] = {
    "block": map_block,
    "comment": map_comment,
    "data_source": map_database,
    "database": map_database,
    "file_upload": map_nothing,
    "page": map_page,
    "user": map_user,
}


def map_answer(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map an object, or a page of a list and what its rows say together.

    Raises:
        Poison: it is no object that Notion's reference knows, or does not fit.
    """
    if root.text("object") != "list":
        _map_object(root, readings)
        return
    for row in root.rows("results"):
        _map_object(row, readings)
    map_listing(root, event, readings)


def _map_object(node: JsonNode, readings: Readings) -> None:
    kind = node.text("object")
    if kind not in _OBJECTS:
        raise node.misfit("one of " + ", ".join(_OBJECTS), found=f"an object of the kind {kind[:80]!r}")
    _OBJECTS[kind](node, readings)


MAPPINGS: Final[Mapping[str, MapEndpoint]] = dict.fromkeys(
    (*endpoints.POLLED, endpoints.BLOCK, endpoints.USER, endpoints.WRITTEN), map_answer
)
TABLE: Final = MappingTable(
    "notion",
    MAPPINGS,
    nothing_in(MAPPINGS, endpoints.NOT_MEASURED),
    maps=dict.fromkeys(MAPPINGS, MAPS),
    ignored=IGNORED,
)


def map_payload(event: RawEvent) -> MappedPayload:
    """Return the things and measurements of a payload of Notion, all observed now by the vendor's clock.

    Raises:
        Poison: the endpoint is none of ours, or the payload does not fit; names the path in it.
    """
    return TABLE.map_payload(event)
