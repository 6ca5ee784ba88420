"""Creates the topics that are missing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import NewTopic as AdminNewTopic

from crosscurrent.errors import Fatal
from crosscurrent.kafka.client import FORBIDDEN_CODES, broker_away, client_config, forbidden
from crosscurrent.kafka_access import Brokers
from crosscurrent.settings import KafkaSettings

_TIMEOUT_SECONDS = 15.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic as it should be.

    Attributes:
        name: as on the broker.
        compacted: whether only the latest message of a key is kept.
        config: Kafka's settings of it beside that.
    """

    name: str
    compacted: bool = False
    config: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, kafka: KafkaSettings, *, compacted: bool = False) -> NewTopic:
        """Return a topic as the settings want it."""
        return cls(name, compacted, kafka.topic_config(compacted=compacted))


def ensure_topics(
    bootstrap_servers: Brokers, topics: Iterable[NewTopic], *, partitions: int, replication_factor: int
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
            if error.args[0].code() in FORBIDDEN_CODES:
                raise forbidden(bootstrap_servers, error.args[0], f"topic {name}") from error
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise Fatal(
                    f"the broker refuses topic {name}: {error}",
                    expected=f"{partitions} partitions, replication {replication_factor}",
                    todo="check the rights of this user and CROSSCURRENT_KAFKA__REPLICATION_FACTOR",
                    topic=name,
                ) from error
    names = [topic.topic for topic in missing]
    _wait_for_leaders(admin, names)
    return names


def _wait_for_leaders(admin: AdminClient, names: list[str]) -> None:
    """Return once each partition has a leader, as far as can be waited for: several brokers tell it to each other."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        try:
            topics = admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
        except KafkaException:
            return  # whoever uses the topics next is told what is wrong
        if all(name in topics and _is_led(topics[name]) for name in names):
            return
        time.sleep(_LOOK_SECONDS)


def _is_led(topic: Any) -> bool:
    return bool(topic.partitions) and all(part.leader >= 0 for part in topic.partitions.values())


def _admin_topic(topic: NewTopic, partitions: int, replication_factor: int) -> AdminNewTopic:
    config = {"cleanup.policy": "compact" if topic.compacted else "delete", **topic.config}
    return AdminNewTopic(
        topic.name, num_partitions=partitions, replication_factor=replication_factor, config=config
    )
