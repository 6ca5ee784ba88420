"""How far a consumer group has committed, read without joining it."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaException, TopicPartition

from crosscurrent.kafka.client import broker_away, client_config
from crosscurrent.kafka_access import Brokers

_TIMEOUT_SECONDS = 10.0


def committed_offsets(bootstrap_servers: Brokers, group: str, topics: Iterable[str]) -> dict[str, int]:
    """Return ``topic-partition`` to the offset that the group has committed, 0 where there is none.

    Args:
        bootstrap_servers: the brokers.
        group: the consumer group.
        topics: names of topics; those that do not exist are left out.

    Raises:
        ServerAway: no broker answers.
    """
    consumer = Consumer({**client_config(bootstrap_servers), "group.id": group, "enable.auto.commit": False})
    try:
        metadata = consumer.list_topics(timeout=_TIMEOUT_SECONDS).topics
        places = [
            TopicPartition(topic, partition)
            for topic in topics
            if topic in metadata
            for partition in metadata[topic].partitions
        ]
        committed = consumer.committed(places, timeout=_TIMEOUT_SECONDS) if places else []
        return {f"{place.topic}-{place.partition}": max(0, place.offset) for place in committed}
    except KafkaException as error:
        raise broker_away(bootstrap_servers, error) from error
    finally:
        consumer.close()
