"""The rows that stand, as they are held against what was made again; and how stale ones go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from sinks.clickhouse.client import ClickHouse, External
from sinks.clickhouse.remake.compare import Key, Row, canonical, key_of
from sinks.clickhouse.restore.need import Segment

_DELETED_AT_ONCE_MAX = 1000
_ORIGIN = "_cluster, _topic, _partition, _offset, _logic, row_checksum"
_COLUMNS = {
    "entities": "tenant, record_id, source, entity_type, entity_id, name, url, observed_at, attributes, raw_record_id",
    "entity_links": "tenant, record_id, source, entity_type, entity_id, relation, namespace, external_id, path, score, "
    "observed_at, raw_record_id",
    "observations": "tenant, source, measure, entity_id, unit, kind, series_id, observed_at, value, raw_record_id",
}
_OF_RAW_SQL = """
SELECT COLUMNS FROM TABLE_NAME
WHERE source = {source:String} AND raw_record_id IN (SELECT toUUID(id) FROM looked_up)
"""
_RECORD_KEYS_SQL = (
    "SELECT DISTINCT record_id FROM TABLE_NAME WHERE record_id IN (SELECT toUUID(record_id) FROM looked_up)"
)
_OBSERVATION_KEYS_SQL = """
SELECT DISTINCT tenant, series_id, observed_at FROM observations
WHERE (tenant, series_id, observed_at) IN (SELECT tenant, series_id, observed_at FROM looked_up)
"""
_OFFSETS_SQL = """
SELECT count() AS events, min(_offset) AS low, max(_offset) AS high FROM raw_events
WHERE _topic = {topic:String} AND _cluster = {cluster:String} AND _partition = {partition:Int32}
  AND ingested_at BETWEEN {since:DateTime64(3, 'UTC')} AND {until:DateTime64(3, 'UTC')}
"""


class Standing:
    """Reads the tables that follow from raw events.

    Args:
        client: ClickHouse.
    """

    def __init__(self, client: ClickHouse) -> None:
        self._client = client

    def offsets(
        self, topic: str, segment: Segment, since: datetime, until: datetime
    ) -> tuple[int, int] | None:
        """Return the first and the last offset of the raw events of a segment that came in between two moments."""
        parameters = {
            "topic": topic,
            "cluster": segment.cluster,
            "partition": segment.partition,
            "since": since,
            "until": until,
        }
        row = self._client.query(_OFFSETS_SQL, parameters)[0]
        return (int(row["low"]), int(row["high"])) if row["events"] else None

    def of_raw_events(self, table: str, source: str, raw_ids: Sequence[str]) -> list[Row]:
        """Return the rows that name these raw events, canonical."""
        looked_up = External("looked_up", ("id String",), pa.table({"id": pa.array(raw_ids, pa.string())}))
        sql = _OF_RAW_SQL.replace("COLUMNS", f"{_COLUMNS[table]}, {_ORIGIN}").replace("TABLE_NAME", table)
        rows = self._client.query(sql, {"source": source}, external=looked_up)
        return [canonical(row) for row in rows]

    def keys(self, table: str, rows: Sequence[Row]) -> set[Key]:
        """Return which keys of these rows stand, whatever raw event brought them."""
        if not rows:
            return set()
        if table != "observations":
            ids = pa.table({"record_id": pa.array([row["record_id"] for row in rows], pa.string())})
            looked_up = External("looked_up", ("record_id String",), ids)
            found = self._client.query(_RECORD_KEYS_SQL.replace("TABLE_NAME", table), external=looked_up)
        else:
            structure = ("tenant String", "series_id String", "observed_at DateTime64(3, 'UTC')")
            times = pa.array([row["observed_at"] for row in rows], pa.int64()).cast(pa.timestamp("ms", "UTC"))
            columns = {
                "tenant": pa.array([row["tenant"] for row in rows], pa.string()),
                "series_id": pa.array([row["series_id"] for row in rows], pa.string()),
                "observed_at": times,
            }
            looked_up = External("looked_up", structure, pa.table(columns))
            found = self._client.query(_OBSERVATION_KEYS_SQL, external=looked_up)
        return {key_of(table, canonical(row)) for row in found}

    def delete(self, table: str, rows: Sequence[Row]) -> None:
        """Delete rows, known by what they are about and by their checksum; returns when they are gone."""
        name = "series_id" if table == "observations" else "record_id"
        for begin in range(0, len(rows), _DELETED_AT_ONCE_MAX):
            some = rows[begin : begin + _DELETED_AT_ONCE_MAX]
            checksums = ", ".join(str(int(row["row_checksum"])) for row in some)
            keys = ", ".join(f"'{_plain(str(row[name]))}'" for row in some)
            self._client.command(
                f"ALTER TABLE {table} DELETE WHERE {name} IN ({keys}) AND row_checksum IN ({checksums})",
                settings={"mutations_sync": 2},
            )


BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def _plain(key: str) -> str:
    """Return a key that is safe inside of a statement: hexadecimal digits and dashes."""
    return "".join(character for character in key if character in "0123456789abcdef-")
