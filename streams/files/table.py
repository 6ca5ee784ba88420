"""A file of rows as text cells, whatever its format: CSV, Parquet or JSONL.

Text, because a row is also written out again as it came, and because the text of a float brings back the same bits.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from crosscurrent.errors import WrongUse
from streams.files.rows import BadRow

PARQUET_BATCH_ROWS = 10_000


@dataclass(frozen=True)
class Table:
    """An open file.

    Args:
        name: the file, for messages.
        header: names of the columns.
        rows: number of the line (in Parquet: of the row) and cells of each; instead of cells what is wrong.
        place: what the number counts: ``line`` or ``row``.
    """

    name: str
    header: list[str]
    rows: Iterator[tuple[int, list[str] | BadRow]]
    place: str

    def wrong(self, number: int, found: str, expected: str, todo: str = "correct the file") -> WrongUse:
        """Return the error for a line."""
        return WrongUse(
            f"{self.name}, {self.place} {number} {found}", expected=expected, todo=todo, line=number
        )


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Yield the table in a file; the ending of its name says the format.

    Raises:
        WrongUse: the file cannot be read, has an unknown ending, is empty, or is not of the format it says; also
            while its rows are taken.
    """
    opener = _FORMATS.get(path.suffix.lower())
    if opener is None:
        raise WrongUse(
            f"{path} ends in {path.suffix!r}" if path.suffix else f"{path} has no ending",
            expected="a file that ends in " + ", ".join(_FORMATS),
            todo="convert it, or name it after what it is",
        )
    try:
        file = path.open("rb") if opener is _parquet else path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise WrongUse(
            f"{path} cannot be read: {error.strerror}",
            expected="a file of observations: " + ", ".join(_FORMATS),
            todo="correct the path or its permissions",
        ) from error
    with file:
        yield opener(str(path), file)


def _csv(name: str, file: TextIO) -> Table:
    reader = csv.reader(file, strict=True)
    header = _next_line(name, reader)
    if header is None:
        raise _broken(name, 1, "is empty", "a line with the names of the columns")
    return Table(name, header, _csv_rows(name, reader), "line")


def _csv_rows(name: str, reader: Any) -> Iterator[tuple[int, list[str] | BadRow]]:
    while (cells := _next_line(name, reader)) is not None:
        if cells:
            yield reader.line_num, cells


def _next_line(name: str, reader: Any) -> list[str] | None:
    try:
        cells: list[str] | None = next(reader, None)
    except csv.Error as error:
        raise _broken(name, reader.line_num, f"is not CSV: {error}", "cells parted by commas") from error
    except UnicodeDecodeError as error:
        raise _not_utf8(name, reader.line_num + 1, error) from error
    return cells


def _jsonl(name: str, file: TextIO) -> Table:
    lines = _json_lines(name, file)
    first = next(lines, None)
    if first is None:
        raise _broken(name, 1, "is empty", "one JSON object a line")
    header = list(first[1])
    return Table(name, header, _jsonl_rows(header, first, lines), "line")


def _jsonl_rows(
    header: list[str], first: tuple[int, dict[str, Any]], lines: Iterator[tuple[int, dict[str, Any]]]
) -> Iterator[tuple[int, list[str] | BadRow]]:
    known = set(header)
    yield first[0], [_text(value) for value in first[1].values()]
    for number, row in lines:
        new = [key for key in row if key not in known]
        if new:
            yield (
                number,
                BadRow(f"has the key {new[0]!r}", f"the keys of the first line: {', '.join(header)}"),
            )
        else:
            yield number, [_text(row.get(key)) for key in header]


def _json_lines(name: str, file: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, _object(name, number, line)
    except UnicodeDecodeError as error:
        raise _not_utf8(name, number + 1, error) from error


def _object(name: str, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _broken(name, number, f"is not JSON: {error}", "one JSON object a line") from error
    if not isinstance(row, dict):
        raise _broken(name, number, f"is a JSON {type(row).__name__}", "one JSON object a line")
    return row


def _parquet(name: str, file: Any) -> Table:
    # here, as nothing but a Parquet file is worth the second that this import takes
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(file)
    except (pa.ArrowException, OSError) as error:
        raise WrongUse(
            f"{name} is not Parquet: {error}",
            expected="a Parquet file, complete",
            todo="write it again, or correct its ending",
        ) from error
    return Table(name, list(parquet.schema_arrow.names), _parquet_rows(name, parquet), "row")


def _parquet_rows(name: str, parquet: Any) -> Iterator[tuple[int, list[str] | BadRow]]:
    import pyarrow as pa

    number = 0
    try:
        for batch in parquet.iter_batches(batch_size=PARQUET_BATCH_ROWS):
            columns = [[_text(value) for value in _plain(column)] for column in batch.columns]
            for cells in zip(*columns, strict=True):
                number += 1
                yield number, list(cells)
    except (pa.ArrowException, OSError) as error:
        raise _broken(name, number + 1, f"cannot be read: {error}", "a complete Parquet file") from error


def _plain(column: Any) -> list[Any]:
    """Return a column as Python values; times to the microsecond, which is what Python's can hold."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, dict | list) else repr(value)


def _broken(name: str, number: int, found: str, expected: str) -> WrongUse:
    return WrongUse(f"{name}, line {number} {found}", expected=expected, todo="correct the file", line=number)


def _not_utf8(name: str, number: int, error: UnicodeDecodeError) -> WrongUse:
    return _broken(name, number, f"or one soon after is not UTF-8: {error.reason}", "UTF-8")


_FORMATS: dict[str, Callable[[str, Any], Table]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
}
