"""A whole home on free ports, with the vendors played by a world."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crosscurrent.embedded.home import BackgroundHome, HomeOptions
from crosscurrent.settings import (
    ClickHouseSettings,
    KafkaSettings,
    LiveSettings,
    SchemaRegistrySettings,
    Settings,
)
from tests.waiting import free_ports, wait_until

HOUR_SECONDS = 3600
# of kills, those that take everything at once
EVERYTHING_SHARE = 0.25
UNHINDERED = ("--github-limit", "1000000", "--openweathermap-limit", "1000000")

Rows = list[tuple[object, ...]]


class World:
    """The played vendors, whose time moves only by ``advance`` unless a speed is given.

    Args:
        arguments: further ones of the world's command.
        speed: virtual seconds a real second; none if time is moved by hand.
    """

    def __init__(self, *arguments: str, speed: float | None = None) -> None:
        port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "crosscurrent.embedded.world", "--port", str(port)]
        command += ["--manual"] if speed is None else ["--speed", str(speed)]
        self._process = subprocess.Popen([*command, *arguments], stderr=subprocess.DEVNULL)
        wait_until(self._answers, "the world answers")

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Return the body that a vendor answers."""
        request = urllib.request.Request(self.url + path, headers={"User-Agent": "test", **(headers or {})})
        with urllib.request.urlopen(request, timeout=10) as response:
            body: bytes = response.read()
            return body

    def state(self) -> dict[str, Any]:
        """Return what the world is doing."""
        state: dict[str, Any] = json.loads(self.get("/_world/state"))
        return state

    def advance(self, hours: int = 1) -> None:
        """Move its time."""
        body = json.dumps({"seconds": hours * HOUR_SECONDS}).encode()
        request = urllib.request.Request(f"{self.url}/_world/advance", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=10) as response:
            response.read()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return bool(self.state())
        except OSError:
            return False


class RunningHome:
    """A home whose sources are the vendors of a world.

    Args:
        directory: where the home lies.
        sources: source name to its settings besides the address.
        environment: further settings.
        only: parts to start; all if empty.
        broker: which embedded broker; the home's own if None.
    """

    def __init__(
        self,
        directory: Path,
        world_url: str,
        sources: Mapping[str, Mapping[str, str]],
        environment: Mapping[str, str] | None = None,
        only: tuple[str, ...] = (),
        broker: str | None = None,
    ) -> None:
        kafka, registry, clickhouse, live = free_ports(4)
        self.settings = Settings(
            home=directory,
            kafka=KafkaSettings(embedded_port=kafka),
            schema_registry=SchemaRegistrySettings(embedded_port=registry),
            clickhouse=ClickHouseSettings(embedded_port=clickhouse),
            live=LiveSettings(port=live),
        )
        self.environment = {
            "CROSSCURRENT_KAFKA__EMBEDDED_PORT": str(kafka),
            "CROSSCURRENT_SCHEMA_REGISTRY__EMBEDDED_PORT": str(registry),
            "CROSSCURRENT_CLICKHOUSE__EMBEDDED_PORT": str(clickhouse),
            "CROSSCURRENT_LIVE__PORT": str(live),
            "CROSSCURRENT_HOME": str(directory),
            **(environment or {}),
        }
        for name, section in sources.items():
            prefix = f"CROSSCURRENT_SOURCES__{name.upper()}__"
            given = {"ENABLED": "true", "BASE_URL": f"{world_url}/{name}", "TOKEN": "played", **section}
            self.environment |= {prefix + key: value for key, value in given.items()}
        directory.mkdir(parents=True, exist_ok=True)
        self._options = HomeOptions(sources=tuple(sources), only=only, broker=broker)
        self._home = BackgroundHome(directory, self._options, self.environment, directory=directory)

    def start(self) -> None:
        """Start everything and wait until it is ready."""
        self._home.start()

    def stop(self) -> None:
        """Stop everything cleanly."""
        self._home.stop()

    def move_to(self, broker: str) -> None:
        """Let the next start move the home, which must be stopped, to another broker."""
        options = self._options.model_copy(update={"broker": broker, "move": True})
        self._home = BackgroundHome(self.settings.home, options, self.environment, self.settings.home)

    def pids(self) -> dict[str, int]:
        """Return the processes that run now, by name, what they are forked from included."""
        state = self._home.state()
        if state is None:
            return {}
        forks = {"fork server": state.fork_server_pid} if state.fork_server_pid else {}
        return forks | {p.name: p.pid for p in state.processes if p.pid}

    def kill(self, pid: int) -> None:
        """Kill a process at once."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            # it had just ended by itself, as processes of a home do while another is being replaced
            return

    def kill_everything(self) -> None:
        """Kill the supervisor and everything it runs, at once, and wait until all are gone."""
        state = self._home.state()
        assert state is not None
        pids = [state.pid, *self.pids().values()]
        for pid in pids:
            self.kill(pid)
        wait_until(lambda: not any(_alive(pid) for pid in pids), "everything is gone")

    def kill_something(self, chance: random.Random) -> str:
        """Kill a process, or everything and start it again; return what it was."""
        if chance.random() < EVERYTHING_SHARE:
            self.kill_everything()
            self.start()
            return "everything"
        name, pid = chance.choice(sorted(self.pids().items()))
        self.kill(pid)
        return name

    def rows(self, sql: str) -> Rows:
        """Return rows, or nothing if ClickHouse is away."""
        database = urllib.parse.urlencode({"database": self.settings.clickhouse.database})
        try:
            with urllib.request.urlopen(
                f"{self.settings.clickhouse_url}/?{database}",
                f"{sql} FORMAT JSONCompact".encode(),
                timeout=10,
            ) as response:
                return [tuple(row) for row in json.load(response)["data"]]
        except OSError:
            return []

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line against this home."""
        return subprocess.run(
            [sys.executable, "-m", "crosscurrent", *words],
            env={**os.environ, **self.environment},
            cwd=self.settings.home,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@contextmanager
def running(home: RunningHome) -> Iterator[RunningHome]:
    """Run a home as long as the context lasts."""
    home.start()
    try:
        yield home
    finally:
        home.stop()


def _alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    # a zombie has ended; whoever started it has just not asked yet
    return stat.rpartition(")")[2].split()[0] != "Z"
