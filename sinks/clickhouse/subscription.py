"""The sink's consumer group: what it reads, and Kafka's messages as the sink's own."""

from __future__ import annotations

from typing import Any

from confluent_kafka import Consumer, Message

from crosscurrent.kafka.client import client_config
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
)
from sinks.clickhouse.message import SinkMessage

GROUP = "crosscurrent-sink-clickhouse"
TOPICS = [
    rf"^{RAW}\..*",
    rf"^{DEAD_LETTER}\..*",
    ENTITIES,
    OBSERVATIONS,
    CORRELATIONS,
    ANOMALIES,
    CONNECTOR_STATE,
    PROCESSOR_STATE,
]

_METADATA_REFRESH_MS = 3000
_POLL_INTERVAL_MAX_MS = 300_000
_FETCH_WAIT_MAX_MS = 50
_QUEUED_KBYTES_MAX = 32 * 1024
_FETCH_BYTES_MAX = 64 * 1024 * 1024


def make_consumer(settings: Settings, on_error: Any) -> Consumer:
    """Return the consumer, not subscribed yet.

    Args:
        settings: brokers and session timeout.
        on_error: called with a ``KafkaError`` of the client, from within ``consume``.
    """
    return Consumer(
        {
            **client_config(settings.bootstrap_servers),
            "group.id": GROUP,
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


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
