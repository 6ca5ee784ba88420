"""The messages of a topic as they can be made again from the tables, in pages of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from crosscurrent.kafka import cloud_event_headers
from schemas.codec import Codec
from schemas.identity import record_id
from schemas.records import ObservationBatch, RawEvent, Series
from schemas.topics import OBSERVATIONS, message_key
from sinks.clickhouse.client import ClickHouse, Rows
from sinks.clickhouse.restore.need import Segment

_MESSAGES_MAX = 1000
_MESSAGES_FIRST = 64
_PAGE_BYTES = 16 * 1024 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_HERE = "_topic = {topic:String} AND _cluster = {cluster:String} AND _partition = {partition:Int32}"
_LETTERS_HERE = "stage = 'sink' AND topic = {topic:String} AND cluster = {cluster:String} AND partition = {partition:Int32}"
_OFFSETS_SQL = f"""
SELECT DISTINCT _offset AS offset FROM
(
    SELECT _offset FROM TABLE_NAME WHERE {_HERE} AND _offset >= {{low:Int64}}
    UNION ALL
    SELECT offset FROM dead_letters WHERE {_LETTERS_HERE} AND offset >= {{low:Int64}}
)
ORDER BY offset LIMIT {{count:UInt32}}
"""
_SEGMENTS_SQL = """
SELECT DISTINCT _cluster AS cluster, _partition AS partition FROM TABLE_NAME WHERE _topic = {topic:String}
UNION DISTINCT
SELECT DISTINCT cluster, partition FROM dead_letters WHERE stage = 'sink' AND topic = {topic:String}
"""
_BETWEEN = "_offset BETWEEN {low:Int64} AND {high:Int64}"
_RAW_SQL = f"""
SELECT _offset AS offset, tenant, toString(record_id) AS record_id, source, endpoint, request_method, request_url,
       request_key, status, headers, fetched_at, observed_at, page_index, poll_id, cursor, payload
FROM raw_events WHERE {_HERE} AND {_BETWEEN} ORDER BY _offset
"""
# Batches that were not finished when their life ended are given again as far as they are rows. The normaliser makes
# them again, too, and as a whole: but then their rows are duplicates, so that a life which ends before every
# processor has read them would leave no trace of where they stood in it.
_OBSERVATIONS_SQL = f"""
SELECT _offset AS offset, tenant, source, toString(raw_record_id) AS raw_record_id, series_id, measure, entity_id,
       unit, kind, toUnixTimestamp64Milli(observed_at) AS observed_at_ms, value
FROM observations WHERE {_HERE} AND {_BETWEEN}
ORDER BY _offset, observed_at, series_id
"""
_LETTERS_SQL = f"""
SELECT offset, isNull(key) AS has_no_key, ifNull(key, '') AS key_bytes, mapKeys(headers) AS names,
       arrayMap(text -> hex(text), mapValues(headers)) AS texts, value AS value_bytes
