"""Where to begin with a partition: after the last offset that the ledger names in the topic's present life."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crosscurrent.errors import ServerAway, Transient
from crosscurrent.kafka import topic_lives
from crosscurrent.kafka_access import Brokers
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.ledger import next_offsets
from sinks.clickhouse.message import TopicPartitionKey


@dataclass(frozen=True, slots=True)
class Position:
    """Where a partition goes on.

    Attributes:
        cluster: present life of the broker and the topic.
        next_offset: first offset that is not in the ledger.
    """

    cluster: str
    next_offset: int


def find_positions(
    client: ClickHouse, bootstrap_servers: Brokers, places: Iterable[TopicPartitionKey]
) -> dict[TopicPartitionKey, Position]:
    """Return where partitions go on; those whose topic is gone are left out.

    What another process has under way for them is waited for, since its ledger is about to grow.

    Raises:
        Transient: ClickHouse or the broker does not answer.
    """
    wanted = list(places)
    try:
        lives = topic_lives(bootstrap_servers, {topic for topic, _ in wanted})
    except ServerAway as error:
        raise Transient(error.found, expected=error.expected, todo=error.todo) from error
    client.wait_for_other_inserts()
    reached = next_offsets(client, lives)
    return {place: Position(lives[place[0]], reached.get(place, 0)) for place in wanted if place[0] in lives}
