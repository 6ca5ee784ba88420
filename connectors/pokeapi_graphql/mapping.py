"""What an answer of PokéAPI's GraphQL says: rows and aggregates below ``data``, or errors (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from connectors.kit.graphql import errors_of, message_of
from connectors.kit.json_path import JsonNode
from connectors.kit.mapping_table import MapEndpoint, MappingTable, nothing_in
from connectors.kit.readings import Readings
from connectors.pokeapi_graphql import endpoints
from connectors.pokeapi_graphql.left_out import IGNORED
from connectors.pokeapi_graphql.rows import map_aggregate, map_generation, map_item, map_pokemon, map_species
from schemas.mapping import MappedPayload
from schemas.records import RawEvent

# a query may give its roots other names; these are those of our queries and of the recorded ones
_ROWS: Final[Mapping[str, Callable[[JsonNode, Readings], None]]] = {
    "pokemon": map_pokemon,
    "pokemonspecies": map_species,
    "species": map_species,
    "gen3_species": map_species,
    "item": map_item,
    "generation": map_generation,
    "generations": map_generation,
}
_RESOURCES: Final = {
    "pokemon_aggregate": "pokemon",
    "pokemonspecies_aggregate": "pokemon-species",
    "species": "pokemon-species",
    "item_aggregate": "item",
    "generation_aggregate": "generation",
}
"""Aggregates to the resource's name in the REST API, whose counts are the same series."""


def map_answer(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the data of an answer; beside errors a root may be null and is passed over.

    Raises:
        Poison: there is no data, or it does not fit; quotes the vendor's first error.
    """
    errors = errors_of(root.value)
    if errors and not root.has("data"):
        raise root.misfit("data", found=f"an answer with errors and no data: {message_of(errors[0])}")
    for name, node in root.child("data").fields():
        if node.value is None and errors:
            continue
        _map_root(name, node, event, readings)


def _map_root(name: str, node: JsonNode, event: RawEvent, readings: Readings) -> None:
    if isinstance(node.value, dict) and name in _RESOURCES:
        _map_whole_aggregate(_RESOURCES[name], node, event, readings)
    elif name in _ROWS:
        for row in node.rows():
            _ROWS[name](row, readings)
    else:
        raise node.misfit("a root that this connector asks for")


def _map_whole_aggregate(resource: str, node: JsonNode, event: RawEvent, readings: Readings) -> None:
    # every page repeats the number of all rows; its first page tells it
    if event.page_index == 0:
        map_aggregate(node.child("aggregate"), resource, "resources", readings)


MAPPINGS: Final[Mapping[str, MapEndpoint]] = dict.fromkeys(
    (*endpoints.POLLED, endpoints.AGGREGATE), map_answer
)
TABLE: Final = MappingTable(
    "pokeapi_graphql",
    MAPPINGS,
    nothing_in(MAPPINGS, endpoints.NOT_MEASURED),
    ignored=IGNORED,
)


def map_payload(event: RawEvent) -> MappedPayload:
    """Return the things and measurements of an answer, all observed now by the vendor's clock.

    Raises:
        Poison: the endpoint is none of ours, or the payload does not fit; names the path in it.
    """
    return TABLE.map_payload(event)
