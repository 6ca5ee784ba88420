"""Our clients against Kafka in production form: three brokers, TLS, SCRAM, ACLs."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AclOperation, ConfigResource, ResourceType
from pydantic import SecretStr

from crosscurrent.errors import CrosscurrentError, Fatal, Transient
from crosscurrent.kafka import (
    NewTopic,
    Producer,
    WantedTopic,
    apply_changes,
    ensure_topics,
    high_watermarks,
    plan_topics,
    read_to_end,
    read_topics,
)
from crosscurrent.kafka_access import KafkaAccess
from crosscurrent.settings import KafkaSettings, Settings
from schemas.codec import Codec
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.integration.streams.conftest import WorkerProcess
from tests.integration.streams.workload import minutes
from tests.kafka_cluster import Authority, KafkaCluster
from tests.waiting import free_port, wait_until

pytestmark = pytest.mark.integration

USER, PASSWORD = "crosscurrent", "right horse"
STRANGER = "stranger"
# as docs/how-to/use-your-own-kafka.md says
PLAIN_TOPICS = (
    *("entities", "observations", "correlations", "anomalies"),
    *("schema-drift", "connector-state", "processor-state"),
)
EVENTS = 5


@pytest.fixture
def quick_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait long for an answer that cannot come."""
    monkeypatch.setattr("crosscurrent.kafka.watermarks._TIMEOUT_SECONDS", 1.0)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    cluster = KafkaCluster(tmp_path_factory.mktemp("cluster"))
    cluster.start()
    for user in (USER, STRANGER):
        cluster.add_user(user, PASSWORD)
    topic = (AclOperation.CREATE, AclOperation.DESCRIBE, AclOperation.READ, AclOperation.WRITE)
    # each prefix is one that the how-to names
    for prefix in ("raw.", "dead-letter.", *PLAIN_TOPICS):
        cluster.grant(USER, ResourceType.TOPIC, prefix, *topic)
    cluster.grant(USER, ResourceType.GROUP, "crosscurrent-", AclOperation.READ)
    cluster.grant(STRANGER, ResourceType.TOPIC, "raw.", AclOperation.DESCRIBE)
    cluster.grant(STRANGER, ResourceType.GROUP, "crosscurrent-", AclOperation.READ)
    yield cluster
    cluster.kill()


def kafka_settings(cluster: KafkaCluster, **changes: Any) -> KafkaSettings:
    given = {
        "bootstrap_servers": cluster.servers,
        "security_protocol": "SASL_SSL",
        "sasl_username": USER,
        "sasl_password": SecretStr(PASSWORD),
        "ssl_ca_location": cluster.authority.certificate_file,
    }
    return KafkaSettings(**{**given, **changes})


def access(cluster: KafkaCluster, **changes: Any) -> KafkaAccess:
    return Settings(kafka=kafka_settings(cluster, **changes)).brokers


def metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text: bytes = answer.read()
        return text.decode()


def make_topic(brokers: KafkaAccess, name: str) -> str:
    ensure_topics(brokers, [NewTopic(name)], partitions=1, replication_factor=3)
    return name


def publish(brokers: KafkaAccess, topic: str, *values: bytes, seconds: float = 20.0) -> None:
    async def send() -> None:
        producer = Producer(brokers, delivery_timeout_seconds=seconds)
        try:
            futures = [await producer.enqueue(topic, key=b"k", value=value, headers={}) for value in values]
            await asyncio.gather(*futures)
        finally:
            producer.close()

    asyncio.run(send())


def told(raised: pytest.ExceptionInfo[CrosscurrentError]) -> CrosscurrentError:
    """Return an error that says all three things, and no secret."""
    error = raised.value
    assert error.found
    assert error.expected
    assert error.todo
    assert PASSWORD not in str(error)
    return error


def test_user_with_rights_creates_writes_and_reads_topics_of_three_replicas(cluster: KafkaCluster) -> None:
    brokers = access(cluster)
    topic = make_topic(brokers, "raw.allowed")
    publish(brokers, topic, b"one", b"two")
    assert high_watermarks(brokers, [topic]) == {(topic, 0): 2}
    assert [message.value() for message in read_to_end(brokers, {(topic, 0): 0})] == [b"one", b"two"]
    admin = cluster.admin()
    described = admin.list_topics(timeout=5.0).topics[topic]
    assert len(described.partitions[0].replicas) == 3
    asked = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)])
    assert next(iter(asked.values())).result()["min.insync.replicas"].value == "2"


@pytest.mark.usefixtures("quick_refusal")
def test_wrong_password_is_told_with_the_user(cluster: KafkaCluster) -> None:
    with pytest.raises(Fatal) as raised:
        high_watermarks(access(cluster, sasl_password=SecretStr("wrong")), ["raw.allowed"])
    error = told(raised)
    assert f"does not accept the user {USER}" in error.found
    assert "SASL_PASSWORD" in error.todo


@pytest.mark.usefixtures("quick_refusal")
def test_certificate_of_another_authority_is_told_with_the_file(
    cluster: KafkaCluster, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "other").certificate_file
    with pytest.raises(Fatal) as raised:
        high_watermarks(access(cluster, ssl_ca_location=other), ["raw.allowed"])
    error = told(raised)
    assert "no trusted connection" in error.found
    assert str(other) in error.expected
    assert "SSL_CA_LOCATION" in error.todo


