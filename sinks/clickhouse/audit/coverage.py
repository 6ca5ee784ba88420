"""Whether the ledger reaches what the broker has in its present life."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crosscurrent.clock import Clock
from crosscurrent.kafka import high_watermarks, topic_lives
from crosscurrent.kafka_access import Brokers
from schemas.topics import CONNECTOR_STATE, PROCESSOR_STATE
from sinks.clickhouse.audit.finding import CheckResult, Finding
from sinks.clickhouse.audit.scope import Scope, result
from sinks.clickhouse.ledger import next_offsets
from sinks.clickhouse.message import TopicPartitionKey
from sinks.clickhouse.subscription import subscribed_topics
from sinks.clickhouse.vouchers import cluster_id

NAME = "coverage"

_LOOK_SECONDS = 0.25
_SAY_AFTER_SECONDS = 2.0
_STATE_TOPICS = frozenset({CONNECTOR_STATE, PROCESSOR_STATE})

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the ledger reaches.

    Attributes:
        lives: topic to its present life.
        ends: partition to the offset after its last message, as the broker says.
        reached: partition to the offset after the last one in the ledger.
    """

    lives: Mapping[str, str]
    ends: Mapping[TopicPartitionKey, int]
    reached: Mapping[TopicPartitionKey, int]

    @property
    def cluster_id(self) -> str:
        """Present life of the broker; empty if it has none of the topics."""
        return cluster_id(next(iter(self.lives.values()), ""))

    @property
    def lacking(self) -> dict[TopicPartitionKey, int]:
        """Partition to the messages that are not in the ledger."""
        lacking = {place: end - self.reached.get(place, 0) for place, end in self.ends.items()}
        return {place: count for place, count in lacking.items() if count > 0}

    @property
    def pending(self) -> dict[TopicPartitionKey, int]:
        """Partitions of states that wait, since not all that they may rest on is in the ledger."""
        lacking = self.lacking
        if all(topic in _STATE_TOPICS for topic, _ in lacking):
            return {}
        return {place: count for place, count in lacking.items() if place[0] in _STATE_TOPICS}


def wait_for_coverage(
    scope: Scope, bootstrap_servers: Brokers, *, wait_seconds: float, clock: Clock, say: Say
) -> Coverage:
    """Return how far the ledger reaches, once it reaches what the broker has now or the wait is over.

    Args:
        scope: where to look.
        bootstrap_servers: the brokers.
        wait_seconds: how long to wait at most.
        clock: measures the wait.
        say: told, in words, what is waited for.

    Raises:
        ServerAway: no broker answers.
        Transient: ClickHouse does not answer or is in trouble.
    """
    topics = subscribed_topics(bootstrap_servers)
    ends = high_watermarks(bootstrap_servers, topics)
    lives = topic_lives(bootstrap_servers, topics)
    pause = threading.Event()
    begin = clock.monotonic_seconds()
    said = False
    while True:
        coverage = Coverage(lives, ends, next_offsets(scope.client, lives))
        waited_seconds = clock.monotonic_seconds() - begin
        if not coverage.lacking or waited_seconds >= wait_seconds:
            return coverage
        if not said and waited_seconds >= min(_SAY_AFTER_SECONDS, wait_seconds):
            said = True
            say(f"waiting up to {wait_seconds:.0f} s for the sink: {describe(coverage.lacking)}")
        pause.wait(_LOOK_SECONDS)


def check_coverage(coverage: Coverage) -> CheckResult:
    """Return a finding for each partition of which messages are not in the ledger.

    States that wait for rows which are findings themselves are only pending.
    """
    pending = coverage.pending
    findings = [
        Finding(
            NAME,
            f"{topic}-{partition}",
            f"{count} messages are not in the ledger, from offset {coverage.ends[topic, partition] - count}",
            f"the ledger up to offset {coverage.ends[topic, partition] - 1}",
            "see with `crosscurrent status` whether the sink runs and what it waits for, then audit again",
        )
        for (topic, partition), count in sorted(coverage.lacking.items())
        if (topic, partition) not in pending
    ]
    return result(
        NAME,
        "the ledger reaches the end of every topic in this life of the broker",
        sum(coverage.ends.values()),
        "offsets",
        findings,
    )


def describe(lacking: Mapping[TopicPartitionKey, int]) -> str:
    """Return in words what is lacking, the first few partitions by name."""
    named = [f"{topic}-{partition} lacks {count}" for (topic, partition), count in sorted(lacking.items())]
    more = f" and {len(named) - 5} more" if len(named) > 5 else ""
    return ", ".join(named[:5]) + more
