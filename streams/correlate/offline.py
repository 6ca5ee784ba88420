"""``crosscurrent correlate FILE --output OUT.jsonl``: the live rolling correlation on the rows of a file."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import numpy as np
import orjson

from crosscurrent.errors import WrongUse
from streams.correlate.cadence import Grid, first_grid_point, grids_of, interval_seconds
from streams.correlate.rolling import RollingCorrelation
from streams.correlate.series import FloatArray, PairResult, WindowResult
from streams.correlate.window import SERIES_MAX
from streams.files import BadRow, Table, columns_of, complete_or_nothing, open_table, row_of

PROGRESS_ROWS = 10_000
# 16 bytes a row: 3.2 GB.
ROWS_MAX = 200_000_000
HOPS_PER_WINDOW = 8
_SOURCE = "file"

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class CorrelateOptions:
    """What is asked for.

    Args:
        window_steps: grid points in a window.
        max_lag_steps: lags searched in both directions.
        fdr: false-discovery rate over the pairs of a window.
        hop_steps: steps between windows; an eighth of the window if None.
        step_seconds: the grid of all series; each pair's slower interval if None.
        every_pair: write the pairs that are not significant, too.
    """

    window_steps: int
    max_lag_steps: int
    fdr: float
    hop_steps: int | None = None
    step_seconds: float | None = None
    every_pair: bool = False

    @property
    def hop(self) -> int:
        """Steps between windows."""
        return max(1, self.window_steps // HOPS_PER_WINDOW) if self.hop_steps is None else self.hop_steps


@dataclass
class GridReport:
    """What one grid gave.

    Args:
        step_seconds: its step.
        series: how many series met on it.
        span_steps: how long the file is in its steps.
        windows: windows that closed.
    """

    step_seconds: float
    series: int
    span_steps: int
    windows: int = 0


@dataclass
class CorrelateReport:
    """What was found in a file.

    Args:
        rows: rows read.
        missing: rows without a value.
        series: series found.
        windows: windows computed, over all grids.
        tests: pairs tested in them.
        significant: pairs within the false-discovery rate.
        kinds: how each series was read.
        kinds_inferred: the series whose kind no column said.
        refused: series that took part in no window, and the last reason.
        grids: what each grid gave.
    """

    rows: int = 0
    missing: int = 0
    series: int = 0
    windows: int = 0
    tests: int = 0
    significant: int = 0
    kinds: dict[str, str] = field(default_factory=dict)
    kinds_inferred: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    grids: list[GridReport] = field(default_factory=list)


@dataclass
class _Column:
    """The samples of one series."""

    kind: str | None
    times: FloatArray
    values: FloatArray


def correlate_file(
    path: Path, output: Path, options: CorrelateOptions, on_progress: Progress | None = None
) -> CorrelateReport:
    """Correlate all series of a file and write one JSON line a pair and window.

    The rows may stand in any order; of several values of a series at one time the largest counts, as it does live.
    Windows begin with the first sample of a grid, so that a file as long as one window gives one. The output
    appears only when it is complete.

    Args:
        path: CSV with ``series,observed_at,value[,kind]``, or Parquet or JSONL with these columns.
        output: where the result goes; what is there is replaced.
        options: window, lags, rate.
        on_progress: called with what is being done, how much of it is done, and of how much if that is known.

    Returns:
        What was found.

    Raises:
        WrongUse: an option is out of range; the file cannot be read, has a row that is no observation (the
            message names the line), fewer than two series, or is shorter than a window.
    """
    step = 1.0 if options.step_seconds is None else options.step_seconds
    _rolling(options, step)  # options that cannot work are said before a long file is read
    progress = on_progress or _silent
    report = CorrelateReport()
    with open_table(path) as table, complete_or_nothing(output, path) as target:
        columns = _Reader(table, report, progress).columns()
        _Run(str(path), columns, options, report, progress).write(target)
    return report


class _Reader:
    """Takes the rows of a file in, series by series."""

    def __init__(self, table: Table, report: CorrelateReport, progress: Progress) -> None:
        self._table = table
        self._report = report
        self._progress = progress
        self._kinds: dict[str, str | None] = {}
        self._times: dict[str, array[float]] = {}
        self._values: dict[str, array[float]] = {}

    def columns(self) -> dict[str, _Column]:
        """Return the samples of each series in the order of time."""
        where = columns_of(self._table.header, self._table.name, series_needed=True)
        for number, cells in self._table.rows:
            try:
                if isinstance(cells, BadRow):
                    raise cells
                row = row_of(cells, where)
            except BadRow as error:
                raise self._table.wrong(number, error.found, error.expected) from None
            if row.series not in self._kinds:
                self._begin(number, row.series, row.kind)
            elif row.kind != self._kinds[row.series]:
                raise self._kind_clash(number, row.series, row.kind)
            self._times[row.series].append(row.time_seconds)
            self._values[row.series].append(row.value)
            self._count(number, row.value)
        self._progress("reading rows", self._report.rows, self._report.rows)
        self._report.series = len(self._kinds)
        self._check()
        return {series: self._column(series) for series in sorted(self._kinds)}

    def _begin(self, number: int, series: str, kind: str | None) -> None:
        if not series:
            raise self._table.wrong(number, "has an empty series", "the name of a series")
        if len(self._kinds) >= SERIES_MAX:
            raise self._table.wrong(number, f"begins series {SERIES_MAX + 1:,}", f"at most {SERIES_MAX:,}")
        self._kinds[series] = kind
        self._times[series] = array("d")
        self._values[series] = array("d")

    def _count(self, number: int, value: float) -> None:
        self._report.rows += 1
        self._report.missing += value != value
        if self._report.rows > ROWS_MAX:
            raise self._table.wrong(number, f"is row {ROWS_MAX + 1:,}", f"at most {ROWS_MAX:,}")
        if self._report.rows % PROGRESS_ROWS == 0:
            self._progress("reading rows", self._report.rows, None)

    def _kind_clash(self, number: int, series: str, kind: str | None) -> WrongUse:
        before = self._kinds[series]
        return self._table.wrong(
            number,
            f"calls the series {series!r} {kind or 'nothing'}, which was {before or 'nothing'} before",
            "one kind for each series",
        )

    def _check(self) -> None:
        name = self._table.name
        if not self._kinds:
            raise WrongUse(
                f"{name} holds no observation",
                expected="rows below the names of the columns",
                todo="give a file with observations",
            )
        if len(self._kinds) == 1:
            raise WrongUse(
                f"{name} holds one series, {next(iter(self._kinds))!r}",
                expected="two series or more, told apart by the column 'series'",
                todo="add another series, or look at this one with `crosscurrent detect`",
            )

    def _column(self, series: str) -> _Column:
        times = np.frombuffer(self._times.pop(series), dtype=np.float64)
        values = np.frombuffer(self._values.pop(series), dtype=np.float64)
        order = np.argsort(times, kind="stable")
        return _Column(self._kinds[series], times[order], values[order])


class _Run:
    """Correlates what was read, grid by grid."""

    def __init__(
        self,
        name: str,
        columns: Mapping[str, _Column],
        options: CorrelateOptions,
        report: CorrelateReport,
        progress: Progress,
    ) -> None:
        self._name = name
        self._columns = columns
        self._options = options
        self._report = report
        self._progress = progress
        self._kinds: dict[str, Counter[str]] = {}

    def write(self, target: TextIO) -> None:
        for grid in self._grids():
            for window in self._windows(grid):
                self._note(window)
                for pair in window.pairs if self._options.every_pair else window.significant_pairs:
                    target.write(_line(pair))
        self._check()
        for series in self._columns.keys() - self._kinds.keys():
            self._report.refused.setdefault(series, "too few points: no value in any window")
        self._report.refused = dict(sorted(self._report.refused.items()))
        self._report.kinds = {
            series: counts.most_common(1)[0][0] for series, counts in sorted(self._kinds.items())
        }
        self._report.kinds_inferred = [one for one in self._report.kinds if self._columns[one].kind is None]

    def _grids(self) -> list[Grid]:
        intervals = {}
        for series, column in self._columns.items():
            interval = interval_seconds(column.times)
            if interval is None:
                self._report.refused[series] = "too few points: all at one time"
            else:
                intervals[series] = (
                    interval if self._options.step_seconds is None else self._options.step_seconds
                )
        return grids_of(intervals)

    def _windows(self, grid: Grid) -> Iterator[WindowResult]:
        options, step = self._options, grid.step_seconds
        anchored = np.sort(np.concatenate([self._columns[series].times for series in grid.anchors]))
        first = first_grid_point(anchored, step)
        span = int((float(anchored[-1]) - first) / step + 0.5) + 1
        note = GridReport(step, len(grid.members), span)
        self._report.grids.append(note)
        if len(grid.members) < 2 or span < options.window_steps:
            return
        first_end = first + (options.window_steps - 1) * step
        anchors = None if len(grid.anchors) == len(grid.members) else grid.anchors
        rolling = _rolling(options, step, first_end, anchors)
        numbers = {
            series: np.floor((self._columns[series].times - first) / (options.hop * step))
            for series in grid.members
        }
        stretches = np.unique(np.concatenate([numbers[series] for series in grid.anchors])).tolist()
        for done, stretch in enumerate(stretches, 1):
            self._observe(rolling, numbers, stretch)
            closed = rolling.finish() if done == len(stretches) else rolling.advance()
            note.windows += len(closed)
            self._progress(f"windows on a grid of {step:g} s", done, len(stretches))
            yield from closed

    def _observe(
        self, rolling: RollingCorrelation, numbers: Mapping[str, FloatArray], stretch: float
    ) -> None:
        """Take in what every series has in a stretch of time, a hop long."""
        for series, own in numbers.items():
            column = self._columns[series]
            inside = slice(*np.searchsorted(own, (stretch, stretch + 1)).tolist())
            rolling.observe(series, column.kind, _SOURCE, column.times[inside], column.values[inside])

    def _note(self, window: WindowResult) -> None:
        report = self._report
        report.windows += 1
        report.tests += window.family_size
        report.significant += int(np.count_nonzero(window.columns.q_value <= window.fdr))
        for series, preparation in window.prepared.items():
            self._kinds.setdefault(series, Counter())[preparation.kind] += 1
            report.refused.pop(series, None)
        for series, reason in window.refused.items():
            if series not in self._kinds:
                report.refused[series] = reason

    def _check(self) -> None:
        """Raise if no window closed: the file is too short, or its series never meet."""
        if self._report.windows:
            return
        longest = max(self._report.grids, key=lambda grid: grid.span_steps, default=None)
        if longest is None:
            raise WrongUse(
                f"{self._name} holds no series with two different times",
                expected=f"at least {self._options.window_steps} steps of time",
                todo="give a longer file",
            )
        if longest.span_steps < self._options.window_steps:
            raise WrongUse(
                f"{self._name} is {longest.span_steps} steps of {longest.step_seconds:g} s long",
                expected=f"a window or more, {self._options.window_steps} steps",
                todo="take a shorter --window (32 or more) or a shorter --step, or give a longer file",
            )
        raise WrongUse(
            f"{self._name} has no window in which two series have enough points",
            expected=f"a quarter of the {self._options.window_steps} steps filled, by two series at the same time",
            todo="take a longer --step, or series that overlap",
        )


def _rolling(
    options: CorrelateOptions, step: float, first_end: float = 0.0, anchors: Sequence[str] | None = None
) -> RollingCorrelation:
    return RollingCorrelation(
        options.window_steps,
        options.hop,
        step,
        options.max_lag_steps,
        options.fdr,
        SERIES_MAX,
        first_end_seconds=first_end,
        anchors=anchors,
    )


def _line(pair: PairResult) -> str:
    return (
        orjson.dumps(
            {
                "left": pair.left,
                "right": pair.right,
                "lag_steps": pair.lag_steps,
                "lag_seconds": pair.lag_seconds,
                "coefficient": pair.coefficient,
                "n_effective": pair.n_effective,
                "p_value": pair.p_value,
                "q_value": pair.q_value,
                "significant": pair.significant,
                "window_start": _utc(pair.window_start),
                "window_end": _utc(pair.window_end),
            },
            option=orjson.OPT_UTC_Z,
        ).decode()
        + "\n"
    )


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _silent(what: str, done: int, total: int | None) -> None:
    del what, done, total
