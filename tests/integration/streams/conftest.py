"""A real broker, the worker as a process of its own, and what is on the topics."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from crosscurrent.kafka import read_to_end
from schemas.codec import Codec, Record
from tests.integration.sink.conftest import Broker, make_broker
from tests.integration.sink.fixed_registry import FixedRegistry

# what differs between two runs of the same input
_OF_THE_RUN = {"failed_at", "written_at", "cluster", "offset"}


class Servers(Protocol):
    """A broker to connect to."""

    @property
    def servers(self) -> str: ...


@dataclass
class WorkerProcess:
    """The worker, which can be killed and started again."""

    broker: Servers
    home: Path
    processors: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def registry_away(self) -> Path:
        """While this file is there the registry answers 500."""
        return self.home / "registry-away"

    def start(self) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "CROSSCURRENT_HOME": str(self.home),
            "CROSSCURRENT_LOG_LEVEL": "warning",
            "CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS": self.broker.servers,
            "CROSSCURRENT_KAFKA__SESSION_TIMEOUT_SECONDS": "1",
            "CROSSCURRENT_METRICS__PORT": "0",
            "CROSSCURRENT_WORKER__CHECKPOINT_INTERVAL_SECONDS": "0.2",
            "CROSSCURRENT_CORRELATE__STEP_SECONDS": "60",
            "CROSSCURRENT_CORRELATE__WINDOW_STEPS": "64",
            "CROSSCURRENT_CORRELATE__HOP_STEPS": "8",
            "CROSSCURRENT_CORRELATE__LAG_STEPS_MAX": "4",
            **self.settings,
        }
        module = [sys.executable, "-m", "tests.integration.streams.worker_process"]
        log = (self.home / "worker.log").open("ab")
        self.process = subprocess.Popen(
            [*module, str(self.registry_away), *self.processors], env=environment, stdout=log, stderr=log
        )
        return self.process

    def stop(self) -> int:
        """End the worker as a supervisor does and return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def records(broker: Broker, topic: str) -> list[Record]:
    """Return everything on a topic."""
    codec = Codec(FixedRegistry())
    return [
        codec.decode_topic(topic, message.value()) for message in read_to_end(broker.servers, {(topic, 0): 0})
    ]


def identified(record: Record) -> tuple[str, str]:
    """Return the id of a record and everything in it that does not belong to the run."""
    content = {name: value for name, value in record.to_avro().items() if name not in _OF_THE_RUN}
    return str(content["record_id"]), repr(sorted(content.items()))


def distinct(broker: Broker, topic: str) -> set[tuple[str, str]]:
    """Return id and content of the records on a topic, each once."""
    return {identified(record) for record in records(broker, topic)}


def wait_for_records(worker: WorkerProcess, topic: str, count: int, seconds: float = 120.0) -> None:
    """Wait until a topic holds so many distinct records; fail at once if the worker ends meanwhile."""

    codec, found = Codec(FixedRegistry()), set[str]()
    deadline = time.monotonic() + seconds
    offset = 0
    while len(found) < count:
        for message in read_to_end(worker.broker.servers, {(topic, 0): offset}):
            found.add(codec.decode_topic(topic, message.value()).to_avro()["record_id"])
            offset = message.offset() + 1
        ended = worker.process is not None and worker.process.poll() is not None
        assert not ended, (worker.home / "worker.log").read_text()[-3000:]
        assert time.monotonic() < deadline, f"{len(found)} of {count} records on {topic} after {seconds} s"
        time.sleep(0.1)


@pytest.fixture
def streams_broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    broker = make_broker(request)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def worker(streams_broker: Broker, tmp_path: Path) -> Iterator[WorkerProcess]:
    process = WorkerProcess(streams_broker, tmp_path)
    yield process
    process.kill()
