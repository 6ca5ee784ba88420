"""What is kept of one live series: one sample a grid cell, in whatever order the samples come."""

from __future__ import annotations

import math

import numpy as np

from streams.correlate.grid import cell_of, nearest_per_cell
from streams.correlate.series import FloatArray, IntArray

# Samples that wait to be merged; merging costs about as much for one as for so many.
_PENDING_MAX = 256


class SeriesStore:
    """The samples of one series, one a cell by the rule of :func:`~streams.correlate.grid.nearest_per_cell`.

    The same samples give the same store in any order and however often they come.

    Args:
        step_seconds: distance of the grid points.
        origin_seconds: time of the grid point with index 0.
        since_seconds: samples at or before this time are not taken.
    """

    __slots__ = (
        "_kind_at",
        "_origin_seconds",
        "_pending",
        "_pending_count",
        "_step_seconds",
        "cells",
        "kind",
        "since_seconds",
        "times",
        "values",
    )

    def __init__(self, step_seconds: float, origin_seconds: float, since_seconds: float = -math.inf) -> None:
        self._step_seconds = step_seconds
        self._origin_seconds = origin_seconds
        self._pending: list[tuple[FloatArray, FloatArray]] = []
        self._pending_count = 0
        self._kind_at = (-math.inf, "")
        self.since_seconds = since_seconds
        self.kind: str | None = None
        self.cells: IntArray = np.empty(0, dtype=np.int64)
        self.times: FloatArray = np.empty(0)
        self.values: FloatArray = np.empty(0)

    def add(self, kind: str | None, times: FloatArray, values: FloatArray) -> None:
        """Take finite times and their values in; the kind stated with the newest is the series' kind."""
        self._kind_at = max(self._kind_at, (float(times.max()), kind or ""))
        self.kind = self._kind_at[1] or None
        self._pending.append((times, values))
        self._pending_count += len(times)
        if self._pending_count >= _PENDING_MAX:
            self.merge()

    def merge(self) -> None:
        """Sort what waits into the cells."""
        if not self._pending:
            return
        times = np.concatenate([times for times, _ in self._pending])
        values = np.concatenate([values for _, values in self._pending])
        self._pending.clear()
        self._pending_count = 0
        taken = times > self.since_seconds
        times = np.concatenate([self.times, times[taken]])
        values = np.concatenate([self.values, values[taken]])
        cells = cell_of(times, self._step_seconds, self._origin_seconds)
        chosen = nearest_per_cell(cells, times, values, self._step_seconds, self._origin_seconds)
        self.cells, self.times, self.values = cells[chosen], times[chosen], values[chosen]

    def drop_before(self, cell: float) -> None:
        """Forget the cells before this one."""
        first = int(np.searchsorted(self.cells, cell))
        if first:
            # copies: a view would keep the dropped part in memory
            self.cells, self.times, self.values = (
                self.cells[first:].copy(),
                self.times[first:].copy(),
                self.values[first:].copy(),
            )

    def counts_in(self, ends: IntArray, window_steps: int) -> IntArray:
        """Return how many cells of each window that ends with one of these cells are filled."""
        after = np.searchsorted(self.cells, ends, side="right")
        before = np.searchsorted(self.cells, ends - window_steps, side="right")
        return (after - before).astype(np.int64)
