"""The tables of the played PokéAPI GraphQL: the creatures of its REST API, and invented items (pure)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crosscurrent.embedded.world.creatures import STAT_NAMES, TYPE_NAMES, Creature

ITEMS = 230
GENERATIONS = ("generation-i", "generation-ii", "generation-iii")

_ITEMS_STREAM = 37
_ITEM_FIRST = ("amber", "birch", "cloud", "dusk", "ember", "frost", "glade", "heath", "iron", "jade")
_ITEM_SECOND = ("tonic", "lens", "charm", "root", "bell", "plume", "salt", "wick", "shard", "seed", "cord")
_CATEGORIES = ("remedies", "keepsakes", "loose-goods")


def tables(seed: int, creatures: Sequence[Creature]) -> dict[str, object]:
    """Return the tables by name.

    Args:
        seed: decides the items.
        creatures: of the same scenario.
    """
    generations: list[dict[str, object]] = [
        {"id": number, "name": name, "pokemonspecies": []} for number, name in enumerate(GENERATIONS, 1)
    ]
    species = [_species(one, generations[_generation(one, creatures)]) for one in creatures]
    for row in species:
        in_generation = row["generation"]
        assert isinstance(in_generation, dict)
        in_generation["pokemonspecies"].append(row)
    return {
        "generation": generations,
        "item": _items(seed),
        "pokemon": [row for one in species for row in _rows(one["pokemons"])],
        "pokemonspecies": species,
    }


def _species(creature: Creature, generation: dict[str, object]) -> dict[str, object]:
    return {
        "id": creature.id,
        "name": creature.name,
        "base_happiness": 50 + creature.id % 3 * 10,
        "capture_rate": creature.capture_rate,
        "evolves_from_species_id": creature.evolves_from,
        "gender_rate": creature.gender_rate,
        "generation": generation,
        "hatch_counter": 10 + creature.chain % 4 * 5,
        "is_baby": False,
        "is_legendary": creature.chain % 13 == 0,
        "is_mythical": False,
        "pokemons": [_pokemon(creature)],
        "pokemonspeciesnames": [
            {"genus": "Quiet Creature", "language": {"name": "en"}, "name": creature.name.capitalize()}
        ],
    }


def _pokemon(creature: Creature) -> dict[str, object]:
    return {
        "id": creature.id,
        "name": creature.name,
        "base_experience": creature.base_experience,
        "height": creature.height_decimetres,
        "is_default": True,
        "order": creature.id * 2,
        "pokemon_species_id": creature.id,
        "pokemonstats": [
            {
                "base_stat": value,
                "effort": int(place == creature.id % 6),
                "stat": {"name": name},
                "stat_id": place,
            }
            for place, (name, value) in enumerate(zip(STAT_NAMES, creature.base_stats, strict=True), start=1)
        ],
        "pokemontypes": [
            {"slot": slot, "type": {"name": TYPE_NAMES[kind]}} for slot, kind in enumerate(creature.types, 1)
        ],
        "weight": creature.weight_hectograms,
    }


def _items(seed: int) -> list[dict[str, object]]:
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _ITEMS_STREAM])))
    costs, flings = random.integers(0, 200, ITEMS) * 50, random.integers(0, 14, ITEMS) * 10
    return [
        {
            "id": number + 1,
            "name": _item_name(number),
            "cost": int(costs[number]),
            "fling_power": int(flings[number]) or None,
            "itemcategory": {"name": _CATEGORIES[number % len(_CATEGORIES)]},
        }
        for number in range(ITEMS)
    ]


def _item_name(number: int) -> str:
    again, place = divmod(number, len(_ITEM_FIRST) * len(_ITEM_SECOND))
    first, second = _ITEM_FIRST[place % len(_ITEM_FIRST)], _ITEM_SECOND[place // len(_ITEM_FIRST)]
    return f"{first}-{second}" + (f"-{again + 1}" if again else "")


def _generation(creature: Creature, creatures: Sequence[Creature]) -> int:
    return min(creature.id * len(GENERATIONS) // (len(creatures) + 1), len(GENERATIONS) - 1)


def _rows(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value
