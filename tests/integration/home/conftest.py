"""A supervisor over fake programs, as a process of its own that can be interrupted and killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from crosscurrent.embedded.home import HomeEvent, HomeState, Layout, read_state
from tests import waiting

SECONDS_MAX = 30.0

wait_until = partial(waiting.wait_until, seconds=SECONDS_MAX)
free_port = waiting.free_port


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


class FakeHome:
    """One run of ``tests.integration.home.fake_home``."""

    def __init__(self, scenario: str, home: Path, port: int) -> None:
        self.layout = Layout.of(home)
        self.port = port
        self.events: list[HomeEvent] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.home.fake_home", scenario, str(home), str(port)],
            stdout=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, kind: str, name: str = "", state: str = "", *, count: int = 1) -> HomeEvent:
        """Return the count-th event of a kind, once it has come."""

        def found() -> list[HomeEvent]:
            return [
                event
                for event in list(self.events)
                if event.kind == kind and name in ("", event.name) and state in ("", event.state)
            ]

        wait_until(lambda: len(found()) >= count, f"{count} × {kind} {name} {state} in {self.events[-5:]}")
        return found()[count - 1]

    def state(self) -> HomeState:
        state = read_state(self.layout)
        assert state is not None
        return state

    def pid(self, name: str) -> int:
        """Return the pid of a process that is ready, once the state file tells it."""

        def found() -> int | None:
            state = read_state(self.layout)
            rows = state.processes if state else []
            return next((row.pid for row in rows if row.name == name and row.state == "ready"), None)

        wait_until(found, f"a pid of {name}")
        pid = found()
        assert pid is not None
        return pid

    def pids(self) -> list[int]:
        """Return all that runs below the supervisor, its guard included."""
        return [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.end()

    def end(self) -> int:
        code = self.process.wait(SECONDS_MAX)
        self._reader.join(SECONDS_MAX)
        return code

    def notes(self) -> list[str]:
        """Return what the programs noted: name and what they did, in order."""
        lines = (self.layout.root.parent / "note.txt").read_text().splitlines()
        return [" ".join(line.split()[:2]) for line in lines]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(HomeEvent.from_json(line))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], FakeHome]]:
    homes: list[FakeHome] = []

    def begin(scenario: str, *, port: int | None = None, home: Path | None = None) -> FakeHome:
        homes.append(FakeHome(scenario, home or tmp_path / "home", port or free_port()))
        return homes[-1]

    yield begin
    for home in homes:
        home.process.kill()
        home.process.wait()
