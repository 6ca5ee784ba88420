"""What has to change so that the topics are as the settings want them: a plan first, then its execution.

A topic that is missing is created and one that differs is configured. Partitions are added, never taken away, and not
to a compacted topic: there the newest message of a key would stand in two partitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
)
from confluent_kafka.admin import NewTopic as AdminNewTopic

from crosscurrent.errors import CrosscurrentError, Fatal
from crosscurrent.kafka.client import FORBIDDEN_CODES, broker_away, client_config, forbidden
from crosscurrent.kafka_access import Brokers

Kind = Literal["create", "add partitions", "configure", "refused"]

_TIMEOUT_SECONDS = 15.0
_RETENTION = frozenset({"retention.ms", "retention.bytes"})
_COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class WantedTopic:
    """A topic as the settings want it.

    Attributes:
        name: as on the broker.
        partitions: how many.
        replication_factor: how many replicas of each.
        config: Kafka's settings of it; what is not named is left as it is.
    """

    name: str
    partitions: int
    replication_factor: int
    config: Mapping[str, str]

    @property
    def compacted(self) -> bool:
        """Whether only the latest message of a key is kept."""
        return self.config.get("cleanup.policy") == _COMPACT


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it is.

    Attributes:
        partitions: how many.
        replication_factor: the fewest replicas of one.
        config: all of Kafka's settings of it.
    """

    partitions: int
    replication_factor: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TopicChange:
    """One change of one topic.

    Attributes:
        topic: the topic.
        kind: what is done; ``refused`` if it cannot be done.
        what: what changes, such as ``partitions``.
        found: as it is; empty if the topic is missing.
        wanted: as it will be.
        consequence: what that means for who reads or writes it, or why it is refused and what to do.
    """

    topic: str
    kind: Kind
    what: str
    found: str
    wanted: str
    consequence: str = ""


def plan_topics(wanted: Iterable[WantedTopic], found: Mapping[str, TopicState]) -> list[TopicChange]:
    """Return what has to change, in the order of the topics wanted.

    Args:
        wanted: the topics as they should be.
        found: those that exist.
    """
    changes: list[TopicChange] = []
    for topic in wanted:
        state = found.get(topic.name)
        if state is None:
            shape = f"{topic.partitions} partitions, {topic.replication_factor} replicas"
            told = ", ".join(f"{name}={value}" for name, value in sorted(topic.config.items()))
            changes.append(TopicChange(topic.name, "create", "topic", "", f"{shape}, {told}"))
        else:
            changes += [*_partition_changes(topic, state), *_replica_changes(topic, state)]
            changes += _config_changes(topic, state)
    return changes


def read_topics(bootstrap_servers: Brokers, names: Iterable[str]) -> dict[str, TopicState]:
    """Return the topics of these names that exist.

    Raises:
        ServerAway: no broker answers.
        Fatal: it does not let this user in, or not see a topic's settings.
    """
    admin = AdminClient(client_config(bootstrap_servers))
    try:
        existing = admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
        there = [name for name in names if name in existing]
        configs = _read_configs(admin, there)
    except KafkaException as error:
        raise broker_away(bootstrap_servers, error) from error
    return {
        name: TopicState(
            partitions=len(existing[name].partitions),
            replication_factor=min(len(part.replicas) for part in existing[name].partitions.values()),
            config=configs[name],
        )
        for name in there
    }


def apply_changes(
    bootstrap_servers: Brokers, changes: Iterable[TopicChange], wanted: Iterable[WantedTopic]
) -> None:
    """Make the changes of a plan that are not refused; what was done stays done if a later one fails.

    Args:
        bootstrap_servers: the brokers.
        changes: the plan.
        wanted: the topics that it was made for.

    Raises:
        ServerAway: no broker answers.
        Fatal: the broker refuses a change.
    """
    admin = AdminClient(client_config(bootstrap_servers))
    by_name = {topic.name: topic for topic in wanted}
    for change in changes:
        topic = by_name[change.topic]
        try:
            if change.kind == "create":
                _create(admin, topic)
            elif change.kind == "add partitions":
                grown = NewPartitions(topic.name, topic.partitions)
                admin.create_partitions([grown], request_timeout=_TIMEOUT_SECONDS)[topic.name].result()
            elif change.kind == "configure":
                _configure(admin, topic.name, change.what, change.wanted)
        except KafkaException as error:
            raise _refused(bootstrap_servers, change, error) from error


