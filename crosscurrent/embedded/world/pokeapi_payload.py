"""Creatures, species and evolution chains in PokéAPI's shapes (pure); links begin with the address given."""

from __future__ import annotations

from collections.abc import Sequence

from crosscurrent.embedded.world.creature_sprites import sprites
from crosscurrent.embedded.world.creatures import (
    COLOUR_NAMES,
    HABITAT_NAMES,
    STAT_NAMES,
    TYPE_NAMES,
    Creature,
)

LEVEL_OF_STAGE = (0, 16, 36)

_ABILITIES = ("steadfast", "damp", "keen-eye", "flame-body", "ice-body", "levitate")
_EVOLUTION_NULLS = (
    "base_form", "evolved_form", "gender", "held_item", "item", "known_move", "known_move_type", "location",
    "min_affection", "min_beauty", "min_damage_taken", "min_happiness", "min_move_count", "min_steps",
    "party_species", "party_type", "region", "relative_physical_stats", "trade_species", "used_move",
)  # fmt: skip
_EVOLUTION_FALSE = ("near_special_rock", "needs_multiplayer", "needs_overworld_rain", "turn_upside_down")


def pokemon_payload(creature: Creature, base: str) -> dict[str, object]:
    """Return what ``/pokemon/{id}`` says."""
    number = creature.id
    return {
        "abilities": _abilities(creature, base),
        "base_experience": creature.base_experience,
        "cries": {"latest": f"https://cries.example/latest/{number}.ogg", "legacy": None},
        "forms": [_named(base, "pokemon-form", number, creature.name)],
        "game_indices": [{"game_index": number + 100, "version": _named(base, "version", 1, "red")}],
        "height": creature.height_decimetres,
        "held_items": _held_items(creature, base),
        "id": number,
        "is_default": True,
        "location_area_encounters": f"{base}/pokemon/{number}/encounters",
        "moves": [_move(base, 1 + (number * 7 + step * 11) % 90) for step in range(3)],
        "name": creature.name,
        "order": number * 2,
        "past_abilities": [],
        "past_stats": [],
        "past_types": [],
        "species": _named(base, "pokemon-species", number, creature.name),
        "sprites": sprites(number),
        "stats": [
            {
                "base_stat": value,
                "effort": int(place == number % 6),
                "stat": _named(base, "stat", place + 1, name),
            }
            for place, (name, value) in enumerate(zip(STAT_NAMES, creature.base_stats, strict=True))
        ],
        "types": [
            {"slot": slot, "type": _named(base, "type", kind + 1, TYPE_NAMES[kind])}
            for slot, kind in enumerate(creature.types, start=1)
        ],
        "weight": creature.weight_hectograms,
    }


def species_payload(creature: Creature, before: Creature | None, base: str) -> dict[str, object]:
    """Return what ``/pokemon-species/{id}`` says; ``before`` is the stage it evolves from."""
    english = _named(base, "language", 9, "en")
    habitat = creature.habitat
    return {
        "base_happiness": 50 + creature.id % 3 * 10,
        "capture_rate": creature.capture_rate,
        "color": _named(base, "pokemon-color", creature.colour + 1, COLOUR_NAMES[creature.colour]),
        "egg_groups": [
            _named(base, "egg-group", 1 + creature.chain % 14, f"group-{1 + creature.chain % 14}")
        ],
        "evolution_chain": {"url": f"{base}/evolution-chain/{creature.chain}/"},
        "evolves_from_species": before and _named(base, "pokemon-species", before.id, before.name),
        "flavor_text_entries": [
            {
                "flavor_text": f"It is seldom\nseen before {creature.id % 12 + 1}\no'clock.",
                "language": english,
                "version": _named(base, "version", 1, "red"),
            }
        ],
        "form_descriptions": [],
        "forms_switchable": False,
        "gender_rate": creature.gender_rate,
        "genera": [{"genus": "Quiet Creature", "language": english}],
        "generation": _named(base, "generation", 1, "generation-i"),
        "growth_rate": _named(base, "growth-rate", 1 + creature.chain % 4, f"rate-{1 + creature.chain % 4}"),
        "habitat": None
        if habitat is None
        else _named(base, "pokemon-habitat", habitat + 1, HABITAT_NAMES[habitat]),
        "has_gender_differences": False,
        "hatch_counter": 10 + creature.chain % 4 * 5,
        "id": creature.id,
        "is_baby": False,
        "is_legendary": creature.chain % 13 == 0,
        "is_mythical": False,
        "name": creature.name,
        "names": [{"language": english, "name": creature.name.capitalize()}],
        "order": creature.id,
        "pal_park_encounters": [],
        "pokedex_numbers": [{"entry_number": creature.id, "pokedex": _named(base, "pokedex", 1, "national")}],
        "shape": _named(base, "pokemon-shape", 1 + creature.chain % 14, f"shape-{1 + creature.chain % 14}"),
        "varieties": [{"is_default": True, "pokemon": _named(base, "pokemon", creature.id, creature.name)}],
    }


