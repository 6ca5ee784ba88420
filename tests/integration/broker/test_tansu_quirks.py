"""What Tansu does today that Kafka does not. Each test fails when a version comes that does it right.

Then the work-around that its message names can go, and the test with it.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from crosscurrent.embedded.broker import Tansu, cluster_id
from crosscurrent.kafka import high_watermarks
from crosscurrent.kafka.client import client_config

WAIT_SECONDS = 10.0
ACKNOWLEDGED_MESSAGES = 100_000


class Broker:
    """One Tansu, which can be started again."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.servers = f"127.0.0.1:{self.port}"
        self.start("life-1")

    def start(self, cluster: str) -> None:
        command = Tansu().command(host="127.0.0.1", port=self.port, cluster=cluster, data=Path())
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT_SECONDS
        while self.cluster() != cluster:
            assert time.monotonic() < deadline, "Tansu does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def cluster(self) -> str:
        try:
            return asyncio.run(cluster_id("127.0.0.1", self.port, timeout_seconds=1.0))
        except OSError:
            return ""

    def client(self, **config: object) -> dict[str, object]:
        return {**client_config(self.servers), **{name.replace("_", "."): v for name, v in config.items()}}

    def create(self, topic: str, config: Mapping[str, str] | None = None) -> str:
        admin = AdminClient(self.client())
        for future in admin.create_topics([NewTopic(topic, 1, 1, config=dict(config or {}))]).values():
            future.result()
        return topic

    def publish(self, topic: str, count: int, key: bytes | None = None) -> None:
        """Publish that many messages in one batch."""
        producer = Producer(self.client(linger_ms=100))
        for index in range(count):
            producer.produce(topic, str(index).encode(), key)
        assert producer.flush(WAIT_SECONDS) == 0

    def read(self, topic: str, **config: object) -> list[bytes]:
        """Return the values from the beginning to the end."""
        consumer = Consumer(self.client(group_id="read", enable_partition_eof=True, **config))
        try:
            consumer.assign([TopicPartition(topic, 0, 0)])
            values: list[bytes] = []
            while True:
                message = consumer.poll(WAIT_SECONDS)
                assert message is not None, f"no end of {topic}"
                if message.error():
                    return values
                values.append(message.value())
        finally:
            consumer.close()

    def join_seconds(self, topic: str, session_seconds: float) -> float:
        """Return how long a lone member waits for its partitions."""
        consumer = Consumer(
            self.client(
                group_id=f"join-{session_seconds}",
                session_timeout_ms=int(session_seconds * 1000),
                heartbeat_interval_ms=int(session_seconds * 300),
            )
        )
        began = time.monotonic()
        try:
            consumer.subscribe([topic])
            while not consumer.assignment():
                assert time.monotonic() - began < WAIT_SECONDS, "no assignment"
                consumer.poll(0.05)
            return time.monotonic() - began
        finally:
            consumer.close()


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    broker.stop()


def test_list_offsets_latest_answers_base_of_last_batch_plus_one(broker: Broker) -> None:
    topic = broker.create("latest")
    broker.publish(topic, 10)
    broker.publish(topic, 5)
    admin = AdminClient(broker.client())
    answered = admin.list_offsets({TopicPartition(topic, 0): OffsetSpec.latest()})
    latest = next(iter(answered.values())).result(WAIT_SECONDS).offset
    assert latest == 11, f"latest is {latest}; if 15, kafka/watermarks.py may ask ListOffsets alone"


def test_high_watermark_of_a_fetch_is_right_after_a_batch(broker: Broker) -> None:
    topic = broker.create("watermark")
    broker.publish(topic, 10)
    broker.publish(topic, 5)
    assert high_watermarks(broker.servers, [topic]) == {(topic, 0): 15}


def test_high_watermark_is_told_while_the_topic_is_written_without_a_pause(broker: Broker) -> None:
    topic = broker.create("written")
    producer = Producer(broker.client())
    acknowledged: list[int] = []
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            producer.produce(
                topic, b"x" * 100, on_delivery=lambda _, message: acknowledged.append(message.offset())
            )
            producer.poll(0)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(acknowledged) < 1000:
            time.sleep(0.01)
        before = acknowledged[-1] + 1
        told = high_watermarks(broker.servers, [topic])[(topic, 0)]
    finally:
        ended.set()
        writer.join()
        producer.flush(WAIT_SECONDS)
    assert before <= told <= acknowledged[-1] + 1


