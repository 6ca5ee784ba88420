"""What the detector says about one observation."""

from __future__ import annotations

from typing import NamedTuple

LEVEL = "level"
SEASON = "season"
INCREMENT = "increment"
RESET = "reset"
CONTEXT = "context"
FLATLINE = "flatline"
WARM_UP = "warm-up"
NONE = "none"

# The distance of a value from an expectation that was never wrong before.
SIGMAS_MAX = 1e6
# Below this many alarms in 1,000 points a figure would pretend to a knowledge of the tail that nobody has.
RATE_TOLD_MIN = 1e-6

_TEXTS = {
    LEVEL: "the value lies {sigmas:.1f} spreads from what its own past led to expect",
    SEASON: "the value lies {sigmas:.1f} spreads from what is usual at this time of day",
    INCREMENT: "the counter grew {sigmas:.1f} spreads away from its usual step",
    RESET: "the counter fell to less than half of its last value, which it seldom or never did",
    CONTEXT: "the last 25 values are unlike anything in the series' memory, {distance:.1f} spreads from the nearest",
    FLATLINE: "the value has stood still for {run} points, longer than ever",
}


class Score(NamedTuple):
    """How an observation was scored.

    Args:
        anomaly_score: 0 to 1; 0.5 is the threshold, and it nears 1 without reaching it.
        is_anomaly: whether an alarm is raised; a score of 0.5 in the quiet after an alarm raises none.
        kind: which detector found it the rarest, one of the names above; ``warm-up`` while only learning.
        expected: the value expected, in the series' unit; NaN before there was any value.
        lower: lower end of the interval outside which values of this series come as seldom as alarms are asked
            for; NaN in warm-up, minus infinity where nothing is known to be that rare yet.
        upper: upper end of it, likewise.
        alarms_per_1000_points: alarms that a threshold at this score would give in 1,000 ordinary points.
        alarms_per_year: the same in a year of points at the usual step of the series; NaN if all times are equal.
        since_seconds: event time of the first point of the unusual stretch that this one belongs to, seconds since
            1970 UTC; of a flatline, when the value moved last.
        sigmas: distance from the expected value, in spreads.
        distance: distance from the nearest known context, in spreads.
        run: how many points in a row repeated the value before them.
    """

    anomaly_score: float
    is_anomaly: bool
    kind: str
    expected: float
    lower: float
    upper: float
    alarms_per_1000_points: float
    alarms_per_year: float
    since_seconds: float
    sigmas: float
    distance: float
    run: int

    @property
    def reason(self) -> str:
        """Return why, in words."""
        if self.kind == WARM_UP:
            return "too few points of this series were seen to judge"
        if self.kind == NONE:
            return "nothing unusual"
        if self.kind in (LEVEL, INCREMENT) and abs(self.sigmas) >= SIGMAS_MAX:
            return f"it moved, which it never did before; {_rate(self.alarms_per_1000_points)}"
        what = _TEXTS[self.kind].format(sigmas=abs(self.sigmas), distance=self.distance, run=self.run)
        return f"{what}; {_rate(self.alarms_per_1000_points)}"


def _rate(alarms_per_1000_points: float) -> str:
    if alarms_per_1000_points < RATE_TOLD_MIN:
        return "expected less than once in a billion ordinary points"
    return f"expected once in {1000.0 / alarms_per_1000_points:,.0f} ordinary points"
