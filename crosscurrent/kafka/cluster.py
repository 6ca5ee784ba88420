"""Which life of which broker an offset belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from crosscurrent.kafka.client import broker_away, client_config
from crosscurrent.kafka_access import Brokers

TopicLife = str

_TIMEOUT_SECONDS = 10.0


def topic_lives(bootstrap_servers: Brokers, topics: Iterable[str]) -> Mapping[str, TopicLife]:
    """Return for each topic that exists the life of the broker and of the topic: ``<cluster id>/<topic id>``.

    Offsets are comparable only within one life: a broker that forgot its log and a topic that was deleted
    and made again both begin again at 0.

    Args:
        bootstrap_servers: the brokers.
        topics: names of topics; those that do not exist are left out.

    Raises:
        ServerAway: no broker answers.
    """
    admin = AdminClient(client_config(bootstrap_servers))
    try:
        metadata = admin.list_topics(timeout=_TIMEOUT_SECONDS)
        names = [name for name in topics if name in metadata.topics]
        if not names:
            return {}
        described = admin.describe_topics(TopicCollection(names), request_timeout=_TIMEOUT_SECONDS)
        return {
            name: f"{metadata.cluster_id}/{_topic_id(future.result())}" for name, future in described.items()
        }
    except KafkaException as error:
        raise broker_away(bootstrap_servers, error) from error


def _topic_id(description: Any) -> str:
    return str(description.topic_id)
