"""How rare a score is in the series' own past: an extreme-value tail that keeps learning.

Past scores are counted in bins that forget slowly. The largest of them, those above a high quantile, are
described by a generalised Pareto distribution, from which the probability of a still larger score follows.
Source: Siffer, Fouque, Termier, Largouët, Anomaly Detection in Streams with Extreme Value Theory, KDD 2017;
Hosking, Wallis, Parameter and Quantile Estimation for the Generalized Pareto Distribution, Technometrics 1987.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

BIN_COUNT = 160
BINS_PER_FOLD = 8.0
SCORE_SMALLEST = 1e-2
SCORE_LARGEST = SCORE_SMALLEST * math.exp((BIN_COUNT - 1) / BINS_PER_FOLD)
REFIT_POINTS = 16
REFIT_POINTS_LATE = 64
EXCESS_SHARE_MIN = 0.02
EXCESS_SHARE_MAX = 0.2
EXCESSES_WANTED = 30.0
MEMORY_POINTS_MIN = 100.0
SHAPE_PRIOR_EXCESSES = 40.0
SHAPE_MIN = -0.2
SHAPE_MAX = 0.45
# One spike must not blind us: a score this much rarer (in decades) than the rarest to be expected among the points
# remembered is learnt as if it were not.
CAP_DECADES = 0.7
# Beyond this share of a finite end point the tail goes on with its slope there: a score never runs out of room.
END_POINT_SHARE = 0.5
_LN10 = math.log(10.0)

_LOWER_EDGES = [0.0, *(SCORE_SMALLEST * math.exp(step / BINS_PER_FOLD) for step in range(BIN_COUNT - 1))]
_CENTRES = np.array(
    [0.0, *(SCORE_SMALLEST * math.exp((step + 0.5) / BINS_PER_FOLD) for step in range(BIN_COUNT - 1))]
)


class Tail:
    """The upper tail of one kind of score of one series.

    Args:
        memory_points: points over which scores are remembered at most.
        shape_prior: shape of the tail believed while few excesses were seen: 0 for the tail of an exponential,
            a little below for normal noise, above for a power law.
    """

    NUMBERS = (
        "seen",
        "weight",
        "total",
        "since_refit",
        "start",
        "share",
        "excesses",
        "scale",
        "shape",
        "cap",
    )

    __slots__ = (*NUMBERS, "_memory_points", "_shape_prior", "counts")

    def __init__(self, memory_points: int, shape_prior: float) -> None:
        self._memory_points = float(memory_points)
        self._shape_prior = shape_prior
        self.seen = 0
        self.weight = 1.0
        self.total = 0.0
        self.since_refit = 0
        self.start = 0.0
        self.share = 1.0
        self.excesses = 0.0
        self.scale = 0.0
        self.shape = 0.0
        self.cap = SCORE_LARGEST
        self.counts: NDArray[np.float64] = np.zeros(BIN_COUNT)

    def rarity(self, score: float) -> float:
        """Return minus the decimal logarithm of the chance that an ordinary point scores as high."""
        if self.excesses <= 0.0 or self.scale <= 0.0:
            return math.log10(self.seen + 1.0) if score > SCORE_SMALLEST else 0.0
        if score <= self.start:
            return -math.log10(self.share) * score / self.start if self.start > 0.0 else 0.0
        return -math.log10(self.share) + _pareto_rarity((score - self.start) / self.scale, self.shape)

    def score_at(self, rarity: float) -> float:
        """Return the score from which on scores are as rare as asked; infinite if none is that rare yet."""
        if self.excesses <= 0.0 or self.scale <= 0.0:
            return 0.0 if rarity <= math.log10(self.seen + 1.0) else math.inf
        beyond = rarity + math.log10(self.share)
        if beyond <= 0.0:
            return self.start
        return self.start + self.scale * _pareto_quantile(beyond, self.shape)

    def learn(self, score: float) -> None:
        """Count a score, 0 or more; one far rarer than any to be expected counts as if it were not."""
        self.seen += 1
        score = min(score, self.cap)
        if score <= SCORE_SMALLEST:
            index = 0
        else:
            index = min(BIN_COUNT - 1, 1 + int(math.log(score / SCORE_SMALLEST) * BINS_PER_FOLD))
        memory = max(MEMORY_POINTS_MIN, min(0.5 * self.seen, self._memory_points))
        self.weight *= memory / (memory - 1.0)
        self.counts[index] += self.weight
        self.total += self.weight
        self.since_refit += 1
        if self.since_refit >= (REFIT_POINTS if self.seen < 1000 else REFIT_POINTS_LATE):
            self._refit()

    def _refit(self) -> None:
        self.since_refit = 0
        self.counts /= self.weight
        self.total /= self.weight
        self.weight = 1.0
        counts = self.counts
        above = np.cumsum(counts[::-1])[::-1]
        wanted = self.total * min(EXCESS_SHARE_MAX, max(EXCESS_SHARE_MIN, EXCESSES_WANTED / self.total))
        first = max(1, int(np.searchsorted(-above, -wanted, side="right")) - 1)
        excesses = float(above[first])
        self.excesses = excesses
        if excesses <= 0.0:
            self.start, self.share, self.scale, self.cap = 0.0, 1.0, 0.0, SCORE_LARGEST
            return
        self.start = _LOWER_EDGES[first]
        self.share = min(1.0, excesses / self.total)
        over = _CENTRES[first:] - self.start
        weights = counts[first:]
        # Exactly rounded sums are the same on every machine.
        mean = math.fsum((weights * over).tolist()) / excesses
        square = math.fsum((weights * over * over).tolist()) / excesses
        variance = max(square - mean * mean, 1e-9 * mean * mean)
        fitted = min(SHAPE_MAX, max(SHAPE_MIN, 0.5 * (1.0 - mean * mean / variance)))
        known = excesses / (excesses + SHAPE_PRIOR_EXCESSES)
        shape = known * fitted + (1.0 - known) * self._shape_prior
        self.scale = mean * (1.0 - shape)
        # Few excesses leave the scale uncertain: the predictive tail of an exponential from k of them is a
        # Pareto tail of shape 1/k.
        self.shape = shape + 1.0 / max(excesses, 1.0)
        self.cap = min(SCORE_LARGEST, self.score_at(math.log10(self.total) + CAP_DECADES))


def _pareto_rarity(excess: float, shape: float) -> float:
    """Return -log10 of the chance of a larger excess (in scales)."""
    if abs(shape) < 1e-6:
        return excess / _LN10
    if shape > 0.0:
        return math.log1p(shape * excess) / (shape * _LN10)
    knee = -END_POINT_SHARE / shape
    if excess <= knee:
        return math.log1p(shape * excess) / (shape * _LN10)
    slope = 1.0 / (1.0 - END_POINT_SHARE)
    return (math.log(1.0 - END_POINT_SHARE) / shape + slope * (excess - knee)) / _LN10


def _pareto_quantile(rarity: float, shape: float) -> float:
    """Return the excess (in scales) whose rarity is given: the inverse of :func:`_pareto_rarity`."""
    nats = rarity * _LN10
    if abs(shape) < 1e-6:
        return nats
    if shape > 0.0:
        return math.expm1(shape * nats) / shape
    knee = -END_POINT_SHARE / shape
    nats_at_knee = math.log(1.0 - END_POINT_SHARE) / shape
    if nats <= nats_at_knee:
        return math.expm1(shape * nats) / shape
    return knee + (nats - nats_at_knee) * (1.0 - END_POINT_SHARE)
