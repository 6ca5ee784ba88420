"""A scenario of the played vendors on the production path: a home, the world, and the connectors, each as they ship.

The connectors live as much faster than the machine as the world does (``CROSSCURRENT_POLLING_SPEED``), so that their
intervals, rests and waits are those of production, in the world's time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.accounts import LACKING_SHOWN_MAX, Account, account_of, rows_lacking
from benchmarks.home import Home
from benchmarks.processes import HOST, BenchmarkFailed, Process, free_port
from crosscurrent.embedded.world.faults import KINDS
from crosscurrent.embedded.world.scenario import Scenario
from crosscurrent.embedded.world.scenario_file import load_scenario
from crosscurrent.embedded.world.vendors import VENDORS
from crosscurrent.embedded.world.watched import UNHINDERED_ARGUMENTS, pace_arguments, watched_sources
from crosscurrent.settings import source_variable

FAULT_KINDS = (
    *KINDS,
    *(f"status-{status}" for status in (400, 403, 404, 408, 410, 429, 500, 502, 503, 504)),
)
"""Everything that the world can do to a request."""
HOUR_SECONDS = 3600
PARTS = "broker,registry,clickhouse,sink,normalise,detect,correlate,drift"

_LOOK_SECONDS = 0.5
_STALLED_SECONDS_MAX = 180.0
_LAST_FAULTS_SECONDS_MAX = 400.0
# after the last fault, until what it hit has been asked again: an hour and more of the connectors' time
_LAST_ROUND_SECONDS = 3.0
_AUDIT_WAIT_SECONDS = 120
_CREDENTIAL = "played"


@dataclass(frozen=True, slots=True)
class Pace:
    """How a scenario is run.

    Attributes:
        hour_seconds: real seconds that an hour of the world takes at least.
        hours: of the world; the scenario's own if None.
        faults: how many are injected beside the scenario's own.
        window_hours: of the correlations.
    """

    hour_seconds: float
    hours: int | None
    faults: int
    window_hours: int = 128


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario.

    Attributes:
        scenario: its name.
        hours: of the world that it ran.
        seconds: that this took.
        faults: injected, by vendor and kind.
        accounts: by vendor.
        lacking: what of the raw events is neither in the rows nor a dead letter, in words; the first few.
        score: of ``crosscurrent world score``.
        dead_letters: what could not be processed, each with its reason.
        window_hours: of the correlations.
    """

    scenario: str
    hours: int
    seconds: float
    faults: Mapping[str, Mapping[str, int]]
    accounts: tuple[Account, ...]
    lacking: tuple[str, ...]
    score: Mapping[str, Any]
    dead_letters: int
    window_hours: int

    @property
    def faults_count(self) -> int:
        """How many faults were injected."""
        return sum(sum(kinds.values()) for kinds in self.faults.values())


def run_scenario(name: str, pace: Pace, scratch: Path) -> Outcome:
    """Run a scenario to its end, stop the connectors, and return what came of it.

    Args:
        name: of a scenario that is shipped, or path of a file.
        pace: how.
        scratch: empty directory.

    Raises:
        BenchmarkFailed: a process ended, the world's time stood still, or the audit found something.
    """
    scenario = load_scenario(name)
    hours = min(pace.hours or scenario.hours, scenario.hours)
    began = time.monotonic()
    port = free_port()
    home = Home(scratch, _settings(scenario, port, pace))
    with _world(scenario, name, port, hours, pace, scratch) as world:
        try:
            home.up("--only", PARTS)
            _poll_to_the_end(world, home, hours, scratch)
            home.run("run", "drain")
            home.run("audit", "--json", "--wait", str(_AUDIT_WAIT_SECONDS))
            score = json.loads(home.run("world", "score", "--scenario", name, "--json"))
            state = world.state()
            accounts = tuple(account_of(vendor, state, home.rows) for vendor in VENDORS)
            lacking = tuple(islice(rows_lacking(home), LACKING_SHOWN_MAX))
            ((letters,),) = home.rows("SELECT count() FROM dead_letters")
        finally:
            home.down()
    return Outcome(
        scenario.name,
        hours,
        time.monotonic() - began,
        state["faults_made"],
        accounts,
        lacking,
        score,
        int(letters),
        pace.window_hours,
    )


