"""How a series of a played vendor is said to move: its model, what leads it, and what changes in it when.

A series is named as it is in ClickHouse: ``spotify.popularity:8sdEte269bmW7YFl000003``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Model = Literal["mean-reverting", "random-walk", "counter"]
MODELS: Final[tuple[Model, ...]] = ("mean-reverting", "random-walk", "counter")
ShiftKind = Literal["level", "trend", "variance", "flatline"]
SHIFT_KINDS: Final[tuple[ShiftKind, ...]] = ("level", "trend", "variance", "flatline")
LAG_HOURS_MAX = 200


@dataclass(frozen=True, slots=True, order=True)
class SeriesName:
    """A series as ClickHouse names it.

    Attributes:
        source: vendor.
        measure: what is measured, in our words.
        entity: natural key of the thing.
    """

    source: str
    measure: str
    entity: str

    def __str__(self) -> str:
        """Return ``source.measure:entity``."""
        return f"{self.source}.{self.measure}:{self.entity}"


@dataclass(frozen=True, slots=True)
class Movement:
    """How one series moves, hour by hour.

    Attributes:
        series: which.
        model: ``mean-reverting`` (an autoregression about a level), ``random-walk``, or ``counter`` (Poisson
            increments whose logarithmic rate has the season and noise).
        level: mean; where a walk or counter begins.
        noise: standard deviation of an hour's innovation, in the unit; of a counter in its logarithmic rate.
        memory: share of a deviation that is left an hour later; 0 to 1. Unused by the others.
        tails: degrees of freedom of Student's t, scaled to the same standard deviation; None for normal noise.
        rate: of a counter, mean an hour.
        day: height of the season of a day, in the unit; of a counter in its logarithmic rate.
        day_peak_hour: UTC hour of its top.
        week: the same of a week.
        week_peak_day: day of its top, 0 for Monday.
        low: lowest value there is.
        high: highest value there is.
        decimals: to which the vendor rounds.
    """

    series: SeriesName
    model: Model
    level: float
    noise: float
    memory: float = 0.9
    tails: float | None = None
    rate: float = 0.0
    day: float = 0.0
    day_peak_hour: float = 15.0
    week: float = 0.0
    week_peak_day: float = 2.0
    low: float = 0.0
    high: float = float("inf")
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A series whose innovations come again in another's.

    Attributes:
        leads: the one.
        follows: the other.
        lag_hours: how long after.
        strength: correlation of the two innovations, -1 to 1 without 0.
        from_hour: first hour of the follower in which it holds.
        until_hour: first hour in which it holds no more; None for never.
    """

    leads: SeriesName
    follows: SeriesName
    lag_hours: int
    strength: float
    from_hour: int = 0
    until_hour: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """A change in how a series moves.

    Attributes:
        series: which.
        kind: ``level`` adds ``size``; ``trend`` adds ``size`` for each hour since; ``variance`` multiplies the noise
            by ``size``; ``flatline`` repeats the value before it.
        at_hour: its first hour.
        until_hour: its first hour no more; None for never.
        size: see ``kind``.
    """

    series: SeriesName
    kind: ShiftKind
    at_hour: int
    until_hour: int | None = None
    size: float = 0.0

    def holds(self, hour: int) -> bool:
        """Return whether it holds in an hour."""
        return self.at_hour <= hour and (self.until_hour is None or hour < self.until_hour)


@dataclass(frozen=True, slots=True)
class Outage:
    """Hours in which a vendor answers nothing but an error.

    Attributes:
        source: which vendor.
        at_hour: first hour.
        until_hour: first hour no more.
        status: HTTP status.
    """

    source: str
    at_hour: int
    until_hour: int
    status: int = 503
