"""Whether the recent past looks like anything this series did before.

A context is the mean of the last 1, 5 and 25 values: a spike, a burst and a change of level each have a
coordinate. A bounded memory keeps contexts that were new when they
came; the distance to the nearest of them says how new the present one is.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from streams.detect.level import DEVIATION_TO_SIGMA
from streams.detect.settings import DetectorSettings

# Three spans found more on half A of NAB than five powers of two, at less cost (`docs/detection.md`).
SPANS = (1, 5, 25)
SPAN_MAX = SPANS[-1]
SPREAD_MEMORY_POINTS = 10_000.0
SPREAD_CLIP = 5.0
SPREAD_CLIP_AFTER_POINTS = 16
DISTANCE_MAX = 1e6
# Contexts are kept in single precision, relative to the first value; this far away they still fit.
AWAY_MAX = 1e30


class ContextMemory:
    """The contexts of one series.

    Args:
        settings: how many are kept and how near is near.
    """

    NUMBERS = ("origin", "points", "used", "mean", "deviation")

    __slots__ = (*NUMBERS, "_contexts_max", "_radius", "_scratch", "contexts", "last_used", "recent")

    def __init__(self, settings: DetectorSettings) -> None:
        self._contexts_max = settings.contexts_max
        self._radius = settings.context_radius
        self.origin = 0.0
        self.points = 0
        self.used = 0
        self.mean = 0.0
        self.deviation = 0.0
        self.recent: list[float] = []
        self.contexts: NDArray[np.float32] = np.zeros((len(SPANS), 0), dtype=np.float32)
        self.last_used: NDArray[np.uint32] = np.zeros(0, dtype=np.uint32)
        self._scratch: NDArray[np.float32] = np.zeros((len(SPANS), 0), dtype=np.float32)

    def observe(self, value: float, floor: float) -> float | None:
        """Take in a value and remember its context if it is new.

        Args:
            value: what came.
            floor: least spread that is believed, in the value's unit.

        Returns:
            Distance of the present context to the nearest remembered one, in spreads; None while the first
            context is not complete.
        """
        if self.points == 0:
            self.origin = value
        value = min(AWAY_MAX, max(-AWAY_MAX, value - self.origin))
        self.points += 1
        self._learn_spread(value, floor)
        recent = self.recent
        recent.append(value)
        if len(recent) > SPAN_MAX:
            del recent[0]
        if len(recent) < SPAN_MAX:
            return None
        context = _context_of(recent)
        spread = max(DEVIATION_TO_SIGMA * self.deviation, floor)
        if spread <= 0.0:
            spread = 1.0
        distance, nearest = self._nearest(context)
        distance = min(distance / spread, DISTANCE_MAX)
        if nearest < 0 or distance > self._radius:
            self._remember(context)
        else:
            self.last_used[nearest] = self.points
        return distance if nearest >= 0 else 0.0

    def recall(self, contexts: NDArray[np.float32], last_used: NDArray[np.uint32]) -> None:
        """Take back remembered contexts, the ones seen last if there is not room for all.

        Args:
            contexts: all first coordinates, then all second ones, and so on.
            last_used: for each context the point at which it was last seen.
        """
        contexts = contexts.reshape(len(SPANS), -1)
        if len(last_used) > self._contexts_max:
            keep = np.sort(np.argsort(last_used, kind="stable")[-self._contexts_max :])
            contexts, last_used = contexts[:, keep], last_used[keep]
        self.contexts, self.last_used, self.used = contexts.copy(), last_used.copy(), len(last_used)

    def _learn_spread(self, value: float, floor: float) -> None:
        share = 1.0 / min(float(self.points), SPREAD_MEMORY_POINTS)
        away = value - self.mean
        if self.points > SPREAD_CLIP_AFTER_POINTS:
            limit = SPREAD_CLIP * max(self.deviation, floor)
            away = min(limit, max(-limit, away))
        self.mean += share * away
        self.deviation += share * (abs(away) - self.deviation)

    def _nearest(self, context: NDArray[np.float32]) -> tuple[float, int]:
        if self.used == 0:
            return 0.0, -1
        if self._scratch.shape[1] != self.used:
            self._scratch = np.empty((len(SPANS), self.used), dtype=np.float32)
        away = self._scratch
        np.subtract(self.contexts[:, : self.used], context, out=away)
        np.abs(away, out=away)
        farthest = away.max(axis=0)
        nearest = int(farthest.argmin())
        return float(farthest[nearest]), nearest

    def _remember(self, context: NDArray[np.float32]) -> None:
        if self.used < self._contexts_max:
            if self.used == self.contexts.shape[1]:
                self._grow()
            place = self.used
            self.used += 1
        else:
            place = int(self.last_used.argmin())
        self.contexts[:, place] = context[:, 0]
        self.last_used[place] = self.points

    def _grow(self) -> None:
        room = min(self._contexts_max, max(32, 2 * self.used))
        contexts = np.zeros((len(SPANS), room), dtype=np.float32)
        contexts[:, : self.used] = self.contexts[:, : self.used]
        last_used = np.zeros(room, dtype=np.uint32)
        last_used[: self.used] = self.last_used[: self.used]
        self.contexts, self.last_used = contexts, last_used


def _context_of(recent: list[float]) -> NDArray[np.float32]:
    """Return the mean of the last 1, 5 and 25 values as a column."""
    five = math.fsum(recent[20:])
    all_25 = five + math.fsum(recent[:20])
    return np.array([[recent[24]], [five * 0.2], [all_25 * 0.04]], dtype=np.float32)
