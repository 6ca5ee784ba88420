"""The plan of changes to topics, without a broker."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from crosscurrent.kafka import TopicChange, TopicState, WantedTopic, plan_topics
from crosscurrent.settings import KafkaSettings


def wanted(compacted: bool = False, **settings: Any) -> WantedTopic:
    kafka = KafkaSettings(**settings)
    config = kafka.topic_config(compacted=compacted)
    return WantedTopic("observations", kafka.partitions, kafka.replication_factor, config)


def found(partitions: int = 1, replicas: int = 1, **config: str) -> TopicState:
    defaults = {"cleanup.policy": "delete", "retention.ms": "604800000", "retention.bytes": "-1"}
    return TopicState(partitions, replicas, defaults | {k.replace("_", "."): v for k, v in config.items()})


def the_change(topic: WantedTopic, state: TopicState) -> TopicChange:
    (change,) = plan_topics([topic], {topic.name: state})
    return change


def test_topic_that_is_as_wanted_is_left_alone() -> None:
    assert plan_topics([wanted()], {"observations": found(min_insync_replicas="2")}) == []


def test_missing_topic_is_created_with_all_that_is_set() -> None:
    (change,) = plan_topics([wanted(partitions=6, replication_factor=3, min_insync_replicas=2)], {})
    assert (change.kind, change.found) == ("create", "")
    assert change.wanted == "6 partitions, 3 replicas, cleanup.policy=delete, min.insync.replicas=2"


def test_partitions_are_added_and_that_keys_move_is_said() -> None:
    change = the_change(wanted(partitions=4), found(partitions=2))
    assert (change.kind, change.what, change.found, change.wanted) == (
        *("add partitions", "partitions"),
        *("2", "4"),
    )
    assert "keys move" in change.consequence


def test_partitions_are_not_taken_away() -> None:
    change = the_change(wanted(partitions=1), found(partitions=2))
    assert change.kind == "refused"
    assert "CROSSCURRENT_KAFKA__PARTITIONS to 2" in change.consequence


def test_compacted_topic_gets_no_more_partitions() -> None:
    state = found(cleanup_policy="compact")
    assert plan_topics([wanted(compacted=True, partitions=4)], {"observations": state}) == []


def test_other_number_of_replicas_is_refused_with_who_can_change_it() -> None:
    change = the_change(wanted(replication_factor=3), found(replicas=1))
    assert change.kind == "refused"
    assert "kafka-reassign-partitions" in change.consequence


@pytest.mark.parametrize(("hours", "deletes"), [(24, True), (24 * 30, False)])
def test_retention_that_becomes_shorter_is_said_to_delete(hours: int, deletes: bool) -> None:
    change = the_change(wanted(retention_hours=hours), found())
    assert (change.kind, change.what, change.wanted) == ("configure", "retention.ms", str(hours * 3_600_000))
    assert ("deleted" in change.consequence) is deletes


def test_bound_of_bytes_after_none_is_said_to_delete() -> None:
    assert "deleted" in the_change(wanted(retention_bytes_max=1 << 30), found()).consequence


def test_retention_is_not_set_on_compacted_topics() -> None:
    assert wanted(compacted=True, retention_hours=1, retention_bytes_max=1 << 30).config == {
        "cleanup.policy": "compact"
    }


def test_more_replicas_in_sync_than_there_are_is_refused() -> None:
    with pytest.raises(ValidationError, match="nothing could be written"):
        KafkaSettings(replication_factor=1, min_insync_replicas=2)
