"""The weather of the world's cities, hour by hour.

Each measure of each city is a level, a daily season and an AR(1) deviation whose innovations are its own; only
what was planted links two of them. Values of an hour are pure functions of the scenario and the hour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosscurrent.embedded.world.block_chain import BLOCK_HOURS, BlockChain, generator, place_of
from crosscurrent.embedded.world.movement import SeriesName
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.scenario import City, CityMeasure, Scenario

FloatArray = NDArray[np.float64]

MEASURES: tuple[CityMeasure, ...] = (
    "main.temp",
    "main.pressure",
    "main.humidity",
    "wind.speed",
    "wind.deg",
    "components.pm2_5",
)
# the same in our words, without the direction of the wind, which is no measure of ours
OUR_MEASURES = ("temperature", "pressure", "humidity", "wind_speed", "pm2_5")
# Memory of an hour in the next, and standard deviation of an hour's innovation in the measure's unit.
PERSISTENCE = np.array([0.92, 0.99, 0.90, 0.85, 0.93, 0.90])
INNOVATION = np.array([0.6, 0.9, 3.0, 0.75, 9.0, 1.3])
# Height of the daily season in the measure's unit: afternoons are warm, dry and windy.
DAILY_AMPLITUDE = np.array([4.0, 0.0, -9.0, 0.8, 0.0, 2.0])
DAILY_PEAK_LOCAL_HOUR = 15.0
PRESSURE_MEAN_HECTOPASCAL = 1013.0
HUMIDITY_MEAN_PERCENT = 72.0
WIND_DIRECTION_MEAN_DEGREES = 190.0
FINE_PARTICLES_MEAN_MICROGRAMS = 14.0
LOWEST = np.array([180.0, 870.0, 8.0, 0.1, 0.0, 0.3])
HIGHEST = np.array([330.0, 1100.0, 100.0, 75.0, 360.0, 500.0])

_INNOVATIONS_STREAM = 11


@dataclass(frozen=True, slots=True)
class CityHour:
    """The weather of one city in one hour: kelvin, hPa, percent, m/s, degrees, micrograms a cubic metre."""

    hour: int
    temperature_kelvin: float
    pressure_hectopascal: float
    humidity_percent: float
    wind_metres_per_second: float
    wind_degrees: float
    fine_particles_micrograms: float


class WeatherModel:
    """The weather of a scenario.

    Args:
        scenario: its cities, seed and breaks decide every value.
        movements: of the series that the scenario moves in a way of its own.
    """

    def __init__(self, scenario: Scenario, movements: MovementModel | None = None) -> None:
        self._scenario = scenario
        self._movements = movements or MovementModel(scenario.seed, scenario.start_seconds // 3600, ())
        self._moved = {city.id: self._names_of(city) for city in scenario.cities}
        self._levels = np.array([levels(city) for city in scenario.cities])
        self._local_hours = np.array([city.timezone_seconds / 3600 for city in scenario.cities])
        self._start_hour = scenario.start_seconds // 3600
        self._index = {city.id: index for index, city in enumerate(scenario.cities)}
        shape = (len(scenario.cities), len(MEASURES))
        self._chain: BlockChain[FloatArray, FloatArray] = BlockChain(np.zeros(shape), self._step)

    def at(self, city_id: int, hour: int) -> CityHour:
        """Return the weather of a city in an hour of the lattice (0 is the world's first)."""
        number, row = place_of(hour)
        deviation = self._chain.block(number)[row, self._index[city_id]]
        return self._city_hour(city_id, hour, deviation)

    def expected(self, city_id: int, hour: int, ahead_hours: int) -> CityHour:
        """Return what a forecaster who knows the model expects ``ahead_hours`` after ``hour``."""
        number, row = place_of(hour)
        deviation = self._chain.block(number)[row, self._index[city_id]]
        # what is broken now is expected to stay so, but a break to come is not foreseen
        return self._city_hour(
            city_id, hour + ahead_hours, deviation * PERSISTENCE**ahead_hours, breaks_known_hour=hour
        )

    def innovations(self, number: int) -> FloatArray:
        """Return a block's standard normal innovations, hours × cities × measures."""
        shape = (BLOCK_HOURS, len(self._scenario.cities), len(MEASURES))
        return generator(self._scenario.seed, _INNOVATIONS_STREAM, number).standard_normal(shape)

    def _step(self, number: int, before: FloatArray) -> tuple[FloatArray, FloatArray]:
        deviations = self.innovations(number) * INNOVATION
        deviation = before
        for row in deviations:
            row += PERSISTENCE * deviation
            deviation = row
        return deviations, deviations[-1].copy()

    def _city_hour(
        self, city_id: int, hour: int, deviation: FloatArray, breaks_known_hour: int | None = None
    ) -> CityHour:
        index = self._index[city_id]
        local_hour = (self._start_hour + hour + self._local_hours[index]) % 24
        season = DAILY_AMPLITUDE * np.cos(2 * np.pi * (local_hour - DAILY_PEAK_LOCAL_HOUR) / 24)
        values = self._levels[index] + season + deviation
        values = values + self._jump(city_id, hour if breaks_known_hour is None else breaks_known_hour)
        values = np.clip(values, LOWEST, HIGHEST)
        shown_hour = hour if breaks_known_hour is None else breaks_known_hour
        for measure, name in self._moved.get(city_id, ()):
            # of a series that the scenario moves, a forecaster knows no more than what it is now
            values[measure] = self._movements.block(name, shown_hour // BLOCK_HOURS)[shown_hour % BLOCK_HOURS]
        return CityHour(hour, *values.tolist())

    def _names_of(self, city: City) -> tuple[tuple[int, SeriesName], ...]:
        entities = {measure: str(city.id) for measure in OUR_MEASURES[:-1]}
        entities["pm2_5"] = f"{city.latitude:.4f},{city.longitude:.4f}"
        names = [SeriesName("openweathermap", measure, entity) for measure, entity in entities.items()]
        return tuple(
            (index, name)
            for index, name in zip((0, 1, 2, 3, 5), names, strict=True)
            if self._movements.moves(name.source, name.measure, name.entity)
        )

    def _jump(self, city_id: int, hour: int) -> FloatArray:
        jump = np.zeros(len(MEASURES))
        for planted in self._scenario.breaks:
            if (
                planted.source == "openweathermap"
                and planted.entity == str(city_id)
                and hour >= planted.after_hours
            ):
                jump[[*MEASURES].index(planted.measure)] += planted.size  # type: ignore[arg-type]
        return jump


def levels(city: City) -> tuple[float, ...]:
    """Return the level of each of ``MEASURES`` in a city, in the measure's unit."""
    return (
        city.temperature_mean_kelvin,
        PRESSURE_MEAN_HECTOPASCAL,
        HUMIDITY_MEAN_PERCENT,
        city.wind_mean_metres_per_second,
        WIND_DIRECTION_MEAN_DEGREES,
        FINE_PARTICLES_MEAN_MICROGRAMS,
    )
