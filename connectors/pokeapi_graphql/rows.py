"""Rows of PokéAPI's tables: the same things under the same keys as in its REST API (pure).

GraphQL sends just the fields that a query names, so an absent field was not asked for; a null in one that the
vendor always has is an error.
"""

from __future__ import annotations

import re

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from connectors.pokeapi.measures import (
    DECIMETRES_IN_A_METRE,
    HECTOGRAMS_IN_A_KILOGRAM,
    female_share,
    numbered,
    stat_name,
)

_ENGLISH = "en"


def map_pokemon(row: JsonNode, readings: Readings) -> None:
    """Map a pokémon: its size, its experience and its base stats."""
    key = row.text("name")
    types = [kind for part in _rows(row, "pokemontypes", "types") if (kind := part.peek_text("type", "name"))]
    attributes = row.plain("id", "is_default", "order") | ({"types": types} if types else {})
    readings.thing("pokemon", key, attributes=attributes)
    readings.link("pokemon", key, numbered("pokemon", row), row, "id")
    readings.measure("height", key, _divided(row.optional_count("height"), DECIMETRES_IN_A_METRE), unit="m")
    readings.measure(
        "weight", key, _divided(row.optional_count("weight"), HECTOGRAMS_IN_A_KILOGRAM), unit="kg"
    )
    readings.measure("base_experience", key, row.nullable_count("base_experience"))
    for stat in _rows(row, "pokemonstats", "stats"):
        readings.measure(f"base_{stat_name(stat)}", key, stat.count("base_stat"))


def map_species(row: JsonNode, readings: Readings) -> None:
    """Map a species, and its creatures where the query asks for them."""
    key = row.text("name")
    attributes = row.plain("id", "is_baby", "is_legendary", "is_mythical")
    generation = row.peek_text("generation", "name")
    attributes |= {"generation": generation} if generation else {}
    readings.thing("pokemon_species", key, _english(row), attributes=attributes)
    readings.link("pokemon_species", key, numbered("pokemon_species", row), row, "id")
    readings.measure("capture_rate", key, row.optional_count("capture_rate"))
    readings.measure("base_happiness", key, row.nullable_count("base_happiness"))
    readings.measure("hatch_counter", key, row.nullable_count("hatch_counter"))
    readings.measure("female_share", key, female_share(row))
    if row.has("pokemon"):
        for creature in row.child("pokemon").rows("nodes"):
            map_pokemon(creature, readings)


def map_item(row: JsonNode, readings: Readings) -> None:
    """Map an item: what it costs, and how hard it hits when it is flung."""
    key = row.text("name")
    category = row.peek_text("itemcategory", "name")
    attributes = row.plain("id") | ({"category": category} if category else {})
    readings.thing("item", key, attributes=attributes)
    readings.link("item", key, numbered("item", row), row, "id")
    readings.measure("cost", key, row.nullable_count("cost"))
    readings.measure("fling_power", key, row.nullable_number("fling_power"))


def map_generation(row: JsonNode, readings: Readings) -> None:
    """Map a generation: how many species it brought, and how easily they are caught."""
    key = row.text("name")
    readings.thing("generation", key, attributes=row.plain("id"))
    readings.link("generation", key, numbered("generation", row), row, "id")
    for name in ("pokemonspecies_aggregate", "pokemon_species"):
        if row.has(name):
            map_aggregate(row.child(name).child("aggregate"), key, "species", readings)


def map_aggregate(aggregate: JsonNode, key: str, counted: str, readings: Readings) -> None:
    """Map an aggregate: the number of rows as ``counted``, and means and bounds of their columns.

    Over no rows the number is 0 and all else null. A sum is left out: it is the number times the mean.
    """
    readings.measure(counted, key, aggregate.optional_count("count"))
    for function, ending in (("avg", "mean"), ("min", "min"), ("max", "max")):
        columns = aggregate.nullable_child(function)
        for column, _ in columns.fields() if columns else ():
            value = columns.nullable_number(column) if columns else None
            readings.measure(f"{_measure_name(column, aggregate)}_{ending}", key, value)


def _rows(row: JsonNode, *names: str) -> list[JsonNode]:
    return [inner for name in names if row.has(name) for inner in row.rows(name)]


def _divided(value: float | None, by: int) -> float | None:
    return None if value is None else value / by


def _measure_name(column: str, aggregate: JsonNode) -> str:
    if not re.fullmatch(r"[a-z_]{1,40}", column):
        raise aggregate.misfit(
            "columns with a name of small letters", found=f"an object with {column[:80]!r}"
        )
    return column


def _english(row: JsonNode) -> str | None:
    for name in _rows(row, "pokemonspeciesnames"):
        if name.peek("language", "name") == _ENGLISH:
            return name.peek_text("name")
    return None
