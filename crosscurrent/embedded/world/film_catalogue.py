"""The films, shows and people of the played TMDB, and how popular they are at an hour (pure).

Popularity is a level of its own times a season of 24 hours and the exponential of an autoregressive noise, cut after
``MEMORY_HOURS``. Votes come at a steady rate with a slow swing around it, their mean swings around a level. A title
is edited on one day in ``EDIT_DAYS``, at an hour of that day. All of it follows from the seed, the kind, the number
and the hour, so that a world that is started again plays the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crosscurrent.embedded.world.movement_model import MovementModel

MEMORY_HOURS = 16
EDIT_DAYS = 5
NUMBERS_CACHED_MAX = 65_536
MEDIA: Final = ("movie", "tv", "person")
COUNTS: Final = {"movie": 130, "tv": 48, "person": 30}
FIRST_IDS: Final = {"movie": 990_001, "tv": 880_001, "person": 770_001}

_DECAY = 0.9
_NOISE = 0.09
_SEASON = 0.25
_VOTES_SWING_HOURS = 9.0


@dataclass(frozen=True, slots=True)
class Title:
    """A film, a show or a person.

    Attributes:
        media: one of ``MEDIA``.
        number: from 0 on.
    """

    media: str
    number: int

    @property
    def id(self) -> int:
        """The vendor's id, unique within the media type."""
        return FIRST_IDS[self.media] + self.number

    def popularity(self, seed: int, hour: int) -> float:
        """Return how popular it is, above 0."""
        return _popularity(seed, self, hour)

    def vote_count(self, seed: int, hour: int) -> int:
        """Return how many have voted; it never falls."""
        rate = 0.2 + 2.5 * _uniform(seed, self, "rate") ** 3
        past = hour + 3000
        swing = math.sin(past / _VOTES_SWING_HOURS + 6 * _uniform(seed, self, "phase"))
        return math.floor(rate * past + swing)

    def vote_average(self, seed: int, hour: int) -> float:
        """Return the mean vote, 0 to 10, to three decimals."""
        level = 4.5 + 4 * _uniform(seed, self, "quality")
        return round(level + 0.15 * math.sin(hour / 60 + 6 * _uniform(seed, self, "phase")), 3)

    def edited_second(self, seed: int, day: int) -> int | None:
        """Return the second of a day (days since 1970) at which it was edited; None if it was not."""
        if (day + self.number) % EDIT_DAYS:
            return None
        return int(86_400 * _uniform(seed, self, f"edit {day}"))


def titles(media: str) -> list[Title]:
    """Return all of a media type, by id."""
    return [Title(media, number) for number in range(COUNTS[media])]


def title_with(media: str, text: str) -> Title | None:
    """Return a title by the id in an address, or None if there is none."""
    number = int(text) - FIRST_IDS[media] if text.isascii() and text.isdigit() else -1
    return Title(media, number) if 0 <= number < COUNTS[media] else None


def number_of(movements: MovementModel, seed: int, title: Title, measure: str, hour: int) -> float:
    """Return a number of a title: as the scenario moves it, else as this catalogue does.

    Args:
        movements: of the scenario.
        seed: of the scenario.
        title: whose.
        measure: ``popularity``, ``vote_count`` or ``vote_average``.
        hour: hours after the start.
    """
    moved = movements.value("tmdb", measure, f"{title.media}/{title.id}", hour)
    if moved is not None:
        return moved
    numbers = {
        "popularity": title.popularity,
        "vote_count": title.vote_count,
        "vote_average": title.vote_average,
    }
    return float(numbers[measure](seed, hour))


@lru_cache(maxsize=NUMBERS_CACHED_MAX)
def _popularity(seed: int, title: Title, hour: int) -> float:
    level = 4 + 60 * _uniform(seed, title, "level") ** 4
    phase = 2 * math.pi * _uniform(seed, title, "phase")
    season = 1 + _SEASON * math.sin(2 * math.pi * hour / 24 + phase)
    noise = sum(
        _DECAY**lag * (_uniform(seed, title, hour - lag) - 0.5) * math.sqrt(12) * _NOISE
        for lag in range(MEMORY_HOURS)
    )
    return round(level * season * math.exp(noise), 4)


@lru_cache(maxsize=NUMBERS_CACHED_MAX)
def _uniform(seed: int, title: Title, what: int | str) -> float:
    digest = blake2b(f"{seed} {title.media} {title.number} {what}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
