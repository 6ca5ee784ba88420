"""Follows topics for a person who watches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from crosscurrent.errors import WrongUse
from crosscurrent.kafka.client import FORBIDDEN_CODES, broker_away, client_config, forbidden
from crosscurrent.kafka.watermarks import high_watermarks
from crosscurrent.kafka_access import Brokers

_POLL_SECONDS = 0.2


def follow(
    bootstrap_servers: Brokers, topics: Sequence[str], *, from_beginning: bool
) -> Iterator[Message | None]:
    """Yield messages as they come, for ever; ``None`` whenever there is none for a moment.

    Args:
        bootstrap_servers: the brokers.
        topics: names of topics.
        from_beginning: whether to begin with the oldest message, not with the next.

    Raises:
        ServerAway: no broker answers.
        WrongUse: a topic does not exist.
        Fatal: the broker does not let this user in, or not read a topic.
    """
    ends = high_watermarks(bootstrap_servers, topics)
    missing = sorted(set(topics) - {topic for topic, _ in ends})
    if missing:
        raise WrongUse(
            f"no topic {', '.join(missing)} on {bootstrap_servers}",
            expected="a topic that exists",
            todo="see the topics with `crosscurrent schemas list`; a source's topic appears with its first poll",
        )
    consumer = Consumer(
        {
            **client_config(bootstrap_servers),
            "group.id": "crosscurrent-follow",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 50,
        }
    )
    try:
        consumer.assign(
            [
                TopicPartition(topic, partition, 0 if from_beginning else end)
                for (topic, partition), end in ends.items()
            ]
        )
        while True:
            message = consumer.poll(_POLL_SECONDS)
            error = message.error() if message is not None else None
            if error is not None and error.code() in FORBIDDEN_CODES:
                raise forbidden(bootstrap_servers, error, str(message.topic() or ""))
            yield None if message is None or error is not None else message
    except KafkaException as error:
        raise broker_away(bootstrap_servers, error) from error
    finally:
        consumer.close()
