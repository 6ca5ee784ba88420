"""What the next value should be: a level that moves, and how much the last deviation persists.

A first-order autoregression around an exponentially weighted level covers noise (no persistence), drift and random
walks (full persistence) and all between. Learning is winsorised: a spike moves the level by a few spreads at most.
"""

from __future__ import annotations

import math

SPREAD_CLIP = 4.0
LEARNING_CLIP = 5.0
PERSISTENCE_CLIP = 100.0
CLIP_AFTER_POINTS = 8
RESTART_POINTS = 8
# Mean absolute deviation to standard deviation of a normal distribution.
DEVIATION_TO_SIGMA = 1.2533141373155003
WANDERING_PERSISTENCE = 0.999
_TINY = 1e-300


class LevelForecast:
    """The expected next value of one series and its spread.

    Args:
        memory_points: points over which the past is weighted at most.
    """

    NUMBERS = ("points", "mean", "variance", "covariance", "last", "deviation")

    __slots__ = (*NUMBERS, "_memory_points")

    def __init__(self, memory_points: int) -> None:
        self._memory_points = float(memory_points)
        self.points = 0
        self.mean = 0.0
        self.variance = 0.0
        self.covariance = 0.0
        self.last = 0.0
        self.deviation = 0.0

    def expected(self) -> float:
        """Return the value expected next."""
        return self.mean + self._persistence() * (self._drawn_in(PERSISTENCE_CLIP) - self.mean)

    def sigma(self) -> float:
        """Return the spread of the value expected next, as a standard deviation; 0 if nothing ever moved."""
        return DEVIATION_TO_SIGMA * self.deviation

    def learn(self, value: float, floor: float) -> None:
        """Take in a value.

        Args:
            value: what came.
            floor: least spread that is believed, in the value's unit.
        """
        self.points += 1
        if self.points == 1:
            self.mean = self.last = value
            return
        expected = self.expected()
        error = value - expected
        share = 1.0 / min(self.points, self._memory_points)
        if self.points > CLIP_AFTER_POINTS:
            sigma = max(self.sigma(), floor)
            size = min(abs(error), SPREAD_CLIP * sigma)
            limit = LEARNING_CLIP * sigma
            believed = expected + min(limit, max(-limit, error))
        else:
            size, believed = abs(error), value
        self.deviation += share * (size - self.deviation)
        before, now = self._drawn_in(LEARNING_CLIP) - self.mean, believed - self.mean
        self.mean += share * now
        self.variance += share * (before * before - self.variance)
        self.covariance += share * (before * now - self.covariance)
        self.last = value

    def restart(self) -> None:
        """Accept that the level has changed: weigh what comes next as if little had come before."""
        self.points = min(self.points, RESTART_POINTS)
        self.mean = self.last

    def _drawn_in(self, clip: float) -> float:
        """Return the last value, at most so many spreads from the level: no spike persists for ever."""
        if self.points <= CLIP_AFTER_POINTS:
            return self.last
        limit = clip * max(math.sqrt(self.variance), self.sigma())
        return self.mean + min(limit, max(-limit, self.last - self.mean))

    def wanders(self) -> bool:
        """Return whether the series has no level that it comes back to."""
        return self._persistence() > WANDERING_PERSISTENCE

    def _persistence(self) -> float:
        if self.variance <= _TINY:
            return 0.0
        ratio = self.covariance / self.variance
        return min(1.0, max(-0.9, ratio)) if math.isfinite(ratio) else 0.0
