"""Creates the topics that are missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import NewTopic as AdminNewTopic

from crosscurrent.errors import Fatal
from crosscurrent.kafka.client import broker_away, client_config

_TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic as it should be.

    Attributes:
        name: as on the broker.
        compacted: whether only the latest message of a key is kept.
    """

    name: str
    compacted: bool = False


def ensure_topics(
    bootstrap_servers: str, topics: Iterable[NewTopic], *, partitions: int, replication_factor: int
) -> list[str]:
    """Create the topics that do not exist yet and return their names; those that exist stay as they are.

    Raises:
        ServerAway: no broker answers.
        Fatal: the broker refuses a topic.
    """
    admin = AdminClient(client_config(bootstrap_servers))
    try:
        existing = admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise broker_away(bootstrap_servers, error) from error
    missing = [
        _admin_topic(topic, partitions, replication_factor) for topic in topics if topic.name not in existing
    ]
    if not missing:
        return []
    created = admin.create_topics(missing, request_timeout=_TIMEOUT_SECONDS)
    for name, future in created.items():
        try:
            future.result()
        except KafkaException as error:
            # another process may have been quicker
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise Fatal(
                    f"the broker refuses topic {name}: {error}",
                    expected=f"{partitions} partitions, replication {replication_factor}",
                    todo="check the rights of this user and CROSSCURRENT_KAFKA__REPLICATION_FACTOR",
                    topic=name,
                ) from error
    return [topic.topic for topic in missing]


def _admin_topic(topic: NewTopic, partitions: int, replication_factor: int) -> AdminNewTopic:
    config = {"cleanup.policy": "compact" if topic.compacted else "delete"}
    return AdminNewTopic(
        topic.name, num_partitions=partitions, replication_factor=replication_factor, config=config
    )
