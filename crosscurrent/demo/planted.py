"""What was planted in the simulated world, in our names, so that a run can be held against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from crosscurrent.demo.facts import Anomaly, Pair
from crosscurrent.embedded.world.truth import OUR_MEASURES

# an alarm counts for a break that lies so far before it at most
_ALARM_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class PlantedCoupling:
    """A series that leads another.

    Attributes:
        first: source, measure and entity of what leads.
        second: the same of what follows.
        lag_seconds: how long after.
        sign: 1 or -1.
    """

    first: tuple[str, str, str]
    second: tuple[str, str, str]
    lag_seconds: float
    sign: int

    def found(self, pairs: Iterable[Pair]) -> Pair | None:
        """Return the pair that is this coupling with its lag and sign, if there is one."""
        for pair in pairs:
            same = (pair.first, pair.second, pair.lag_seconds) == (self.first, self.second, self.lag_seconds)
            if same and pair.coefficient * self.sign > 0:
                return pair
        return None


@dataclass(frozen=True, slots=True)
class PlantedBreak:
    """A series that jumps.

    Attributes:
        series: source, measure and entity.
        at: when.
    """

    series: tuple[str, str, str]
    at: datetime

    def found(self, anomalies: Iterable[Anomaly]) -> Anomaly | None:
        """Return the first anomaly of that series within a day after the break, if there is one."""
        hits = [
            one
            for one in anomalies
            if one.series == self.series and self.at <= one.observed_at <= self.at + _ALARM_WITHIN
        ]
        return min(hits, key=lambda one: one.observed_at, default=None)


def planted(truth: dict[str, Any]) -> tuple[list[PlantedCoupling], list[PlantedBreak]]:
    """Return the couplings and breaks of a world's truth (``GET /_world/truth``)."""
    couplings = [
        PlantedCoupling(
            _series(one["left"]), _series(one["right"]), float(one["lag_hours"]) * 3600, int(one["sign"])
        )
        for one in truth["couplings"]
    ]
    breaks = [
        PlantedBreak(_series(one), datetime.fromtimestamp(one["at_seconds"], UTC)) for one in truth["breaks"]
    ]
    return couplings, breaks


def _series(side: dict[str, Any]) -> tuple[str, str, str]:
    measure = side["measure"]
    return side["source"], OUR_MEASURES.get(measure, measure), side["entity"]
