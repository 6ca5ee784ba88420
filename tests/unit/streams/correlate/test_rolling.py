"""When windows close, what is kept, what is late, and what a restart restores."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from crosscurrent.errors import Fatal, WrongUse
from streams.correlate.rolling import RollingCorrelation
from streams.correlate.series import WindowResult

STEP = 60.0
WINDOW = 64
HOP = 8


def rolling(series_count_max: int = 100, **options: object) -> RollingCorrelation:
    return RollingCorrelation(WINDOW, HOP, STEP, 4, 0.05, series_count_max, **options)  # type: ignore[arg-type]


def feed(
    rolled: RollingCorrelation, first: int, last: int, names: str = "xy", source: str = "a", seed: int = 0
) -> list[WindowResult]:
    """Observe a sample a step and series and return the windows that closed."""
    windows = []
    for step in range(first, last):
        for name in names:
            value = np.random.default_rng([seed, step, ord(name)]).standard_normal(1)
            rolled.observe(name, "gauge", source, np.array([step * STEP]), value)
        windows += rolled.advance()
    return windows


def ends(windows: list[WindowResult]) -> list[float]:
    return [window.window_end / STEP for window in windows]


def test_rolling_closes_windows_on_multiples_of_the_hop_once_the_watermark_has_passed() -> None:
    rolled = rolling()
    # half a step belongs to the last cell, one more is the lateness allowed: 128 closes with step 130
    assert ends(feed(rolled, 64, 130)) == [96, 104, 112, 120]
    assert ends(feed(rolled, 130, 131)) == [128]


def test_rolling_begins_when_two_series_have_the_points_that_are_needed() -> None:
    rolled = rolling()
    assert ends(feed(rolled, 64, 90, names="x")) == []
    # y has 32 points at the end of step 121
    assert ends(feed(rolled, 90, 131)) == [128]


def test_rolling_waits_for_the_slower_source_until_it_is_idle() -> None:
    rolled = rolling()
    for step in range(64, 100):
        feed(rolled, step, step + 1, names="x", source="a")
        feed(rolled, step, step + 1, names="y", source="b")
    assert ends(feed(rolled, 100, 107, names="x", source="a")) == []
    assert ends(feed(rolled, 100, 107, names="y", source="b")) == [104]
    # b stays at step 106: a closes nothing that b could still fill, until b lags by more than 8 steps
    assert ends(feed(rolled, 107, 115, names="x", source="a")) == []
    assert ends(feed(rolled, 115, 116, names="x", source="a")) == [112]


def test_rolling_keeps_late_data_for_later_windows_and_drops_what_belongs_to_none() -> None:
    rolled, prompt = rolling(), rolling()
    feed(rolled, 64, 131)
    rolled.observe("z", "gauge", "a", STEP * np.arange(60.0, 128.0), np.random.default_rng(1).random(68))
    assert rolled.late_dropped_count == 13  # before step 73, where the next window begins
    assert rolled.late_kept_count == 55
    assert "z" in rolled
    windows = feed(rolled, 131, 139)
    assert ends(windows) == [136]
    assert "z" in windows[0].prepared
    feed(prompt, 64, 131)
    assert prompt.late_dropped_count == prompt.late_kept_count == 0


def test_rolling_passes_over_a_gap_of_a_year_at_once() -> None:
    rolled = rolling()
    feed(rolled, 0, 100)
    year = 365 * 24 * 60
    began = time.perf_counter()
    windows = feed(rolled, year, year + 80)
    assert time.perf_counter() - began < 2
    assert ends(windows)[0] <= 160
    assert all(end <= 160 or end >= year for end in ends(windows))
    assert len(windows) < 20


def test_rolling_refuses_series_beyond_the_bound_and_forgets_silent_ones() -> None:
    rolled = rolling(series_count_max=2)
    feed(rolled, 0, 100, names="xyz")
    assert (rolled.series_count, rolled.refused_count) == (2, 100)
    assert "z" not in rolled
    feed(rolled, 100, 300, names="xz")
    assert "y" not in rolled
    assert "z" in rolled


def test_rolling_keeps_one_sample_a_cell_and_no_more_than_it_needs() -> None:
    rolled = rolling()
    feed(rolled, 0, 300)
    for store in rolled._stores.values():
        assert len(store.cells) <= WINDOW + 2 * HOP


def test_rolling_ignores_samples_without_a_value_but_their_time_counts() -> None:
    rolled = rolling()
    feed(rolled, 64, 130)
    rolled.observe("n", "gauge", "a", np.array([130 * STEP]), np.array([np.nan]))
    assert ends(rolled.advance()) == [128]
    assert "n" not in rolled


def test_rolling_begins_with_the_window_it_was_told_to() -> None:
    rolled = rolling(first_end_seconds=(63 + 5) * STEP)
    windows = feed(rolled, 5, 5 + WINDOW)
    assert windows == []
    assert ends(rolled.finish()) == [68]


def test_rolling_snapshot_is_small_and_of_a_known_version() -> None:
    rolled = rolling()
    feed(rolled, 0, 200)
    state = rolled.snapshot()
    assert len(repr(state)) < 400
    again = rolling()
    again.restore(state)
    assert again.snapshot() == state
    assert again.oldest_time_needed_seconds() == rolled.oldest_time_needed_seconds()
    with pytest.raises(Fatal, match="has version 99"):
        rolling().restore({**state, "version": 99})
    with pytest.raises(Fatal, match="cannot be read"):
        rolling().restore({"version": 1, "watermarks": None})


def test_rolling_goes_on_after_the_last_window_when_the_hop_was_changed() -> None:
    rolled = rolling()
    feed(rolled, 0, 131)
    other = RollingCorrelation(WINDOW, 16, STEP, 4, 0.05, 100)
    other.restore(rolled.snapshot())
    assert min(ends(feed(other, 131, 200))) > 128


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((WINDOW, 0, STEP, 4, 0.05, 100), "a hop of 0"),
        ((WINDOW, WINDOW + 1, STEP, 4, 0.05, 100), "a hop of 65"),
        ((WINDOW, HOP, STEP, 4, 0.05, 1), "at most 1 series"),
        ((WINDOW, HOP, -1.0, 4, 0.05, 100), "a step of -1"),
    ],
)
def test_rolling_refuses_numbers_that_cannot_work(
    arguments: tuple[int, int, float, int, float, int], message: str
) -> None:
    with pytest.raises(WrongUse, match=message):
        RollingCorrelation(*arguments)


def test_rolling_never_takes_back_what_it_refused_when_it_is_refilled() -> None:
    def steps(rolled: RollingCorrelation, first: int, last: int) -> list[WindowResult]:
        # y ends at step 80; once it is forgotten z, refused until then, may come in
        windows = feed(rolled, first, min(last, 80), names="xyz") if first < 80 else []
        return windows + feed(rolled, max(first, 80), last, names="xz")

    undisturbed, before, after = (rolling(series_count_max=2) for _ in range(3))
    expected = steps(undisturbed, 0, 260)
    found = steps(before, 0, 170)
    assert "z" in before
    after.restore(before.snapshot())
    oldest = before.oldest_time_needed_seconds()
    assert oldest is not None
    for step in range(math.ceil(oldest / STEP), 170):
        for name in "xyz" if step < 80 else "xz":
            value = np.random.default_rng([0, step, ord(name)]).standard_normal(1)
            after.refill(name, "gauge", "a", np.array([step * STEP]), value)
    found += steps(after, 170, 260)
    assert [(one.window_end, one.pairs) for one in found] == [(one.window_end, one.pairs) for one in expected]
    assert before.refused_count > 80
