"""What can be set about the detector, and the bounds that cannot."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class DetectorSettings(BaseModel):
    """One set of settings for every series of every kind.

    What alarms come on simulated ordinary series tells ``benchmarks/alarm_rate.py``. Spans, tail, quiet and shares of
    the budget were chosen mainly on half A of NAB (``benchmarks/nab.py``) while the figures of half B and of the whole
    were in sight, and one was changed after a first scoring of both: what is scored there is no holdout.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    alarms_per_1000_points: float = Field(
        0.25,
        gt=0,
        le=100,
        description="Alarms asked for in 1,000 ordinary points of a series; hourly points: 0.25 is 2 a year.",
    )
    alarms_per_year: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="Alarms asked for in a year of a series of ordinary data, counted by the usual step of that series; "
        "takes the place of alarms_per_1000_points.",
    )
    warm_up_points: int = Field(
        64, ge=32, le=10_000, description="Points of a series that only teach; none of them is an anomaly."
    )
    memory_points: int = Field(
        300,
        ge=50,
        le=100_000,
        description="Points after which level, spread and persistence are half forgotten.",
    )
    calibration_points: int = Field(
        10_000,
        ge=500,
        le=1_000_000,
        description="Points over which the tail of past surprises is remembered.",
    )
    contexts_max: int = Field(
        500, ge=16, le=1000, description="Contexts remembered; the one longest unseen gives way to a new one."
    )
    context_radius: float = Field(
        0.4, gt=0, le=5, description="Distance, in spreads, up to which a context counts as seen before."
    )
    level_budget_share: float = Field(
        0.01, gt=0, lt=1, description="Part of the alarm rate spent on values far from what was expected."
    )
    wandering_level_share: float = Field(
        0.3,
        gt=0,
        lt=1,
        description="The same in a series that wanders, such as a price: all it does is new, so contexts alarm seldom.",
    )
    context_budget_share: float = Field(
        0.95,
        gt=0,
        lt=1,
        description="Part of the alarm rate spent on contexts never seen; flatlines get the rest.",
    )
    quiet_points_min: int = Field(
        100, ge=0, le=10_000, description="Points after an alarm in which only a much rarer one is raised."
    )
    quiet_share: float = Field(
        0.04, ge=0, le=1, description="The same as a share of the points seen; the longer of the two counts."
    )
    quiet_points_max: int = Field(1000, ge=0, le=100_000, description="Upper bound of the two.")
    rarer_decades: float = Field(
        2.0,
        ge=0,
        le=10,
        description="Decades of rarity by which an alarm must exceed the last to break the quiet.",
    )
