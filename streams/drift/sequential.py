"""Whether the rate of something has risen, decided payload by payload with a stated rate of false alarms (pure).

Page's CUSUM on the likelihood ratio of "the rate is the usual one" against "it is half way from there to always".
While the mean of the shares is no greater than the usual rate, each factor of the ratio has a mean of at most 1, also
for shares between 0 and 1 (the exponential is convex) and whatever their dependence, so that the mean time between two
false alarms is at least the threshold. The usual rate is not known: its upper confidence bound stands for it.

Source: Page, Continuous inspection schemes, Biometrika 41 (1954); Lorden, Procedures for reacting to a change in
distribution, Ann. Math. Stat. 42 (1971); Shin, Ramdas and Rinaldo, E-detectors, NEJSDS (2024); for the bound Wilson,
Probable inference, JASA 22 (1927).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.6448536269514722  # one-sided confidence of 95%
_LOG_HALF = math.log(0.5)


def upper_rate(total: float, trials: int) -> float:
    """Return the upper 95% confidence bound of a rate; for none in ``n`` trials it is about ``2.7 / n``.

    Args:
        total: sum of the shares seen.
        trials: how many there were, 1 or more.
    """
    share, square = total / trials, _Z * _Z
    centre = share + square / (2 * trials)
    spread = _Z * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return min(1.0, (centre + spread) / (1 + square / trials))


@dataclass(frozen=True, slots=True)
class Terms:
    """When a test begins and when it decides.

    Attributes:
        warm_up: trials that are only learned from.
        threshold: natural logarithm of the mean trials between two false alarms.
    """

    warm_up: int
    threshold: float


class RateWatch:
    """Learns the usual rate of something and says when it has risen.

    ``take`` is called once a payload, in their order. While there is evidence of a rise, what comes is kept apart
    from what is usual; it joins it when the evidence is gone.
    """

    __slots__ = ("evidence", "first_at_ms", "first_id", "pending_total", "pending_trials", "total", "trials")

    def __init__(self) -> None:
        self.trials = 0
        self.total = 0.0
        self.evidence = 0.0
        self.pending_trials = 0
        self.pending_total = 0.0
        self.first_at_ms = 0
        self.first_id = ""

    def take(self, share: float, terms: Terms, at_ms: int, identity: str) -> bool:
        """Return whether the rate has risen.

        Args:
            share: 0 to 1, in this payload.
            terms: when the test begins and decides.
            at_ms: time of the payload.
            identity: id of the payload.
        """
        if self.trials < terms.warm_up or (share == 0.0 and self.evidence == 0.0):
            self.trials += 1
            self.total += share
            return False
        usual = upper_rate(self.total, self.trials)
        # against (1 + usual) / 2, for which the other branch of the ratio is one half
        step = share * math.log((1 + usual) / (2 * usual)) + (1 - share) * _LOG_HALF
        if self.evidence == 0.0:
            self.first_at_ms, self.first_id = at_ms, identity
        self.evidence = max(0.0, self.evidence + step)
        self.pending_trials += 1
        self.pending_total += share
        if self.evidence == 0.0:
            self.settle()
        return self.evidence >= terms.threshold

    def settle(self) -> None:
        """Count what was kept apart as usual."""
        self.trials += self.pending_trials
        self.total += self.pending_total
        self.evidence, self.pending_trials, self.pending_total = 0.0, 0, 0.0
        self.first_at_ms, self.first_id = 0, ""

    def begin_anew(self) -> None:
        """Forget what was usual: what was kept apart is all that is known."""
        self.trials, self.total = 0, 0.0
        self.settle()

    def numbers(self) -> list[float | str]:
        """Return the state as plain values."""
        return [
            self.trials,
            self.total,
            self.evidence,
            self.pending_trials,
            self.pending_total,
            self.first_at_ms,
            self.first_id,
        ]

    @classmethod
    def of(cls, numbers: Sequence[float | str]) -> RateWatch:
        """Return the watch with that state."""
        watch = cls()
        for name, value in zip(_NUMBERS, numbers, strict=True):
            setattr(watch, name, value)
        return watch


_NUMBERS = ("trials", "total", "evidence", "pending_trials", "pending_total", "first_at_ms", "first_id")
