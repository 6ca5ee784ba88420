"""Which rows are what was made again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]
Key = tuple[Any, ...]

_KEYS = {
    "entities": ("record_id",),
    "entity_links": ("record_id",),
    "observations": ("tenant", "series_id", "observed_at"),
}


@dataclass(slots=True)
class Comparison:
    """The rows of one table that follow from some raw events, held against what was made again.

    Attributes:
        equal: rows that stand as they were made.
        different: (rows that stand, row that was made): none of the former is the latter, or there are several.
        missing: rows that were made and do not stand under this raw event.
        not_made: rows that stand and were not made.
    """

    equal: int = 0
    different: list[tuple[list[Row], Row]] = field(default_factory=list)
    missing: list[Row] = field(default_factory=list)
    not_made: list[Row] = field(default_factory=list)


def key_of(table: str, row: Mapping[str, Any]) -> Key:
    """Return what a row is about."""
    return tuple(row[name] for name in _KEYS[table])


def canonical(row: Mapping[str, Any]) -> Row:
    """Return a row whose values compare bit by bit, wherever it comes from."""
    return {name: _canonical(value) for name, value in row.items()}


def compare(table: str, made: Iterable[Row], standing: Iterable[Row]) -> Comparison:
    """Return which rows stand as they were made.

    Args:
        table: whose rows.
        made: canonical rows, each key of a raw event once; of several raw events with one key each stands for itself.
        standing: canonical rows that name the same raw events.
    """
    there: dict[Key, list[Row]] = {}
    for row in standing:
        there.setdefault((row["raw_record_id"], *key_of(table, row)), []).append(row)
    found = Comparison()
    for row in made:
        rows = there.pop((row["raw_record_id"], *key_of(table, row)), None)
        if rows is None:
            found.missing.append(row)
        elif len(rows) == 1 and is_same(row, rows[0]):
            found.equal += 1
        else:
            found.different.append((rows, row))
    found.not_made = [row for rows in there.values() for row in rows]
    return found


def is_same(made: Mapping[str, Any], standing: Mapping[str, Any]) -> bool:
    """Return whether a row that stands says what was made; where it came from does not count."""
    return not differing(made, standing)


def differing(made: Mapping[str, Any], standing: Mapping[str, Any]) -> list[str]:
    """Return the columns in which a row that stands differs from what was made."""
    return [name for name in made if not name.startswith("_") and made[name] != standing[name]]


def _canonical(value: Any) -> Any:
    if isinstance(value, float):
        return value.hex()  # 0.0 and -0.0 are different bytes
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, dict):
        return tuple(sorted(value.items()))
    if isinstance(value, list):
        return tuple(sorted(tuple(item) for item in value))
    if isinstance(value, int | bytes) or value is None:
        return value
    return str(value)
