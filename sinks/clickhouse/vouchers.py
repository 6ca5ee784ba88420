"""Whether everything that a message rests on is in ClickHouse.

A connector's or a processor's state names, for each partition it published to, the offset after its last
record there; what a processor makes names the messages it was made from, in a header. Either is written only
once the ledger reaches these offsets, so that no row is ever ahead of the rows it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from crosscurrent.clock import Clock
from crosscurrent.errors import Poison
from crosscurrent.kafka import RestsOn
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.ledger import covered_offsets
from sinks.clickhouse.message import Stretch, TopicPartitionKey

_ASK_AGAIN_SECONDS = 0.5
_CLUSTERS_MAX = 16  # lives of the broker whose coverage is remembered


class Voucher(Enum):
    """What is known about the messages that another rests on."""

    COVERED = "covered"
    AWAITED = "awaited"
    LOST = "lost"
    """They were in a life of the broker that is over, and never became rows."""


class Vouchers:
    """Knows how far the ledger reaches, from what this process wrote and by asking ClickHouse.

    Args:
        client: ClickHouse.
        clock: spaces the questions.
    """

    def __init__(self, client: ClickHouse, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._covered: dict[str, dict[TopicPartitionKey, int]] = {}
        self._asked_at: dict[str, float] = {}

    def ledger_written(self, stretch: Stretch) -> None:
        """Take note of a stretch that is in the ledger now."""
        self._learn(cluster_id(stretch.cluster), {stretch.place: stretch.last_offset + 1})

    def judge(self, rests_on: RestsOn, present_cluster: str) -> Voucher:
        """Return whether the offsets are covered.

        Args:
            rests_on: what must be covered; its cluster is empty if that is nothing.
            present_cluster: life in which the message itself was read.

        Raises:
            Poison: a key is not ``topic-partition``.
            Transient: ClickHouse does not answer or is in trouble.
        """
        wanted = {_place(name): offset for name, offset in rests_on.offsets.items() if offset > 0}
        cluster = cluster_id(rests_on.cluster)
        if not wanted or self._reaches(cluster, wanted):
            return Voucher.COVERED
        if self._ask(cluster) and self._reaches(cluster, wanted):
            return Voucher.COVERED
        return Voucher.AWAITED if cluster == cluster_id(present_cluster) else Voucher.LOST

    def _reaches(self, cluster: str, wanted: Mapping[TopicPartitionKey, int]) -> bool:
        covered = self._covered.get(cluster, {})
        return all(covered.get(place, 0) >= offset for place, offset in wanted.items())

    def _ask(self, cluster: str) -> bool:
        now = self._clock.monotonic_seconds()
        if now - self._asked_at.get(cluster, -_ASK_AGAIN_SECONDS) < _ASK_AGAIN_SECONDS:
            return False
        self._learn(cluster, covered_offsets(self._client, cluster))
        self._asked_at[cluster] = now
        return True

    def _learn(self, cluster: str, reached: Mapping[TopicPartitionKey, int]) -> None:
        if cluster not in self._covered and len(self._covered) >= _CLUSTERS_MAX:
            oldest = next(iter(self._covered))
            del self._covered[oldest]
            self._asked_at.pop(oldest, None)
        covered = self._covered.setdefault(cluster, {})
        for place, offset in reached.items():
            covered[place] = max(covered.get(place, 0), offset)


def cluster_id(life: str) -> str:
    """Return the broker's part of a life, which stands before the topic's."""
    return life.partition("/")[0]


def _place(name: str) -> TopicPartitionKey:
    topic, hyphen, partition = name.rpartition("-")
    if not hyphen or not partition.isdecimal():
        raise Poison(
            f"vouch_offsets with the key {name[:80]!r}",
            expected="topic-partition, such as raw.github-0",
            todo="correct the producer, then `crosscurrent dead-letters replay`",
        )
    return topic, int(partition)
