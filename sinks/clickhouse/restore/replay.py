"""Publishes messages again and notes in ``replayed_messages`` where each landed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pyarrow as pa

from crosscurrent.kafka import Acknowledged, Producer
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.restore.history import HistoricMessage
from sinks.clickhouse.restore.need import Segment

Landed = Callable[[Segment, int, int, int], None]
"""Called with segment, offset that the rows name, and partition and offset in the present life."""


class Replay:
    """Gives one life of the broker messages again.

    Args:
        client: ClickHouse.
        producer: publishes.
        cluster_id: the present life.
    """

    def __init__(self, client: ClickHouse, producer: Producer, cluster_id: str) -> None:
        self._client = client
        self._producer = producer
        self._cluster_id = cluster_id

    def publish(
        self, topic: str, segment: Segment, messages: Sequence[HistoricMessage], landed: Landed
    ) -> None:
        """Publish a page and note where it landed; when this returns, both are done.

        Raises:
            Transient: the broker or ClickHouse does not answer; the restore is done again.
        """
        places = asyncio.run(self._publish(topic, messages))
        self._client.insert("replayed_messages", self._rows(topic, segment, messages, places))
        for message, place in zip(messages, places, strict=True):
            landed(segment, message.offset, place.partition, place.offset)

    async def _publish(self, topic: str, messages: Sequence[HistoricMessage]) -> list[Acknowledged]:
        waiting = [
            await self._producer.enqueue(topic, key=message.key, value=message.value, headers=message.headers)
            for message in messages
        ]
        return list(await asyncio.gather(*waiting))

    def _rows(
        self,
        topic: str,
        segment: Segment,
        messages: Sequence[HistoricMessage],
        places: Sequence[Acknowledged],
    ) -> pa.Table:
        count = len(messages)
        return pa.table(
            {
                "cluster_id": [self._cluster_id] * count,
                "topic": [topic] * count,
                "partition": pa.array([place.partition for place in places], pa.int32()),
                "offset": pa.array([place.offset for place in places], pa.int64()),
                "origin_cluster": [segment.cluster] * count,
                "origin_partition": pa.array([segment.partition] * count, pa.int32()),
                "origin_offset": pa.array([message.offset for message in messages], pa.int64()),
            }
        )
