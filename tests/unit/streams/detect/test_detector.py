"""The detector of one series: what it finds, what it leaves alone, and what becomes of bad input."""

from __future__ import annotations

import math
import random

import pytest

from crosscurrent.errors import Fatal, WrongUse
from streams.detect.detector import Score, SeriesDetector
from streams.detect.score import CONTEXT, FLATLINE, INCREMENT, LEVEL, RESET, SEASON, WARM_UP
from streams.detect.settings import DetectorSettings

HOUR = 3600.0
SETTINGS = DetectorSettings()


def noise(count: int, seed: int = 1, spread: float = 1.0, level: float = 0.0) -> list[float]:
    rng = random.Random(seed)
    return [level + rng.gauss(0, spread) for _ in range(count)]


def scores_of(
    values: list[float], kind: str = "gauge", settings: DetectorSettings = SETTINGS
) -> list[Score | None]:
    detector = SeriesDetector(kind, settings)
    return [detector.observe(index * HOUR, value) for index, value in enumerate(values)]


def alarms_of(values: list[float], kind: str = "gauge") -> list[int]:
    scores = scores_of(values, kind)
    return [index for index, score in enumerate(scores) if score is not None and score.is_anomaly]


def last_of(values: list[float], kind: str = "gauge") -> Score:
    score = scores_of(values, kind)[-1]
    assert score is not None
    return score


def test_detector_raises_one_alarm_when_pressure_jumps_by_fifteen_spreads() -> None:
    assert alarms_of([*noise(140, level=1013), *noise(30, seed=2, level=1028)]) == [140]


def test_detector_states_the_interval_that_the_value_left() -> None:
    score = last_of([*noise(150, level=1013), 1040.0])
    assert score.kind == LEVEL
    assert score.lower < 1013 < score.upper < 1040
    assert score.alarms_per_1000_points < 0.25
    assert "spreads from what its own past led to expect" in score.reason


def test_detector_gives_no_alarm_in_warm_up() -> None:
    score = last_of([*noise(40), 1000.0])
    assert (score.kind, score.is_anomaly, score.anomaly_score) == (WARM_UP, False, 0.0)
    assert math.isnan(score.lower)


def test_detector_score_does_not_saturate_when_breaks_grow() -> None:
    past = noise(300)
    sizes = [last_of([*past, size]).anomaly_score for size in (10.0, 30.0, 100.0, 1e4, 1e5)]
    assert sizes == sorted(set(sizes))
    assert 0.5 < sizes[0] < sizes[-1] < 1.0


def test_detector_score_is_one_half_at_the_rate_asked_for() -> None:
    settings = DetectorSettings(alarms_per_1000_points=1.0)
    for score in scores_of(noise(1500), settings=settings):
        assert score is not None
        assert (score.anomaly_score >= 0.5) == (score.alarms_per_1000_points <= 1.0)


def test_detector_finds_a_value_wrong_for_its_hour_though_usual_for_the_series() -> None:
    rng = random.Random(3)
    values = [10 * math.sin(index / 24 * math.tau) + rng.gauss(0, 0.5) for index in range(220)]
    score = last_of([*values, 10 * math.sin(232 / 24 * math.tau)])
    assert score.is_anomaly
    assert score.kind == SEASON


def test_detector_expects_the_daily_season_after_three_days() -> None:
    score = last_of([10 * math.sin(index / 24 * math.tau) for index in range(200)])
    assert score.expected == pytest.approx(10 * math.sin(199 / 24 * math.tau), abs=1.0)


