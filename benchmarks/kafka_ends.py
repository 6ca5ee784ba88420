"""Both ends of a contender: the topic that is filled before it starts, and the topic that it fills."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.processes import BenchmarkFailed
from crosscurrent.kafka import NewTopic, ensure_topics
from crosscurrent.kafka.client import client_config
from schemas.topics import all_topics, message_key

_FLUSH_SECONDS = 60.0
_POLL_SECONDS = 0.05
_MESSAGES_MAX = 1000


def create_topics(servers: str, source: str) -> None:
    """Create every topic of a system with this one source."""
    topics = [NewTopic(topic.name, topic.compacted) for topic in all_topics((source,))]
    ensure_topics(servers, topics, partitions=1, replication_factor=1)


def fill(servers: str, topic: str, values: Sequence[bytes], source: str) -> None:
    """Publish the values in their order and return when all are acknowledged.

    Raises:
        BenchmarkFailed: the broker did not acknowledge all of them.
    """
    key = message_key("default", source)
    config = {**client_config(servers), "enable.idempotence": True, "compression.type": "lz4"}
    producer = Producer({**config, "linger.ms": 5, "queue.buffering.max.kbytes": 1 << 20})
    for value in values:
        producer.produce(topic, value, key)
        producer.poll(0)
    if left := producer.flush(_FLUSH_SECONDS):
        raise BenchmarkFailed(f"{left} of {len(values)} messages for {topic} were not acknowledged")


def read_until(
    servers: str, topic: str, count: int, *, seconds: float, check: Callable[[], None]
) -> tuple[list[bytes], float]:
    """Return the first messages of a topic, and when the last of them could be read, by the monotonic clock.

    Args:
        servers: the brokers.
        topic: topic with one partition.
        count: messages waited for; further ones that come along are returned too.
        seconds: how long is waited.
        check: called all the while; raises if there is no use in waiting.

    Raises:
        BenchmarkFailed: they did not come in time.
    """
    config = {**client_config(servers), "group.id": "benchmark-reader", "enable.auto.commit": False}
    consumer = Consumer({**config, "fetch.wait.max.ms": 20, "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values: list[bytes] = []
    deadline = time.monotonic() + seconds
    try:
        while len(values) < count:
            check()
            if time.monotonic() > deadline:
                raise BenchmarkFailed(f"{len(values)} of {count} messages on {topic} after {seconds:g} s")
            messages = consumer.consume(_MESSAGES_MAX, _POLL_SECONDS)
            values += [message.value() for message in messages if message.error() is None]
        return values, time.monotonic()
    finally:
        consumer.close()