def test_each_right_that_is_missing_is_told_with_user_and_topic(cluster: KafkaCluster) -> None:
    topic = make_topic(access(cluster), "raw.forbidden")
    stranger = access(cluster, sasl_username=STRANGER)
    with pytest.raises(Fatal) as raised:
        publish(stranger, topic, b"one")
    assert f"does not let the user {STRANGER}" in told(raised).found
    with pytest.raises(Fatal) as raised:
        list(read_to_end(stranger, {(topic, 0): 0}))
    assert topic in told(raised).found
    with pytest.raises(Fatal) as raised:
        make_topic(stranger, "raw.mine")
    error = told(raised)
    assert "topic raw.mine" in error.found
    assert f"User:{STRANGER}" in error.todo


def test_faust_and_our_clients_process_with_the_rights_that_the_documentation_names(
    cluster: KafkaCluster, tmp_path: Path
) -> None:
    codec = Codec(FixedRegistry())
    brokers = access(cluster)
    make_topic(brokers, "raw.github")
    values = [
        event if isinstance(event, bytes) else codec.encode(topic, event) for topic, event in minutes(EVENTS)
    ]
    publish(brokers, "raw.github", *values)
    kafka, port = "CROSSCURRENT_KAFKA__", free_port()
    worker = WorkerProcess(
        cluster,
        tmp_path,
        ("normalise",),
        {
            f"{kafka}SECURITY_PROTOCOL": "SASL_SSL",
            f"{kafka}SASL_USERNAME": USER,
            f"{kafka}SASL_PASSWORD": PASSWORD,
            f"{kafka}SSL_CA_LOCATION": str(cluster.authority.certificate_file),
            f"{kafka}REPLICATION_FACTOR": "3",
            f"{kafka}INSTANCE_ID": "normalise-0",
            f"{kafka}SESSION_TIMEOUT_SECONDS": "6",
            "CROSSCURRENT_METRICS__PORT": str(port),
        },
    )
    worker.start()
    try:

        def processed() -> bool:
            assert worker.process is not None
            assert worker.process.poll() is None, (tmp_path / "worker.log").read_text()[-3000:]
            return high_watermarks(brokers, ["observations"]).get(("observations", 0), 0) == EVENTS

        wait_until(processed, "every event is observations", seconds=120)
        lag = 'stream_lag_messages{partition="0",processor="normalise",topic="raw.github"} 0.0'
        wait_until(lambda: lag in metrics(port), "the metrics say that nothing lags")
        assert worker.stop() == 0
    finally:
        worker.kill()


def test_topics_are_planned_grown_and_configured(cluster: KafkaCluster) -> None:
    name = "raw.grown"

    def wanted(partitions: int, **changes: Any) -> list[WantedTopic]:
        config = kafka_settings(cluster, replication_factor=3, **changes).topic_config(compacted=False)
        return [WantedTopic(name, partitions, 3, config)]

    for partitions, kinds in ((1, ["create"]), (3, ["add partitions", "configure"]), (1, ["refused"])):
        topics = wanted(partitions, retention_hours=24.0 if partitions == 1 else 48.0)
        if kinds == ["refused"]:
            topics = wanted(partitions, retention_hours=48.0)
        changes = plan_topics(topics, read_topics(cluster.open_servers, [name]))
        assert [change.kind for change in changes] == kinds
        if kinds != ["refused"]:
            apply_changes(cluster.open_servers, changes, topics)
            wait_until(
                lambda topics=topics: not plan_topics(topics, read_topics(cluster.open_servers, [name])),  # type: ignore[misc]
                "the topic is as wanted",
            )


def test_user_without_the_right_to_change_topics_is_told_so(cluster: KafkaCluster) -> None:
    topic = make_topic(access(cluster), "raw.kept")
    config = kafka_settings(cluster).topic_config(compacted=False)
    topics = [WantedTopic(topic, 2, 3, config)]
    changes = plan_topics(topics, read_topics(cluster.open_servers, [topic]))
    with pytest.raises(Fatal) as raised:
        apply_changes(access(cluster), changes, topics)
    assert f"does not let the user {USER}" in told(raised).found


def test_writes_go_on_without_one_broker_and_are_not_acknowledged_without_two(cluster: KafkaCluster) -> None:
    brokers = access(cluster)
    topic = make_topic(brokers, "raw.replicated")
    publish(brokers, topic, b"three")
    cluster.kill_node(2)
    publish(brokers, topic, b"two")
    cluster.kill_node(1)
    with pytest.raises(Transient, match="was not acknowledged"):
        publish(brokers, topic, b"one", seconds=2.0)
    for node in (1, 2):
        cluster.start_node(node)
    wait_until(lambda: cluster.brokers() == 3, "three brokers again", seconds=120)
    read = [message.value() for message in read_to_end(brokers, {(topic, 0): 0})]
    # what was not acknowledged may have been taken, but what was acknowledged is there once
    assert read[:2] == [b"three", b"two"]
