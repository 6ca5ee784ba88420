"""Brings to an end what the last batches of a life that is over left: rows without rollups and ledger line.

The sink writes rows, then rollups, then the ledger. If it ended between these together with its broker, nobody
sends the same messages again, so what is missing is done here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.identity import record_id
from sinks.clickhouse.audit.scope import ROW_TABLES
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.rollups import recompute_buckets
from sinks.clickhouse.tables import LEDGER

_MINUTES_PAGE = 100_000
_MINUTE_MS = 60_000
_SETTINGS = {"enable_extended_results_for_datetime_functions": 1}

_OVER = "splitByChar('/', _cluster)[1] IN {lives:Array(String)}"
_ENDS_SQL = f"""
SELECT _cluster, _topic, _partition, max(last_offset) + 1 AS next_offset FROM ingest_ledger
WHERE {_OVER} GROUP BY _cluster, _topic, _partition
"""
_UNFINISHED_JOIN = f"""
    LEFT JOIN
    (
        SELECT _cluster, _topic, _partition, max(last_offset) + 1 AS next_offset
        FROM ingest_ledger WHERE {_OVER} GROUP BY _cluster, _topic, _partition
    ) AS ledger USING (_cluster, _topic, _partition)
    WHERE {_OVER} AND _offset >= ledger.next_offset
"""
_ROWS_SQL = f"""
SELECT _cluster, _topic, _partition, _offset, count() AS rows FROM TABLE_NAME {_UNFINISHED_JOIN}
GROUP BY _cluster, _topic, _partition, _offset
"""
_UNFINISHED_SQL = """
SELECT _cluster, _topic, _partition, _offset, sum(rows) AS rows FROM (COUNTED)
GROUP BY _cluster, _topic, _partition, _offset ORDER BY _cluster, _topic, _partition, _offset
"""
_MINUTES_SQL = f"""
SELECT DISTINCT tenant, toString(series_id) AS series_id,
       toUnixTimestamp64Milli(toDateTime64(toStartOfMinute(observed_at), 3, 'UTC')) AS minute_ms
FROM observations {_UNFINISHED_JOIN}
ORDER BY tenant, series_id, minute_ms LIMIT {{count:UInt32}} OFFSET {{skipped:UInt64}}
"""


def close_books(client: ClickHouse, lives: Sequence[str]) -> int:
    """Write the rollups and the ledger lines of rows that have none, and return how many rows these were.

    Args:
        client: ClickHouse.
        lives: cluster ids of lives that are over.

    Raises:
        Transient: ClickHouse does not answer or is in trouble; do it again.
    """
    if not lives:
        return 0
    client.wait_for_other_inserts()
    _finish_rollups(client, lives)
    counted = " UNION ALL ".join(_ROWS_SQL.replace("TABLE_NAME", table) for table in ROW_TABLES)
    found = client.query(_UNFINISHED_SQL.replace("COUNTED", counted), {"lives": list(lives)})
    if not found:
        return 0
    ends = {_place(row): int(row["next_offset"]) for row in client.query(_ENDS_SQL, {"lives": list(lives)})}
    messages: dict[tuple[str, str, int], dict[int, int]] = {}
    for row in found:
        messages.setdefault(_place(row), {})[int(row["_offset"])] = int(row["rows"])
    lines = [closing_line(place, ends.get(place, 0), rows) for place, rows in messages.items()]
    client.insert("ingest_ledger", pa.Table.from_pylist(lines, schema=LEDGER))
    return sum(sum(rows.values()) for rows in messages.values())


def closing_line(
    place: tuple[str, str, int], first_offset: int, rows: Mapping[int, int]
) -> dict[str, object]:
    """Return the ledger line for messages that have rows and no line.

    Args:
        place: life, topic and partition.
        first_offset: offset after the last one in the ledger.
        rows: offset to the number of its rows; the offsets between these were lost.
    """
    cluster, topic, partition = place
    last_offset = max(rows)
    return {
        "ledger_id": record_id(cluster, topic, partition, first_offset, last_offset),
        "_cluster": cluster,
        "_topic": topic,
        "_partition": partition,
        "first_offset": first_offset,
        "last_offset": last_offset,
        "messages": last_offset - first_offset + 1,
        "rows_written": sum(rows.values()),
        "rows_duplicate": 0,
        "empty_offsets": [],
        "duplicate_offsets": [],
        "dead_letter_offsets": [],
        "dead_letter_ids": [],
        "lost_offsets": [offset for offset in range(first_offset, last_offset) if offset not in rows],
    }


def _finish_rollups(client: ClickHouse, lives: Sequence[str]) -> None:
    skipped = 0
    while True:
        parameters = {"lives": list(lives), "count": _MINUTES_PAGE, "skipped": skipped}
        rows = client.query(_MINUTES_SQL, parameters, settings=_SETTINGS)
        if rows:
            _recompute(client, rows)
        if len(rows) < _MINUTES_PAGE:
            return
        skipped += len(rows)


def _recompute(client: ClickHouse, rows: Sequence[Mapping[str, Any]]) -> None:
    numbers: dict[tuple[str, str], int] = {}
    index = [numbers.setdefault((str(r["tenant"]), str(r["series_id"])), len(numbers)) for r in rows]
    recompute_buckets(
        client,
        [tenant for tenant, _ in numbers],
        [series_id for _, series_id in numbers],
        np.array(index, np.int64),
        np.array([int(row["minute_ms"]) // _MINUTE_MS for row in rows], np.int64),
    )


def _place(row: Mapping[str, Any]) -> tuple[str, str, int]:
    return str(row["_cluster"]), str(row["_topic"]), int(row["_partition"])