class _PlayedWorld:
    """The world's process and the requests that steer it."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.url = f"http://{HOST}:{port}/_world"

    def state(self) -> dict[str, Any]:
        """Return what it is doing."""
        with urlopen(f"{self.url}/state", timeout=30) as answer:
            state: dict[str, Any] = json.load(answer)
        return state

    def ask(self, what: str) -> None:
        """Ask it to ``release`` its time, or to ``close``."""
        with urlopen(Request(f"{self.url}/{what}", data=b"", method="POST"), timeout=30) as answer:
            answer.read()

    def answers(self) -> bool:
        """Return whether it can be asked."""
        try:
            return bool(self.state())
        except OSError:
            return False


@contextmanager
def _world(
    scenario: Scenario, name: str, port: int, hours: int, pace: Pace, scratch: Path
) -> Iterator[_PlayedWorld]:
    series = tuple(movement.series for movement in scenario.movements)
    kinds = (word for kind in FAULT_KINDS for word in ("--fault-kind", kind))
    command = [
        *(sys.executable, "-m", "crosscurrent.embedded.world", "--port", str(port), "--hold"),
        *("--scenario", name, "--until-hours", str(hours), "--speed", str(HOUR_SECONDS / pace.hour_seconds)),
        *("--faults", str(pace.faults), *kinds, "--log-level", "warning"),
        *(*UNHINDERED_ARGUMENTS, *pace_arguments(VENDORS, series)),
    ]
    process = Process(command, scratch / "world.log")
    world = _PlayedWorld(process, port)
    try:
        process.wait_until(world.answers, "the world answers")
        yield world
    finally:
        process.stop()


def _poll_to_the_end(world: _PlayedWorld, home: Home, hours: int, scratch: Path) -> None:
    command = [sys.executable, "-m", "crosscurrent", "run", "connector", *VENDORS]
    connectors = Process(command, scratch / "connectors.log", home.environment)
    try:
        world.ask("release")
        _wait_for_hours(world, connectors, hours)
        connectors.wait_until(
            lambda: not sum(world.state()["faults_due"].values()),
            "every fault that is due has found a request",
            _LAST_FAULTS_SECONDS_MAX,
        )
        time.sleep(_LAST_ROUND_SECONDS)
        # what was answered until now is published and its state stored before anybody is asked to end
        world.ask("close")
        time.sleep(_LAST_ROUND_SECONDS)
        connectors.check()
    finally:
        # asked to end: what is under way is finished and published
        connectors.stop()


def _wait_for_hours(world: _PlayedWorld, connectors: Process, hours: int) -> None:
    reached, since = -1.0, time.monotonic()
    while reached < hours:
        connectors.check()
        world.process.check()
        elapsed = float(world.state()["elapsed_hours"])
        if elapsed > reached:
            reached, since = elapsed, time.monotonic()
        elif time.monotonic() - since > _STALLED_SECONDS_MAX:
            raise BenchmarkFailed(f"the world's time stands still after {reached:.0f} hours")
        time.sleep(_LOOK_SECONDS)


def _settings(scenario: Scenario, port: int, pace: Pace) -> dict[str, str]:
    series = tuple(movement.series for movement in scenario.movements)
    lists = tuple(change.list for change in scenario.items)
    settings = {
        "CROSSCURRENT_POLLING_SPEED": str(HOUR_SECONDS / pace.hour_seconds),
        "CROSSCURRENT_CORRELATE__STEP_SECONDS": str(HOUR_SECONDS),
        "CROSSCURRENT_CORRELATE__WINDOW_STEPS": str(pace.window_hours),
        "CROSSCURRENT_LOG_LEVEL": "warning",
    }
    # intervals in the connectors' own time, of which an hour is an hour
    for source, section in watched_sources(HOUR_SECONDS, series, lists=lists).items():
        given = {
            "base_url": f"http://{HOST}:{port}/{source}",
            "token_url": f"http://{HOST}:{port}/{source}/api/token",
            "contact": "https://world.invalid/",
            **dict.fromkeys(("token", "client_id", "client_secret"), _CREDENTIAL),
            **section,
        }
        settings |= {source_variable(source, name): value for name, value in given.items()}
    return settings
