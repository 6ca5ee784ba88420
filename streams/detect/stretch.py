"""Since when a series has been unusual: an alarm may be raised some points after the trouble began."""

from __future__ import annotations

import math

# A point half as rare (in decades) as an alarm belongs to the trouble; so do this many usual points between two of them.
UNUSUAL_SHARE = 0.5
USUAL_POINTS_MAX = 3


class Stretch:
    """The present stretch of unusual points of one series."""

    NUMBERS = ("began_seconds", "usual_points")

    __slots__ = NUMBERS

    def __init__(self) -> None:
        self.began_seconds = math.nan
        self.usual_points = 0

    def observe(self, time_seconds: float, rarity: float, threshold: float) -> float:
        """Take in how rare a point is.

        Args:
            time_seconds: event time of the point, seconds since 1970 UTC.
            rarity: decades of rarity of the point.
            threshold: decades from which on a point is an anomaly.

        Returns:
            Event time of the first point of the stretch; that of this point if it is a usual one outside any.
        """
        if rarity >= UNUSUAL_SHARE * threshold:
            self.usual_points = 0
            if math.isnan(self.began_seconds):
                self.began_seconds = time_seconds
        else:
            self.usual_points += 1
            if self.usual_points > USUAL_POINTS_MAX:
                self.began_seconds = math.nan
        return time_seconds if math.isnan(self.began_seconds) else self.began_seconds