def test_offset_of_a_time_after_the_last_message_is_zero_instead_of_the_end(broker: Broker) -> None:
    topic = broker.create("times")
    broker.publish(topic, 10)
    consumer = Consumer(broker.client(group_id="times"))
    later = TopicPartition(topic, 0, int(time.time() * 1000) + 60_000)
    (found,) = consumer.offsets_for_times([later], timeout=WAIT_SECONDS)
    consumer.close()
    assert found.offset == 0, f"{found.offset}; Kafka says the end (-1): seeking by time may be trusted"


def test_retention_is_not_enforced_within_seconds(broker: Broker) -> None:
    config = {"retention.ms": "100", "retention.bytes": "1", "segment.ms": "100"}
    topic = broker.create("retention", config)
    broker.publish(topic, 50)
    time.sleep(1.5)
    broker.publish(topic, 1)
    left = len(broker.read(topic))
    assert left == 51, f"{left} of 51 left: memory may be bounded by retention instead of a rollover"


def test_compaction_is_not_enforced_within_seconds(broker: Broker) -> None:
    config = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "segment.ms": "100"}
    topic = broker.create("compaction", config)
    broker.publish(topic, 50, b"one key")
    time.sleep(1.5)
    broker.publish(topic, 1, b"one key")
    left = len(broker.read(topic))
    assert left == 51, f"{left} of 51 left: state topics no longer grow by every change"


def test_aborted_transaction_is_not_hidden_from_read_committed(broker: Broker) -> None:
    topic = broker.create("aborted")
    producer = Producer(broker.client(transactional_id="quirk"))
    producer.init_transactions(WAIT_SECONDS)
    producer.begin_transaction()
    producer.produce(topic, b"aborted")
    producer.flush(WAIT_SECONDS)
    producer.abort_transaction(WAIT_SECONDS)
    seen = broker.read(topic, isolation_level="read_committed")
    assert seen == [b"aborted"], f"{seen}: transactions isolate now, the docs must no longer warn"


def test_delete_records_breaks_its_connection_and_deletes_nothing(broker: Broker) -> None:
    topic = broker.create("delete")
    broker.publish(topic, 5)
    admin = AdminClient(broker.client())
    (future,) = admin.delete_records([TopicPartition(topic, 0, 3)], request_timeout=WAIT_SECONDS).values()
    with pytest.raises(KafkaException, match="_TRANSPORT"):
        future.result(WAIT_SECONDS)
    left = len(broker.read(topic))
    assert left == 5, f"{left} of 5 left: memory may be bounded by DeleteRecords instead of a rollover"


def test_group_join_takes_half_the_session_timeout(broker: Broker) -> None:
    topic = broker.create("join")
    short, long = (broker.join_seconds(topic, session) for session in (1.5, 6.0))
    assert 2.5 < long < 4.5, f"{long:.1f} s for 6 s: the short session timeout of Tansu may go"
    assert short < 1.6, f"{short:.1f} s: the home starts slower than it need"


def test_acknowledged_messages_are_all_there_once(broker: Broker) -> None:
    topic = broker.create("acknowledged")
    acknowledged: list[int] = []
    producer = Producer(broker.client(enable_idempotence=True, acks="all", linger_ms=5))
    for index in range(ACKNOWLEDGED_MESSAGES):
        while True:
            try:
                producer.produce(
                    topic,
                    str(index).encode(),
                    on_delivery=lambda error, message: acknowledged.append(-1 if error else message.offset()),
                )
                break
            except BufferError:
                producer.poll(0.01)
    assert producer.flush(WAIT_SECONDS) == 0
    values = broker.read(topic)
    assert sorted(acknowledged) == list(range(ACKNOWLEDGED_MESSAGES))
    assert values == [str(index).encode() for index in range(ACKNOWLEDGED_MESSAGES)]


def test_restart_forgets_every_topic_and_group() -> None:
    broker = Broker()
    topic = broker.create("forgotten")
    broker.publish(topic, 5)
    broker.stop()
    broker.start("life-2")
    topics = set(AdminClient(broker.client()).list_topics(timeout=WAIT_SECONDS).topics)
    broker.stop()
    assert topic not in topics, "Tansu keeps its topics: `restore` after a start may go"
