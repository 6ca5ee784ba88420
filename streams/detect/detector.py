"""The online detector of one series: one pass, bounded state, the same fold live and offline."""

from __future__ import annotations

import math
from typing import NamedTuple

from crosscurrent.errors import WrongUse
from streams.detect import snapshot
from streams.detect.context import ContextMemory
from streams.detect.flatline import Flatline
from streams.detect.forecast import Expectation, Forecast
from streams.detect.quiet import (
    YEAR_SECONDS,
    QuietRule,
    alarm_rate_asked,
    alarm_rate_of,
    exceedance_rate_of,
    quiet_points,
)
from streams.detect.reading import (
    COUNT,
    COUNTER,
    GAUGE,
    KINDS,
    bounded,
    count_of,
    is_reset,
    stabilised,
)
from streams.detect.score import (
    CONTEXT,
    FLATLINE,
    INCREMENT,
    LEVEL,
    NONE,
    RESET,
    SEASON,
    SIGMAS_MAX,
    WARM_UP,
    Score,
)
from streams.detect.settings import DetectorSettings
from streams.detect.stretch import Stretch
from streams.detect.tail import Tail

__all__ = ["Score", "SeriesDetector"]

# The first scores say more about the detector than about the series.
SETTLE_POINTS = 20
# Shapes of the two tails, between what normal, heavy-tailed and counted noise showed in simulations. New contexts
# have the heavier one: the common distances come from the bulk of the values, the rare ones from its edge.
LEVEL_SHAPE_PRIOR = 0.1
CONTEXT_SHAPE_PRIOR = 0.1
# Counts take few values, and the rarest of them are further apart than the common ones lead to expect.
COUNT_CONTEXT_SHAPE_PRIOR = 0.3
# The rate asked for changes with the step of a series; thresholds follow in steps of this many parts of a decade.
RATE_STEPS_PER_DECADE = 50.0
_NAN = math.nan


class _Thresholds(NamedTuple):
    """Decades of rarity from which each detector, and all together, raise an alarm."""

    level: float
    level_wandering: float
    context: float
    rest: float
    any: float


