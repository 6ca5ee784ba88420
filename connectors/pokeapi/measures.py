"""What PokéAPI's numbers mean, the same in its REST API and its tables (pure)."""

from __future__ import annotations

import re
from typing import Final

from connectors.kit.external_ids import ExternalId, plain
from connectors.kit.json_path import JsonNode

DECIMETRES_IN_A_METRE: Final = 10
HECTOGRAMS_IN_A_KILOGRAM: Final = 10
EIGHTHS: Final = 8
GENDERLESS: Final = -1
_STAT_NAME = re.compile(r"[a-z-]{1,40}")


def numbered(entity_type: str, row: JsonNode) -> ExternalId | None:
    """Return the number that a thing has in PokéAPI's database, whichever of its APIs tells it."""
    return plain(f"pokeapi.{entity_type}.id")(row.peek("id"))


def stat_name(row: JsonNode) -> str:
    """Return the name of a base stat as part of a measure's name.

    Raises:
        Poison: it is no name of small letters.
    """
    name = row.child("stat").text("name")
    if not _STAT_NAME.fullmatch(name):
        raise row.misfit("a stat with a name of small letters", found=f"an object whose stat is {name!r}")
    return name.replace("-", "_")


def female_share(species: JsonNode) -> float | None:
    """Return the share of females of a species, 0 to 1; None if it has no genders or the number is null."""
    eighths = species.nullable_number("gender_rate")
    return None if eighths is None or eighths == GENDERLESS else eighths / EIGHTHS
