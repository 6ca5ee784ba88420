"""The real home on the played vendors: all of it comes up, survives the death of its broker, and goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from crosscurrent.embedded.home import BackgroundHome, HomeEvent, HomeOptions, HomeState
from crosscurrent.embedded.world.vendors import VENDORS
from tests.integration.home.conftest import alive, free_port, wait_until

SOURCES = VENDORS
READY_SECONDS = 120.0


def environment_of(home: Path) -> dict[str, str]:
    ports = {
        "CROSSCURRENT_KAFKA__EMBEDDED_PORT": free_port(),
        "CROSSCURRENT_SCHEMA_REGISTRY__EMBEDDED_PORT": free_port(),
        "CROSSCURRENT_CLICKHOUSE__EMBEDDED_PORT": free_port(),
        "CROSSCURRENT_LIVE__PORT": free_port(),
        "CROSSCURRENT_METRICS__PORT": 22000,
    }
    return {
        **{name: str(port) for name, port in ports.items()},
        "CROSSCURRENT_HOME": str(home),
        "CROSSCURRENT_SOURCES__GITHUB__TARGETS": '["org:quillfen-works"]',
        "CROSSCURRENT_SOURCES__OPENWEATHERMAP__TARGETS": '["2643743"]',
        "CROSSCURRENT_SOURCES__POKEAPI__TARGETS": '["all"]',
    }


class RealHome:
    """A home of its own, without the live page, on free ports."""

    def __init__(self, directory: Path) -> None:
        self.environment = environment_of(directory / "home")
        options = HomeOptions(sources=SOURCES, world=True, live=False)
        self.background = BackgroundHome(directory / "home", options, self.environment, directory)
        self.events: list[HomeEvent] = []

    def state(self) -> HomeState:
        state = self.background.state()
        assert state is not None
        return state

    def command(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "crosscurrent", *words],
            env={**os.environ, **self.environment},
            capture_output=True,
            timeout=READY_SECONDS,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(self.command("status", "--json").stdout)
        return status


@pytest.fixture
def home(tmp_path: Path) -> Iterator[RealHome]:
    home = RealHome(tmp_path)
    yield home
    home.background.stop()


@pytest.mark.integration
def test_home_comes_up_collects_survives_its_broker_and_stops(home: RealHome) -> None:
    ready = home.background.start(home.events.append)
    assert ready.detail == "", f"not ready: {ready.detail}"
    wait_until(
        lambda: len(home.status()["sources"]) == len(VENDORS),
        "events of all sources in ClickHouse",
        seconds=READY_SECONDS,
    )
    status = home.status()
    assert status["problems"] == []
    assert set(status["lags"]) == {"normalise", "detect", "correlate", "drift", "sink"}
    assert status["broker"]["size_bytes"] < status["broker"]["size_bytes_max"]

    score = json.loads(home.command("world", "score", "--json").stdout)
    # what was planted is known and asked for, though there is not a window yet in which it could have been found
    assert [one["lag_hours"] for one in score["couplings"]] == [3]
    assert score["observations"] > 0

    # a command beside it asks the played vendor, too, and says so
    checked = home.command("sources", "check", "pokeapi", "--json")
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)["ok"] is True
    assert f"so {home.state().world_url} is asked".encode() in checked.stderr

    broker = next(process for process in home.state().processes if process.name == "broker")
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    wait_until(lambda: (b := home.state().broker) and b.deaths == 1, "the death in the state file")
    wait_until(
        lambda: {process.state for process in home.state().processes} == {"ready", "done"},
        "everything ready in another life",
        seconds=READY_SECONDS,
    )

    pids = [p.pid for p in psutil.Process(home.state().pid).children(recursive=True)]
    down = home.command("down", "--json")
    stopped = json.loads(down.stdout)
    assert down.returncode == 0
    assert not stopped["killed"]
    assert {"broker", "sink", "connectors"} <= set(stopped["stopped"])
    assert not [pid for pid in pids if alive(pid)]
    assert home.command("status").returncode == 3


@pytest.mark.integration
def test_home_ends_with_the_command_that_was_asked_to_end_while_it_started_it(home: RealHome) -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "crosscurrent", "up", "-d", "--only", "broker,registry,clickhouse"],
        env={**os.environ, **home.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(home.background.state, "a supervisor has the home")
    pids = [p.pid for p in psutil.Process(home.state().pid).children(recursive=True)]
    command.terminate()
    assert command.wait(READY_SECONDS) == 128 + signal.SIGTERM
    assert home.background.state() is None
    assert not [pid for pid in pids if alive(pid)]
