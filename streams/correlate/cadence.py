"""How often each series is measured, and the grids on which series of different cadence meet.

A pair is correlated on the grid of its slower series: a faster one has a sample near each of the slower one's
grid points, a slower one would leave most of the faster one's grid empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from streams.correlate.series import FloatArray

# Series whose intervals differ by less than this share live on one grid.
SAME_CADENCE = 0.1
_WHOLE_UNITS_SECONDS = (86_400.0, 3600.0, 60.0, 1.0)
_WHOLE_TOLERANCE = 0.01


@dataclass(frozen=True)
class Grid:
    """A grid and who meets on it.

    Args:
        step_seconds: distance of the grid points.
        anchors: the series of this cadence; each pair holds at least one of them.
        members: the anchors and every faster series.
    """

    step_seconds: float
    anchors: tuple[str, ...]
    members: tuple[str, ...]


def interval_seconds(times: FloatArray) -> float | None:
    """Return the usual time between two samples, None if there are not two times.

    The median, so that gaps do not count; within a hundredth of whole days, hours, minutes or seconds it is
    taken to mean these.

    Args:
        times: ascending, seconds.
    """
    differences = np.diff(times)
    differences = differences[differences > 0]
    if len(differences) == 0:
        return None
    usual = float(np.sort(differences)[(len(differences) - 1) // 2])
    for unit in _WHOLE_UNITS_SECONDS:
        whole = round(usual / unit) * unit
        if whole > 0 and abs(usual - whole) <= _WHOLE_TOLERANCE * min(unit, usual):
            return whole
    return usual


def grids_of(intervals: Mapping[str, float]) -> list[Grid]:
    """Return the grids, finest first, so that each pair of series meets on exactly one.

    Args:
        intervals: series to its usual interval in seconds.
    """
    ordered = sorted(intervals, key=lambda series: (intervals[series], series))
    groups: list[list[str]] = []
    for series in ordered:
        if groups and intervals[series] <= (1 + SAME_CADENCE) * intervals[groups[-1][0]]:
            groups[-1].append(series)
        else:
            groups.append([series])
    grids = []
    members: list[str] = []
    for group in groups:
        members += group
        grids.append(Grid(_commonest(group, intervals), tuple(group), tuple(members)))
    return grids


def first_grid_point(times: FloatArray, step_seconds: float) -> float:
    """Return the time of the first grid point, laid so that most samples lie near to a grid point.

    Args:
        times: ascending, not empty, seconds.
        step_seconds: distance of the grid points.
    """
    first = float(times[0])
    beside = (times - first + step_seconds / 2) % step_seconds - step_seconds / 2
    return first + float(np.sort(beside)[(len(beside) - 1) // 2])


def _commonest(group: list[str], intervals: Mapping[str, float]) -> float:
    """Return the interval that most series of a group have, the longest of several."""
    values, counts = np.unique([intervals[series] for series in group], return_counts=True)
    return float(values[len(counts) - 1 - np.argmax(counts[::-1])])
