"""A ClickHouse server for the tests of its HTTP interface: the embedded one, or one whose address is given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.clickhouse.clients import GoBuild, is_here
from tests.waiting import wait_until

READY_SECONDS = 60.0


class EmbeddedServer:
    """The embedded server as a process of its own, on a free port that its log tells."""

    def __init__(self, data: Path, *, password: str = "") -> None:
        self.data = data
        self._log_path = data.parent / f"{data.name}-{uuid.uuid4().hex[:6]}.log"
        environment = {**os.environ, "CROSSCURRENT_CLICKHOUSE__PASSWORD": password}
        with self._log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [*command(), "--port", "0", "--data", str(data), "--log-level", "debug"],
                stderr=log,
                env=environment,
            )
        wait_until(lambda: self.address() or self.process.poll() is not None, "the log tells the address")
        assert self.process.poll() is None, self.log()
        self.url = self.address()

    def log(self) -> str:
        return self._log_path.read_text()

    def address(self) -> str:
        for line in self.log().splitlines():
            if '"clickhouse_started"' in line:
                return str(json.loads(line)["address"])
        return ""

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(READY_SECONDS)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(READY_SECONDS)


def command() -> list[str]:
    return [sys.executable, "-m", "crosscurrent.embedded.clickhouse"]


_FIRST_WORKER = "gw0"
_GO_BUILD = pytest.StashKey[GoBuild]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin to compile what a later test needs."""
    wanted = any("go_build" in getattr(item, "fixturenames", ()) for item in items)
    if not wanted or config.option.collectonly or not is_here("go"):
        return
    # under pytest-xdist every worker collects everything
    worker = getattr(config, "workerinput", {"workerid": _FIRST_WORKER, "testrunuid": uuid.uuid4().hex})
    directory = Path(tempfile.gettempdir()) / f"crosscurrent-go-{worker['testrunuid']}"
    build = config.stash[_GO_BUILD] = GoBuild(directory)
    if worker["workerid"] == _FIRST_WORKER:
        build.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the compilation, unless another worker may still wait for it."""
    build = config.stash.get(_GO_BUILD, None)
    if build is not None and not hasattr(config, "workerinput"):
        build.stop()


@pytest.fixture(scope="session")
def go_build(pytestconfig: pytest.Config) -> Iterator[GoBuild | None]:
    """The Go client, being built; None where Go is not."""
    build = pytestconfig.stash.get(_GO_BUILD, None)
    yield build
    if build is not None:
        build.stop()


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that is shared by the tests."""
    given = os.environ.get("CROSSCURRENT_TEST_CLICKHOUSE_URL")
    if given:
        yield given
        return
    server = EmbeddedServer(tmp_path_factory.mktemp("clickhouse-http") / "data")
    yield server.url
    assert server.stop() == 0, server.log()


@pytest.fixture
def http(server_url: str) -> Iterator[httpx.Client]:
    """Plain HTTP to the server."""
    with httpx.Client(base_url=server_url, timeout=60.0) as client:
        yield client


@pytest.fixture
def table(http: httpx.Client) -> Iterator[str]:
    """A table of two columns, ``a UInt64, b String``."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    made = http.post("/", content=f"CREATE TABLE {name} (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
    assert made.status_code == 200, made.text
    yield name
    http.post("/", content=f"DROP TABLE {name} SYNC")
