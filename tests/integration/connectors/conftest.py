"""The played vendors, a broker, and connectors as processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import orjson
import pytest
from confluent_kafka import Consumer, TopicPartition

from connectors.kit.process import Runtime, run_until
from connectors.registry import connector_named
from crosscurrent.kafka import NewTopic, ensure_topics
from crosscurrent.settings import KafkaSettings, MetricsSettings, Settings, SourceSettings
from schemas.codec import Codec
from schemas.records import ConnectorState, DeadLetter, RawEvent
from tests.integration.sink.conftest import Broker
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.waiting import free_port, wait_until

REPOSITORY = Path(__file__).resolve().parents[3]
TOKEN = "gh-t0ken-that-must-not-show"
KEY = "0wm-k3y-that-must-not-show"
SAILBENCH = "quillfen-works/sailbench"
WAIT_SECONDS = 60.0
READ_SECONDS = 5.0
Section = dict[str, Any]
Started = TypeVar("Started", "ConnectorThread", "ConnectorProcess")
RECORDS: dict[str, type[Any]] = {
    "raw.github": RawEvent,
    "raw.openweathermap": RawEvent,
    "raw.pokeapi": RawEvent,
    "connector-state": ConnectorState,
    "dead-letter.connector": DeadLetter,
}


class World:
    """The played vendors as a process."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "crosscurrent.embedded.world", "--port", "0", *arguments],
            stderr=subprocess.PIPE,
            cwd=REPOSITORY,
        )
        assert self._process.stderr
        started = orjson.loads(self._process.stderr.readline())
        self.url = str(started["address"])
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def state(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get("/_world/state").json()
        return answer

    def requests(self, vendor: str) -> dict[str, int]:
        counts: dict[str, int] = self.state()["requests"][vendor]
        return counts

    def advance(self, seconds: float = 3600) -> None:
        self.client.post("/_world/advance", json={"seconds": seconds}).raise_for_status()

    def fault(self, vendor: str, kind: str, **more: object) -> None:
        request = {"vendor": vendor, "kind": kind, **more}
        self.client.post("/_world/faults", json=request).raise_for_status()

    def close(self) -> None:
        self.client.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stderr
        self._process.stderr.close()


@dataclass(frozen=True)
class Read:
    """Everything that was published for connectors."""

    events: list[RawEvent]
    states: list[ConnectorState]
    letters: list[DeadLetter]
    offsets: list[int]
    bytes_of_all: bytes

    def last_state(self, request_key: str) -> ConnectorState | None:
        return next((state for state in reversed(self.states) if state.request_key == request_key), None)

    def outcomes(self, request_key: str) -> list[str]:
        return [state.outcome for state in self.states if state.request_key == request_key]


class Reader:
    """Follows what connectors publish; each message is read and decoded once."""

    def __init__(self, servers: str) -> None:
        self._codec = Codec(FixedRegistry())
        self._consumer = Consumer(
            {
                "bootstrap.servers": servers,
                "group.id": "connector-tests",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 10,
                "fetch.message.max.bytes": 64 * 1024 * 1024,
            }
        )
        topics = [NewTopic(name, name == "connector-state") for name in RECORDS]
        ensure_topics(servers, topics, partitions=1, replication_factor=1)
        self._consumer.assign([TopicPartition(name, 0, 0) for name in RECORDS])
        self._behind = set(RECORDS)
        self._messages: list[tuple[str, int, Any, bytes]] = []

    def read(self, source: str, tenant: str) -> Read:
        deadline = time.monotonic() + READ_SECONDS
        silent_polls = 0
        # an end is told again only after a further message
        while time.monotonic() < deadline and (self._behind or silent_polls < 2):
            message = self._consumer.poll(0.05)
            silent_polls = silent_polls + 1 if message is None else 0
            if message is None:
                continue
            if message.error():
                self._behind.discard(message.topic())
            else:
                self._behind.add(message.topic())
                self._take(message)
        return self._of(source, tenant)

    def _take(self, message: Any) -> None:
        whole = (message.key() or b"") + (message.value() or b"") + repr(message.headers()).encode()
        record = self._codec.decode(RECORDS[message.topic()], message.value())
        self._messages.append((message.topic(), message.offset(), record, whole))

    def _of(self, source: str, tenant: str) -> Read:
        own = [message for message in self._messages if message[2].tenant == tenant]
        records: dict[type[Any], list[Any]] = {RawEvent: [], ConnectorState: [], DeadLetter: []}
        for _, _, record, _ in own:
            records[type(record)].append(record)
        offsets = [offset for topic, offset, _, _ in own if topic == f"raw.{source}"]
        return Read(
            records[RawEvent],
            records[ConnectorState],
            records[DeadLetter],
            offsets,
            b"".join(whole for *_, whole in own),
        )

    def close(self) -> None:
        self._consumer.close()


class Running:
    """A connector that runs, and what it has published."""

    def __init__(self, source: str, tenant: str, reader: Reader) -> None:
        self.source = source
        self.tenant = tenant
        self.metrics_port = free_port()
        self._topics = reader

    def read(self) -> Read:
        return self._topics.read(self.source, self.tenant)

    def metrics(self) -> str:
        return httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics").text

    def readiness(self) -> tuple[int, str]:
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.metrics_port}/readyz")
        except httpx.TransportError:
            return 0, ""
        return answer.status_code, answer.text

    def wait_ready(self) -> None:
        wait_for(lambda: self.readiness()[0] == 200, f"{self.source} is ready")