class SeriesDetector:
    """Scores the observations of one series, one after another.

    Args:
        kind: ``gauge``, ``counter`` or ``count``: how the values are to be read.
        settings: the alarm rate asked for, and bounds.

    Raises:
        WrongUse: the kind is none of these.
    """

    NUMBERS = ("points", "last_seconds", "last_value", "moved_seconds", "resets")

    __slots__ = (
        *NUMBERS,
        "_asked",
        "_thresholds",
        "context",
        "context_tail",
        "flatline",
        "forecast",
        "kind",
        "level_tail",
        "quiet",
        "settings",
        "stretch",
    )

    def __init__(self, kind: str, settings: DetectorSettings) -> None:
        if kind not in KINDS:
            raise WrongUse(
                f"the kind of a series is {kind!r}",
                expected=f"one of {', '.join(KINDS)}",
                todo="correct the column or the mapping that says so",
                kind=kind,
            )
        self.kind = kind
        self.settings = settings
        self.points = 0
        self.last_seconds = -math.inf
        self.last_value = _NAN
        self.moved_seconds = _NAN
        self.resets = 0
        self.forecast = Forecast(settings)
        self.context = ContextMemory(settings)
        self.flatline = Flatline()
        self.level_tail = Tail(settings.calibration_points, LEVEL_SHAPE_PRIOR)
        self.context_tail = Tail(
            settings.calibration_points, CONTEXT_SHAPE_PRIOR if kind == GAUGE else COUNT_CONTEXT_SHAPE_PRIOR
        )
        self.quiet = QuietRule(settings)
        self.stretch = Stretch()
        self._asked = (0, 0)
        self._thresholds = _Thresholds(0.0, 0.0, 0.0, 0.0, 0.0)

    def observe(self, time_seconds: float, value: float) -> Score | None:
        """Score an observation of the live stream.

        Args:
            time_seconds: event time, seconds since 1970 UTC.
            value: what was measured.

        Returns:
            The score; None, with the state unchanged, if the time is not after the last one seen (a replay, or
            late data) or if time or value is not a finite number.
        """
        if not time_seconds > self.last_seconds:
            return None
        return self.observe_next(time_seconds, value)

    def observe_next(self, time_seconds: float, value: float) -> Score | None:
        """Score the next row of a file, whose order is the truth: its time may repeat or go backwards.

        Args:
            time_seconds: event time, seconds since 1970 UTC.
            value: what was measured.

        Returns:
            The score; None, with the state unchanged, if time or value is not a finite number.
        """
        if not (math.isfinite(value) and math.isfinite(time_seconds)):
            return None
        value = bounded(value)
        self.last_seconds = time_seconds
        before, self.last_value = self.last_value, value
        if value != before:
            self.moved_seconds = time_seconds
        self.points += 1
        if self.kind == COUNTER:
            return self._observe_counter(time_seconds, before, value)
        number = stabilised(value) if self.kind == COUNT else value
        return self._score(time_seconds, number, 0.0, value == before, 0.0)

    def snapshot(self) -> bytes:
        """Return the whole state; :meth:`restore` continues from it bit by bit."""
        return snapshot.encode(self)

    @classmethod
    def restore(cls, payload: bytes, settings: DetectorSettings) -> SeriesDetector:
        """Return a detector in the state that :meth:`snapshot` gave.

        Args:
            payload: what :meth:`snapshot` returned.
            settings: the settings to go on with; a smaller memory of contexts keeps those seen last.

        Raises:
            Fatal: the payload is damaged, or of a version that this one does not know.
        """
        header, arrays = snapshot.decode(payload)
        detector = cls(str(header["kind"]), settings)
        snapshot.fill(detector, header, arrays)
        return detector

    def _observe_counter(self, time_seconds: float, before: float, value: float) -> Score:
        if math.isnan(before):
            return self._silent(value)
        if not is_reset(before, value):
            # A correction downwards is judged by its size: to lose a star is no stranger than to win one.
            return self._score(time_seconds, stabilised(abs(value - before)), before, value == before, 0.0)
        rarity = math.log10((self.points + 1.0) / (self.resets + 1.0))
        self.resets += 1
        # What it counted since it began anew is the least it grew by.
        return self._score(time_seconds, stabilised(max(value, 0.0)), before, False, rarity)

    def _silent(self, value: float) -> Score:
        return Score(0.0, False, WARM_UP, value, _NAN, _NAN, 1000.0, _NAN, self.last_seconds, 0.0, 0.0, 0)

    def _score(
        self, time_seconds: float, number: float, base: float, repeated: bool, reset_rarity: float
    ) -> Score:
        was = self.forecast.observe(time_seconds, number)
        distance = self.context.observe(number, self.forecast.floor(was.value))
        flat_rarity = self.flatline.observe(repeated) if self.kind != COUNT else 0.0
        sigmas = _sigmas(number - was.value, was.sigma)
        needed = self._thresholds_now()
        threshold = needed.any
        level_needed = needed.level_wandering if self.forecast.plain.wanders() else needed.level
        warm = self.points <= self.settings.warm_up_points
        level_rarity = self.level_tail.rarity(abs(sigmas)) - level_needed + threshold
        context_rarity = 0.0
        if distance is not None:
            context_rarity = self.context_tail.rarity(distance) - needed.context + threshold
        if self.points > SETTLE_POINTS:
            self.level_tail.learn(abs(sigmas))
            if distance is not None:
                self.context_tail.learn(distance)
        if warm:
            return self._silent(base + self._value_of(was.value))
        other = max(flat_rarity, reset_rarity) - needed.rest + threshold
        rarities = {
            FLATLINE if flat_rarity > 0.0 else RESET: other,
            self._level_kind(was): level_rarity,
            CONTEXT: context_rarity,
        }
        rarity = max(rarities.values())
        # The first that would raise an alarm alone explains it best; the alarm is as rare as the rarest.
        kind = next((kind for kind, own in rarities.items() if own >= min(rarity, threshold)), CONTEXT)
        reach = self.level_tail.score_at(threshold)
        return self._verdict(rarity, kind, was, base, reach, sigmas, distance or 0.0)

    def _verdict(
        self,
        rarity: float,
        kind: str,
        was: Expectation,
        base: float,
        reach: float,
        sigmas: float,
        distance: float,
    ) -> Score:
        threshold = self._thresholds.any
        rarity = max(rarity, 0.0)
        since_seconds = self.stretch.observe(self.last_seconds, rarity, threshold)
        alarm_rate = alarm_rate_of(10.0**-rarity, quiet_points(self.points, self.settings))
        if math.isfinite(reach):
            reach *= was.sigma
        return Score(
            rarity / (rarity + threshold),
            self.quiet.raises(self.points, rarity, threshold),
            kind if rarity > 0.0 else NONE,
            base + self._value_of(was.value),
            base + self._value_of(self._least(was.within_reach(was.value - reach))),
            base + self._value_of(was.within_reach(was.value + reach)),
            1000.0 * alarm_rate,
            self._a_year(alarm_rate),
            self.moved_seconds if kind == FLATLINE else since_seconds,
            sigmas,
            distance,
            self.flatline.run,
        )

    def _least(self, number: float) -> float:
        # What is counted does not fall below nothing.
        return number if self.kind == GAUGE or self.last_value < 0.0 else max(0.0, number)

    def _a_year(self, alarm_rate: float) -> float:
        step_seconds = self.forecast.step_seconds
        return alarm_rate * YEAR_SECONDS / step_seconds if step_seconds > 0.0 else _NAN

    def _thresholds_now(self) -> _Thresholds:
        settings = self.settings
        rate_step = 0
        if settings.alarms_per_year is not None:
            asked = alarm_rate_asked(settings, self.forecast.step_seconds)
            rate_step = round(RATE_STEPS_PER_DECADE * math.log10(asked))
        asked_now = (rate_step, quiet_points(self.points, settings))
        if asked_now != self._asked:
            self._asked = asked_now
            self._thresholds = _thresholds_of(settings, *asked_now)
        return self._thresholds

    def _level_kind(self, was: Expectation) -> str:
        if self.kind == COUNTER:
            return INCREMENT
        return SEASON if was.seasonal else LEVEL

    def _value_of(self, number: float) -> float:
        return number if self.kind == GAUGE else count_of(number)


def _sigmas(error: float, sigma: float) -> float:
    """Return an error in spreads; the largest one for a series that never moved before."""
    if error == 0.0:
        return 0.0
    if sigma <= 0.0:
        return math.copysign(SIGMAS_MAX, error)
    return min(SIGMAS_MAX, max(-SIGMAS_MAX, error / sigma))


def _thresholds_of(settings: DetectorSettings, rate_step: int, quiet: int) -> _Thresholds:
    asked = settings.alarms_per_1000_points / 1000.0
    if settings.alarms_per_year is not None:
        asked = 10.0 ** (rate_step / RATE_STEPS_PER_DECADE)
    rate = exceedance_rate_of(asked, quiet)
    rest = max(1e-3, 1.0 - settings.level_budget_share - settings.context_budget_share)
    shares = (
        settings.level_budget_share,
        settings.wandering_level_share,
        settings.context_budget_share,
        rest,
        1.0,
    )
    return _Thresholds(*(-math.log10(rate * share) for share in shares))
