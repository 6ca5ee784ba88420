"""Pokémon, their species and what they become (pure)."""

from __future__ import annotations

from typing import Final

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from connectors.pokeapi.measures import (
    DECIMETRES_IN_A_METRE,
    HECTOGRAMS_IN_A_KILOGRAM,
    female_share,
    stat_name,
)
from connectors.pokeapi.resources import map_named
from schemas.records import RawEvent

SPECIES_IN_A_CHAIN_MAX: Final = 1000


def map_pokemon(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a pokémon: its size, its experience and its base stats."""
    key = map_named(root, event.endpoint, readings)
    readings.measure("base_experience", key, root.nullable_count("base_experience"))
    readings.measure("height", key, root.count("height") / DECIMETRES_IN_A_METRE, unit="m")
    readings.measure("weight", key, root.count("weight") / HECTOGRAMS_IN_A_KILOGRAM, unit="kg")
    for row in root.rows("stats"):
        readings.measure(f"base_{stat_name(row)}", key, row.count("base_stat"))


def map_species(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a species: how easily it is caught, hatches and likes its trainer."""
    key = map_named(
        root, event.endpoint, readings, "is_baby", "is_legendary", "is_mythical", "has_gender_differences"
    )
    readings.measure("capture_rate", key, root.count("capture_rate"))
    readings.measure("base_happiness", key, root.nullable_count("base_happiness"))
    readings.measure("hatch_counter", key, root.nullable_count("hatch_counter"))
    readings.measure("female_share", key, female_share(root))


def map_evolution_chain(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map an evolution chain: its species, from the first on.

    Raises:
        Poison: it does not fit, or has more than ``SPECIES_IN_A_CHAIN_MAX`` species.
    """
    species: list[str] = []
    links = [root.child("chain")]
    while links:
        link = links.pop(0)
        species.append(link.child("species").text("name"))
        if len(species) > SPECIES_IN_A_CHAIN_MAX:
            raise root.misfit(f"at most {SPECIES_IN_A_CHAIN_MAX} species", found="a longer chain")
        links += link.rows("evolves_to")
    readings.thing(
        event.endpoint,
        str(root.whole("id")),
        f"Evolution of {species[0]}",
        attributes={"species": species},
    )
