"""What a TMDB payload says: chooses the mapping by endpoint (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.kit.json_path import JsonNode
from connectors.kit.mapping_table import MapEndpoint, MappingTable, nothing_in
from connectors.kit.readings import Readings
from connectors.tmdb import endpoints
from connectors.tmdb.left_out import IGNORED
from connectors.tmdb.titles import (
    changes_of,
    list_of,
    map_collection,
    map_find,
    map_mixed,
    map_movie,
    map_person,
    map_tv,
    named,
)
from schemas.mapping import MappedPayload
from schemas.records import RawEvent


def _if_good(mapping: MapEndpoint) -> MapEndpoint:
    """Return a mapping that refuses an error body, whatever the status it came with."""

    def map_if_good(root: JsonNode, event: RawEvent, readings: Readings) -> None:
        code = root.peek("status_code")
        if code is not None and root.peek("success") is False:
            message = root.peek_text("status_message") or "no message"
            raise JsonNode(code, event, root, "status_code").misfit(
                "an answer without a status_code of its own",
                found=f"the vendor's error {code} ({message[:120]})",
            )
        mapping(root, event, readings)

    return map_if_good


_GOOD: Final[Mapping[str, MapEndpoint]] = {
    endpoints.COLLECTION: map_collection,
    endpoints.COMPANY: named("company"),
    endpoints.FIND: map_find,
    endpoints.MOVIE: map_movie,
    endpoints.NETWORK: named("network"),
    endpoints.PERSON: map_person,
    endpoints.TRENDING: map_mixed,
    endpoints.TV: map_tv,
    **{endpoint: list_of(media) for media, endpoint in endpoints.LISTS.items()},
    **{endpoint: changes_of(media) for media, endpoint in endpoints.CHANGES.items()},
}
MAPPINGS: Final = {endpoint: _if_good(mapping) for endpoint, mapping in _GOOD.items()}
TABLE: Final = MappingTable(
    "tmdb",
    MAPPINGS,
    nothing_in(MAPPINGS, endpoints.NOT_MEASURED),
    ignored=IGNORED,
)


def map_payload(event: RawEvent) -> MappedPayload:
    """Return the things and measurements of a payload of TMDB, observed now by the vendor's clock.

    Raises:
        Poison: the endpoint is none of ours, or the payload does not fit; names the path in it.
    """
    return TABLE.map_payload(event)
