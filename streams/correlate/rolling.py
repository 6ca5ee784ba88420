"""Rolling windows over a live stream: samples in, one result for each window that the watermark closes.

Rules, all in event time, so that a replay of the same stream gives the same windows:

* A source's watermark is its newest event time; the stream's is the smallest of the sources that are not idle.
  A source is idle while it lags the newest one by more than ``idle_steps``.
* A window ends with a grid point that is a multiple of the hop from the origin (the epoch). It closes when the
  watermark has passed its last cell by ``lateness_steps``.
* A window in which fewer than two series have the points that a correlation needs is passed over; so are the
  windows in a gap, however long.
* Late data: what comes after a window was closed is kept for the later windows that it belongs to
  (``late_kept_count``), and those closed up to ``late_steps`` ago are told anew (:mod:`streams.correlate.late`); what
  belongs to none of them is dropped (``late_dropped_count``).
* At most ``series_count_max`` series are kept; further ones are refused and counted, and can only come in when
  another one has been silent for a whole window, from then on.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from crosscurrent.errors import Fatal, WrongUse
from streams.correlate.grid import cell_of
from streams.correlate.kinds import points_needed
from streams.correlate.late import Corrections
from streams.correlate.series import FloatArray, IntArray, Series, WindowResult
from streams.correlate.series_store import SeriesStore
from streams.correlate.window import check_window, correlate_window

LATENESS_STEPS = 1
IDLE_SHARE = 8  # an eighth of the window
SERIES_MIN = 2
STATE_VERSION = 1


class RollingCorrelation:
    """Correlates all series over windows that advance with event time.

    Call ``observe`` for the samples of a message, then ``advance`` once. After a restart call ``restore`` with
    what ``snapshot`` gave, then ``refill`` for every message from the oldest that reaches
    ``oldest_time_needed_seconds`` up to the snapshot, then go on: the windows are those of a run without restart.

    Args:
        window_steps: grid points in a window.
        hop_steps: steps between windows.
        step_seconds: distance of the grid points.
        max_lag_steps: lags searched in both directions.
        fdr: false-discovery rate over the pairs of a window.
        series_count_max: most series kept.
        first_end_seconds: where the first window ends, and from where further ones end on multiples of the hop;
            None: on multiples from the epoch, the first as soon as two series have the points that are needed.
        anchors: if given, only pairs with at least one of these series are tested.
        lateness_steps: steps by which the watermark must have passed a window's end before it is closed.
        late_steps: how far back closed windows are told anew for late data; 0: none is.

    Raises:
        WrongUse: a number is out of range.
    """

    def __init__(
        self,
        window_steps: int,
        hop_steps: int,
        step_seconds: float,
        max_lag_steps: int,
        fdr: float,
        series_count_max: int,
        *,
        first_end_seconds: float | None = None,
        anchors: Collection[str] | None = None,
        lateness_steps: int = LATENESS_STEPS,
        late_steps: int = 0,
    ) -> None:
        check_window(step_seconds, window_steps, max_lag_steps, fdr)
        origin_seconds = 0.0 if first_end_seconds is None else first_end_seconds
        _check_rolling(hop_steps, window_steps, series_count_max, origin_seconds)
        self._window_steps = window_steps
        self._hop_steps = hop_steps
        self._step_seconds = step_seconds
        self._max_lag_steps = max_lag_steps
        self._fdr = fdr
        self._series_count_max = series_count_max
        self._origin_seconds = origin_seconds
        self._anchors = anchors
        self._lateness_steps = lateness_steps
        self._corrections = Corrections(hop_steps, window_steps, late_steps)
        self._idle_seconds = max(hop_steps, window_steps // IDLE_SHARE) * step_seconds
        self._stores: dict[str, SeriesStore] = {}
        self._watermarks: dict[str, float] = {}
        self._last_end: int | None = None if first_end_seconds is None else -hop_steps
        # the newest event time when a series was last refused; -inf if none was
        self._refused_until_seconds = -math.inf
        # series admitted at the restored checkpoint; None where the refilled data alone decide
        self._refillable: dict[str, float] | None = None
        self.refused_count = 0
        self.late_kept_count = 0
        self.late_dropped_count = 0

    def __contains__(self, series_id: object) -> bool:
        """Return whether a series is kept."""
        return series_id in self._stores

    @property
    def series_count(self) -> int:
        """How many series are kept."""
        return len(self._stores)

    def observe(
        self, series_id: str, kind: str | None, source: str, times_seconds: FloatArray, values: FloatArray
    ) -> None:
        """Take samples of one series in.

        Args:
            series_id: the series.
            kind: how its values are to be read; None to have it inferred.
            source: whose watermark they move.
            times_seconds: finite event times, seconds since the Unix epoch, in any order.
            values: the measurements; NaN says "not measured".
        """
        if len(times_seconds) == 0:
            return
        newest_before = self._newest_seconds()
        newest = float(times_seconds.max())
        if newest > self._watermarks.get(source, -math.inf):
            self._watermarks[source] = newest
        times, values = _measured(times_seconds, values)
        if len(times) == 0 or not self._count_late(times):
            return
        store = self._stores.get(series_id) or self._admit(series_id, newest_before)
        if store is not None:
            store.add(kind, times, values)

    def refill(
        self, series_id: str, kind: str | None, source: str, times_seconds: FloatArray, values: FloatArray
    ) -> None:
        """Take samples in that were observed before the restored checkpoint; moves no watermark."""
        del source
        times, values = _measured(times_seconds, values)
        if len(times) == 0 or self._cell(float(times.max())) < self._oldest_cell():
            return
        store = self._stores.get(series_id)
        if store is None:
            if self._refillable is not None and series_id not in self._refillable:
                return
            since = -math.inf if self._refillable is None else self._refillable[series_id]
            store = self._stores[series_id] = self._new_store(since)
        store.add(kind, times, values)

    def advance(self) -> list[WindowResult]:
        """Return the windows that late data corrected, then those that the watermark has closed, oldest first."""
        watermark = self._watermark_seconds()
        if watermark is None:
            return []
        passed = (watermark - self._origin_seconds) / self._step_seconds - 0.5 - self._lateness_steps
        corrected: list[WindowResult] = []
        if touched := self._corrections.due(math.floor(passed)):
            self._merge()
            corrected = self._told(np.asarray(touched, dtype=np.int64))
        return corrected + self._close_up_to(math.floor(passed / self._hop_steps) * self._hop_steps)

    def finish(self) -> list[WindowResult]:
        """Return the windows whose last grid point was reached although nothing later will come: the end of a file."""
        if not self._watermarks:
            return []
        newest = self._cell(self._newest_seconds())
        return self._close_up_to(newest // self._hop_steps * self._hop_steps)

    def oldest_time_needed_seconds(self) -> float | None:
        """Return the begin of the oldest window still open; None before any time was seen."""
        if self._last_end is None:
            return None
        return self._origin_seconds + (self._oldest_cell() - 0.5) * self._step_seconds

    def snapshot(self) -> dict[str, Any]:
        """Return what a restart needs beside the observations, as JSON can hold it."""
        return {
            "version": STATE_VERSION,
            "watermarks": dict(sorted(self._watermarks.items())),
            "last_window_end": None if self._last_end is None else self._seconds(self._last_end),
            "refused_until": self._refused_until_seconds if self._was_full() else None,
            "series": self._admitted() if self._was_full() else None,
            "refused_count": self.refused_count,
            "late_kept_count": self.late_kept_count,
            "late_dropped_count": self.late_dropped_count,
            "corrections": self._corrections.snapshot(self._seconds),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take a snapshot back into a new object; windows of another grid go on after the last one closed.

        Raises:
            Fatal: the snapshot is of a version that this one does not know, or damaged.
        """
        if state.get("version") != STATE_VERSION:
            raise _unreadable(f"has version {state.get('version')!r}")
        try:
            self._watermarks = {str(name): float(time) for name, time in state["watermarks"].items()}
            end = state["last_window_end"]
            self._last_end = None if end is None else self._lattice_cell(float(end))
            until = state["refused_until"]
            self._refused_until_seconds = -math.inf if until is None else float(until)
            admitted = state["series"]
            self._refillable = None
            if admitted is not None:
                self._refillable = {
                    str(series): -math.inf if since is None else float(since)
                    for series, since in admitted.items()
                }
            self.refused_count = int(state["refused_count"])
            self.late_kept_count = int(state["late_kept_count"])
            self.late_dropped_count = int(state["late_dropped_count"])
            if "corrections" in state:
                self._corrections.restore(state["corrections"], self._cell)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _unreadable(f"cannot be read: {type(error).__name__} {error}") from error

    # time and cells

    def _cell(self, seconds: float) -> int:
        return math.floor((seconds - self._origin_seconds) / self._step_seconds + 0.5)

    def _seconds(self, cell: int) -> float:
        return self._origin_seconds + cell * self._step_seconds

    def _lattice_cell(self, seconds: float) -> int:
        return self._cell(seconds) // self._hop_steps * self._hop_steps

    def _oldest_cell(self) -> float:
        """Return the first cell of the oldest window that is open or can be told anew."""
        if self._last_end is None:
            return -math.inf
        return self._last_end + self._hop_steps - self._window_steps + 1 - self._corrections.reach_steps

    def _newest_seconds(self) -> float:
        return max(self._watermarks.values(), default=-math.inf)

    def _watermark_seconds(self) -> float | None:
        newest = self._newest_seconds()
        awake = [time for time in self._watermarks.values() if newest - time <= self._idle_seconds]
        return min(awake, default=None)

    # what is taken in

    def _count_late(self, times: FloatArray) -> bool:
        """Count the samples that belong to closed windows; return whether any belongs to an open one."""
        if self._last_end is None:
            return True
        oldest = self._oldest_cell()
        if len(times) == 1 and self._cell(float(times[0])) > self._last_end:
            return True
        cells = cell_of(times, self._step_seconds, self._origin_seconds)
        dropped = int(np.count_nonzero(cells < oldest))
        late_cells = cells[cells <= self._last_end]
        late = len(late_cells)
        if late > dropped:
            self._corrections.touch(late_cells[late_cells >= oldest], self._last_end)
        self.late_dropped_count += dropped
        self.late_kept_count += late - dropped
        return dropped < len(times)

    def _admit(self, series_id: str, newest_before: float) -> SeriesStore | None:
        """Return the store of a new series; None, counted, if there are too many."""
        if len(self._stores) >= self._series_count_max:
            self.refused_count += 1
            self._refused_until_seconds = self._newest_seconds()
            return None
        # What was refused may be read again when the windows are refilled, so it must not count then either.
        since = newest_before if self._was_full() else -math.inf
        store = self._stores[series_id] = self._new_store(since)
        return store

    def _new_store(self, since_seconds: float) -> SeriesStore:
        return SeriesStore(self._step_seconds, self._origin_seconds, since_seconds)

    def _was_full(self) -> bool:
        """Return whether samples that were refused could still be read again."""
        oldest = self.oldest_time_needed_seconds()
        return self._refused_until_seconds > -math.inf and (
            oldest is None or self._refused_until_seconds >= oldest
        )

    def _admitted(self) -> dict[str, float | None]:
        return {
            series: None if math.isinf(store.since_seconds) else store.since_seconds
            for series, store in sorted(self._stores.items())
        }

    # windows

    def _close_up_to(self, last: int) -> list[WindowResult]:
        if self._last_end is not None and last <= self._last_end:
            return []
        self._refillable = None
        self._merge()
        windows = self._told(self._touched(last))
        self._last_end = last
        self._forget()
        return windows

    def _told(self, ends: IntArray) -> list[WindowResult]:
        """Return the windows with these ends, but for those in which too few series have points or that say nothing new."""
        windows = [(end, self._window(end)) for end in self._full_enough(ends)]
        revisions = [self._corrections.revision(end, window) for end, window in windows]
        told = zip(windows, revisions, strict=True)
        return [replace(window, revision=number) for (_, window), number in told if number is not None]

    def _merge(self) -> None:
        for store in self._stores.values():
            store.merge()

    def _full_enough(self, ends: IntArray) -> list[int]:
        """Return those ends of windows in which two series have the points that are needed."""
        enough = np.zeros(len(ends), dtype=np.int64)
        for store in self._stores.values():
            enough += store.counts_in(ends, self._window_steps) >= points_needed(self._window_steps)
        return [int(end) for end in ends[enough >= SERIES_MIN]]

    def _touched(self, last: int) -> IntArray:
        """Return the ends of the windows not closed yet that hold any sample; a gap costs nothing."""
        hop, reach = self._hop_steps, self._window_steps - 1
        # the end of the first window that each filled cell is in
        first = np.unique(-(-_distinct(store.cells for store in self._stores.values()) // hop) * hop)
        after = first[0] if len(first) and self._last_end is None else (self._last_end or 0) + hop
        stretches = np.split(first, np.flatnonzero(np.diff(first) > reach) + 1) if len(first) else []
        parts = [
            np.arange(max(stretch[0], after), min(stretch[-1] + reach, last) + 1, hop)
            for stretch in stretches
        ]
        return np.concatenate([np.empty(0, dtype=np.int64), *parts])

    def _window(self, end: int) -> WindowResult:
        window_end = self._seconds(end)
        first = end - self._window_steps + 1
        start = window_end - (self._window_steps - 1) * self._step_seconds
        series = []
        for series_id, store in self._stores.items():
            inside = slice(*np.searchsorted(store.cells, (first, end + 1)).tolist())
            if inside.start < inside.stop:
                # the cell's own time, so that no rounding moves a sample into the next cell
                times = np.asarray(start + (store.cells[inside] - first) * self._step_seconds, np.float64)
                series.append(Series(series_id, store.kind, times, store.values[inside]))
        return correlate_window(
            series,
            window_end=window_end,
            step_seconds=self._step_seconds,
            window_steps=self._window_steps,
            max_lag_steps=self._max_lag_steps,
            fdr=self._fdr,
            anchors=self._anchors,
        )

    def _forget(self) -> None:
        """Drop the cells, series and sources that no window needs any more."""
        self._corrections.forget(self._last_end or 0)
        for store in self._stores.values():
            store.drop_before(self._oldest_cell())
        self._stores = {series: store for series, store in self._stores.items() if len(store.cells)}
        bound = self._newest_seconds() - self._window_steps * self._step_seconds - self._idle_seconds
        self._watermarks = {source: time for source, time in self._watermarks.items() if time >= bound}


def _check_rolling(hop_steps: int, window_steps: int, series_count_max: int, origin_seconds: float) -> None:
    if not 1 <= hop_steps <= window_steps:
        raise WrongUse(
            f"a hop of {hop_steps} steps between windows of {window_steps}",
            expected="1 to the length of the window",
            todo="give another hop; an eighth of the window is usual",
        )
    if series_count_max < SERIES_MIN or not math.isfinite(origin_seconds):
        raise WrongUse(
            f"at most {series_count_max} series from {origin_seconds} s on",
            expected="at least two series and a finite time",
            todo="correct the settings of the correlation",
        )


def _measured(times: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the samples that say something."""
    missing = np.isnan(values)
    return (times[~missing], values[~missing]) if missing.any() else (times, values)


def _distinct(cells: Iterable[IntArray]) -> IntArray:
    parts = list(cells)
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)


def _unreadable(found: str) -> Fatal:
    return Fatal(
        f"the stored state of the rolling correlation {found}",
        expected=f"what version {STATE_VERSION} writes",
        todo="delete the processor's state; its windows are filled again from the observations",
    )
