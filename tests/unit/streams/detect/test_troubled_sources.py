"""What the detector makes of sources in trouble; each result is stated in docs/detection.md."""

from __future__ import annotations

import math
import random

import pytest

from streams.detect.detector import Score, SeriesDetector
from streams.detect.logic import DetectorBank
from streams.detect.score import FLATLINE, WARM_UP
from streams.detect.settings import DetectorSettings

HOUR = 3600.0
DAY_POINTS = 24
SETTINGS = DetectorSettings()


def noise(count: int, seed: int = 1, spread: float = 1.0, level: float = 0.0) -> list[float]:
    rng = random.Random(seed)
    return [level + rng.gauss(0, spread) for _ in range(count)]


def days(count: int, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    return [
        10 * math.sin(index / DAY_POINTS * math.tau) + rng.gauss(0, 1) for index in range(count * DAY_POINTS)
    ]


def scores_of(values: list[float], times: list[float] | None = None) -> list[Score]:
    detector = SeriesDetector("gauge", SETTINGS)
    at = times or [index * HOUR for index in range(len(values))]
    scores = [detector.observe(time, value) for time, value in zip(at, values, strict=True)]
    return [score for score in scores if score is not None]


def alarms_of(scores: list[Score]) -> list[int]:
    return [index for index, score in enumerate(scores) if score.is_anomaly]


def test_detector_alarms_once_when_the_unit_changes_and_then_takes_the_new_one() -> None:
    hecto = noise(300, level=1013)
    pascal = [100 * value for value in noise(300, seed=2, level=1013)]
    assert alarms_of(scores_of([*hecto, *pascal, 2 * 101_300.0])) == [300, 600]


def test_detector_gives_no_alarm_when_a_source_repeats_yesterday() -> None:
    week = days(20)
    assert alarms_of(scores_of([*week, *week[-DAY_POINTS:]])[len(week) :]) == []


def test_detector_passes_over_an_hour_that_comes_twice_when_the_clock_is_set_back() -> None:
    values = noise(300)
    detector = SeriesDetector("gauge", SETTINGS)
    for index, value in enumerate(values):
        detector.observe(index * HOUR, value)
    before = detector.snapshot()
    assert detector.observe(298 * HOUR, 40.0) is None
    assert detector.snapshot() == before


def test_detector_raises_at_most_one_alarm_when_a_daily_series_is_an_hour_off() -> None:
    values = days(30)
    times = [(index + (index >= 20 * DAY_POINTS)) * HOUR for index in range(len(values))]
    assert len(alarms_of(scores_of(values, times)[20 * DAY_POINTS :])) <= 1


def test_bank_only_warms_up_on_a_series_that_is_born_and_dies_and_goes_on_when_it_returns() -> None:
    bank = DetectorBank(SETTINGS)
    first = bank.observe_batch(["a"] * 10, ["gauge"] * 10, [i * HOUR for i in range(10)], noise(10))
    year = 365 * DAY_POINTS
    again = bank.observe_batch(
        ["a"] * 100, ["gauge"] * 100, [(year + i) * HOUR for i in range(100)], noise(100)
    )
    assert {score.kind for _, score in first} == {WARM_UP}
    assert [score.is_anomaly for _, score in again] == [False] * 100


# What an anomaly says.


def test_anomaly_tells_since_when_a_series_has_been_unusual() -> None:
    scores = scores_of([*noise(300), *noise(10, seed=3, level=25)])
    assert scores[300].is_anomaly
    assert [score.since_seconds for score in scores[300:]] == [300 * HOUR] * 10
    assert scores[299].since_seconds == 299 * HOUR


def test_anomaly_tells_since_when_a_series_has_stood_still() -> None:
    found = [score for score in scores_of([*noise(300), *[0.25] * 60]) if score.is_anomaly]
    assert [(score.kind, score.since_seconds) for score in found] == [(FLATLINE, 300 * HOUR)]


def test_anomaly_tells_alarms_a_year_by_the_step_of_its_series() -> None:
    score = scores_of([*noise(200), 12.0])[-1]
    assert score.alarms_per_year == pytest.approx(score.alarms_per_1000_points * 8.766)


def test_detector_that_is_asked_for_alarms_a_year_alarms_as_one_asked_for_the_same_rate() -> None:
    values = [*noise(600), 4.5, *noise(200, seed=4), 6.0]
    for alarms_per_year in (0.5, 8.766, 40.0):
        yearly = SeriesDetector("gauge", DetectorSettings(alarms_per_year=alarms_per_year))
        by_point = SeriesDetector("gauge", DetectorSettings(alarms_per_1000_points=alarms_per_year / 8.766))
        for index, value in enumerate(values):
            left, right = yearly.observe(index * HOUR, value), by_point.observe(index * HOUR, value)
            assert left is not None
            assert right is not None
            assert left.anomaly_score == pytest.approx(right.anomaly_score, abs=0.01)
