"""From irregular observations to a regular grid in event time.

Each grid point takes the sample nearest to it within half a step. A point without one stays empty (NaN):
interpolation would make neighbouring points agree, and two interpolated series correlate.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streams.correlate.series import FloatArray, IntArray, Series


def window_bounds_seconds(window_end: float, step_seconds: float, window_steps: int) -> tuple[float, float]:
    """Return the times of the first and the last grid point of a window, epoch seconds."""
    return window_end - (window_steps - 1) * step_seconds, window_end


def cell_of(times_seconds: FloatArray, step_seconds: float, origin_seconds: float = 0.0) -> IntArray:
    """Return the index of the grid point nearest to each time.

    A time exactly between two grid points belongs to the later one, so that each time has one cell.

    Args:
        times_seconds: finite event times.
        step_seconds: distance of the grid points.
        origin_seconds: time of the grid point with index 0.
    """
    return np.floor((times_seconds - origin_seconds) / step_seconds + 0.5).astype(np.int64)


def nearest_per_cell(
    cells: IntArray, times_seconds: FloatArray, values: FloatArray, step_seconds: float, origin_seconds: float
) -> IntArray:
    """Return the positions of the samples that stand for their cells, ordered by cell.

    The sample nearest to the grid point wins; of two equally near the earlier; of several values at one time
    the largest. The rule is the same in whatever order, and however often, the samples come, and applying it
    again to its own outcome changes nothing: so the live store may keep one sample a cell.
    """
    distance = np.abs(times_seconds - (origin_seconds + cells * step_seconds))
    order = np.lexsort((-values, times_seconds, distance, cells))
    first_of_cell = np.ones(len(order), dtype=bool)
    first_of_cell[1:] = cells[order][1:] != cells[order][:-1]
    return order[first_of_cell]


def grid_values(
    series: Sequence[Series], *, window_end: float, step_seconds: float, window_steps: int
) -> FloatArray:
    """Return the series on the window's grid.

    Args:
        series: the series, with samples in any order; those outside of the window are left out, and so are
            samples whose time is not finite or whose value is NaN ("not measured").
        window_end: time of the last grid point, epoch seconds.
        step_seconds: distance of the grid points.
        window_steps: number of grid points.

    Returns:
        One row a series, one column a grid point; NaN where there is no sample, infinities as observed.
    """
    start, _ = window_bounds_seconds(window_end, step_seconds, window_steps)
    gridded = np.full((len(series), window_steps), np.nan)
    for row, one in enumerate(series):
        measured = np.isfinite(one.times_seconds) & ~np.isnan(one.values)
        near = np.abs(one.times_seconds - start - (window_steps - 1) / 2 * step_seconds)
        measured &= near <= (window_steps + 1) / 2 * step_seconds
        times, values = one.times_seconds[measured], one.values[measured]
        cells = cell_of(times, step_seconds, start)
        inside = (cells >= 0) & (cells < window_steps)
        times, values, cells = times[inside], values[inside], cells[inside]
        chosen = nearest_per_cell(cells, times, values, step_seconds, start)
        gridded[row, cells[chosen]] = values[chosen]
    return gridded
