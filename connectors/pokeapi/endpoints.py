"""Which endpoint of PokéAPI a request asks, and what is not measured there, and why.

Source: https://pokeapi.co/docs/v2
"""

from __future__ import annotations

import re
from typing import Final

POKEMON_LIST: Final = "pokemon_list"
POKEMON: Final = "pokemon"
POKEMON_SPECIES: Final = "pokemon_species"
EVOLUTION_CHAIN: Final = "evolution_chain"

ABILITY: Final = "ability"
BERRY: Final = "berry"
GENERATION: Final = "generation"
GROWTH_RATE: Final = "growth_rate"
ITEM: Final = "item"
LANGUAGE: Final = "language"
LOCATION: Final = "location"
LOCATION_AREA: Final = "location_area"
MACHINE: Final = "machine"
MOVE: Final = "move"
NATURE: Final = "nature"
POKEDEX: Final = "pokedex"
POKEMON_ENCOUNTERS: Final = "pokemon_encounters"
POKEMON_FORM: Final = "pokemon_form"
REGION: Final = "region"
RESOURCE_LIST: Final = "resource_list"
ROOT: Final = "root"
STAT: Final = "stat"
TYPE: Final = "type"
VERSION: Final = "version"
OTHER: Final = "other"

RESOURCES: Final = {
    "ability": ABILITY,
    "berry": BERRY,
    "evolution-chain": EVOLUTION_CHAIN,
    "generation": GENERATION,
    "growth-rate": GROWTH_RATE,
    "item": ITEM,
    "language": LANGUAGE,
    "location": LOCATION,
    "location-area": LOCATION_AREA,
    "machine": MACHINE,
    "move": MOVE,
    "nature": NATURE,
    "pokedex": POKEDEX,
    "pokemon": POKEMON,
    "pokemon-form": POKEMON_FORM,
    "pokemon-species": POKEMON_SPECIES,
    "region": REGION,
    "stat": STAT,
    "type": TYPE,
    "version": VERSION,
}
"""The vendor's name of a resource, as it stands in its addresses, to ours."""

_NAMES_ONLY = "it names and relates things; it holds no quantity"
NOT_MEASURED: Final = {
    EVOLUTION_CHAIN: "it says what becomes what; the conditions for it are no quantities of a thing",
    ABILITY: _NAMES_ONLY,
    GENERATION: _NAMES_ONLY,
    GROWTH_RATE: "a table of the experience for each level, not a quantity that is measured",
    LANGUAGE: _NAMES_ONLY,
    LOCATION: _NAMES_ONLY,
    LOCATION_AREA: "chances are stated for each pokemon, method and version, not for the area",
    MACHINE: _NAMES_ONLY,
    NATURE: _NAMES_ONLY,
    POKEDEX: _NAMES_ONLY,
    POKEMON_ENCOUNTERS: "a bare array that does not say whose it is; chances hold for one version and method each",
    POKEMON_FORM: _NAMES_ONLY,
    REGION: _NAMES_ONLY,
    STAT: _NAMES_ONLY,
    TYPE: _NAMES_ONLY,
    VERSION: _NAMES_ONLY,
    ROOT: "a list of addresses",
    OTHER: "this connector does not know the endpoint",
}

_PATH = re.compile(r"/api/v2(?:/(?P<resource>[a-z-]+)(?:/(?P<key>[^/]+)(?P<encounters>/encounters)?)?)?")


def endpoint_of(method: str, path: str | None, kind: str) -> str:
    """Return our name of the endpoint that a request asked, ``other`` if we have none.

    Args:
        method: HTTP method, in any case.
        path: of the request, from the vendor's host on, with or without a query; None if unknown.
        kind: folder of the recording, which decides where the path is unknown.
    """
    if path is None:
        return _of_kind(kind)
    found = _PATH.fullmatch(path.partition("?")[0].rstrip("/"))
    if found is None or method.upper() != "GET":
        return OTHER
    resource, key = found["resource"], found["key"]
    if resource is None:
        return ROOT
    if key is None:
        return POKEMON_LIST if resource == "pokemon" else RESOURCE_LIST
    if found["encounters"]:
        return POKEMON_ENCOUNTERS if resource == "pokemon" else OTHER
    return RESOURCES.get(resource, OTHER)


def _of_kind(kind: str) -> str:
    if kind in {"lists", "list-pages"}:
        return RESOURCE_LIST
    return POKEMON_ENCOUNTERS if kind == "pokemon-encounters" else RESOURCES.get(kind, OTHER)
