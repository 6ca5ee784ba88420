"""Reads the states that are to be given again, and publishes them for the present life."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from crosscurrent.kafka import Producer, cloud_event_headers
from schemas.codec import Codec
from schemas.identity import record_id
from schemas.records import ConnectorState, ProcessorState
from schemas.topics import CONNECTOR_STATE, PROCESSOR_STATE, message_key, topic_name
from sinks.clickhouse.client import ClickHouse, Rows
from sinks.clickhouse.restore.need import Reader

POSITIONS = "positions"

_PAGE_STATES = 1000
_POSITIONS_SQL = f"""
SELECT tenant, processor, cluster, input_offsets, refill_offsets FROM processor_states_current
WHERE state_key = '{POSITIONS}' ORDER BY tenant, processor, partition
"""
_STATES_SQL = """
SELECT tenant, processor, partition, state_key, checkpoint, payload, written_at FROM processor_states_current
WHERE tenant = {tenant:String} AND processor = {processor:String} AND SELECTED
ORDER BY state_key LIMIT {count:UInt32}
"""
_CONNECTORS_SQL = """
SELECT state.tenant AS tenant, toString(state.record_id) AS record_id, state.source AS source,
       state.request_key AS request_key, state.state AS state, state.started_at AS started_at,
       state.outcome AS outcome, run.duration_ms AS duration_ms, run.requests AS requests,
       run.requests_counted AS requests_counted, run.not_modified AS not_modified,
       run.pages_unchanged AS pages_unchanged, run.retries AS retries,
       run.events AS events, run.bytes_received AS bytes_received, run.quota_remaining AS quota_remaining,
       run.error AS error
FROM
(
    SELECT * FROM connector_states_current
    WHERE (tenant, source, request_key) > ({tenant:String}, {source:String}, {request_key:String})
    ORDER BY tenant, source, request_key LIMIT {count:UInt32}
) AS state
LEFT JOIN
(
    SELECT * FROM connector_runs WHERE record_id IN (SELECT record_id FROM connector_states_current)
    LIMIT 1 BY record_id
) AS run
ON state.record_id = run.record_id
ORDER BY tenant, source, request_key
"""


class States:
    """Gives states again.

    Args:
        client: ClickHouse.
        codec: encodes states.
        producer: publishes them.
        cluster_id: the present life.
    """

    def __init__(self, client: ClickHouse, codec: Codec, producer: Producer, cluster_id: str) -> None:
        self._client = client
        self._codec = codec
        self._producer = producer
        self._cluster_id = cluster_id

    def readers(self) -> list[Reader]:
        """Return every processor of which positions are known.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
        """
        return [
            Reader(
                tenant=str(row["tenant"]),
                processor=str(row["processor"]),
                cluster_id=str(row["cluster"]),
                input_offsets=_offsets(row["input_offsets"]),
                refill_offsets=_offsets(row["refill_offsets"]),
            )
            for row in self._client.query(_POSITIONS_SQL)
        ]

    def publish_processor(
        self, reader: Reader, input_offsets: dict[str, int], refill_offsets: dict[str, int]
    ) -> int:
        """Publish the items of a processor's state, then its positions, and return how many there were.

        Args:
            reader: whose.
            input_offsets: its positions in the present life.
            refill_offsets: from where its windows are read back, in the present life.

        Raises:
            Transient: the broker, the registry or ClickHouse does not answer.
        """
        count = 0
        for page in self._items(reader):
            asyncio.run(self._publish([self._processor_state(row, {}, {}) for row in page]))
            count += len(page)
        for row in self._select(reader, "state_key = 'positions'", ""):
            asyncio.run(self._publish([self._processor_state(row, input_offsets, refill_offsets)]))
            count += 1
        return count

    def publish_connectors(self) -> int:
        """Publish where every connector stands, and return how many states there were.

        Raises:
            Transient: the broker, the registry or ClickHouse does not answer.
        """
        after: dict[str, object] = {"tenant": "", "source": "", "request_key": ""}
        count = 0
        while rows := self._client.query(_CONNECTORS_SQL, {**after, "count": _PAGE_STATES}):
            asyncio.run(self._publish([_connector_state(row) for row in rows]))
            after = {name: rows[-1][name] for name in after}
            count += len(rows)
        return count

    def _items(self, reader: Reader) -> Iterator[Rows]:
        after = ""
        while rows := self._select(reader, "state_key > {after:String} AND state_key != 'positions'", after):
            yield rows
            after = str(rows[-1]["state_key"])

    def _select(self, reader: Reader, selected: str, after: str) -> Rows:
        parameters = {
            "tenant": reader.tenant,
            "processor": reader.processor,
            "after": after,
            "count": _PAGE_STATES,
        }
        return self._client.query(_STATES_SQL.replace("SELECTED", selected), parameters, binary=("payload",))

    def _processor_state(
        self, row: dict[str, Any], input_offsets: dict[str, int], refill_offsets: dict[str, int]
    ) -> ProcessorState:
        tenant, processor, key = str(row["tenant"]), str(row["processor"]), str(row["state_key"])
        checkpoint = int(row["checkpoint"])
        return ProcessorState(
            tenant=tenant,
            record_id=record_id(tenant, "processor-state", processor, self._cluster_id, key, checkpoint),
            processor=processor,
            partition=int(row["partition"]),
            state_key=key,
            checkpoint=checkpoint,
            cluster=self._cluster_id,
            input_offsets=input_offsets,
            refill_offsets=refill_offsets,
            # what it rests on is in the tables, or it would not be there itself
            vouch_offsets={},
            payload=bytes(row["payload"]),
            written_at=row["written_at"],
        )

    async def _publish(self, states: Sequence[ProcessorState | ConnectorState]) -> None:
        waiting = []
        for state in states:
            topic, key, source, time_utc = _addressed(state)
            headers = cloud_event_headers(
                record_id=state.record_id,
                source=source,
                event_type=f"crosscurrent.{type(state).__name__}",
                time_utc=time_utc,
            )
            value = self._codec.encode(topic, state)
            waiting.append(await self._producer.enqueue(topic, key=key, value=value, headers=headers))
        await asyncio.gather(*waiting)


def _addressed(state: ProcessorState | ConnectorState) -> tuple[str, bytes, str, Any]:
    if isinstance(state, ProcessorState):
        key = message_key(state.tenant, state.processor, state.state_key)
        return topic_name(PROCESSOR_STATE), key, f"/streams/{state.processor}", state.written_at
    key = message_key(state.tenant, state.source, state.request_key)
    return topic_name(CONNECTOR_STATE), key, f"/connectors/{state.source}", state.started_at


def _connector_state(row: dict[str, Any]) -> ConnectorState:
    return ConnectorState(**row, cluster="", vouch_offsets={})


def _offsets(value: Any) -> dict[str, int]:
    return {str(name): int(offset) for name, offset in dict(value).items()}
