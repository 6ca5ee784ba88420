"""The ledger: which offsets are in ClickHouse. Written after the rows and the rollups it speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from schemas.identity import record_id
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.message import Stretch, TopicPartitionKey
from sinks.clickhouse.tables import LEDGER

_NEXT_SQL = """
SELECT _cluster, _topic, _partition, max(last_offset) + 1 AS next_offset
FROM ingest_ledger
WHERE _cluster IN {lives:Array(String)}
GROUP BY _cluster, _topic, _partition
"""
_COVERED_SQL = """
SELECT _topic, _partition, max(last_offset) + 1 AS next_offset
FROM ingest_ledger
WHERE startsWith(_cluster, {prefix:String})
GROUP BY _topic, _partition
"""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What became of a stretch of offsets.

    Attributes:
        stretch: the offsets.
        rows_written: rows that stand with an origin in the stretch.
        rows_duplicate: rows left out, because their id is there with another origin.
        empty_offsets: messages that hold no rows.
        duplicate_offsets: messages all of whose rows are duplicates.
        dead_letter_offsets: messages that went to the dead letters.
        dead_letter_ids: for each of these the ``record_id`` of its letter.
    """

    stretch: Stretch
    rows_written: int
    rows_duplicate: int
    empty_offsets: list[int] = field(default_factory=list)
    duplicate_offsets: list[int] = field(default_factory=list)
    dead_letter_offsets: list[int] = field(default_factory=list)
    dead_letter_ids: list[str] = field(default_factory=list)


def ledger_table(rows: Sequence[LedgerRow]) -> pa.Table:
    """Return ledger rows as they are sent to ClickHouse."""
    return pa.Table.from_pylist([_columns(row) for row in rows], schema=LEDGER)


def next_offsets(client: ClickHouse, lives: Mapping[str, str]) -> dict[TopicPartitionKey, int]:
    """Return the offset after the last one in the ledger, of each partition that is in it.

    Args:
        client: ClickHouse.
        lives: topic to its present life.

    Raises:
        Transient: ClickHouse does not answer or is in trouble.
    """
    rows = client.query(_NEXT_SQL, {"lives": sorted(set(lives.values()))})
    return {
        (str(row["_topic"]), int(row["_partition"])): int(row["next_offset"])
        for row in rows
        if lives.get(str(row["_topic"])) == row["_cluster"]
    }


def covered_offsets(client: ClickHouse, cluster_id: str) -> dict[TopicPartitionKey, int]:
    """Return the offset after the last one in the ledger, of each partition in any life with this cluster id.

    Raises:
        Transient: ClickHouse does not answer or is in trouble.
    """
    rows = client.query(_COVERED_SQL, {"prefix": f"{cluster_id}/"})
    return {(str(row["_topic"]), int(row["_partition"])): int(row["next_offset"]) for row in rows}


def write_ledger(client: ClickHouse, rows: Iterable[LedgerRow]) -> None:
    """Write ledger rows; the same rows again change nothing.

    Raises:
        Transient: ClickHouse does not answer or is in trouble.
    """
    client.insert("ingest_ledger", ledger_table(list(rows)))


def _columns(row: LedgerRow) -> dict[str, object]:
    stretch = row.stretch
    return {
        "ledger_id": record_id(
            stretch.cluster, stretch.topic, stretch.partition, stretch.first_offset, stretch.last_offset
        ),
        "_cluster": stretch.cluster,
        "_topic": stretch.topic,
        "_partition": stretch.partition,
        "first_offset": stretch.first_offset,
        "last_offset": stretch.last_offset,
        "messages": len(stretch.messages),
        "rows_written": row.rows_written,
        "rows_duplicate": row.rows_duplicate,
        "empty_offsets": row.empty_offsets,
        "duplicate_offsets": row.duplicate_offsets,
        "dead_letter_offsets": row.dead_letter_offsets,
        "dead_letter_ids": row.dead_letter_ids,
        "lost_offsets": [],
    }
