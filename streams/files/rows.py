"""The rows of a file as observations, and what is wrong with a row that is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from crosscurrent.errors import WrongUse

KINDS = ("gauge", "counter", "count")
TIME_COLUMNS = ("observed_at", "timestamp")
VALUE_COLUMN = "value"
SERIES_COLUMN = "series"
KIND_COLUMN = "kind"
# A number above this is a time in milliseconds: as seconds it would lie beyond the year 5000.
EPOCH_SECONDS_MAX = 1e11
# The end of the year 9999, where calendars end.
TIME_SECONDS_MAX = 253_402_300_799.0
MISSING_WORDS = frozenset({"", "nan", "null", "none", "na", "n/a"})


@dataclass(frozen=True)
class Columns:
    """Where the columns of a file stand.

    Args:
        count: how many there are.
        time: index of the time.
        value: index of the value.
        series: index of the series; None if the file holds one series.
        kind: index of the kind; None if the file does not say it.
    """

    count: int
    time: int
    value: int
    series: int | None
    kind: int | None


@dataclass(frozen=True)
class Row:
    """One observation of a file.

    Args:
        series: its series; empty if the file holds one series.
        kind: how its values are to be read; None where the file does not say it.
        time_seconds: event time, seconds since 1970 UTC.
        value: what was measured; NaN where the cell is empty or says so.
    """

    series: str
    kind: str | None
    time_seconds: float
    value: float


class BadRow(Exception):
    """A row that is no observation.

    Args:
        found: what stood there.
        expected: what should have.
    """

    def __init__(self, found: str, expected: str) -> None:
        self.found = found
        self.expected = expected
        super().__init__(found, expected)


def columns_of(header: list[str], name: str, *, series_needed: bool = False) -> Columns:
    """Return where the columns stand.

    Args:
        header: the cells of the first line.
        name: the file, for the message.
        series_needed: whether a file without a column for the series will not do.

    Raises:
        WrongUse: a needed column is not there, or is there twice.
    """
    places: dict[str, int] = {}
    for index, cell in enumerate(header):
        if places.setdefault(cell.strip().lower(), index) != index:
            raise _wrong_header(name, f"has the column {cell.strip()!r} twice", header)
    time = next((places[column] for column in TIME_COLUMNS if column in places), None)
    if time is None:
        raise _wrong_header(name, "has no column for the time", header)
    if VALUE_COLUMN not in places:
        raise _wrong_header(name, "has no column 'value'", header)
    if series_needed and SERIES_COLUMN not in places:
        raise _wrong_header(name, "has no column 'series'", header)
    return Columns(
        len(header), time, places[VALUE_COLUMN], places.get(SERIES_COLUMN), places.get(KIND_COLUMN)
    )


def row_of(cells: list[str], columns: Columns) -> Row:
    """Return the observation in a row.

    Raises:
        BadRow: it has another number of cells, or a cell cannot be read.
    """
    if len(cells) != columns.count:
        raise BadRow(f"has {len(cells)} cells", f"{columns.count} as in the header")
    kind = None if columns.kind is None else cells[columns.kind].strip().lower() or None
    if kind is not None and kind not in KINDS:
        raise BadRow(f"has the kind {kind!r}", f"one of {', '.join(KINDS)}")
    series = "" if columns.series is None else cells[columns.series]
    return Row(series, kind, seconds_of(cells[columns.time]), number_of(cells[columns.value]))


def seconds_of(cell: str) -> float:
    """Return a time as seconds since 1970 UTC; one without a zone is read as UTC.

    Raises:
        BadRow: it is neither ISO 8601 nor a number of seconds or milliseconds.
    """
    text = cell.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _epoch_seconds_of(text)
    if text.isdigit():
        return _epoch_seconds_of(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def number_of(cell: str) -> float:
    """Return a value; NaN for an empty cell or a word that says that nothing was measured.

    Raises:
        BadRow: it is not a number.
    """
    text = cell.strip()
    if text.lower() in MISSING_WORDS:
        return math.nan
    try:
        if "_" in text:  # Python reads 1_000 as a number, other tools do not
            raise ValueError
        return float(text)
    except ValueError:
        raise BadRow(f"has the value {_short(text)}", "a number, or an empty cell") from None


def _epoch_seconds_of(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    seconds = number / 1000.0 if abs(number) > EPOCH_SECONDS_MAX else number
    if not abs(seconds) <= TIME_SECONDS_MAX:  # also where it is not a number
        raise BadRow(
            f"has the time {_short(text)}",
            "ISO 8601 such as 2026-01-31T12:00:00Z, or seconds or milliseconds since 1970",
        )
    return seconds


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")


def _wrong_header(name: str, found: str, header: list[str]) -> WrongUse:
    return WrongUse(
        f"{name}, line 1 {found}: {','.join(header)[:200]}",
        expected="timestamp,value or series,observed_at,value[,kind], each once, further columns as you like",
        todo="name the columns in the first line",
        line=1,
    )