class ConnectorThread(Running):
    """A connector in a thread of this process: as it runs in one of its own, but for signals and kills."""

    def __init__(self, source: str, servers: str, tenant: str, reader: Reader, section: Section) -> None:
        super().__init__(source, tenant, reader)
        settings = Settings(
            tenant=tenant,
            kafka=KafkaSettings(bootstrap_servers=servers),
            metrics=MetricsSettings(port=self.metrics_port),
            sources={source: SourceSettings.model_validate(section)},
        )
        runtime = Runtime(connector_named(source), settings, Codec(FixedRegistry()))
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, args=(runtime,), daemon=True)
        self._thread.start()

    def _run(self, runtime: Runtime) -> None:
        self._loop.run_until_complete(
            run_until(self._stop, [runtime], MetricsSettings(port=self.metrics_port))
        )
        self._loop.close()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(20)
        assert not self._thread.is_alive()


class ConnectorProcess(Running):
    """A connector in a process of its own, whose log is kept."""

    def __init__(
        self,
        source: str,
        servers: str,
        tenant: str,
        reader: Reader,
        section: Section,
        die_before_state: int = 0,
    ) -> None:
        super().__init__(source, tenant, reader)
        self.log: list[str] = []
        prefix = f"CROSSCURRENT_SOURCES__{source.upper()}__"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.integration.connectors.connector_process"),
                *(source, str(die_before_state)),
            ],
            env={
                **os.environ,
                "CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS": servers,
                "CROSSCURRENT_TENANT": tenant,
                "CROSSCURRENT_METRICS__PORT": str(self.metrics_port),
                **{prefix + name.upper(): as_variable(value) for name, value in section.items()},
            },
            cwd=REPOSITORY,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._log_reader = threading.Thread(target=self._read_log, daemon=True)
        self._log_reader.start()

    def _read_log(self) -> None:
        assert self.process.stderr
        self.log.extend(self.process.stderr)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(20)
        self._log_reader.join(5)
        return code

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log_reader.join(5)


def as_variable(value: object) -> str:
    return json.dumps(value) if isinstance(value, list) else str(value)


class Connectors:
    """Starts connectors and ends them with the test; each has a tenant of its own unless it is given one."""

    def __init__(self, servers: str, reader: Reader) -> None:
        self.servers = servers
        self._reader = reader
        self._started: list[ConnectorThread | ConnectorProcess] = []

    def thread(self, source: str, base_url: str, *, tenant: str = "", **section: object) -> ConnectorThread:
        return self._keep(
            ConnectorThread(
                source, self.servers, tenant or new_tenant(), self._reader, filled(base_url, section)
            )
        )

    def process(
        self, source: str, base_url: str, *, tenant: str = "", die_before_state: int = 0, **section: object
    ) -> ConnectorProcess:
        return self._keep(
            ConnectorProcess(
                source,
                self.servers,
                tenant or new_tenant(),
                self._reader,
                filled(base_url, section),
                die_before_state,
            )
        )

    def github(
        self,
        world: World,
        targets: Sequence[str] = (SAILBENCH,),
        *,
        tenant: str = "",
        token: str | None = TOKEN,
        **section: object,
    ) -> ConnectorThread:
        url = f"{world.url}/github"
        return self.thread("github", url, tenant=tenant, targets=list(targets), token=token, **section)

    def github_process(
        self, world: World, *, tenant: str = "", die_before_state: int = 0
    ) -> ConnectorProcess:
        return self.process(
            "github",
            f"{world.url}/github",
            tenant=tenant,
            die_before_state=die_before_state,
            targets=[SAILBENCH],
            token=TOKEN,
        )

    def close(self) -> None:
        for connector in self._started:
            connector.stop()

    def _keep(self, connector: Started) -> Started:
        self._started.append(connector)
        return connector


def wait_for(condition: Callable[[], object], what: str) -> None:
    wait_until(condition, what, WAIT_SECONDS)


def new_tenant() -> str:
    return f"t{uuid.uuid4().hex[:8]}"


def filled(base_url: str, section: Section) -> Section:
    """A source's settings, fast unless told otherwise."""
    fast = {"base_url": base_url, "poll_interval_seconds": 0.2, "requests_per_minute_max": 60_000}
    return {name: value for name, value in {**fast, **section}.items() if value is not None}


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    world = World(
        *("--manual", "--github-token", TOKEN, "--openweathermap-key", KEY),
        *("--github-limit", "1000000", "--openweathermap-limit", "1000000"),
    )
    yield world
    world.close()


@pytest.fixture(scope="session")
def connector_broker() -> Iterator[tuple[str, Reader]]:
    broker = Broker()
    broker.start()
    reader = Reader(broker.servers)
    yield broker.servers, reader
    reader.close()
    broker.stop()


@pytest.fixture
def start(connector_broker: tuple[str, Reader]) -> Iterator[Connectors]:
    start = Connectors(*connector_broker)
    yield start
    start.close()
