"""What a MusicBrainz payload says: chooses the mapping by endpoint (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.kit.mapping_table import MapEndpoint, MappingTable, nothing_in
from connectors.musicbrainz import endpoints
from connectors.musicbrainz.entities import (
    map_area,
    map_artist,
    map_disc_id,
    map_label,
    map_recording,
    map_release,
    map_release_group,
)
from connectors.musicbrainz.left_out import IGNORED, MAPS
from connectors.musicbrainz.lists import browse_of, search_of
from schemas.mapping import MappedPayload
from schemas.records import RawEvent

_OF_ENTITY: Final[Mapping[str, MapEndpoint]] = {
    "artist": map_artist,
    "recording": map_recording,
    "release": map_release,
    "release-group": map_release_group,
}
MAPPINGS: Final[Mapping[str, MapEndpoint]] = {
    **{endpoints.LOOKUPS[entity]: mapping for entity, mapping in _OF_ENTITY.items()},
    **{endpoints.BROWSES[entity]: browse_of(entity, mapping) for entity, mapping in _OF_ENTITY.items()},
    **{endpoints.SEARCHES[entity]: search_of(entity) for entity in _OF_ENTITY},
    endpoints.AREA: map_area,
    endpoints.DISC_ID: map_disc_id,
    endpoints.LABEL: map_label,
}
TABLE: Final = MappingTable(
    "musicbrainz",
    MAPPINGS,
    nothing_in(MAPPINGS, endpoints.NOT_MEASURED),
    maps=dict.fromkeys(MAPPINGS, MAPS),
    ignored=IGNORED,
)


def map_payload(event: RawEvent) -> MappedPayload:
    """Return the things and measurements of a payload of MusicBrainz, observed now by the vendor's clock.

    Raises:
        Poison: the endpoint is none of ours, or the payload does not fit; names the path in it.
    """
    return TABLE.map_payload(event)