def _partition_changes(topic: WantedTopic, state: TopicState) -> list[TopicChange]:
    found, wanted = str(state.partitions), str(topic.partitions)
    if topic.partitions < state.partitions:
        why = f"Kafka takes no partitions away: set CROSSCURRENT_KAFKA__PARTITIONS to {found} or more"
        return [TopicChange(topic.name, "refused", "partitions", found, wanted, why)]
    # one of a compacted topic is enough for what is kept there, so more are not asked for
    if topic.partitions == state.partitions or topic.compacted:
        return []
    means = (
        "keys move: the next messages of a key may go to another partition than its earlier ones, so their order "
        "is kept before and after the change, not across it; no message is lost or doubled"
    )
    return [TopicChange(topic.name, "add partitions", "partitions", found, wanted, means)]


def _replica_changes(topic: WantedTopic, state: TopicState) -> list[TopicChange]:
    if topic.replication_factor == state.replication_factor:
        return []
    why = (
        "replicas are moved by an administrator, with kafka-reassign-partitions; or set "
        f"CROSSCURRENT_KAFKA__REPLICATION_FACTOR to {state.replication_factor}"
    )
    found, wanted = str(state.replication_factor), str(topic.replication_factor)
    return [TopicChange(topic.name, "refused", "replicas", found, wanted, why)]


def _config_changes(topic: WantedTopic, state: TopicState) -> list[TopicChange]:
    return [
        TopicChange(
            topic.name, "configure", name, state.config.get(name, ""), value, _means(name, state, value)
        )
        for name, value in sorted(topic.config.items())
        if state.config.get(name) != value
    ]


def _means(name: str, state: TopicState, value: str) -> str:
    if name in _RETENTION and _is_less(value, state.config.get(name, "")):
        return (
            "what is older or more than that is deleted soon; see `crosscurrent status` for what lags before"
        )
    if name == "cleanup.policy" and value == _COMPACT:
        return "all but the newest message of each key is deleted soon"
    if name == "min.insync.replicas":
        return "writes wait while fewer replicas than that are there"
    return ""


def _is_less(value: str, before: str) -> bool:
    """Return whether a bound is lower than before; -1 is none."""
    try:
        was = int(before)
    except ValueError:
        return True
    return was < 0 or int(value) < was


def _read_configs(admin: AdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in names]
    answers = admin.describe_configs(resources, request_timeout=_TIMEOUT_SECONDS)
    return {
        resource.name: {name: str(entry.value) for name, entry in future.result().items()}
        for resource, future in answers.items()
    }


def _create(admin: AdminClient, topic: WantedTopic) -> None:
    made = AdminNewTopic(topic.name, topic.partitions, topic.replication_factor, config=dict(topic.config))
    admin.create_topics([made], request_timeout=_TIMEOUT_SECONDS)[topic.name].result()


def _configure(admin: AdminClient, topic: str, name: str, value: str) -> None:
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
    for future in admin.incremental_alter_configs([resource], request_timeout=_TIMEOUT_SECONDS).values():
        future.result()


def _refused(bootstrap_servers: Brokers, change: TopicChange, error: KafkaException) -> CrosscurrentError:
    reason = error.args[0]
    if reason.code() in FORBIDDEN_CODES:
        return forbidden(bootstrap_servers, reason, f"topic {change.topic}")
    if reason.code() == KafkaError._UNSUPPORTED_FEATURE:
        return Fatal(
            f"this broker cannot {change.kind} {change.topic}: {reason.str()}",
            expected="Apache Kafka; the embedded Tansu only creates topics",
            todo="move this home to Kafka, with `crosscurrent up --broker kafka --move`",
            topic=change.topic,
        )
    if reason.code() < 0:  # librdkafka's own: it did not get as far as a broker
        return broker_away(bootstrap_servers, error)
    return Fatal(
        f"the broker refuses to {change.kind} {change.topic}: {reason.str()}",
        expected=f"{change.what} {change.wanted}",
        todo="look at the broker's limits and log, then make the plan again",
        topic=change.topic,
    )
