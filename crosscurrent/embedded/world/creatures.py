"""The creatures of the played PokéAPI: invented, and always the same for a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CREATURES_MAX = 1000
STAT_NAMES = ("hp", "attack", "defense", "special-attack", "special-defense", "speed")
TYPE_NAMES = ("normal", "fire", "water", "grass", "electric", "rock", "ghost", "ice")
COLOUR_NAMES = ("black", "blue", "brown", "gray", "green", "pink", "red", "yellow")
HABITAT_NAMES = ("cave", "forest", "grassland", "mountain", "sea", "urban")

_CREATURES_STREAM = 31
_FIRST = (
    "bram",
    "cor",
    "drif",
    "fen",
    "gal",
    "hush",
    "kel",
    "lum",
    "mor",
    "nim",
    "ost",
    "pyr",
    "quil",
    "rus",
    "tarn",
)
_SECOND = ("awl", "bit", "dle", "et", "ick", "ling", "ock", "umble")
_LATER = ("", "or", "orax")


@dataclass(frozen=True, slots=True)
class Creature:
    """One creature.

    Attributes:
        id: from 1 on, without gaps.
        name: unique, lower case.
        chain: id of its evolution chain.
        stage: 0 for the first of its chain.
        evolves_from: id of the stage before, or None.
        height_decimetres: height.
        weight_hectograms: weight.
        base_experience: experience for defeating it.
        base_stats: in the order of ``STAT_NAMES``.
        types: one or two indices of ``TYPE_NAMES``.
        capture_rate: 3 to 255.
        gender_rate: eighths of the female, -1 for none.
        colour: index of ``COLOUR_NAMES``.
        habitat: index of ``HABITAT_NAMES``, or None.
    """

    id: int
    name: str
    chain: int
    stage: int
    evolves_from: int | None
    height_decimetres: int
    weight_hectograms: int
    base_experience: int
    base_stats: tuple[int, ...]
    types: tuple[int, ...]
    capture_rate: int
    gender_rate: int
    colour: int
    habitat: int | None


def creatures(seed: int, count: int) -> tuple[Creature, ...]:
    """Return ``count`` creatures in chains of one to three stages, ordered by id."""
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _CREATURES_STREAM])))
    made: list[Creature] = []
    chain = 0
    while len(made) < min(count, CREATURES_MAX):
        chain += 1
        stages = min(int(random.integers(1, 4)), count - len(made))
        for stage in range(stages):
            made.append(_creature(random, len(made) + 1, chain, stage))
    return tuple(made)


def _creature(random: np.random.Generator, number: int, chain: int, stage: int) -> Creature:
    strength = 1.0 + 0.45 * stage
    stats = tuple(int(value * strength) for value in random.integers(30, 80, len(STAT_NAMES)))
    kinds = random.permutation(len(TYPE_NAMES))[: int(random.integers(1, 3))]
    return Creature(
        id=number,
        name=_name(chain, stage),
        chain=chain,
        stage=stage,
        evolves_from=number - 1 if stage else None,
        height_decimetres=int(random.integers(2, 14) * strength),
        weight_hectograms=int(random.integers(15, 700) * strength),
        base_experience=sum(stats) // 5,
        base_stats=stats,
        types=tuple(sorted(int(kind) for kind in kinds)),
        capture_rate=(255, 120, 45)[stage],
        gender_rate=int(random.integers(-1, 9)),
        colour=int(random.integers(0, len(COLOUR_NAMES))),
        habitat=int(random.integers(0, len(HABITAT_NAMES))) if random.random() < 0.8 else None,
    )


def _name(chain: int, stage: int) -> str:
    first, second = (chain - 1) % len(_FIRST), (chain - 1) // len(_FIRST)
    # a name has to be unique beyond the words there are
    again, second = divmod(second, len(_SECOND))
    suffix = f"-{again + 1}" if again else ""
    return f"{_FIRST[first]}{_SECOND[(second + first) % len(_SECOND)]}{_LATER[stage]}{suffix}"
