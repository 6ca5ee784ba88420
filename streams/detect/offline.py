"""``crosscurrent detect FILE --output OUT.csv``: the live detector on the rows of a file, in their order."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from crosscurrent.errors import WrongUse
from streams.detect.detector import SeriesDetector
from streams.detect.rows import BadRow, Columns, Row, columns_of, row_of
from streams.detect.score import WARM_UP, Score
from streams.detect.settings import DetectorSettings

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
    """Score each row of a CSV file and write it with its score.

    The output has one row for each input row, in its order, its columns first, then ``anomaly_score`` (0 to 1,
    0.5 is the threshold), ``is_anomaly`` (true or false), ``kind`` (which detector), ``expected``, ``lower`` and
    ``upper``; the last two are blank in warm-up and where no value would raise an alarm yet. The output appears
    only when it is complete.

    Args:
        path: the file; its first line names the columns.
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
    if output.exists() and path.exists() and path.samefile(output):
        raise WrongUse(
            f"input and output are the same file: {path}",
            expected="two different files",
            todo="give another --output",
        )
    run = _Run(str(path), settings, skip_bad_rows)
    with _reading(path) as source, _complete_or_nothing(output) as target:
        run.copy(source, target, on_progress or _silent)
    return run.finished()


class _Run:
    """The detectors and the counts of one file."""

    def __init__(self, name: str, settings: DetectorSettings, skip_bad_rows: bool) -> None:
        self._name = name
        self._settings = settings
        self._skip_bad_rows = skip_bad_rows
        self._detectors: dict[str, SeriesDetector] = {}
        self._by_kind: Counter[str] = Counter()
        self._report = DetectReport()

    def copy(self, source: TextIO, target: TextIO, on_progress: Progress) -> None:
        reader = csv.reader(source, strict=True)
        writer = csv.writer(target, lineterminator="\n")
        header = self._next(reader)
        if header is None:
            raise self._wrong(1, "is empty", "a line with the names of the columns")
        columns = columns_of(header, self._name)
        writer.writerow([*header, *ADDED_COLUMNS])
        while (cells := self._next(reader)) is not None:
            if not cells:
                continue
            writer.writerow([*cells, *self._added(cells, columns, reader.line_num)])
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

    def _next(self, reader: Iterator[list[str]]) -> list[str] | None:
        try:
            return next(reader, None)
        except csv.Error as error:
            line = getattr(reader, "line_num", 0)
            raise self._wrong(line, f"is not CSV: {error}", "cells parted by commas") from error
        except UnicodeDecodeError as error:
            line = getattr(reader, "line_num", 0) + 1
            raise self._wrong(line, f"or one soon after is not UTF-8: {error.reason}", "UTF-8") from error

    def _added(self, cells: list[str], columns: Columns, line: int) -> list[str]:
        try:
            row = row_of(cells, columns)
        except BadRow as error:
            if not self._skip_bad_rows:
                todo = "correct the line, or pass over such lines with --skip-bad-rows"
                raise self._wrong(line, error.found, error.expected, todo) from None
            self._report.bad += 1
            return _BLANK
        score = self._score(row, line)
        if score is None:
            self._report.missing += 1
            return _BLANK
        if score.is_anomaly:
            self._report.anomalies += 1
            self._by_kind[score.kind] += 1
        self._report.warm_up += score.kind == WARM_UP
        return _cells_of(score)

    def _score(self, row: Row, line: int) -> Score | None:
        detector = self._detectors.get(row.series)
        if detector is None:
            if len(self._detectors) >= SERIES_COUNT_MAX:
                raise self._wrong(
                    line, f"begins series {SERIES_COUNT_MAX + 1:,}", f"at most {SERIES_COUNT_MAX:,}"
                )
            detector = self._detectors[row.series] = SeriesDetector(row.kind, self._settings)
        elif detector.kind != row.kind:
            raise self._wrong(
                line,
                f"calls the series {row.series!r} a {row.kind}, which was a {detector.kind} before",
                "one kind for each series",
            )
        if not math.isnan(row.value) and row.time_seconds <= detector.last_seconds:
            self._report.not_later += 1
        return detector.observe_next(row.time_seconds, row.value)

    def _wrong(self, line: int, found: str, expected: str, todo: str = "correct the file") -> WrongUse:
        return WrongUse(f"{self._name}, line {line} {found}", expected=expected, todo=todo, line=line)


def _cells_of(score: Score) -> list[str]:
    numbers = (score.expected, score.lower, score.upper)
    return [
        repr(score.anomaly_score),
        "true" if score.is_anomaly else "false",
        score.kind,
        *(repr(number) if math.isfinite(number) else "" for number in numbers),
    ]


@contextmanager
def _reading(path: Path) -> Iterator[TextIO]:
    try:
        file = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise WrongUse(
            f"{path} cannot be read: {error.strerror}",
            expected="a CSV file",
            todo="correct the path or its permissions",
        ) from error
    with file:
        yield file


@contextmanager
def _complete_or_nothing(output: Path) -> Iterator[TextIO]:
    """Yield a file beside the output that takes its place once all is written, and goes away otherwise."""
    part = output.with_name(f"{output.name}.part")
    try:
        file = part.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise WrongUse(
            f"{output} cannot be written: {error.strerror}",
            expected="a file in a directory that exists and is yours",
            todo="give another --output",
        ) from error
    try:
        with file:
            yield file
        part.replace(output)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _silent(rows: int) -> None:
    del rows