def chain_payload(chain: int, stages: Sequence[Creature], base: str) -> dict[str, object]:
    """Return what ``/evolution-chain/{id}`` says; ``stages`` begins with the first."""
    link: list[dict[str, object]] = []
    for creature in reversed(stages):
        details = [_evolution(creature, base)] if creature.stage else []
        link = [
            {
                "evolution_details": details,
                "evolves_to": link,
                "is_baby": False,
                "species": _named(base, "pokemon-species", creature.id, creature.name),
            }
        ]
    return {"baby_trigger_item": None, "chain": link[0], "id": chain}


def list_payload(
    rows: Sequence[tuple[int, str | None]], endpoint: str, base: str, *, limit: int, offset: int
) -> dict[str, object]:
    """Return a page of a list.

    Args:
        rows: id and name of everything in the list; chains have no name.
        endpoint: last part of the list's address.
        base: the API's address.
        limit: rows a page, 1 or more.
        offset: rows before the page.
    """
    page = rows[offset : offset + limit]
    later, earlier = offset + limit, max(0, offset - limit)
    address = f"{base}/{endpoint}"
    return {
        "count": len(rows),
        "next": f"{address}?offset={later}&limit={limit}" if later < len(rows) else None,
        "previous": f"{address}?offset={earlier}&limit={limit}" if offset > 0 else None,
        "results": [_row(address, number, name) for number, name in page],
    }


def _row(address: str, number: int, name: str | None) -> dict[str, object]:
    url: dict[str, object] = {"url": f"{address}/{number}/"}
    return url if name is None else {"name": name, **url}


def _named(base: str, endpoint: str, number: int, name: str) -> dict[str, object]:
    return {"name": name, "url": f"{base}/{endpoint}/{number}/"}


def _abilities(creature: Creature, base: str) -> list[dict[str, object]]:
    chosen = ((creature.id % 6, 1), ((creature.id + 2) % 6, 3))
    return [
        {"ability": _named(base, "ability", kind + 1, _ABILITIES[kind]), "is_hidden": slot == 3, "slot": slot}
        for kind, slot in chosen
    ]


def _held_items(creature: Creature, base: str) -> list[dict[str, object]]:
    if creature.id % 4:
        return []
    details = [{"rarity": 5, "version": _named(base, "version", 7, "ruby")}]
    return [{"item": _named(base, "item", 132, "oran-berry"), "version_details": details}]


def _move(base: str, number: int) -> dict[str, object]:
    detail = {
        "level_learned_at": number % 40,
        "move_learn_method": _named(base, "move-learn-method", 1, "level-up"),
        "order": None,
        "version_group": _named(base, "version-group", 1, "red-blue"),
    }
    return {"move": _named(base, "move", number, f"move-{number}"), "version_group_details": [detail]}


def _evolution(creature: Creature, base: str) -> dict[str, object]:
    return {
        **dict.fromkeys(_EVOLUTION_NULLS),
        **dict.fromkeys(_EVOLUTION_FALSE, False),
        "is_default": True,
        "min_level": LEVEL_OF_STAGE[creature.stage],
        "time_of_day": "",
        "trigger": _named(base, "evolution-trigger", 1, "level-up"),
        "version_group": _named(base, "version-group", 1, "red-blue"),
    }
