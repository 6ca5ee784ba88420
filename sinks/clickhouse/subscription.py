"""The sink's consumer group: what it reads, and Kafka's messages as the sink's own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from crosscurrent.kafka.client import broker_away, client_config
from crosscurrent.kafka_access import Brokers
from crosscurrent.settings import Settings
from schemas.topics import (
    ANOMALIES,
    CONNECTOR_STATE,
    CORRELATIONS,
    DEAD_LETTER,
    ENTITIES,
    OBSERVATIONS,
    PROCESSOR_STATE,
    RAW,
    SCHEMA_DRIFT,
)
from sinks.clickhouse.message import SinkMessage, TopicPartitionKey

GROUP = "crosscurrent-sink-clickhouse"
TOPICS = [
    rf"^{RAW}\..*",
    rf"^{DEAD_LETTER}\..*",
    ENTITIES,
    OBSERVATIONS,
    CORRELATIONS,
    ANOMALIES,
    SCHEMA_DRIFT,
    CONNECTOR_STATE,
    PROCESSOR_STATE,
]

_METADATA_REFRESH_MS = 3000
_POLL_INTERVAL_MAX_MS = 300_000
_FETCH_WAIT_MAX_MS = 50
_QUEUED_KBYTES_MAX = 32 * 1024
_FETCH_BYTES_MAX = 64 * 1024 * 1024
_TIMEOUT_SECONDS = 10.0


def make_consumer(settings: Settings, on_error: Any) -> Consumer:
    """Return the consumer, not subscribed yet.

    Args:
        settings: brokers and session timeout.
        on_error: called with a ``KafkaError`` of the client, from within ``consume``.
    """
    return Consumer(
        {
            **client_config(settings.brokers),
            "group.id": GROUP,
            **({"group.instance.id": settings.kafka.instance_id} if settings.kafka.instance_id else {}),
            "partition.assignment.strategy": "cooperative-sticky",
            "session.timeout.ms": int(settings.kafka.session_timeout_seconds * 1000),
            "heartbeat.interval.ms": max(100, int(settings.kafka.session_timeout_seconds * 1000 / 4)),
            "max.poll.interval.ms": _POLL_INTERVAL_MAX_MS,
            "topic.metadata.refresh.interval.ms": _METADATA_REFRESH_MS,
            "topic.metadata.propagation.max.ms": _METADATA_REFRESH_MS,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            # the ledger says where to begin; an offset that is not there must not be passed over silently
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": _FETCH_WAIT_MAX_MS,
            "queued.max.messages.kbytes": _QUEUED_KBYTES_MAX,
            "fetch.message.max.bytes": _FETCH_BYTES_MAX,
            "fetch.max.bytes": _FETCH_BYTES_MAX,
            "error_cb": on_error,
        }
    )


def sink_message(message: Message, cluster: str) -> SinkMessage:
    """Return a Kafka message as the sink handles it.

    Args:
        message: without an error.
        cluster: life of the broker and the topic.
    """
    return SinkMessage(
        cluster=cluster,
        topic=str(message.topic()),
        partition=int(message.partition() or 0),
        offset=int(message.offset() or 0),
        key=_bytes(message.key()),
        value=_bytes(message.value()),
        headers={name: _bytes(value) or b"" for name, value in message.headers() or ()},
    )


def subscribed_topics(bootstrap_servers: Brokers) -> list[str]:
    """Return the topics on the broker that the sink reads, in the order of their names.

    Raises:
        ServerAway: no broker answers.
    """
    try:
        names = AdminClient(client_config(bootstrap_servers)).list_topics(timeout=_TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise broker_away(bootstrap_servers, error) from error
    return sorted(name for name in names if is_subscribed(name))


def is_subscribed(topic: str) -> bool:
    """Return whether the sink reads a topic of that name."""
    return any(re.match(wanted, topic) if wanted.startswith("^") else wanted == topic for wanted in TOPICS)


def first_offsets_kept(
    bootstrap_servers: Brokers, places: Iterable[TopicPartitionKey]
) -> dict[TopicPartitionKey, int]:
    """Return for each partition the first offset that the broker still keeps.

    Raises:
        ServerAway: no broker answers.
    """
    consumer = Consumer({**client_config(bootstrap_servers), "group.id": f"{GROUP}-audit"})
    try:
        return {
            place: int(consumer.get_watermark_offsets(TopicPartition(*place), timeout=_TIMEOUT_SECONDS)[0])
            for place in places
        }
    except KafkaException as error:
        raise broker_away(bootstrap_servers, error) from error
    finally:
        consumer.close()


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