FROM dead_letters WHERE {_LETTERS_HERE} AND offset BETWEEN {{low:Int64}} AND {{high:Int64}} ORDER BY offset
"""


@dataclass(frozen=True, slots=True)
class HistoricMessage:
    """A message as it can be made again.

    Attributes:
        offset: offset that its rows name.
        key: its key.
        value: its value.
        headers: its headers.
    """

    offset: int
    key: bytes | None
    value: bytes
    headers: dict[str, bytes]


class History:
    """Reads what one topic said.

    Args:
        client: ClickHouse.
        codec: encodes what is read.
        topic: a raw topic, or the observations.
    """

    def __init__(self, client: ClickHouse, codec: Codec, topic: str) -> None:
        self._client = client
        self._codec = codec
        self._topic = topic
        self._table = "observations" if topic == OBSERVATIONS else "raw_events"

    def segments(self) -> list[Segment]:
        """Return what there is, in no order.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
        """
        rows = self._client.query(_SEGMENTS_SQL.replace("TABLE_NAME", self._table), {"topic": self._topic})
        return [Segment(str(row["cluster"]), int(row["partition"])) for row in rows]

    def pages(self, segment: Segment, begin: int) -> Iterator[list[HistoricMessage]]:
        """Yield the messages of a segment in the order of their offsets.

        Args:
            segment: which.
            begin: first offset.

        Raises:
            Transient: ClickHouse or the registry does not answer.
        """
        count, low = _MESSAGES_FIRST, begin
        sql = _OFFSETS_SQL.replace("TABLE_NAME", self._table)
        while True:
            place: dict[str, object] = {
                "topic": self._topic,
                "cluster": segment.cluster,
                "partition": segment.partition,
            }
            rows = self._client.query(sql, {**place, "low": low, "count": count})
            if not rows:
                return
            first, last = int(rows[0]["offset"]), int(rows[-1]["offset"])
            page = self._page({**place, "low": first, "high": last})
            yield page
            low = last + 1
            size = sum(len(message.value) for message in page)
            count = min(_MESSAGES_MAX, count * 4, max(1, count * _PAGE_BYTES // max(1, size)))

    def _page(self, parameters: dict[str, object]) -> list[HistoricMessage]:
        letters = self._client.query(_LETTERS_SQL, parameters, binary=("key_bytes", "value_bytes"))
        if self._table == "observations":
            rows = self._client.query(_OBSERVATIONS_SQL, parameters)
            messages = [
                self._observations(offset, list(group))
                for offset, group in groupby(rows, key=lambda row: int(row["offset"]))
            ]
        else:
            rows = self._client.query(_RAW_SQL, parameters, binary=("payload",))
            messages = [self._raw_event(row) for row in rows]
        return sorted([*messages, *map(_letter, letters)], key=lambda message: message.offset)

    def _raw_event(self, row: dict[str, Any]) -> HistoricMessage:
        fields = {name: value for name, value in row.items() if name != "offset"}
        fields["payload"] = bytes(row["payload"])
        fields["headers"] = dict(row["headers"])
        event = RawEvent(**fields)
        return self._message(
            int(row["offset"]),
            event,
            event.record_id,
            message_key(event.tenant, event.source, event.request_key),
            f"/connectors/{event.source}",
            event.observed_at,
        )

    def _observations(self, offset: int, rows: Rows) -> HistoricMessage:
        batch = observation_batch(rows)
        return self._message(
            offset,
            batch,
            batch.record_id,
            message_key(batch.tenant, batch.source),
            "/streams/normalise",
            _EPOCH + timedelta(milliseconds=max(batch.observed_at)),
        )

    def _message(
        self,
        offset: int,
        record: RawEvent | ObservationBatch,
        identity: str,
        key: bytes,
        source: str,
        time_utc: datetime,
    ) -> HistoricMessage:
        headers = cloud_event_headers(
            record_id=identity,
            source=source,
            event_type=f"crosscurrent.{type(record).__name__}",
            time_utc=time_utc,
        )
        return HistoricMessage(offset, key, self._codec.encode(self._topic, record), headers)


def observation_batch(rows: Sequence[dict[str, Any]]) -> ObservationBatch:
    """Return the batch that rows of one message came from, in the order of event time.

    Args:
        rows: at least one; those of another message that were there before are not among them.
    """
    first = rows[0]
    keys: dict[tuple[str, ...], int] = {}
    names = ("series_id", "measure", "entity_id", "unit", "kind")
    index = [keys.setdefault(tuple(str(row[name]) for name in names), len(keys)) for row in rows]
    return ObservationBatch(
        tenant=str(first["tenant"]),
        record_id=record_id(first["tenant"], "observations", first["raw_record_id"]),
        source=str(first["source"]),
        raw_record_id=str(first["raw_record_id"]),
        series=[Series(**dict(zip(names, key, strict=True))) for key in keys],  # type: ignore[arg-type]
        series_index=index,
        observed_at=[int(row["observed_at_ms"]) for row in rows],
        value=[float(row["value"]) for row in rows],
    )


def _letter(row: dict[str, Any]) -> HistoricMessage:
    headers = {str(name): bytes.fromhex(text) for name, text in zip(row["names"], row["texts"], strict=True)}
    key = None if row["has_no_key"] else bytes(row["key_bytes"])
    return HistoricMessage(int(row["offset"]), key, bytes(row["value_bytes"]), headers)
