"""Which of our questions a request to PokéAPI's GraphQL asks, and what is not measured there, and why.

All questions go to one address, so the operation's name tells them apart; of a recording the folder does.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

POKEMON: Final = "pokemon"
POKEMON_SPECIES: Final = "pokemon_species"
ITEM: Final = "item"
GENERATION: Final = "generation"

AGGREGATE: Final = "aggregate"
LOOKUP: Final = "lookup"
OTHER: Final = "other"

POLLED: Final = (POKEMON, POKEMON_SPECIES, ITEM, GENERATION)
PATH: Final = "/v1beta2"
OPERATION_PARAMETER: Final = "operationName"

NOT_MEASURED: Final = {
    LOOKUP: "one row by its number, to see whether there is one; it names the row and measures nothing",
    OTHER: "this connector does not know the question",
}

_OF_KIND: Final = {
    "aggregates": AGGREGATE,
    "filters": LOOKUP,
    "items": ITEM,
    "multi-root": GENERATION,
    "pokemon-details": POKEMON_SPECIES,
    "pokemon-keyset": POKEMON,
    "pokemon-pages": POKEMON,
    "rankings": POKEMON,
    "species-by-generation": POKEMON_SPECIES,
}


def endpoint_of(method: str, path: str | None, kind: str) -> str:
    """Return our name of the question, ``other`` if it is none of ours.

    Args:
        method: HTTP method, in any case.
        path: of the request, with the page's parameters as its query; None if unknown.
        kind: folder of the recording, which decides where the path names no operation.
    """
    where, _, query = (path or PATH).partition("?")
    operation = parse_qs(query).get(OPERATION_PARAMETER, [""])[0]
    if where.rstrip("/") != PATH or (path is not None and method.upper() != "POST"):
        return OTHER
    if operation:
        return operation if operation in POLLED else OTHER
    return _OF_KIND.get(kind, OTHER)
