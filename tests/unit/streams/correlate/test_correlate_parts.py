"""The pure parts of the correlation: grid, kinds, calendar lines, regression, multiplicity, cadence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal, stats

from streams.correlate import statistic
from streams.correlate.cadence import first_grid_point, grids_of, interval_seconds
from streams.correlate.calendar_lines import LINES_MAX, shared_calendar_lines
from streams.correlate.grid import cell_of, grid_values, nearest_per_cell
from streams.correlate.kinds import Kind, kind_of, refusal_of, signal_of, signal_refusal_of
from streams.correlate.multiplicity import benjamini_hochberg, sidak
from streams.correlate.prepare import average_ranks, normal_scores, prepare
from streams.correlate.regression import fit_autoregression, trend_and_lines
from streams.correlate.screen import screen
from streams.correlate.series import FloatArray, Series
from streams.correlate.statistic import best_lags

STEP = 60.0


def column(*values: float) -> FloatArray:
    return np.array(values, dtype=np.float64)


# grid


def test_cell_of_gives_a_time_between_two_grid_points_to_the_later_one() -> None:
    assert cell_of(column(0, 29.9, 30, 89.9, 90, -30, -30.1), STEP).tolist() == [0, 0, 1, 1, 2, 0, -1]


def test_nearest_per_cell_keeps_the_same_samples_in_any_order_and_when_applied_again() -> None:
    rng = np.random.default_rng(1)
    times, values = rng.uniform(0, 600, 80).round(0), rng.standard_normal(80)
    cells = cell_of(times, STEP)
    chosen = nearest_per_cell(cells, times, values, STEP, 0.0)
    kept = list(zip(times[chosen], values[chosen], strict=True))
    order = rng.permutation(np.concatenate([np.arange(80), chosen]))
    again = nearest_per_cell(cells[order], times[order], values[order], STEP, 0.0)
    assert list(zip(times[order][again], values[order][again], strict=True)) == kept
    assert sorted(set(cells)) == cells[chosen].tolist()


def test_grid_values_leaves_gaps_empty_and_takes_the_nearest_sample() -> None:
    series = Series("a", None, column(0, 58, 65, 240, np.nan, 600), column(1, 2, 3, 4, 9, 9))
    row = grid_values([series], window_end=240.0, step_seconds=STEP, window_steps=5)[0]
    assert row.tolist()[:2] == [1, 2]
    assert np.isnan(row[2:4]).all()
    assert row[4] == 4


# kinds


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (np.full(64, 5.0), "constant"),
        (np.full(64, np.nan), "too few points"),
        (np.where(np.arange(64) < 20, 1.0 * np.arange(64), np.nan), "too few points: 20 of 64"),
        (np.where(np.arange(64) == 3, np.inf, 1.0 * np.arange(64)), "not finite: 1"),
        (1e200 * np.arange(64), "too large"),
        (1e6 + 1e-9 * np.arange(64), "constant but for rounding"),
        (np.where(np.arange(64) < 32, 0.0, 1.0), "too few changes: 1"),
    ],
)
def test_refusal_of_states_why_a_series_cannot_be_correlated(row: FloatArray, reason: str) -> None:
    assert reason in (refusal_of(row) or "")


def test_kind_of_tells_gauges_counters_counts_and_staircases_apart() -> None:
    rng = np.random.default_rng(2)
    counter = np.cumsum(rng.poisson(3, 200)).astype(float)
    reset = counter.copy()
    reset[100:] -= reset[99]
    level = rng.standard_normal(200)
    kinds = [
        kind_of(level, None).kind,
        kind_of(counter, None).kind,
        kind_of(reset, None).kind,
        kind_of(rng.poisson(4, 200).astype(float), None).kind,
        kind_of(np.repeat(level[:40], 5), None).kind,
        kind_of(np.repeat(level[:40], 5), "gauge").kind,
        kind_of(level, "count").kind,
    ]
    expected = [
        Kind.GAUGE,
        Kind.COUNTER,
        Kind.COUNTER,
        Kind.COUNT,
        Kind.STAIRCASE,
        Kind.STAIRCASE,
        Kind.COUNT,
    ]
    assert kinds == expected


def test_signal_of_a_counter_knows_no_increment_across_a_reset_or_a_gap() -> None:
    signal = signal_of(column(1, 3, np.nan, 7, 2, 6), Kind.COUNTER)
    assert np.isnan(signal[[0, 2, 3, 4]]).all()
    assert signal[[1, 5]] == pytest.approx(np.sqrt([2.375, 4.375]))


def test_signal_refusal_of_a_counter_that_grows_evenly_says_so() -> None:
    assert "same amount" in (signal_refusal_of(signal_of(np.arange(64.0), Kind.COUNTER)) or "")


# calendar lines and regression


def test_shared_calendar_lines_finds_a_rhythm_that_one_series_shows() -> None:
    rng = np.random.default_rng(3)
    signals = rng.standard_normal((6, 256))
    signals[2] += 3 * np.cos(2 * np.pi * np.arange(256) / 24)
    lines = shared_calendar_lines(signals)
    assert np.abs(lines - 1 / 24).min() < 1 / 512
    assert len(lines) <= LINES_MAX


def test_shared_calendar_lines_finds_nothing_in_noise_and_in_nothing() -> None:
    rng = np.random.default_rng(4)
    found = [len(shared_calendar_lines(rng.standard_normal((8, 256)))) for _ in range(20)]
    assert np.mean(np.array(found) > 0) <= 0.2
    assert len(shared_calendar_lines(np.empty((0, 64)))) == 0


def test_fit_autoregression_leaves_the_innovations_of_a_random_walk_with_trend() -> None:
    rng = np.random.default_rng(5)
    noise = rng.standard_normal(512)
    walk = np.cumsum(noise) + 0.2 * np.arange(512)
    fit = fit_autoregression(walk[None, :], trend_and_lines(512, np.empty(0)), order_max=12, by_aicc=True)
    left = fit.residuals[0]
    known = ~np.isnan(left)
    assert np.corrcoef(left[known], noise[known])[0, 1] > 0.97
    assert 1 <= fit.orders[0] <= 12


def test_fit_autoregression_leaves_no_residual_where_nothing_was_measured() -> None:
    rng = np.random.default_rng(6)
    values = rng.standard_normal((1, 128))
    values[0, 40:60] = np.nan
    fit = fit_autoregression(values, trend_and_lines(128, np.empty(0)), order_max=4, by_aicc=True)
    assert np.isnan(fit.residuals[0, 40:60]).all()
    assert np.isfinite(fit.residuals[0, 70:]).all()


# scores


def test_average_ranks_are_those_of_scipy() -> None:
    rng = np.random.default_rng(7)
    for _ in range(50):
        row = rng.integers(0, 12, 40).astype(float)
        row[:3] = np.inf
        assert average_ranks(row[None, :])[0].tolist() == stats.rankdata(row).tolist()


def test_normal_scores_have_mean_square_one_and_keep_gaps_and_order() -> None:
    rng = np.random.default_rng(8)
    values = rng.standard_t(2, (3, 100))
    values[1, :30] = np.nan
    scores = normal_scores(values)
    assert np.isnan(scores[1, :30]).all()
    assert np.nanmean(scores**2, axis=1) == pytest.approx([1, 1, 1])
    assert (np.argsort(scores[0]) == np.argsort(values[0])).all()


def test_prepare_refuses_an_unknown_kind_and_keeps_the_rest() -> None:
    rng = np.random.default_rng(9)
    prepared = prepare(rng.standard_normal((3, 64)), ["gauge", "temperature", None])
    assert prepared.rows.tolist() == [0, 2]
    assert "temperature" in prepared.refused[1]


# statistics


def test_best_lags_finds_the_planted_lag_and_sign() -> None:
    rng = np.random.default_rng(10)
    first = rng.standard_normal(256)
    second = -np.roll(first, 5) + 0.3 * rng.standard_normal(256)
    scores = normal_scores(np.stack([first, second, rng.standard_normal(256)]))
    best = best_lags(scores, max_lag_steps=8, shared_count=3)
    assert (best.left[0], best.right[0], best.lag_steps[0]) == (0, 1, 5)
    assert best.coefficient[0] < -0.9
    assert best.p_value[0] < 1e-12
    assert best.p_value[1:].min() > 1e-3


def reference_screen(u: FloatArray, v: FloatArray, lags: int) -> tuple[int, float, float]:
    """Return the best lag of a pair, its correlation and the excess of squares at far lags, lag by lag."""
    steps = len(u)
    near, far, points = {}, 0.0, 0
    for lag in range(-steps + 1, steps):
        a = u[max(0, -lag) : min(steps, steps - lag)]
        b = v[max(0, lag) : min(steps, steps + lag)]
        both = ~np.isnan(a) & ~np.isnan(b)
        summed = float(np.sum(a[both] * b[both]))
        if abs(lag) <= lags:
            near[lag] = summed / np.sqrt(both.sum()), summed / both.sum()
        else:
            far, points = far + summed**2, points + int(both.sum())
    best = max(near, key=lambda lag: (abs(near[lag][0]), -abs(lag)))
    return best, near[best][1], far / points - 1


@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_screen_is_what_a_loop_over_all_lags_gives(gaps: float) -> None:
    rng = np.random.default_rng(17)
    scores = rng.standard_normal((6, 96)).cumsum(axis=1) * 0.2
    scores[:, :3] = np.nan
    scores[rng.random(scores.shape) < gaps] = np.nan
    scores /= np.sqrt(np.nanmean(scores**2, axis=1, keepdims=True))
    found, whole = screen(scores, 5, 3, calendar=False), screen(scores, 5, 3)
    assert found.tested == 15
    for row in range(15):
        pair = scores[found.left[row]], scores[found.right[row]]
        lag, r, excess = reference_screen(*pair, 5)
        assert (found.lag_steps[row], found.coefficient[row]) == (lag, pytest.approx(r, rel=1e-4))
        excess = max(excess, 0.0)
        assert whole.inflation[row] == pytest.approx(1 + excess, rel=1e-3)
        shrunk = 1 + excess**3 / (excess**2 + 2 / (1.5 * 96))
        assert found.inflation[row] == pytest.approx(shrunk, rel=1e-3)


def test_screen_leaves_out_only_pairs_above_the_bound_and_counts_them() -> None:
    rng = np.random.default_rng(18)
    scores = rng.standard_normal((40, 128))
    scores[1] = scores[0] + rng.standard_normal(128)
    scores /= np.sqrt((scores**2).mean(axis=1, keepdims=True))
    every, few = screen(scores, 4, 3), screen(scores, 4, 3, p_kept=0.05)
    assert every.tested == few.tested == 780
    freedom = every.overlap - 4
    p_values = sidak(np.minimum(2 * stats.t.sf(every.strength, freedom), 1.0), 9)
    kept = set(zip(few.left.tolist(), few.right.tolist(), strict=True))
    below = np.flatnonzero(p_values <= 0.05)
    assert {(int(every.left[row]), int(every.right[row])) for row in below} <= kept
    assert len(kept) < 100


def test_best_lags_verifies_every_pair_that_passes_however_many_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(19)
    scores = rng.standard_normal((12, 128))
    scores[6:] = scores[:6] + 0.5 * rng.standard_normal((6, 128))
    scores = normal_scores(scores)
    whole = best_lags(scores, max_lag_steps=3, shared_count=3)
    monkeypatch.setattr(statistic, "VERIFIED_MIN", 1)
    monkeypatch.setattr(statistic, "PAIRS_KEPT_WHOLE", 1)
    few = best_lags(scores, max_lag_steps=3, shared_count=3)
    assert few.tested == whole.tested == 66
    passing = benjamini_hochberg(whole.p_value) <= 0.05
    reported = benjamini_hochberg(few.p_value, few.tested) <= 0.05
    assert few.p_value[reported].tolist() == whole.p_value[passing].tolist()
    assert passing.sum() >= 6


def test_prepare_leaves_no_memory_in_noise_between_bursts_that_fade() -> None:
    rng = np.random.default_rng(20)
    starts = (rng.random((6, 512)) < 0.02) * rng.pareto(1.5, (6, 512)) * 5
    bursts = signal.lfilter([1.0], [1.0, -0.7], starts, axis=1) + 0.2 * rng.standard_normal((6, 512))
    scores = np.nan_to_num(prepare(bursts, [None] * 6).scores)
    memory = (scores[:, 1:] * scores[:, :-1]).mean(axis=1)
    assert np.abs(memory).max() < 0.15


def test_benjamini_hochberg_gives_the_published_example() -> None:
    # Benjamini and Hochberg 1995, section 4: 15 p-values, of which 4 are rejected at 0.05
    p_values = column(
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
        *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
    )
    q_values = benjamini_hochberg(p_values[::-1])[::-1]
    assert int((q_values <= 0.05).sum()) == 4
    assert (np.diff(q_values) >= 0).all()
    assert len(benjamini_hochberg(np.empty(0))) == 0


def test_sidak_pays_for_each_test() -> None:
    assert sidak(column(0.0, 1e-12, 0.01, 1.0), 25) == pytest.approx([0, 25e-12, 1 - 0.99**25, 1])


# cadence


def test_interval_seconds_is_the_usual_one_in_whole_units() -> None:
    rng = np.random.default_rng(11)
    hours = 3600.0 * np.arange(100) + rng.uniform(-20, 20, 100)
    assert interval_seconds(np.delete(hours, slice(20, 50))) == 3600.0
    assert interval_seconds(column(0, 0.25, 0.5)) == 0.25
    assert interval_seconds(column(5, 5, 5)) is None


def test_grids_of_lets_each_pair_meet_once_on_the_grid_of_the_slower_series() -> None:
    grids = grids_of({"b": 60.0, "a": 60.0, "c": 61.0, "day": 86_400.0, "hour": 3600.0})
    assert [grid.step_seconds for grid in grids] == [60.0, 3600.0, 86_400.0]
    assert [grid.anchors for grid in grids] == [("a", "b", "c"), ("hour",), ("day",)]
    assert grids[2].members == ("a", "b", "c", "hour", "day")


def test_first_grid_point_lies_where_most_samples_lie() -> None:
    times = 1000.0 + 60 * np.arange(50.0)
    assert first_grid_point(times, 60.0) == 1000.0
    times[0] -= 20
    assert first_grid_point(times, 60.0) == 1000.0
