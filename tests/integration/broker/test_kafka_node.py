"""What the embedded Kafka does that Tansu does not: it keeps its log, and retention, compaction, transactions are real."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import NewTopic as AdminNewTopic

from crosscurrent.kafka import high_watermarks, topic_lives
from crosscurrent.kafka.client import client_config
from tests.kafka_node import KafkaNode
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

WAIT_SECONDS = 20.0


def create(servers: str, config: Mapping[str, str] | None = None) -> str:
    topic = f"t-{uuid.uuid4().hex[:8]}"
    admin = AdminClient(client_config(servers))
    for future in admin.create_topics([AdminNewTopic(topic, 1, 1, config=dict(config or {}))]).values():
        future.result()
    return topic


def publish(servers: str, topic: str, count: int, key: bytes | None = None) -> None:
    producer = Producer({**client_config(servers), "linger.ms": 100})
    for index in range(count):
        producer.produce(topic, str(index).encode() * 100, key)
    assert producer.flush(WAIT_SECONDS) == 0


def kept(servers: str, topic: str) -> int:
    """Return how many messages a reader that begins at the beginning gets."""
    consumer = Consumer({**client_config(servers), "group.id": "kept", "enable.partition.eof": True})
    try:
        begin, _ = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=WAIT_SECONDS)
        consumer.assign([TopicPartition(topic, 0, begin)])
        count = 0
        while True:
            message = consumer.poll(WAIT_SECONDS)
            assert message is not None, f"no end of {topic}"
            if message.error():
                return count
            count += 1
    finally:
        consumer.close()


def test_node_has_log_group_and_cluster_after_it_was_stopped_and_after_it_was_killed(tmp_path: Path) -> None:
    node = KafkaNode(tmp_path)
    node.start()
    try:
        cluster, topic = node.cluster(), create(node.servers)
        publish(node.servers, topic, 5)
        consumer = Consumer({**client_config(node.servers), "group.id": "g"})
        consumer.commit(offsets=[TopicPartition(topic, 0, 3)], asynchronous=False)
        consumer.close()
        lives = topic_lives(node.servers, [topic])
        for end in (node.stop, node.kill):
            end()
            node.start()
            assert node.cluster() == cluster
            assert topic_lives(node.servers, [topic]) == lives
            assert high_watermarks(node.servers, [topic]) == {(topic, 0): 5}
            reader = Consumer({**client_config(node.servers), "group.id": "g"})
            (committed,) = reader.committed([TopicPartition(topic, 0)], timeout=WAIT_SECONDS)
            reader.close()
            assert committed.offset == 3
    finally:
        node.kill()


def test_topic_that_nobody_made_is_not_made_by_writing_to_it(kafka_node: KafkaNode) -> None:
    errors: list[object] = []
    producer = Producer({**client_config(kafka_node.servers), "message.timeout.ms": 500})
    producer.produce("mistyped", b"x", on_delivery=lambda error, _: errors.append(error))
    producer.flush(WAIT_SECONDS)
    # not compared: KafkaError is not comparable with None
    assert [error is None for error in errors] == [False]
    assert high_watermarks(kafka_node.servers, ["mistyped"]) == {}


def test_aborted_transaction_is_hidden_from_read_committed(kafka_node: KafkaNode) -> None:
    topic = create(kafka_node.servers)
    producer = Producer({**client_config(kafka_node.servers), "transactional.id": topic})
    producer.init_transactions(WAIT_SECONDS)
    for end in (producer.abort_transaction, producer.commit_transaction):
        producer.begin_transaction()
        producer.produce(topic, end.__name__.encode())
        producer.flush(WAIT_SECONDS)
        end(WAIT_SECONDS)
    consumer = Consumer(
        {**client_config(kafka_node.servers), "group.id": "t", "isolation.level": "read_committed"}
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    message = consumer.poll(WAIT_SECONDS)
    consumer.close()
    assert message is not None
    assert message.value() == b"commit_transaction"


def test_compaction_keeps_the_latest_of_a_key(kafka_node: KafkaNode) -> None:
    config = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "segment.ms": "50"}
    topic = create(kafka_node.servers, {**config, "max.compaction.lag.ms": "100"})
    for _ in range(3):
        publish(kafka_node.servers, topic, 20, b"one key")

    def compacted() -> bool:
        # the newest segment is never compacted, so another begins
        publish(kafka_node.servers, topic, 1, b"one key")
        return kept(kafka_node.servers, topic) < 20

    wait_until(compacted, "the topic is compacted", seconds=60)
