"""What a PokéAPI payload says: chooses the mapping by endpoint (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.kit.mapping_table import MapEndpoint, MappingTable, nothing_in
from connectors.pokeapi import endpoints
from connectors.pokeapi.creatures import map_evolution_chain, map_pokemon, map_species
from connectors.pokeapi.left_out import IGNORED
from connectors.pokeapi.resources import map_berry, map_item, map_list, map_machine, map_move, map_resource
from schemas.mapping import MappedPayload
from schemas.records import RawEvent

MAPPINGS: Final[Mapping[str, MapEndpoint]] = {
    endpoints.ABILITY: map_resource,
    endpoints.BERRY: map_berry,
    endpoints.EVOLUTION_CHAIN: map_evolution_chain,
    endpoints.GENERATION: map_resource,
    endpoints.GROWTH_RATE: map_resource,
    endpoints.ITEM: map_item,
    endpoints.LANGUAGE: map_resource,
    endpoints.LOCATION: map_resource,
    endpoints.LOCATION_AREA: map_resource,
    endpoints.MACHINE: map_machine,
    endpoints.MOVE: map_move,
    endpoints.NATURE: map_resource,
    endpoints.POKEDEX: map_resource,
    endpoints.POKEMON: map_pokemon,
    endpoints.POKEMON_FORM: map_resource,
    endpoints.POKEMON_LIST: map_list,
    endpoints.POKEMON_SPECIES: map_species,
    endpoints.REGION: map_resource,
    endpoints.RESOURCE_LIST: map_list,
    endpoints.STAT: map_resource,
    endpoints.TYPE: map_resource,
    endpoints.VERSION: map_resource,
}
TABLE: Final = MappingTable(
    "pokeapi",
    MAPPINGS,
    nothing_in(MAPPINGS, endpoints.NOT_MEASURED),
    ignored=IGNORED,
)


def map_payload(event: RawEvent) -> MappedPayload:
    """Return the things and measurements of a payload of PokéAPI, all observed now by the vendor's clock.

    Raises:
        Poison: the endpoint is none of ours, or the payload does not fit; names the path in it.
    """
    return TABLE.map_payload(event)
