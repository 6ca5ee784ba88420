"""What is asked of PokéAPI's GraphQL, one query a kind of thing; ordered, so that pages fit together.

Source: https://graphql.pokeapi.co (the schema that the vendor's console shows).
"""

from __future__ import annotations

from typing import Final

from connectors.pokeapi_graphql.endpoints import GENERATION, ITEM, POKEMON, POKEMON_SPECIES

_POKEMON: Final = """
query pokemon($limit: Int!, $offset: Int!) {
  pokemon(order_by: {id: asc}, limit: $limit, offset: $offset) {
    id name height weight base_experience is_default order pokemon_species_id
    pokemonstats(order_by: {stat_id: asc}) { base_stat stat { name } }
    pokemontypes(order_by: {slot: asc}) { slot type { name } }
  }
  pokemon_aggregate { aggregate { count } }
}
"""
_SPECIES: Final = """
query pokemon_species($limit: Int!, $offset: Int!) {
  pokemonspecies(order_by: {id: asc}, limit: $limit, offset: $offset) {
    id name base_happiness capture_rate gender_rate hatch_counter is_baby is_legendary is_mythical
    generation { name }
    pokemonspeciesnames(where: {language: {name: {_eq: "en"}}}) { name language { name } }
  }
  pokemonspecies_aggregate { aggregate { count } }
}
"""
_ITEM: Final = """
query item($limit: Int!, $offset: Int!) {
  item(order_by: {id: asc}, limit: $limit, offset: $offset) {
    id name cost fling_power itemcategory { name }
  }
  item_aggregate { aggregate { count } }
}
"""
_GENERATION: Final = """
query generation($limit: Int!, $offset: Int!) {
  generation(order_by: {id: asc}, limit: $limit, offset: $offset) {
    id name
    pokemonspecies_aggregate {
      aggregate { count avg { capture_rate } min { capture_rate } max { capture_rate } }
    }
  }
  generation_aggregate { aggregate { count } }
}
"""


def _on_one_line(query: str) -> str:
    return " ".join(query.split())


QUERIES: Final = {
    POKEMON: _on_one_line(_POKEMON),
    POKEMON_SPECIES: _on_one_line(_SPECIES),
    ITEM: _on_one_line(_ITEM),
    GENERATION: _on_one_line(_GENERATION),
}
ROOTS: Final = {
    POKEMON: "pokemon",
    POKEMON_SPECIES: "pokemonspecies",
    ITEM: "item",
    GENERATION: "generation",
}
"""Endpoint to the field of the answer that has its rows; beside it ``<field>_aggregate`` counts them all."""
