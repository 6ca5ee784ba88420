"""Which rows of a batch are new: each ``record_id`` stands once, with the origin that brought it first.

A row that is already there with the *same* origin is our own earlier attempt, cut short between rows and
ledger: it is not sent again and counts as written. One that is there with *another* origin is a duplicate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sinks.clickhouse.block import TIME_MS_MIN, Block, ObservationBlock, RecordBlock
from sinks.clickhouse.client import ClickHouse, External
from sinks.clickhouse.known_series import KnownSeries

Origin = tuple[str, str, int, int]
"""(_cluster, _topic, _partition, _offset)."""

_TIME_BITS = 44  # milliseconds from 1900 to 2299 fit

_RECORDS_SQL = """
SELECT toString(record_id) AS record_id, _cluster, _topic, _partition, _offset
FROM {table}
WHERE record_id IN (SELECT toUUID(record_id) FROM looked_up)
"""
_OBSERVATIONS_SQL = """
SELECT series_id, toUnixTimestamp64Milli(observed_at) AS observed_at_ms, _cluster, _topic, _partition, _offset
FROM observations
WHERE (tenant, series_id, observed_at) IN (SELECT tenant, series_id, observed_at FROM looked_up)
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with each row of a block.

    Attributes:
        insert: the row is not there yet.
        written: the row stands, or will stand, with this origin; the others are duplicates.
    """

    insert: NDArray[np.bool_]
    written: NDArray[np.bool_]


def judge(client: ClickHouse, block: Block, known: KnownSeries) -> Verdict:
    """Return what is to be done with each row, after a look at what ClickHouse has.

    Raises:
        Transient: ClickHouse does not answer or is in trouble.
    """
    if isinstance(block, ObservationBlock):
        return _judge_observations(client, block, known)
    return judge_records(block, _existing_records(client, block))


def judge_records(block: RecordBlock, existing: Mapping[str, set[Origin]]) -> Verdict:
    """Return what is to be done with each row, given the origins of the ids that are there."""
    count = len(block.record_ids)
    insert = np.zeros(count, np.bool_)
    written = np.zeros(count, np.bool_)
    origins = _origins(block.rows)
    seen: set[str] = set()
    for row, identity in enumerate(block.record_ids):
        if identity in seen:
            continue
        seen.add(identity)
        there = existing.get(identity)
        insert[row] = there is None
        written[row] = there is None or origins[row] in there
    return Verdict(insert, written)


def observation_keys(series_index: NDArray[np.int64], observed_at_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one integer for each observation: equal where series and time are equal."""
    return (series_index << _TIME_BITS) | (observed_at_ms - TIME_MS_MIN)


def _existing_records(client: ClickHouse, block: RecordBlock) -> dict[str, set[Origin]]:
    looked_up = External(
        "looked_up",
        ("record_id String",),
        pa.table({"record_id": pa.array(list(dict.fromkeys(block.record_ids)), pa.string())}),
    )
    found = client.query_columns(_RECORDS_SQL.format(table=block.table), external=looked_up)
    existing: dict[str, set[Origin]] = {}
    for identity, origin in zip(found.column("record_id").to_pylist(), _origins(found), strict=True):
        existing.setdefault(identity, set()).add(origin)
    return existing


def _origins(rows: pa.Table) -> list[Origin]:
    columns = [rows.column(name).to_pylist() for name in ("_cluster", "_topic", "_partition", "_offset")]
    return list(zip(*columns, strict=True))


def _judge_observations(client: ClickHouse, block: ObservationBlock, known: KnownSeries) -> Verdict:
    keys = observation_keys(block.series_index, block.observed_at_ms)
    first = np.zeros(len(keys), np.bool_)
    first[np.unique(keys, return_index=True)[1]] = True
    latest = known.latest(client, block.series_ids, block.tenants)
    # beyond what a series is known to have, nothing can be there
    asked = np.flatnonzero(first & (block.observed_at_ms <= latest[block.series_index]))
    if not len(asked):
        return Verdict(first, first)
    there, ours = _existing_observations(client, block, keys, asked)
    return Verdict(insert=first & ~there, written=first & (~there | ours))


def _existing_observations(
    client: ClickHouse, block: ObservationBlock, keys: NDArray[np.int64], asked: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return for each row of the block whether it is there, and whether with its own origin."""
    there = np.zeros(len(keys), np.bool_)
    ours = np.zeros(len(keys), np.bool_)
    found = client.query_columns(_OBSERVATIONS_SQL, external=_looked_up(block, asked))
    if not found.num_rows:
        return there, ours
    numbers = {series_id: index for index, series_id in enumerate(block.series_ids)}
    found_keys = observation_keys(
        _series_numbers(found.column("series_id"), numbers),
        found.column("observed_at_ms").to_numpy().astype(np.int64),
    )
    order = asked[np.argsort(keys[asked], kind="stable")]
    rows = order[np.searchsorted(keys[order], found_keys)]
    there[rows] = True
    same = np.ones(len(rows), np.bool_)
    for name in ("_cluster", "_topic", "_partition", "_offset"):
        same &= _plain(found.column(name)) == _plain(block.rows.column(name).take(pa.array(rows)))
    ours[rows[same]] = True
    return there, ours


def _looked_up(block: ObservationBlock, asked: NDArray[np.int64]) -> External:
    rows = block.rows.select(["tenant", "series_id", "observed_at"]).take(pa.array(asked))
    columns = {
        "tenant": rows.column("tenant").cast(pa.string()),
        "series_id": rows.column("series_id").cast(pa.string()),
        "observed_at": rows.column("observed_at"),
    }
    structure = ("tenant String", "series_id String", "observed_at DateTime64(3, 'UTC')")
    return External("looked_up", structure, pa.table(columns))


def _series_numbers(column: pa.ChunkedArray, numbers: Mapping[str, int]) -> NDArray[np.int64]:
    encoded = column.combine_chunks()
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    # a dictionary may hold texts that no row uses
    translated = np.array([numbers.get(text, 0) for text in encoded.dictionary.to_pylist()], np.int64)
    numbers_by_row: NDArray[np.int64] = translated[
        encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    ]
    return numbers_by_row


def _plain(column: pa.ChunkedArray) -> NDArray[np.object_]:
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    plain: NDArray[np.object_] = column.to_numpy()
    return plain
