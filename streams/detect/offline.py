"""``crosscurrent detect FILE --output OUT.csv``: the live detector on the rows of a file, in their order."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from streams.detect.detector import SeriesDetector
from streams.detect.reading import GAUGE
from streams.detect.score import WARM_UP, Score
from streams.detect.settings import DetectorSettings
from streams.files import BadRow, Columns, Row, Table, columns_of, complete_or_nothing, open_table, row_of

ADDED_COLUMNS = ("anomaly_score", "is_anomaly", "kind", "expected", "lower", "upper")
# 100,000 series of at most 15 kB each are 1.5 GB.
SERIES_COUNT_MAX = 100_000
PROGRESS_ROWS = 10_000
_BLANK = [""] * len(ADDED_COLUMNS)

Progress = Callable[[int], None]


@dataclass
class DetectReport:
    """What was found in a file.

    Args:
        rows: rows read, each of which has one row in the output.
        anomalies: rows with an alarm.
        warm_up: rows that only taught.
        missing: rows without a finite value; their added cells are blank.
        bad: rows that could not be read and were passed over as asked; their added cells are blank.
        not_later: rows whose time is not after that of the row before in their series; they are scored.
        series: series found.
        kinds: how many series are read as gauge, counter, count.
        anomalies_by_kind: alarms by the detector that found them.
    """

    rows: int = 0
    anomalies: int = 0
    warm_up: int = 0
    missing: int = 0
    bad: int = 0
    not_later: int = 0
    series: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    anomalies_by_kind: dict[str, int] = field(default_factory=dict)


def detect_file(
    path: Path,
    output: Path,
    settings: DetectorSettings,
    on_progress: Progress | None = None,
    *,
    skip_bad_rows: bool = False,
) -> DetectReport:
    """Score each row of a CSV, Parquet or JSONL file and write it with its score, as CSV.

    The output has one row for each input row, in its order, its columns first, then ``anomaly_score`` (0 to 1,
    0.5 is the threshold), ``is_anomaly`` (true or false), ``kind`` (which detector), ``expected``, ``lower`` and
    ``upper``; the last two are blank in warm-up and where no value would raise an alarm yet. The output appears
    only when it is complete.

    Args:
        path: the file; its ending says the format; the first line of a CSV file names the columns.
        output: where the result goes; what is there is replaced.
        settings: the alarm rate asked for, and bounds.
        on_progress: called with the rows done, now and then and at the end.
        skip_bad_rows: leave the added cells of a row that cannot be read blank, instead of stopping there.

    Returns:
        What was found.

    Raises:
        WrongUse: the file cannot be read, a row cannot be read (the message names the line), it holds too many
            series, or input and output are the same file.
    """
    run = _Run(settings, skip_bad_rows)
    with open_table(path) as table, complete_or_nothing(output, path) as target:
        run.copy(table, target, on_progress or _silent)
    return run.finished()


class _Run:
    """The detectors and the counts of one file."""

    def __init__(self, settings: DetectorSettings, skip_bad_rows: bool) -> None:
        self._settings = settings
        self._skip_bad_rows = skip_bad_rows
        self._detectors: dict[str, SeriesDetector] = {}
        self._by_kind: Counter[str] = Counter()
        self._report = DetectReport()

    def copy(self, table: Table, target: TextIO, on_progress: Progress) -> None:
        writer = csv.writer(target, lineterminator="\n")
        columns, blank = columns_of(table.header, table.name), [""] * len(table.header)
        writer.writerow([*table.header, *ADDED_COLUMNS])
        for number, cells in table.rows:
            added = self._added(table, number, cells, columns)
            writer.writerow([*(blank if isinstance(cells, BadRow) else cells), *added])
            self._report.rows += 1
            if self._report.rows % PROGRESS_ROWS == 0:
                on_progress(self._report.rows)
        on_progress(self._report.rows)

    def finished(self) -> DetectReport:
        kinds = Counter(detector.kind for detector in self._detectors.values())
        self._report.series = len(self._detectors)
        self._report.kinds = dict(sorted(kinds.items()))
        self._report.anomalies_by_kind = dict(sorted(self._by_kind.items()))
        return self._report

    def _added(self, table: Table, number: int, cells: list[str] | BadRow, columns: Columns) -> list[str]:
        try:
            if isinstance(cells, BadRow):
                raise cells
            row = row_of(cells, columns)
        except BadRow as error:
            if not self._skip_bad_rows:
                todo = "correct the line, or pass over such lines with --skip-bad-rows"
                raise table.wrong(number, error.found, error.expected, todo) from None
            self._report.bad += 1
            return _BLANK
        score = self._score(table, number, row)
        if score is None:
            self._report.missing += 1
            return _BLANK
        if score.is_anomaly:
            self._report.anomalies += 1
            self._by_kind[score.kind] += 1
        self._report.warm_up += score.kind == WARM_UP
        return _cells_of(score)

    def _score(self, table: Table, number: int, row: Row) -> Score | None:
        kind = row.kind or GAUGE
        detector = self._detectors.get(row.series)
        if detector is None:
            if len(self._detectors) >= SERIES_COUNT_MAX:
                raise table.wrong(
                    number, f"begins series {SERIES_COUNT_MAX + 1:,}", f"at most {SERIES_COUNT_MAX:,}"
                )
            detector = self._detectors[row.series] = SeriesDetector(kind, self._settings)
        elif detector.kind != kind:
            raise table.wrong(
                number,
                f"calls the series {row.series!r} a {kind}, which was a {detector.kind} before",
                "one kind for each series",
            )
        if not math.isnan(row.value) and row.time_seconds <= detector.last_seconds:
            self._report.not_later += 1
        return detector.observe_next(row.time_seconds, row.value)


def _cells_of(score: Score) -> list[str]:
    numbers = (score.expected, score.lower, score.upper)
    return [
        repr(score.anomaly_score),
        "true" if score.is_anomaly else "false",
        score.kind,
        *(repr(number) if math.isfinite(number) else "" for number in numbers),
    ]


def _silent(rows: int) -> None:
    del rows
