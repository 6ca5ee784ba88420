"""How far a topic reaches, by what a fetch says.

The embedded broker answers ``ListOffsets`` *latest* with the last batch's base offset + 1, which is too low by
the rest of that batch; the high watermark in a fetch response is right on every broker. So it is asked by
fetching from the offset that ``ListOffsets`` gives.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from crosscurrent.kafka.client import FORBIDDEN_CODES, broker_away, client_config
from crosscurrent.kafka_access import Brokers

_TIMEOUT_SECONDS = 10.0
_POLL_SECONDS = 0.1
_LEADERLESS_CODES = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_PARTITION,
    }
)
"""What brokers answer for a moment after a topic was made, or after one of them has died."""


def high_watermarks(bootstrap_servers: Brokers, topics: Iterable[str]) -> Mapping[tuple[str, int], int]:
    """Return for each partition of the topics the offset that the next message will get.

    Args:
        bootstrap_servers: the brokers.
        topics: names of topics; those that do not exist are left out.

    Raises:
        ServerAway: no broker answers, or not for all partitions in time.
    """
    consumer = Consumer(
        {
            **client_config(bootstrap_servers),
            "group.id": "crosscurrent-watermarks",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,
        }
    )
    try:
        partitions = _partitions(consumer, set(topics))
        return _fetch_to_end(consumer, partitions) if partitions else {}
    except KafkaException as error:
        raise broker_away(bootstrap_servers, error) from error
    finally:
        consumer.close()


def _partitions(consumer: Consumer, topics: set[str]) -> list[TopicPartition]:
    metadata = consumer.list_topics(timeout=_TIMEOUT_SECONDS).topics
    return [
        TopicPartition(name, partition)
        for name, topic in metadata.items()
        if name in topics
        for partition in topic.partitions
    ]


def _fetch_to_end(consumer: Consumer, partitions: list[TopicPartition]) -> dict[tuple[str, int], int]:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    for partition in partitions:
        partition.offset = max(0, _latest(consumer, partition, deadline))
    consumer.assign(partitions)
    pending = {(partition.topic, partition.partition) for partition in partitions}
    found: dict[tuple[str, int], int] = {}
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while pending and time.monotonic() < deadline:
        message = consumer.poll(_POLL_SECONDS)
        if message is None:
            continue
        error = message.error()
        if error is not None and error.code() in FORBIDDEN_CODES:
            raise KafkaException(error)
        key = (message.topic(), message.partition())
        end = _end_known_by(consumer, message)
        if end is not None:
            found[key] = max(end, found.get(key, 0))
            pending.discard(key)
    if pending:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"no end of {sorted(pending)}"))
    return found


def _latest(consumer: Consumer, partition: TopicPartition, deadline: float) -> int:
    """Return what ``ListOffsets`` says, asked again while the partition's leader is being found."""
    while True:
        try:
            _, latest = consumer.get_watermark_offsets(partition, timeout=_TIMEOUT_SECONDS)
            return int(latest)
        except KafkaException as error:
            if error.args[0].code() not in _LEADERLESS_CODES or time.monotonic() > deadline:
                raise
        time.sleep(_POLL_SECONDS)


def _end_known_by(consumer: Consumer, message: Message) -> int | None:
    """Return the end of the message's partition, if the fetch that brought it told it.

    A partition that is written without a pause may never be read to its end, but every fetch tells where that is.
    """
    if message.error() is not None:
        at_end = message.error().code() == KafkaError._PARTITION_EOF
        return int(message.offset()) if at_end else None
    partition = TopicPartition(message.topic(), message.partition())
    _, high = consumer.get_watermark_offsets(partition, cached=True)
    return int(high) if high > message.offset() else None
