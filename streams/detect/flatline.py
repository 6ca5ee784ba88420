"""A series that stands still for longer than it ever did."""

from __future__ import annotations

import math

LONGEST_FACTOR = 2.0
POINTS_MIN = 6
# At least this share of a series' points must have moved before its standing still means anything.
MOVING_SHARE_MIN = 0.2


class Flatline:
    """How rare the present run of equal values is."""

    NUMBERS = ("points", "run", "longest", "repeats", "repeats_again")

    __slots__ = NUMBERS

    def __init__(self) -> None:
        self.points = 0
        self.run = 0
        self.longest = 0
        self.repeats = 0
        self.repeats_again = 0

    def observe(self, repeated: bool) -> float:
        """Take in whether a value equals the one before it.

        Returns:
            Minus the decimal logarithm of the chance of so long a run; 0 if runs as long are usual.
        """
        self.points += 1
        if not repeated:
            self.longest = max(self.longest, self.run)
            self.run = 0
            return 0.0
        self.run += 1
        rarity = self._rarity()
        # A run is one event: only its beginning teaches how often values repeat.
        if self.run <= max(POINTS_MIN, LONGEST_FACTOR * self.longest):
            self.repeats += 1
            self.repeats_again += self.run > 1
        return rarity

    def _rarity(self) -> float:
        if self.run <= max(POINTS_MIN, LONGEST_FACTOR * self.longest):
            return 0.0
        if self.points - self.repeats - self.run < MOVING_SHARE_MIN * self.points:
            return 0.0
        again = (self.repeats_again + 1.0) / (self.repeats + 2.0)
        starts = (self.repeats + 1.0) / (self.points + 2.0)
        return -math.log10(starts) - (self.run - 1) * math.log10(again)
