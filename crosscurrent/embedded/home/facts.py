"""What a running home is doing, measured now: lag, age of the newest events, dead letters."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from crosscurrent.embedded.home.ports import HOST
from crosscurrent.errors import CrosscurrentError
from crosscurrent.kafka import high_watermarks
from crosscurrent.kafka.client import client_config
from crosscurrent.kafka_access import Brokers

Query = Callable[[str, Mapping[str, object]], list[dict[str, Any]]]
"""Runs a read-only query with parameters ``{name:Type}`` and returns its rows."""

_TIMEOUT_SECONDS = 5.0
_METRICS_BYTES_MAX = 8 * 1024 * 1024
_SINK_LAG = "sink_lag_messages"
_NEWEST_SQL = """
SELECT source, count() AS events, greatest(0, dateDiff('second', max(fetched_at), now64(3))) AS age_seconds
FROM raw_events WHERE tenant = {tenant:String} GROUP BY source ORDER BY source
"""
_POLLS_SQL = """
SELECT source, count() AS polls, sum(requests) AS requests, sum(requests_counted) AS requests_counted,
       sum(not_modified) AS not_modified, sum(pages_unchanged) AS pages_unchanged,
       argMax(quota_remaining, started_at) AS quota_remaining
FROM connector_runs WHERE tenant = {tenant:String} GROUP BY source ORDER BY source
"""
_DEAD_LETTERS_SQL = """
SELECT stage, count() AS letters FROM dead_letters WHERE tenant = {tenant:String} GROUP BY stage ORDER BY stage
"""


@dataclass(frozen=True, slots=True)
class ConsumerGroup:
    """A consumer whose lag is to be measured.

    Attributes:
        name: what people call it.
        group: its consumer group on Kafka.
        topics: what it reads; those that do not exist count as read.
    """

    name: str
    group: str
    topics: tuple[str, ...]


@dataclass(slots=True)
class Facts:
    """What was measured.

    Attributes:
        lags: consumer to messages between its committed position and the end.
        sources: of each source the events so far and the age of the newest in seconds.
        polls: of each source its polls so far, what they cost, and what was spared.
        dead_letters: stage to letters.
        problems: what could not be measured, and why.
    """

    lags: dict[str, int] = field(default_factory=dict)
    sources: list[dict[str, Any]] = field(default_factory=list)
    polls: list[dict[str, Any]] = field(default_factory=list)
    dead_letters: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def measure(
    *,
    tenant: str,
    bootstrap_servers: Brokers,
    groups: Sequence[ConsumerGroup],
    sink_metrics_port: int | None,
    query: Query,
) -> Facts:
    """Return the facts; what cannot be measured is named, not raised.

    Args:
        tenant: whose data.
        bootstrap_servers: the brokers.
        groups: consumers to measure.
        sink_metrics_port: where the sink's metrics are, if it runs here.
        query: asks ClickHouse.
    """
    facts = Facts()
    try:
        facts.lags.update(group_lags(bootstrap_servers, groups))
    except (CrosscurrentError, KafkaException) as error:
        facts.problems.append(f"lag of processors: {error}")
    if sink_metrics_port is not None:
        try:
            facts.lags["sink"] = _sink_lag(sink_metrics_port)
        except (OSError, ValueError) as error:
            facts.problems.append(f"lag of the sink: {error}")
    try:
        facts.sources = query(_NEWEST_SQL, {"tenant": tenant})
        facts.polls = query(_POLLS_SQL, {"tenant": tenant})
        letters = query(_DEAD_LETTERS_SQL, {"tenant": tenant})
        facts.dead_letters = {str(row["stage"]): int(row["letters"]) for row in letters}
    except CrosscurrentError as error:
        facts.problems.append(f"sources and dead letters: {error}")
    return facts


def group_lags(bootstrap_servers: Brokers, groups: Sequence[ConsumerGroup]) -> dict[str, int]:
    """Return for each consumer the messages between its committed position and the end of its topics.

    Raises:
        ServerAway: no broker answers.
        KafkaException: the broker refuses to tell.
    """
    ends = high_watermarks(bootstrap_servers, sorted({topic for group in groups for topic in group.topics}))
    return {group.name: _group_lag(bootstrap_servers, group, ends) for group in groups}


def _group_lag(bootstrap_servers: Brokers, group: ConsumerGroup, ends: Mapping[tuple[str, int], int]) -> int:
    partitions = [
        TopicPartition(topic, partition) for topic, partition in sorted(ends) if topic in group.topics
    ]
    if not partitions:
        return 0
    consumer = Consumer({**client_config(bootstrap_servers), "group.id": group.group})
    try:
        committed = consumer.committed(partitions, timeout=_TIMEOUT_SECONDS)
    finally:
        consumer.close()
    return sum(max(0, ends[(p.topic, p.partition)] - max(0, int(p.offset))) for p in committed)


def _sink_lag(port: int) -> int:
    address = f"http://{HOST}:{port}/metrics"
    with urllib.request.urlopen(address, timeout=_TIMEOUT_SECONDS) as answer:
        text = answer.read(_METRICS_BYTES_MAX).decode()
    families = text_string_to_metric_families(text)
    return int(
        sum(sample.value for family in families if family.name == _SINK_LAG for sample in family.samples)
    )
