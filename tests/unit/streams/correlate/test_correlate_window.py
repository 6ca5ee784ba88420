"""One window: unrelated series stay unrelated, a planted relation is found, bad input is refused with a reason."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crosscurrent.errors import WrongUse
from streams.correlate.series import FloatArray, Series, WindowResult
from streams.correlate.window import correlate_window

STEP = 3600.0
STEPS = 256
MAX_LAG = 12
REPLICATES = 8
# With a true share of .05, 8 replicates show more than 2 with a false pair once in 170 times.
FALSE_MAX = 2

Random = np.random.Generator


def window(rows: FloatArray, **options: object) -> WindowResult:
    times = np.arange(rows.shape[1], dtype=np.float64) * STEP
    series = [Series(f"{index:03d}", None, times, row) for index, row in enumerate(rows)]
    asked: dict[str, object] = {
        "window_end": times[-1],
        "step_seconds": STEP,
        "window_steps": rows.shape[1],
        "max_lag_steps": MAX_LAG,
        "fdr": 0.05,
        **options,
    }
    return correlate_window(series, **asked)  # type: ignore[arg-type]


def walks(rng: Random) -> FloatArray:
    return np.cumsum(rng.standard_normal((10, STEPS)), axis=1)


def seasons(rng: Random) -> FloatArray:
    phase = rng.uniform(0, 2 * np.pi, (10, 1))
    rows: FloatArray = 3 * np.cos(2 * np.pi * np.arange(STEPS) / 24 + phase) + rng.standard_normal(
        (10, STEPS)
    )
    return rows


def heavy(rng: Random) -> FloatArray:
    return rng.standard_t(2.5, (10, STEPS))


def counters(rng: Random) -> FloatArray:
    return np.cumsum(rng.poisson(5, (10, STEPS)), axis=1).astype(float)


def sparse_counts(rng: Random) -> FloatArray:
    return rng.poisson(0.2, (10, STEPS)).astype(float)


def staircases(rng: Random) -> FloatArray:
    return walks(rng)[:, np.arange(STEPS) // 6 * 6]


def shared_volatility(rng: Random) -> FloatArray:
    rows: FloatArray = rng.standard_normal((10, STEPS)) * np.exp(
        1.2 * np.cos(2 * np.pi * np.arange(STEPS) / 24)
    )
    return rows


def pulses(rng: Random) -> FloatArray:
    hour = (np.arange(STEPS) - rng.integers(0, 24, (10, 1))) % 24
    return 5.0 * (hour < 2) + rng.standard_normal((10, STEPS))


def shifts(rng: Random) -> FloatArray:
    jumps = 5 * rng.standard_normal((10, STEPS)) * (rng.random((10, STEPS)) < 3 / STEPS)
    return np.cumsum(jumps, axis=1) + rng.standard_normal((10, STEPS))


def with_gaps(rng: Random) -> FloatArray:
    rows = walks(rng)
    rows[rng.random(rows.shape) < 0.2] = np.nan
    return rows


def quarter_filled(rng: Random) -> FloatArray:
    rows = walks(rng)
    rows[:, : STEPS - STEPS // 4] = np.nan
    return rows


NULLS = (
    *(walks, seasons, heavy, counters, sparse_counts, staircases, shared_volatility, pulses, shifts),
    *(with_gaps, quarter_filled),
)


@pytest.mark.parametrize("null", NULLS, ids=[null.__name__ for null in NULLS])
def test_window_finds_hardly_ever_a_pair_where_none_is(null: Callable[[Random], FloatArray]) -> None:
    results = [window(null(np.random.default_rng([31, number]))) for number in range(REPLICATES)]
    assert sum(bool(result.significant_pairs) for result in results) <= FALSE_MAX
    assert all(result.family_size == 45 for result in results)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("lag", [-7, 0, 4])
def test_window_finds_a_planted_pair_with_its_lag_and_sign(lag: int, sign: int) -> None:
    rng = np.random.default_rng([32, lag + 10, sign + 1])
    rows = walks(rng)
    noise = rng.standard_normal(STEPS + 40)
    left = noise[20 : 20 + STEPS]
    # left at t goes with right at t + lag
    right = sign * noise[20 - lag : 20 - lag + STEPS] + 0.5 * rng.standard_normal(STEPS)
    rows[2], rows[5] = np.cumsum(left), np.cumsum(right)
    (pair,) = window(rows).significant_pairs
    assert (pair.left, pair.right, pair.lag_steps, pair.lag_seconds) == ("002", "005", lag, lag * STEP)
    assert np.sign(pair.coefficient) == sign
    assert 0 < pair.n_effective <= STEPS
    assert pair.p_value <= pair.q_value <= 0.05


def test_window_does_not_depend_on_the_order_of_series_and_samples_nor_on_repeats() -> None:
    rng = np.random.default_rng(33)
    times = STEP * np.arange(128) + rng.uniform(-900, 900, 128)
    series = [Series(f"{i}", None, times, np.cumsum(rng.standard_normal(128))) for i in range(4)]

    def run(given: list[Series]) -> object:
        return correlate_window(
            given, window_end=127 * STEP, step_seconds=STEP, window_steps=128, max_lag_steps=6, fdr=0.1
        ).pairs

    order = np.concatenate([rng.permutation(128), rng.integers(0, 128, 30)])
    shuffled = [Series(one.series_id, None, one.times_seconds[order], one.values[order]) for one in series]
    assert run(shuffled[::-1]) == run(series)


def test_window_tests_only_pairs_with_an_anchor() -> None:
    rows = np.random.default_rng(34).standard_normal((4, 128))
    pairs = window(rows, anchors={"001"}).pairs
    assert [(pair.left, pair.right) for pair in pairs] == [("000", "001"), ("001", "002"), ("001", "003")]


def test_window_refuses_what_says_nothing_and_correlates_the_rest() -> None:
    rows = np.random.default_rng(35).standard_normal((5, 128))
    rows[0] = 7.0
    rows[1, 3] = np.inf
    rows[2, 20:] = np.nan
    result = window(rows)
    assert {name: reason.split(":")[0] for name, reason in result.refused.items()} == {
        "000": "constant",
        "001": "not finite",
        "002": "too few points",
    }
    assert list(result.prepared) == ["003", "004"]
    assert result.family_size == 1


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.full(128, np.nan), "too few points: 0 of 128"),
        (np.where(np.arange(128) < 3, np.arange(128.0), np.nan), "too few points: 3 of 128"),
        (1e300 * np.sin(np.arange(128.0)), "too large"),
        (np.where(np.arange(128) < 31, np.sin(np.arange(128.0)), np.nan), "too few points: 31 of 128"),
        (np.where(np.arange(128) < 40, np.sin(np.arange(128.0)), 0.5), None),
        (1e-300 * np.sin(np.arange(128.0)), None),
    ],
    ids=["only NaN", "three points", "1e300", "stops early", "stops and stays", "1e-300"],
)
def test_window_refuses_a_bad_series_or_takes_it_and_leaves_the_others_alone(
    values: FloatArray, reason: str | None
) -> None:
    rows = np.random.default_rng(36).standard_normal((4, 128))
    rows[3] = rows[2] + 0.1 * rows[1]
    result = window(np.vstack([values, rows]))
    if reason is None:
        assert "000" in result.prepared
    else:
        assert reason in result.refused["000"]
    assert ("003", "004") in {(pair.left, pair.right) for pair in result.significant_pairs}
    assert all(np.isfinite([pair.coefficient, pair.p_value, pair.n_effective]).all() for pair in result.pairs)


def test_window_of_nothing_is_empty() -> None:
    result = window(np.empty((0, 64)))
    assert (result.family_size, result.pairs) == (0, ())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step_seconds": 0.0}, "a step of 0.0"),
        ({"step_seconds": float("nan")}, "a step of nan"),
        ({"window_steps": 31}, "a window of 31 steps"),
        ({"max_lag_steps": 33}, "a largest lag of 33"),
        ({"max_lag_steps": -1}, "a largest lag of -1"),
        ({"fdr": 0.0}, "a false-discovery rate of 0"),
        ({"fdr": 1.0}, "a false-discovery rate of 1"),
    ],
)
def test_window_refuses_numbers_that_cannot_work(options: dict[str, object], message: str) -> None:
    with pytest.raises(WrongUse, match=message):
        window(np.zeros((2, 128)), **options)


def test_window_refuses_a_series_that_comes_twice() -> None:
    series = Series("a", None, np.arange(64.0), np.arange(64.0))
    with pytest.raises(WrongUse, match="comes twice"):
        correlate_window(
            [series, series], window_end=0, step_seconds=STEP, window_steps=64, max_lag_steps=4, fdr=0.05
        )
