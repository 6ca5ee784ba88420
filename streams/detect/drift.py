"""Whether the level has changed for good: Page-Hinkley's test on what the forecast leaves over.

The test is River's; its state is a handful of numbers, from which it is built again after a restart.
Source: Page, Continuous Inspection Schemes, Biometrika 41 (1954) 100-115.
"""

from __future__ import annotations

import math

from river.drift import PageHinkley
from river.stats import Mean

# A shift below a quarter of a spread is left to the forecast's own learning.
TOLERANCE_SPREADS = 0.25
THRESHOLD_SPREADS = 25.0
POINTS_MIN = 30
CLIP_SPREADS = 4.0


class LevelDrift:
    """Notices that residuals keep to one side."""

    NUMBERS = ("points", "mean", "sum_increase", "sum_decrease", "lowest", "highest", "found")

    __slots__ = ("_test",)

    def __init__(self) -> None:
        self._test = PageHinkley(
            min_instances=POINTS_MIN, delta=TOLERANCE_SPREADS, threshold=THRESHOLD_SPREADS, mode="both"
        )

    def observe(self, residual_spreads: float) -> bool:
        """Take in a residual and return whether the level has changed.

        Args:
            residual_spreads: value less expected value, in spreads; clipped, so that a spike is no change.
        """
        self._test.update(min(CLIP_SPREADS, max(-CLIP_SPREADS, residual_spreads)))
        return bool(self._test.drift_detected)

    def numbers(self) -> dict[str, float | None]:
        """Return the state by name; ``lowest`` is None before the first residual."""
        test = self._test
        return {
            "points": test._x_mean.n,
            "mean": test._x_mean.get(),
            "sum_increase": test._sum_increase,
            "sum_decrease": test._sum_decrease,
            "lowest": test._min_increase if math.isfinite(test._min_increase) else None,
            "highest": test._max_decrease,
            "found": float(test.drift_detected),
        }

    def restore(self, numbers: dict[str, float | None]) -> None:
        """Continue from what :meth:`numbers` gave."""
        test = self._test
        test._x_mean = Mean._from_state(numbers["points"], numbers["mean"])
        test._sum_increase = numbers["sum_increase"]
        test._sum_decrease = numbers["sum_decrease"]
        lowest = numbers["lowest"]
        test._min_increase = math.inf if lowest is None else lowest
        test._max_decrease = numbers["highest"]
        test._drift_detected = bool(numbers["found"])
