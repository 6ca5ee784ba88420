"""The rolling windows do not depend on how, how often and in which order samples come, nor on restarts."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.correlate.rolling import RollingCorrelation
from streams.correlate.series import Series, WindowResult
from streams.correlate.window import correlate_window

STEP = 60.0
WINDOW = 32
HOP = 8
START = 1_700_000_040.0


@dataclass(frozen=True)
class Batch:
    """What one message carries."""

    series: str
    source: str
    times: tuple[float, ...]
    values: tuple[float, ...]
    kind: str | None = "gauge"


Windows = dict[float, tuple[object, ...]]


def rolling(series_count_max: int = 100) -> RollingCorrelation:
    return RollingCorrelation(WINDOW, HOP, STEP, 2, 0.05, series_count_max)


def observe(rolled: RollingCorrelation, batch: Batch) -> list[WindowResult]:
    rolled.observe(batch.series, batch.kind, batch.source, np.array(batch.times), np.array(batch.values))
    return rolled.advance()


def refill(rolled: RollingCorrelation, batch: Batch) -> None:
    rolled.refill(batch.series, batch.kind, batch.source, np.array(batch.times), np.array(batch.values))


def content(window: WindowResult) -> tuple[object, ...]:
    return (window.pairs, tuple(window.prepared.items()), tuple(sorted(window.refused.items())))


def run(batches: list[Batch], rolled: RollingCorrelation | None = None) -> Windows:
    rolled = rolled or rolling()
    windows = [window for batch in batches for window in observe(rolled, batch)]
    found = {window.window_end: content(window) for window in windows}
    assert len(found) == len(windows), "a window came twice"
    return found


@st.composite
def streams(draw: st.DrawFn, *, late: bool = True) -> list[Batch]:
    """Messages of a few series from two sources: jitter, gaps, repeats, and data far too late."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    steps = draw(st.integers(WINDOW, 5 * WINDOW))
    jump = draw(st.sampled_from([0, 0, 5, 40, 100_000]))
    per_batch = draw(st.integers(1, 6))
    batches: list[Batch] = []
    for name in range(draw(st.integers(2, 5))):
        level = np.cumsum(rng.standard_normal(steps))
        times = START + STEP * (np.arange(steps) + rng.uniform(-0.4, 0.4, steps))
        times[steps // 2 :] += jump * STEP
        keep = rng.random(steps) > draw(st.sampled_from([0.0, 0.3]))
        # some end early: when they have been silent for a window, a series that was refused may come in
        keep[int(steps * draw(st.sampled_from([1.0, 1.0, 0.4]))) :] = False
        times, level = times[keep], level[keep]
        source = "ab"[name % 2]
        for first in range(0, len(times), per_batch):
            part = slice(first, first + per_batch)
            batches.append(Batch(f"s{name}", source, tuple(times[part]), tuple(level[part])))
    batches.sort(key=lambda batch: (batch.times[-1], batch.series))
    if late:
        for index in sorted(rng.integers(0, len(batches), 6).tolist()):
            batches.append(batches[index])
            batches.insert(int(rng.integers(0, len(batches))), batches[index])
    return batches


def sample_by_sample(batches: list[Batch]) -> list[Batch]:
    """Return the same samples in the order of their times."""
    single = [
        Batch(batch.series, batch.source, (time,), (value,))
        for batch in batches
        for time, value in zip(batch.times, batch.values, strict=True)
    ]
    return sorted(single, key=lambda batch: batch.times[0])


@settings(max_examples=60, deadline=None)
@given(batches=streams())
def test_rolling_gives_the_same_windows_when_the_stream_is_replayed(batches: list[Batch]) -> None:
    assert run(batches) == run(batches)


@settings(max_examples=60, deadline=None)
@given(batches=streams(late=False), data=st.data())
def test_rolling_gives_the_same_windows_in_any_order_that_the_watermark_allows(
    batches: list[Batch], data: st.DataObject
) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    # a sample may come up to a step after one that is newer, which is what the lateness allows
    ordered = sample_by_sample(batches)
    shuffled = [ordered[index] for index in np.argsort([b.times[0] + rng.uniform(0, STEP) for b in ordered])]
    assert run(ordered) == run(shuffled)


@settings(max_examples=80, deadline=None)
@given(
    batches=streams(),
    cuts=st.lists(st.floats(0, 1), min_size=1, max_size=3),
    bound=st.sampled_from([2, 3, 100]),
    again=st.integers(0, 10),
)
def test_rolling_gives_the_windows_of_a_run_without_restart_when_it_is_restored_and_refilled(
    batches: list[Batch], cuts: list[float], bound: int, again: int
) -> None:
    undisturbed = run(batches, rolling(bound))
    rolled, found, done = rolling(bound), Windows(), 0
    for cut in sorted(int(cut * len(batches)) for cut in cuts):
        found |= run(batches[done:cut], rolled)
        state, oldest = json.loads(json.dumps(rolled.snapshot())), rolled.oldest_time_needed_seconds()
        # the process goes on and is killed: what it published after the checkpoint comes again
        found |= run(batches[cut : cut + again], rolled)
        rolled, done = rolling(bound), cut
        rolled.restore(state)
        needed = [i for i, b in enumerate(batches[:cut]) if oldest is None or max(b.times) >= oldest]
        for batch in batches[needed[0] : cut] if needed else ():
            refill(rolled, batch)
        assert rolled.snapshot() == state
    found |= run(batches[done:], rolled)
    assert found == undisturbed


@settings(max_examples=40, deadline=None)
@given(batches=streams(late=False))
def test_rolling_gives_the_numbers_of_the_window_function(batches: list[Batch]) -> None:
    everything = [
        Series(
            name,
            "gauge",
            np.array([t for b in batches if b.series == name for t in b.times]),
            np.array([v for b in batches if b.series == name for v in b.values]),
        )
        for name in {batch.series for batch in batches}
    ]
    for end, pairs in run(sample_by_sample(batches)).items():
        whole = correlate_window(
            everything, window_end=end, step_seconds=STEP, window_steps=WINDOW, max_lag_steps=2, fdr=0.05
        )
        assert pairs[0] == whole.pairs