def test_detector_finds_an_unseen_pattern_within_the_usual_range() -> None:
    rng = random.Random(4)
    square = [(10.0 if index // 6 % 2 else -10.0) + rng.gauss(0, 0.3) for index in range(600)]
    scores = scores_of([*square, *noise(12, spread=0.3)])
    found = [score.kind for score in scores[600:] if score is not None and score.is_anomaly]
    assert found
    assert set(found) <= {CONTEXT, LEVEL, SEASON}


def test_detector_calls_a_still_series_a_flatline_once_when_it_always_moved() -> None:
    scores = scores_of([*noise(300), *[0.25] * 60])
    alarms = [score for score in scores if score is not None and score.is_anomaly]
    assert [score.kind for score in alarms] == [FLATLINE]
    assert "stood still" in alarms[0].reason


def test_detector_does_not_call_a_series_still_when_it_usually_is() -> None:
    rng = random.Random(5)
    values = [5.0]
    for _ in range(600):
        values.append(values[-1] + (rng.choice([-1, 1]) if rng.random() < 0.05 else 0))
    assert alarms_of(values) == []


def test_detector_adapts_to_a_new_level_and_finds_the_next_break() -> None:
    values = [*noise(200), *noise(300, seed=6, level=20), 45.0]
    assert alarms_of(values) == [200, 500]


def test_detector_is_not_blinded_by_a_spike() -> None:
    values = [*noise(200), 1e300, *noise(200, seed=7), 30.0, *noise(5, seed=8)]
    assert alarms_of(values) == [200, 401]


def test_detector_raises_a_much_rarer_alarm_in_the_quiet_after_another() -> None:
    assert alarms_of([*noise(300), 8.0, *noise(20, seed=9), 60.0]) == [300, 321]


def test_detector_raises_at_most_three_alarms_in_sixty_ordinary_series_of_200_points() -> None:
    alarms = [alarms_of(noise(200, seed=100 + number)) for number in range(60)]
    assert sum(len(found) for found in alarms) <= 3


def test_detector_finds_the_break_in_each_of_sixty_series() -> None:
    found = []
    for number in range(60):
        at = 130 + number
        found.append(alarms_of([*noise(at, seed=200 + number), *noise(5, seed=1, level=15)])[-1] - at)
    assert found == [0] * 60


# Counters and counts.


def counter_of(steps: list[float]) -> list[float]:
    total, values = 0.0, []
    for step in steps:
        total += step
        values.append(total)
    return values


def steps_of(count: int, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    return [float(rng.randrange(3, 9)) for _ in range(count)]


def test_detector_finds_the_jump_of_a_counter_and_names_the_increment() -> None:
    values = counter_of([*steps_of(200), 300.0])
    score = last_of(values, "counter")
    assert (score.is_anomaly, score.kind) == (True, INCREMENT)
    assert score.expected == pytest.approx(values[-2] + 5.5, abs=3)
    assert values[-2] < score.lower < score.upper < values[-1]


def test_detector_leaves_the_reset_of_a_counter_alone_when_its_past_is_short() -> None:
    values = [*counter_of(steps_of(200)), *counter_of(steps_of(100, seed=2))]
    assert alarms_of(values, "counter") == []


def test_detector_names_the_reset_when_none_happened_in_tens_of_thousands_of_points() -> None:
    values = [*counter_of([5.0 + index % 3 for index in range(81_000)]), 3.0]
    settings = DetectorSettings(contexts_max=16)
    score = scores_of(values, "counter", settings)[-1]
    assert score is not None
    assert (score.is_anomaly, score.kind) == (True, RESET)


def test_detector_reads_a_small_fall_of_a_counter_as_a_correction() -> None:
    rng = random.Random(13)
    stars = counter_of([float(rng.random() < 0.2) for _ in range(200)])
    assert alarms_of([*stars, stars[-1] - 1.0], "counter") == []


def test_detector_finds_a_burst_of_counts_when_they_are_usually_few() -> None:
    rng = random.Random(10)
    values = [float(sum(rng.random() < 0.02 for _ in range(100))) for _ in range(300)]
    score = last_of([*values, 60.0], "count")
    assert score.is_anomaly
    assert score.lower <= score.expected < score.upper < 60.0


# Bad input: each with its stated result.


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_detector_passes_over_a_value_that_is_not_finite(value: float) -> None:
    detector = SeriesDetector("gauge", SETTINGS)
    for index, number in enumerate(noise(100)):
        detector.observe(index * HOUR, number)
    before = detector.snapshot()
    assert detector.observe(100 * HOUR, value) is None
    assert detector.snapshot() == before


def test_detector_passes_over_an_observation_that_is_not_newer() -> None:
    detector = SeriesDetector("gauge", SETTINGS)
    for index, number in enumerate(noise(100)):
        detector.observe(index * HOUR, number)
    before = detector.snapshot()
    assert [detector.observe(99 * HOUR, 5.0), detector.observe(3 * HOUR, 5.0)] == [None, None]
    assert detector.snapshot() == before


def test_detector_scores_every_row_of_a_file_when_time_repeats_or_goes_backwards() -> None:
    detector = SeriesDetector("gauge", SETTINGS)
    rng = random.Random(11)
    scores = [detector.observe_next(rng.uniform(0, 1e6), value) for value in noise(300)]
    scores += [detector.observe_next(0.0, value) for value in noise(50, seed=12)]
    assert all(score is not None for score in scores)
    assert not any(score.is_anomaly for score in scores if score is not None)


def test_detector_gives_no_alarm_on_a_constant_series() -> None:
    assert alarms_of([7.0] * 1000) == []


def test_detector_gives_no_alarm_at_the_first_move_of_a_young_constant_series() -> None:
    """Of 150 points that never moved nobody can say that a move comes less than once in 4,000."""
    assert alarms_of([7.0] * 150 + [500.0] * 20) == []


def test_detector_raises_an_alarm_at_the_first_move_of_an_old_constant_series() -> None:
    assert alarms_of([7.0] * 20_000 + [500.0] * 5) == [20_000]


def test_detector_expects_a_constant_series_to_stay_where_it_is() -> None:
    young, old = last_of([7.0] * 150), last_of([7.0] * 20_000)
    assert (young.lower, young.expected, young.upper) == (-math.inf, 7.0, math.inf)
    assert (old.lower, old.expected, old.upper) == (7.0, 7.0, 7.0)


@pytest.mark.parametrize("scale", [1e300, 1e-300, 5e-324])
def test_detector_stays_finite_when_values_are_huge_or_tiny(scale: float) -> None:
    for score in scores_of([scale * value for value in noise(300)]):
        assert score is not None
        assert 0.0 <= score.anomaly_score < 1.0
        assert math.isfinite(score.expected)
        assert not score.is_anomaly


def test_detector_sees_small_moves_on_a_high_level() -> None:
    assert alarms_of([*noise(300, level=1.7e9), 1.7e9 + 25]) == [300]


def test_detector_only_warms_up_on_three_points() -> None:
    kinds = [score.kind for score in scores_of([1.0, 2.0, 3.0]) if score is not None]
    assert kinds == [WARM_UP] * 3


def test_detector_goes_on_when_a_series_pauses_for_a_month() -> None:
    detector = SeriesDetector("gauge", SETTINGS)
    for index, value in enumerate(noise(200)):
        detector.observe(index * HOUR, value)
    score = detector.observe((200 + 24 * 30) * HOUR, 1.0)
    assert score is not None
    assert not score.is_anomaly


def test_detector_refuses_an_unknown_kind() -> None:
    with pytest.raises(WrongUse, match="one of gauge, counter, count"):
        SeriesDetector("histogram", SETTINGS)


# State.


@pytest.mark.parametrize("points", [0, 1, 15, 16, 200, 3000])
def test_detector_state_stays_below_forty_kilobytes(points: int) -> None:
    detector = SeriesDetector("gauge", SETTINGS)
    for index, value in enumerate(noise(points)):
        detector.observe(index * HOUR, value)
    assert len(detector.snapshot()) < 15_000


@pytest.mark.parametrize("cut", [0, 3, 10, 100, -1])
def test_detector_refuses_a_damaged_state(cut: int) -> None:
    payload = SeriesDetector("gauge", SETTINGS).snapshot()
    with pytest.raises(Fatal, match="warms up again"):
        SeriesDetector.restore(payload[:cut], SETTINGS)


def test_detector_refuses_the_state_of_another_version() -> None:
    payload = SeriesDetector("gauge", SETTINGS).snapshot()
    with pytest.raises(Fatal, match="another version"):
        SeriesDetector.restore(b"CCD9" + payload[4:], SETTINGS)


def test_detector_keeps_the_newest_contexts_when_restored_with_less_memory() -> None:
    detector = SeriesDetector("gauge", SETTINGS)
    for index, value in enumerate(noise(2000)):
        detector.observe(index * HOUR, value)
    small = SeriesDetector.restore(detector.snapshot(), DetectorSettings(contexts_max=20))
    assert small.context.used == 20
    assert small.context.last_used.min() >= sorted(detector.context.last_used)[-20]
