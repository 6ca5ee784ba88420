"""Reads a stretch of a topic without a consumer group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from crosscurrent.kafka.client import FORBIDDEN_CODES, broker_away, client_config, forbidden
from crosscurrent.kafka_access import Brokers

_POLL_SECONDS = 0.2
_SILENT_POLLS_MAX = 150  # 30 s without a word from the broker


def read_to_end(bootstrap_servers: Brokers, starts: Mapping[tuple[str, int], int]) -> Iterator[Message]:
    """Yield the messages of the partitions from the given offsets to where the partitions end now.

    Args:
        bootstrap_servers: the brokers.
        starts: (topic, partition) to the first offset wanted.

    Raises:
        ServerAway: the broker does not answer, or falls silent.
        Fatal: it does not let this user in, or not read a topic.
    """
    consumer = Consumer(
        {
            **client_config(bootstrap_servers),
            "group.id": "crosscurrent-reader",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 20,
        }
    )
    try:
        consumer.assign(
            [TopicPartition(topic, partition, offset) for (topic, partition), offset in starts.items()]
        )
        pending = set(starts)
        silent_polls = 0
        while pending:
            message = consumer.poll(_POLL_SECONDS)
            if message is None:
                silent_polls += 1
                if silent_polls > _SILENT_POLLS_MAX:
                    raise broker_away(bootstrap_servers, f"silence on {sorted(pending)}")
                continue
            silent_polls = 0
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                pending.discard((message.topic(), message.partition()))
            elif error.code() in FORBIDDEN_CODES:
                raise forbidden(bootstrap_servers, error, str(message.topic() or ""))
            elif not error.retriable() and error.fatal():
                raise broker_away(bootstrap_servers, error)
    except KafkaException as error:
        raise broker_away(bootstrap_servers, error) from error
    finally:
        consumer.close()
