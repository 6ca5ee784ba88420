"""One window of many series: which pairs move together, at which lag, and how sure that is."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

import numpy as np

from crosscurrent.errors import WrongUse
from streams.correlate.grid import grid_values, window_bounds_seconds
from streams.correlate.kinds import POINTS_MIN
from streams.correlate.multiplicity import benjamini_hochberg
from streams.correlate.prepare import Prepared, prepare
from streams.correlate.series import BoolArray, PairColumns, PairResult, Series, WindowResult
from streams.correlate.statistic import BestLags, best_lags

__all__ = ["METHOD", "PairResult", "Series", "WindowResult", "check_window", "correlate_window"]

SERIES_MAX = 20_000
# Name and version of the method; a change of what it computes makes another version and so other record ids.
METHOD = "min-of-student-and-self-normalised 2"


def correlate_window(
    series: Sequence[Series],
    *,
    window_end: float,
    step_seconds: float,
    window_steps: int,
    max_lag_steps: int,
    fdr: float,
    anchors: Collection[str] | None = None,
) -> WindowResult:
    """Return what moves together in one window.

    The result depends on the observations alone, neither on the order of the series nor on that of their samples.
    Of several samples at one time the largest counts. Samples outside of the window are ignored.

    Args:
        series: the series with their observations, each id once.
        window_end: time of the last grid point, epoch seconds; samples up to half a step later belong to it.
        step_seconds: distance of the grid points.
        window_steps: number of grid points.
        max_lag_steps: lags searched, in both directions.
        fdr: share of the reported pairs that may be false on average.
        anchors: if given, only pairs with at least one of these series are tested and form the family.

    Raises:
        WrongUse: the window is too short for the lags, a number is out of range, an id comes twice, or there
            are more series than one window may hold.
    """
    check_window(step_seconds, window_steps, max_lag_steps, fdr)
    ordered = sorted(series, key=lambda one: one.series_id)
    ids = [one.series_id for one in ordered]
    _check_series(ids)
    gridded = grid_values(
        ordered, window_end=window_end, step_seconds=step_seconds, window_steps=window_steps
    )
    prepared = prepare(gridded, [one.kind for one in ordered])
    names = [ids[row] for row in prepared.rows]
    best = best_lags(
        prepared.scores,
        max_lag_steps=max_lag_steps,
        shared_count=prepared.shared_count,
        calendar=len(prepared.frequencies) > 0,
        fdr=fdr,
        anchored=_anchored(names, anchors),
    )
    start, end = window_bounds_seconds(window_end, step_seconds, window_steps)
    return WindowResult(
        window_start=start,
        window_end=end,
        step_seconds=step_seconds,
        window_steps=window_steps,
        max_lag_steps=max_lag_steps,
        fdr=fdr,
        prepared=dict(zip(names, prepared.preparations, strict=True)),
        refused={ids[row]: reason for row, reason in prepared.refused.items()},
        calendar_periods_seconds=_periods(prepared, step_seconds),
        columns=_columns(best),
        family_size=best.tested,
    )


def check_window(step_seconds: float, window_steps: int, max_lag_steps: int, fdr: float) -> None:
    """Check that a window can be computed as asked.

    Raises:
        WrongUse: a number is out of range.
    """
    if not (np.isfinite(step_seconds) and step_seconds > 0):
        raise WrongUse(f"a step of {step_seconds} seconds", expected="more than 0", todo="give another step")
    if window_steps < POINTS_MIN:
        raise WrongUse(
            f"a window of {window_steps} steps",
            expected=f"at least {POINTS_MIN}, better 128 or more",
            todo="take a longer window or a shorter step",
        )
    if not 0 <= max_lag_steps <= window_steps // 4:
        raise WrongUse(
            f"a largest lag of {max_lag_steps} steps in a window of {window_steps}",
            expected=f"0 to a quarter of the window, {window_steps // 4}",
            todo="take a smaller lag or a longer window",
        )
    if not 0 < fdr < 1:
        raise WrongUse(f"a false-discovery rate of {fdr}", expected="above 0 and below 1", todo="try 0.05")


def _check_series(ids: Sequence[str]) -> None:
    """Check that the ids, in ascending order, are distinct and not too many."""
    if len(ids) > SERIES_MAX:
        raise WrongUse(
            f"{len(ids)} series in one window",
            expected=f"at most {SERIES_MAX}",
            todo="divide the series into groups",
        )
    twice = [left for left, right in itertools.pairwise(ids) if left == right]
    if twice:
        raise WrongUse(
            f"series {twice[0]!r} comes twice", expected="each id once", todo="join its observations"
        )


def _periods(prepared: Prepared, step_seconds: float) -> tuple[float, ...]:
    """Return the periods of the calendar lines in seconds, longest first."""
    return tuple(float(step_seconds / frequency) for frequency in prepared.frequencies)


def _anchored(names: Sequence[str], anchors: Collection[str] | None) -> BoolArray | None:
    """Return which series a pair must hold one of to be tested; None if any pair is."""
    return None if anchors is None else np.array([name in anchors for name in names], dtype=bool)


def _columns(best: BestLags) -> PairColumns:
    """Return the pairs with their q-values."""
    return PairColumns(
        left_index=best.left,
        right_index=best.right,
        lag_steps=best.lag_steps,
        coefficient=best.coefficient,
        n_effective=best.n_effective,
        p_value=best.p_value,
        q_value=benjamini_hochberg(best.p_value, best.tested),
    )
