"""The topics of a source, made if they are not there, and the life of the broker that has them."""

from __future__ import annotations

from connectors.kit.event import STAGE
from crosscurrent.errors import ServerAway
from crosscurrent.kafka import NewTopic, ensure_topics, topic_lives
from crosscurrent.settings import Settings
from schemas.topics import CONNECTOR_STATE, DEAD_LETTER, RAW, topic_name


def ensure_source_topics(settings: Settings, source: str) -> None:
    """Create the topics to which a source publishes.

    Raises:
        ServerAway: the broker does not answer.
    """
    names = topic_name(RAW, source), topic_name(DEAD_LETTER, STAGE), CONNECTOR_STATE
    ensure_topics(
        settings.brokers,
        [NewTopic.of(name, settings.kafka, compacted=name == CONNECTOR_STATE) for name in names],
        partitions=settings.kafka.partitions,
        replication_factor=settings.kafka.replication_factor,
    )


def find_cluster(settings: Settings, source: str) -> str:
    """Return the life of the broker.

    Raises:
        ServerAway: the broker does not answer, or lacks the source's topic.
    """
    raw = topic_name(RAW, source)
    lives = topic_lives(settings.brokers, [raw])
    if raw not in lives:
        raise ServerAway(
            f"no topic {raw} on {settings.bootstrap_servers}",
            expected="the topic that was just created",
            todo="check the broker",
        )
    return lives[raw].partition("/")[0]
