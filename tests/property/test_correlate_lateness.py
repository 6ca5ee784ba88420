"""Windows say the same in the end, in whatever order their samples came."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.correlate.rolling import RollingCorrelation
from streams.correlate.series import WindowResult

STEP = 60.0
WINDOW = 32
HOP = 8
STEPS = 3 * WINDOW
START = 1_700_000_040.0
LATENESS = 6

Sample = tuple[str, str, float, float]
"""Series, source, time, value."""


def rolling(*, lateness_steps: int = 1, late_steps: int = 0) -> RollingCorrelation:
    return RollingCorrelation(
        WINDOW, HOP, STEP, 2, 0.05, 100, lateness_steps=lateness_steps, late_steps=late_steps
    )


def samples(seed: int) -> list[Sample]:
    """Return three series of two sources in the order of their times."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(3):
        values = np.cumsum(rng.standard_normal(STEPS))
        times = START + STEP * (np.arange(STEPS) + rng.uniform(-0.3, 0.3, STEPS))
        found += [
            (f"s{number}", "ab"[number % 2], float(at), float(value))
            for at, value in zip(times, values, strict=True)
        ]
    return sorted(found, key=lambda sample: sample[2])


def ending() -> list[Sample]:
    """Return what moves both watermarks past everything, a step at a time."""
    last = START + STEP * (STEPS + 2 * WINDOW)
    return [(f"end-{source}", source, last + step * STEP, 0.0) for step in range(2) for source in "ab"]


def feed(rolled: RollingCorrelation, given_samples: list[Sample]) -> list[WindowResult]:
    windows = []
    for series, source, at, value in given_samples:
        rolled.observe(series, "gauge", source, np.array([at]), np.array([value]))
        windows += rolled.advance()
    return windows


def content(window: WindowResult) -> tuple[object, ...]:
    return (window.pairs, tuple(window.prepared.items()), tuple(sorted(window.refused.items())))


def last_told(windows: list[WindowResult]) -> dict[float, tuple[object, ...]]:
    for end in {window.window_end for window in windows}:
        told = [window.revision for window in windows if window.window_end == end]
        assert told == list(range(len(told))), "revisions are counted up one by one"
    return {window.window_end: content(window) for window in windows}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32), st.randoms(use_true_random=False), st.integers(1, 3 * STEPS))
def test_windows_say_the_same_in_the_end_in_any_order_within_reach(
    seed: int, random: object, run_length: int
) -> None:
    ordered = samples(seed)
    expected = last_told(feed(rolling(late_steps=2 * STEPS), ordered + ending()))
    runs = [ordered[first : first + run_length] for first in range(0, len(ordered), run_length)]
    random.shuffle(runs)  # type: ignore[attr-defined]
    shuffled = [sample for run in runs for sample in run]
    assert last_told(feed(rolling(late_steps=2 * STEPS), shuffled + ending())) == expected
    assert len(expected) >= (STEPS - WINDOW) // HOP


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32))
def test_windows_are_told_once_and_the_same_when_nothing_is_later_than_was_waited_for(seed: int) -> None:
    ordered = samples(seed)
    rng = np.random.default_rng(seed)
    # whoever is later than another by less than was waited for may come in any order
    arrival = np.array([sample[2] for sample in ordered]) + rng.uniform(
        0, (LATENESS - 1) * STEP, len(ordered)
    )
    delayed = [ordered[index] for index in np.argsort(arrival)]
    rolled = rolling(lateness_steps=LATENESS, late_steps=WINDOW)
    windows = feed(rolled, delayed + ending())
    undisturbed = feed(rolling(lateness_steps=LATENESS, late_steps=WINDOW), ordered + ending())
    assert [(one.window_end, content(one)) for one in windows] == [
        (one.window_end, content(one)) for one in undisturbed
    ]
    assert {window.revision for window in windows} == {0}
    assert rolled.late_kept_count == 0


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32), st.integers(WINDOW, 3 * STEPS - 1))
def test_corrections_are_the_same_after_a_restart(seed: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    ordered = samples(seed)
    late = sorted(rng.choice(len(ordered), 8, replace=False).tolist(), reverse=True)
    held = [ordered.pop(index) for index in late]
    for sample in held:
        ordered.insert(int(rng.integers(0, len(ordered))), sample)
    stream = ordered + ending()
    undisturbed = feed(rolling(late_steps=WINDOW), stream)
    first, second = rolling(late_steps=WINDOW), rolling(late_steps=WINDOW)
    windows = feed(first, stream[:cut])
    second.restore(json.loads(json.dumps(first.snapshot())))
    for series, source, at, value in stream[:cut]:
        second.refill(series, "gauge", source, np.array([at]), np.array([value]))
    windows += feed(second, stream[cut:])
    assert [(one.window_end, one.revision, content(one)) for one in windows] == [
        (one.window_end, one.revision, content(one)) for one in undisturbed
    ]


def test_a_correction_that_changes_nothing_is_not_told() -> None:
    ordered = samples(3)
    rolled = rolling(late_steps=WINDOW)
    windows = feed(rolled, [*ordered, ordered[-3 * HOP], *ending()])
    assert {window.revision for window in windows} == {0}


def test_a_source_that_falls_silent_holds_no_window_open() -> None:
    ordered = [sample for sample in samples(5) if sample[1] == "a" or sample[2] < START + STEP * WINDOW]
    ends = [window.window_end for window in feed(rolling(), ordered)]
    assert max(ends) >= START + STEP * (STEPS - 2 * HOP)


def test_a_window_that_was_told_waits_for_the_next_step_before_it_is_told_anew() -> None:
    ordered = samples(7)
    held = [sample for sample in ordered if sample[0] == "s1"][74:77]
    ordered = [sample for sample in ordered if sample not in held]
    rolled = rolling(late_steps=WINDOW)
    feed(rolled, ordered)
    assert [feed(rolled, [sample]) for sample in held] == [[], [], []]
    corrected = feed(rolled, [(f"s{one}", "ab"[one % 2], ordered[-1][2] + 2 * STEP, 0.0) for one in range(2)])
    ends = [window.window_end for window in corrected if window.revision == 1]
    assert len(ends) == len(set(ends)) >= 1
