"""Properties of the detector that must hold for any input."""

from __future__ import annotations

import math
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detect.detector import SeriesDetector
from streams.detect.logic import DetectorBank
from streams.detect.reading import KINDS
from streams.detect.settings import DetectorSettings
from streams.detect.tail import Tail

SMALL = DetectorSettings(warm_up_points=32, contexts_max=16)
DEFAULT = DetectorSettings()
HOUR = 3600.0

KIND = st.sampled_from(KINDS)
ORDINARY = st.floats(-1e3, 1e3) | st.integers(0, 9).map(float)
ANYTHING = st.floats(allow_nan=True, allow_infinity=True) | ORDINARY
SERIES = st.lists(ORDINARY, min_size=1, max_size=150)
WILD = st.lists(st.tuples(st.floats(-1e12, 1e12), ANYTHING), max_size=150)


@settings(max_examples=60, deadline=None)
@given(kind=KIND, values=SERIES, data=st.data())
def test_detector_continues_bit_by_bit_when_restored_at_any_point(
    kind: str, values: list[float], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(values)))
    whole, first = SeriesDetector(kind, SMALL), SeriesDetector(kind, SMALL)
    expected = [whole.observe(index * HOUR, value) for index, value in enumerate(values)]
    scores = [first.observe(index * HOUR, value) for index, value in enumerate(values[:cut])]
    second = SeriesDetector.restore(first.snapshot(), SMALL)
    scores += [second.observe((cut + index) * HOUR, value) for index, value in enumerate(values[cut:])]
    assert repr(scores) == repr(expected)
    assert second.snapshot() == whole.snapshot()


@settings(max_examples=60, deadline=None)
@given(kind=KIND, rows=WILD)
def test_detector_scores_are_in_bounds_for_any_input_in_any_order(
    kind: str, rows: list[tuple[float, float]]
) -> None:
    detector = SeriesDetector(kind, SMALL)
    for seconds, value in rows:
        score = detector.observe_next(seconds, value)
        if not math.isfinite(value):
            assert score is None
            continue
        assert score is not None
        assert 0.0 <= score.anomaly_score < 1.0
        assert math.isfinite(score.expected)
        assert not score.lower > score.upper
        assert score.reason
        assert not (score.is_anomaly and detector.points <= SMALL.warm_up_points)
    assert len(detector.snapshot()) < 8_000


@settings(max_examples=30, deadline=None)
@given(kind=KIND, seed=st.integers(0, 10**6), points=st.integers(100, 600), share=st.floats(0, 1))
def test_detector_continues_bit_by_bit_when_restored_after_warm_up(
    kind: str, seed: int, points: int, share: float
) -> None:
    rng = random.Random(seed)
    values = [
        float(rng.choice([rng.gauss(0, 1), rng.randrange(5), 1e9 * rng.random()])) for _ in range(points)
    ]
    cut = int(share * points)
    whole, first = SeriesDetector(kind, DEFAULT), SeriesDetector(kind, DEFAULT)
    expected = [whole.observe(index * HOUR, value) for index, value in enumerate(values)]
    for index, value in enumerate(values[:cut]):
        first.observe(index * HOUR, value)
    second = SeriesDetector.restore(first.snapshot(), DEFAULT)
    scores = [second.observe((cut + index) * HOUR, value) for index, value in enumerate(values[cut:])]
    assert repr(scores) == repr(expected[cut:])
    assert second.snapshot() == whole.snapshot()


@settings(max_examples=40, deadline=None)
@given(values=SERIES, again=st.integers(0, 150))
def test_detector_replay_changes_nothing(values: list[float], again: int) -> None:
    once, twice = SeriesDetector("gauge", SMALL), SeriesDetector("gauge", SMALL)
    for index, value in enumerate(values):
        once.observe(index * HOUR, value)
        twice.observe(index * HOUR, value)
        for back in range(max(0, index - again), index + 1):
            assert twice.observe(back * HOUR, values[back]) is None
    assert once.snapshot() == twice.snapshot()


@settings(max_examples=40, deadline=None)
@given(values=SERIES, size=st.integers(1, 40))
def test_bank_gives_the_same_scores_for_any_batches(values: list[float], size: int) -> None:
    names = [f"series-{index % 3}" for index in range(len(values))]
    times = [index * HOUR for index in range(len(values))]
    kinds = ["gauge"] * len(values)
    at_once, in_parts = DetectorBank(SMALL), DetectorBank(SMALL)
    expected = at_once.observe_batch(names, kinds, times, values)
    scored = []
    for start in range(0, len(values), size):
        part = slice(start, start + size)
        rows = in_parts.observe_batch(names[part], kinds[part], times[part], values[part])
        scored += [(start + index, score) for index, score in rows]
    assert repr(scored) == repr(expected)
    assert [in_parts.snapshot(name) for name in dict.fromkeys(names)] == [
        at_once.snapshot(name) for name in at_once.dirty()
    ]


@settings(max_examples=60, deadline=None)
@given(
    scores=st.lists(st.floats(0, 1e6), min_size=20, max_size=300),
    low=st.floats(0, 1e6),
    high=st.floats(0, 1e6),
)
def test_tail_rarity_grows_with_the_score_and_inverts(scores: list[float], low: float, high: float) -> None:
    tail = Tail(4000, 0.1)
    for score in scores:
        tail.learn(score)
    low, high = sorted((low, high))
    assert 0.0 <= tail.rarity(low) <= tail.rarity(high)
    for rarity in (3.0, 5.0, 8.0):
        at = tail.score_at(rarity)
        if math.isfinite(at) and at > tail.start:
            assert math.isclose(tail.rarity(at), rarity, rel_tol=1e-6)
