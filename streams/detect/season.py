"""What is usual at a time of day: one level for each hour, learnt day by day, read between the hours."""

from __future__ import annotations

import math

HOURS = 24
HOUR_SECONDS = 3600.0
DAYS_REMEMBERED = 10.0
DAYS_BEFORE_USE = 2.5
LEARNING_CLIP = 4.0


class DailyProfile:
    """The mean of a series at each hour of the day, UTC."""

    __slots__ = ("days", "levels")

    def __init__(self) -> None:
        self.levels = [0.0] * HOURS
        self.days = [0.0] * HOURS

    def usual(self, time_seconds: float) -> float | None:
        """Return what is usual at that time of day, or None while too few days were seen.

        Args:
            time_seconds: event time, seconds since 1970 UTC.
        """
        left, right, share = _hours(time_seconds)
        if self.days[left] < DAYS_BEFORE_USE or self.days[right] < DAYS_BEFORE_USE:
            return None
        return (1.0 - share) * self.levels[left] + share * self.levels[right]

    def learn(self, time_seconds: float, value: float, step_seconds: float) -> None:
        """Take in a value.

        Args:
            time_seconds: its event time, seconds since 1970 UTC.
            value: what came, already winsorised.
            step_seconds: how much time it stands for.
        """
        left, right, share = _hours(time_seconds)
        hours = min(1.0, max(0.0, step_seconds / HOUR_SECONDS))
        self._learn_hour(left, (1.0 - share) * hours, value)
        self._learn_hour(right, share * hours, value)

    def _learn_hour(self, hour: int, weight: float, value: float) -> None:
        if weight <= 0.0:
            return
        days = min(self.days[hour] + weight, DAYS_REMEMBERED)
        self.days[hour] = days
        self.levels[hour] += weight / days * (value - self.levels[hour])


def _hours(time_seconds: float) -> tuple[int, int, float]:
    """Return the full hours around a time of day and how far it is from the first to the second."""
    hour = math.fmod(time_seconds / HOUR_SECONDS, HOURS)
    if hour < 0.0:
        hour += HOURS
    left = int(hour) % HOURS
    return left, (left + 1) % HOURS, hour - int(hour)
