"""The expected value with its spread: plain, or by the time of day where that predicts better."""

from __future__ import annotations

import math
from typing import NamedTuple

from streams.detect.drift import LevelDrift
from streams.detect.level import LEARNING_CLIP, LevelForecast
from streams.detect.season import DailyProfile
from streams.detect.settings import DetectorSettings

# The daily profile must be better by this much: in ordinary data it is noise.
SEASON_GAIN = 0.9
SEASON_POINTS_MIN = 24
STEP_SMOOTHING = 0.05
STEP_CLIP = 3.0
STEPS_MISSING_MAX = 100.0
# The least spread believed, as a share of the smallest change ever seen, and of the value itself (rounding).
CHANGE_FLOOR = 0.5
RELATIVE_FLOOR = 1e-12


class Expectation(NamedTuple):
    """What was expected of a value before it came.

    Args:
        value: the expected value.
        sigma: its spread; 0 if the series never moved.
        seasonal: whether the time of day was used.
        lowest: least value ever seen before.
        highest: largest value ever seen before.
    """

    value: float
    sigma: float
    seasonal: bool
    lowest: float
    highest: float

    def within_reach(self, value: float) -> float:
        """Return the value, or the nearest one not further outside what was ever seen than that is wide."""
        if not math.isfinite(value):
            return value
        width = self.highest - self.lowest
        return min(self.highest + width, max(self.lowest - width, value))


class Forecast:
    """The expected next value of one series.

    Args:
        settings: how long the memory is.
    """

    NUMBERS = ("step_seconds", "last_seconds", "points", "smallest_change", "lowest", "highest")

    __slots__ = (*NUMBERS, "drift", "plain", "profile", "seasonal")

    def __init__(self, settings: DetectorSettings) -> None:
        self.plain = LevelForecast(settings.memory_points)
        self.seasonal = LevelForecast(settings.memory_points)
        self.profile = DailyProfile()
        self.drift = LevelDrift()
        self.points = 0
        self.step_seconds = 0.0
        self.last_seconds = 0.0
        self.smallest_change = 0.0
        self.lowest = math.inf
        self.highest = -math.inf

    def floor(self, level: float) -> float:
        """Return the least spread that is believed for a series at this level; 0 if it never moved."""
        if self.smallest_change <= 0.0:
            return 0.0
        return max(CHANGE_FLOOR * self.smallest_change, RELATIVE_FLOOR * abs(level))

    def observe(self, time_seconds: float, value: float) -> Expectation:
        """Return what was expected, then learn from what came.

        Args:
            time_seconds: event time, seconds since 1970 UTC.
            value: what came.
        """
        self.points += 1
        missing = self._steps_missing(time_seconds)
        usual = self.profile.usual(time_seconds)
        plain, seasonal = self.plain, self.seasonal
        floor = self.floor(plain.last)
        expected, sigma = plain.expected(), plain.sigma()
        use = (
            usual is not None
            and seasonal.points >= SEASON_POINTS_MIN
            and seasonal.deviation < SEASON_GAIN * plain.deviation
        )
        if usual is not None and use:
            expected, sigma = usual + seasonal.expected(), seasonal.sigma()
        # After a gap a wandering level may be anywhere within the root of the steps missed.
        sigma = max(sigma, floor) * missing**0.5
        was = Expectation(
            expected if self.points > 1 else value,
            sigma,
            use,
            min(self.lowest, value),
            max(self.highest, value),
        )
        self._learn(time_seconds, value, usual, was)
        return was

    def _learn(self, time_seconds: float, value: float, usual: float | None, was: Expectation) -> None:
        self.lowest, self.highest = min(self.lowest, value), max(self.highest, value)
        change = abs(value - self.plain.last) if self.points > 1 else 0.0
        if change > RELATIVE_FLOOR * abs(value) and (
            change < self.smallest_change or self.smallest_change <= 0.0
        ):
            self.smallest_change = change
        floor = self.floor(was.value)
        error = value - was.value
        limit = LEARNING_CLIP * max(was.sigma, floor)
        believed = was.value + min(limit, max(-limit, error)) if self.points > 1 else value
        self.plain.learn(value, floor)
        if usual is not None:
            self.seasonal.learn(value - usual, floor)
        self.profile.learn(time_seconds, believed, self.step_seconds)
        if was.sigma > 0.0 and self.drift.observe(error / was.sigma):
            self.plain.restart()
            self.seasonal.restart()

    def _steps_missing(self, time_seconds: float) -> float:
        """Return the time since the last value in usual steps, at least 1, and learn the usual step."""
        step = time_seconds - self.last_seconds
        self.last_seconds = time_seconds
        if self.points == 1 or step <= 0.0:
            return 1.0
        if self.step_seconds <= 0.0:
            self.step_seconds = step
            return 1.0
        steps = step / self.step_seconds
        away = min(step, STEP_CLIP * self.step_seconds) - self.step_seconds
        self.step_seconds += STEP_SMOOTHING * away
        return min(STEPS_MISSING_MAX, max(1.0, steps))
