"""The values of series that a scenario says how to move: pure functions of the scenario and the hour."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from crosscurrent.embedded.world.block_chain import (
    BLOCK_HOURS,
    PAST_BLOCKS,
    BlockChain,
    generator,
    place_of,
)
from crosscurrent.embedded.world.movement import Link, Movement, SeriesName, Shift

FloatArray = NDArray[np.float64]
BLOCKS_CACHED_MAX = 512
HOURS_PER_DAY, HOURS_PER_WEEK = 24, 168

_INNOVATIONS_STREAM, _COUNTS_STREAM = 51, 52
# the epoch began on a Thursday; an hour of Monday 00:00 UTC after it
_MONDAY_HOUR = 96


class MovementModel:
    """The values of the series of a scenario.

    Args:
        seed: of the scenario.
        start_hour: hours since the epoch at which the world starts.
        movements: what moves how.
        links: what leads what.
        shifts: what changes when.
    """

    def __init__(
        self,
        seed: int,
        start_hour: int,
        movements: Sequence[Movement],
        links: Sequence[Link] = (),
        shifts: Sequence[Shift] = (),
    ) -> None:
        self._seed = seed
        self._start_hour = start_hour
        self._series = {
            movement.series: _Series(
                movement,
                [link for link in links if link.follows == movement.series],
                [shift for shift in shifts if shift.series == movement.series],
            )
            for movement in movements
        }
        self._chains = {
            name: BlockChain((0.0, series.movement.level), self._step_of(series))
            for name, series in self._series.items()
        }
        self._innovations: OrderedDict[tuple[SeriesName, int], FloatArray] = OrderedDict()

    def moves(self, source: str, measure: str, entity: str) -> bool:
        """Return whether the scenario says how a series moves."""
        return SeriesName(source, measure, entity) in self._series

    def value(self, source: str, measure: str, entity: str, hour: int) -> float | None:
        """Return the value of a series in an hour of the lattice; None if the scenario does not say how it moves."""
        name = SeriesName(source, measure, entity)
        if name not in self._series:
            return None
        number, row = place_of(max(hour, -PAST_BLOCKS * BLOCK_HOURS))
        return float(self.block(name, number)[row])

    def block(self, name: SeriesName, number: int) -> FloatArray:
        """Return the values of a block of hours of a series that moves."""
        return self._chains[name].block(number)

    def innovations(self, name: SeriesName, number: int) -> FloatArray:
        """Return what is new in each hour of a block: mean 0 and variance 1, with what others lead to in it."""
        if number < -PAST_BLOCKS - 1:
            return np.zeros(BLOCK_HOURS)
        key = (name, number)
        if key not in self._innovations:
            self._innovations[key] = self._new(self._series[name], number)
            if len(self._innovations) > BLOCKS_CACHED_MAX:
                self._innovations.popitem(last=False)
        return self._innovations[key]

    def _new(self, series: _Series, number: int) -> FloatArray:
        random = generator(self._seed, _stream(_INNOVATIONS_STREAM, series.movement.series), number)
        own = _noise(random, series.movement.tails)
        hours = number * BLOCK_HOURS + np.arange(BLOCK_HOURS)
        led, share = np.zeros(BLOCK_HOURS), np.zeros(BLOCK_HOURS)
        for link in series.links:
            both = np.concatenate([self.innovations(link.leads, one) for one in (number - 1, number)])
            active = (hours >= link.from_hour) & (hours < _end(link.until_hour))
            strength = np.where(active, link.strength, 0.0)
            led += strength * both[BLOCK_HOURS - link.lag_hours :][:BLOCK_HOURS]
            share += strength**2
        return np.asarray(np.sqrt(1.0 - share) * own + led)

    def _step_of(
        self, series: _Series
    ) -> Callable[[int, tuple[float, float]], tuple[FloatArray, tuple[float, float]]]:
        counts = series.movement.model == "counter"

        def step(number: int, before: tuple[float, float]) -> tuple[FloatArray, tuple[float, float]]:
            hours = number * BLOCK_HOURS + np.arange(BLOCK_HOURS)
            noise = self.innovations(series.movement.series, number) * series.noise(hours)
            if counts:
                values, state = self._counted(series, hours, noise, before[0])
            else:
                values, state = self._moved(series, hours, noise, before[0])
            shown = series.shown(hours, values, before[1])
            # what is repeated is the value that stood before
            return shown, (state, float(shown[-1]))

        return step

    def _moved(
        self, series: _Series, hours: NDArray[np.int64], noise: FloatArray, before: float
    ) -> tuple[FloatArray, float]:
        movement = series.movement
        memory = 1.0 if movement.model == "random-walk" else movement.memory
        # a walk is thrown back at the ends of what there can be
        low, high = movement.low - movement.level, movement.high - movement.level
        deviations = np.empty(BLOCK_HOURS)
        deviation = before
        for index, one in enumerate(noise.tolist()):
            deviation = _thrown_back(memory * deviation + one, low, high)
            deviations[index] = deviation
        return movement.level + self._season(movement, hours) + deviations, deviation

    def _counted(
        self, series: _Series, hours: NDArray[np.int64], noise: FloatArray, before: float
    ) -> tuple[FloatArray, float]:
        movement = series.movement
        # the mean of the rate is what is said, whatever its noise
        log_rates = self._season(movement, hours) + noise - series.noise(hours) ** 2 / 2
        rates = movement.rate * np.exp(np.clip(log_rates, -20.0, 8.0))
        number = int(hours[0]) // BLOCK_HOURS
        random = generator(self._seed, _stream(_COUNTS_STREAM, movement.series), number)
        totals = before + np.cumsum(random.poisson(rates))
        return np.asarray(movement.level + totals, dtype=np.float64), float(totals[-1])

    def _season(self, movement: Movement, hours: NDArray[np.int64]) -> FloatArray:
        at = self._start_hour + hours
        day = 2 * np.pi * (at - movement.day_peak_hour) / HOURS_PER_DAY
        week = 2 * np.pi * ((at - _MONDAY_HOUR) / HOURS_PER_DAY - movement.week_peak_day) / 7
        return np.asarray(movement.day * np.cos(day) + movement.week * np.cos(week))


class _Series:
    """A movement with what leads it and what changes in it."""

    def __init__(self, movement: Movement, links: list[Link], shifts: list[Shift]) -> None:
        self.movement = movement
        self.links = links
        self._shifts = shifts

    def noise(self, hours: NDArray[np.int64]) -> FloatArray:
        """Return the standard deviation of the innovation of each hour."""
        noise = np.full(len(hours), self.movement.noise)
        for shift in self._of("variance"):
            noise = np.where(_holds(shift, hours), noise * shift.size, noise)
        return noise

    def shown(self, hours: NDArray[np.int64], values: FloatArray, before: float) -> FloatArray:
        """Return the values with their shifts, within what there can be, as the vendor rounds them."""
        values = values.copy()
        for shift in self._of("level"):
            values += np.where(_holds(shift, hours), shift.size, 0.0)
        for shift in self._of("trend"):
            end = _end(shift.until_hour)
            # what a trend has brought stays when it ends
            values += shift.size * np.clip(np.minimum(hours, end) - shift.at_hour + 1, 0, None)
        within = np.clip(values, self.movement.low, self.movement.high)
        values = np.asarray(np.round(within, self.movement.decimals), dtype=np.float64)
        for shift in self._of("flatline"):
            for index in np.flatnonzero(_holds(shift, hours)).tolist():
                values[index] = values[index - 1] if index else before
        return values

    def _of(self, kind: str) -> list[Shift]:
        return [shift for shift in self._shifts if shift.kind == kind]


def _noise(random: np.random.Generator, tails: float | None) -> FloatArray:
    if tails is None:
        return random.standard_normal(BLOCK_HOURS)
    return np.asarray(random.standard_t(tails, BLOCK_HOURS) / np.sqrt(tails / (tails - 2)))


def _stream(stream: int, name: SeriesName) -> int:
    return stream * 2**32 + int.from_bytes(sha256(str(name).encode()).digest()[:4])


def _holds(shift: Shift, hours: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray((hours >= shift.at_hour) & (hours < _end(shift.until_hour)))


def _end(until_hour: int | None) -> float:
    return np.inf if until_hour is None else until_hour


def _thrown_back(value: float, low: float, high: float) -> float:
    if value < low:
        return min(high, 2 * low - value)
    return max(low, 2 * high - value) if value > high else value
