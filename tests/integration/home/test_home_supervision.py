"""The supervisor over fake programs: order, readiness, restarts, stops, and that nothing outlives it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from crosscurrent.embedded.home.backoff import FAILED_STARTS_MAX
from crosscurrent.embedded.home.version import FORMAT
from tests.integration.home.conftest import FakeHome, alive, free_port, wait_until

Start = Callable[..., FakeHome]


@pytest.mark.parametrize("scenario", ["ordered", "forked"])
def test_home_starts_what_is_needed_first_and_stops_in_reverse(start: Start, scenario: str) -> None:
    home = start(scenario)
    ready = home.wait_for("ready")
    states = {process.name: process.state for process in home.state().processes}
    assert home.stop() == 0
    notes = home.notes()
    assert ready.detail == ""
    assert set(states.values()) == {"ready", "done"}
    assert notes[:2] == ["server start", "restore start"]
    assert set(notes[2:5]) == {"sink start", "worker start", "connector start"}
    assert notes[5:] == ["connector stop", "worker stop", "sink stop", "server stop"]


def test_home_stops_cleanly_on_ctrl_c_at_each_stage_of_the_start(start: Start, tmp_path: Path) -> None:
    stages = (("server", "starting"), ("server", "ready"), ("restore", "starting"), ("worker", "starting"))
    for number, (name, state) in enumerate(stages):
        home = start("slow", home=tmp_path / str(number) / "home")
        home.wait_for("process", name, state)
        pids = home.pids()
        assert home.stop() == 0
        assert not [pid for pid in pids if alive(pid)], f"left after Ctrl-C at {name} {state}"
        assert home.state().state == "stopped"


def test_home_kills_what_does_not_stop_in_time(start: Start) -> None:
    home = start("stubborn")
    home.wait_for("ready")
    server = home.pid("server")
    assert home.stop(signal.SIGTERM) == 0
    assert not alive(server)


def test_home_kills_everything_on_a_second_ctrl_c(start: Start) -> None:
    home = start("stubborn")
    home.wait_for("ready")
    pids = home.pids()
    home.process.send_signal(signal.SIGINT)
    home.wait_for("process", "server", "stopping")
    assert home.stop() == 0
    assert not [pid for pid in pids if alive(pid)]


# four programs, a grandchild, the guard; and the fork server
@pytest.mark.parametrize(("scenario", "count"), [("ordered", 6), ("forked", 7)])
def test_home_leaves_no_orphan_when_the_supervisor_is_killed(start: Start, scenario: str, count: int) -> None:
    home = start(scenario)
    home.wait_for("ready")
    pids = home.pids()
    assert len(pids) == count
    home.process.kill()
    wait_until(lambda: not [pid for pid in pids if alive(pid)], "the end of everything", seconds=5.0)


@pytest.mark.parametrize("scenario", ["ordered", "forked"])
def test_home_leaves_no_grandchild_when_a_process_is_killed(start: Start, scenario: str) -> None:
    home = start(scenario)
    home.wait_for("ready")
    connector = home.pid("connector")
    (grandchild,) = psutil.Process(connector).children()
    os.kill(connector, signal.SIGKILL)
    wait_until(lambda: not alive(grandchild.pid), "the end of the grandchild")
    home.wait_for("process", "connector", "ready", count=2)


def test_home_starts_a_killed_process_again(start: Start) -> None:
    home = start("ordered")
    home.wait_for("ready")
    worker = home.pid("worker")
    os.kill(worker, signal.SIGKILL)
    home.wait_for("process", "worker", "ready", count=2)
    wait_until(lambda: home.pid("worker") != worker, "another pid in the state file")
    assert next(p for p in home.state().processes if p.name == "worker").restarts == 1


@pytest.mark.parametrize("scenario", ["crashing", "crashing_forked"])
def test_home_gives_up_a_crash_loop_with_its_reason_and_goes_on(start: Start, scenario: str) -> None:
    home = start(scenario)
    ready = home.wait_for("ready")
    failed = home.wait_for("process", "worker", "failed")
    starts = [e for e in home.events if (e.name, e.state) == ("worker", "starting")]
    assert ready.detail == "worker"
    assert failed.detail == "exit code 1: error: there is no such widget"
    assert len(starts) == FAILED_STARTS_MAX
    assert {p.name: p.state for p in home.state().processes} == {
        "server": "ready",
        "worker": "failed",
        "other": "ready",
    }
    assert home.stop() == 0


def test_home_forks_everything_again_when_the_fork_server_is_killed(start: Start) -> None:
    home = start("forked")
    home.wait_for("ready")
    server, before = home.pid("server"), [home.pid(name) for name in ("sink", "worker", "connector")]
    fork_server = home.state().fork_server_pid
    assert fork_server is not None
    os.kill(fork_server, signal.SIGKILL)
    for name in ("sink", "worker", "connector"):
        home.wait_for("process", name, "ready", count=2)
    wait_until(lambda: home.state().fork_server_pid not in (None, fork_server), "another fork server")
    assert not [pid for pid in before if alive(pid)]
    assert home.pid("server") == server
    assert home.stop() == 0


def test_home_says_so_when_there_is_no_fork_server(start: Start) -> None:
    home = start("no_fork_server")
    failed = home.wait_for("failed")
    assert home.end() == 1
    assert "restore does not start: the fork server ended 3 times: error: no library" in failed.detail


def test_home_stops_cleanly_while_a_fork_is_waited_for(start: Start) -> None:
    home = start("forked")
    home.wait_for("process", "restore", "starting")
    pids = home.pids()
    assert home.stop() == 0
    assert not [pid for pid in pids if alive(pid)]


def test_home_ends_when_an_essential_process_does_not_start(start: Start) -> None:
    home = start("hopeless")
    failed = home.wait_for("failed")
    assert home.end() == 1
    assert "server does not start: exit code 1: error: no widget" in failed.detail
    assert "server.log" in failed.detail


def test_home_refuses_a_second_supervisor_and_says_who_is_there(start: Start) -> None:
    first = start("ordered")
    first.wait_for("ready")
    second = start("ordered")
    failed = second.wait_for("failed")
    assert second.end() == 1
    assert f"in use by process {first.process.pid} since 20" in failed.detail
    assert first.stop() == 0


def test_home_names_the_process_that_has_its_port(start: Start) -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        home = start("ordered", port=taker.getsockname()[1])
        failed = home.wait_for("failed")
    assert home.end() == 1
    assert f"is taken by process {os.getpid()} (" in failed.detail
    assert "set FAKE_PORT to a free port" in failed.detail
    assert not [event for event in home.events if event.state == "starting"]


def test_home_refuses_what_a_newer_version_has_written(start: Start, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "home.json").write_text(f'{{"format": {FORMAT + 1}}}')
    failed = start("ordered").wait_for("failed")
    assert f"has format {FORMAT + 1}, written by a newer version" in failed.detail
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["home.json"]


def test_home_says_so_when_it_cannot_be_written(start: Start, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the directory should be")
    failed = start("ordered").wait_for("failed")
    assert "cannot be written" in failed.detail
    assert "set CROSSCURRENT_HOME" in failed.detail


def test_home_begins_all_anew_when_the_broker_dies(start: Start) -> None:
    home = start("lives")
    home.wait_for("ready")
    broker, steady, sink = (home.pid(name) for name in ("broker", "steady", "sink"))
    first = home.state().broker
    os.kill(broker, signal.SIGKILL)
    home.wait_for("process", "restore", "done", count=2)
    home.wait_for("process", "connector", "ready", count=2)
    home.wait_for("process", "sink", "ready", count=2)
    wait_until(lambda: home.pid("sink") != sink, "another sink in the state file")
    again = home.state()
    assert first is not None
    assert again.broker is not None
    assert again.broker.cluster not in ("", first.cluster)
    assert again.broker.deaths == 1
    assert home.pid("steady") == steady
    restored = next(i for i, e in enumerate(home.events) if (e.name, e.state) == ("restore", "stopped"))
    later = [e.name for e in home.events[restored:] if e.state == "starting"]
    assert later[:2] == ["broker", "restore"]
    assert home.stop() == 0


def test_home_rolls_the_broker_over_when_it_is_too_big(start: Start) -> None:
    home = start("too_big")
    home.wait_for("process", "drain", "done")
    home.wait_for("process", "connector", "ready", count=2)
    states = [(e.name, e.state) for e in home.events if e.kind == "process"]
    assert states.index(("connector", "stopped")) < states.index(("drain", "starting"))
    assert states.index(("drain", "done")) < states.index(("sink", "stopping"))
    assert states.index(("sink", "stopped")) < states.index(("broker", "stopping"))
    wait_until(lambda: (b := home.state().broker) and b.rollovers == 1, "the rollover in the state file")
    wait_until(lambda: home.state().state == "ready", "the home ready again")
    assert home.stop() == 0


def test_home_goes_on_as_before_when_the_drain_fails(start: Start) -> None:
    home = start("too_big_and_stuck")
    home.wait_for("process", "drain", "failed")
    home.wait_for("process", "connector", "ready", count=2)
    wait_until(
        lambda: "not rolled over" in (((b := home.state().broker) and b.last_rollover) or ""), "the note"
    )
    broker = home.state().broker
    assert broker is not None
    assert broker.rollovers == 0
    assert "error: lag stays at 3" in broker.last_rollover
    assert not [e for e in home.events if (e.name, e.state) == ("broker", "stopping")]
    assert home.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_home_stops_cleanly_on_signal(start: Start, number: signal.Signals) -> None:
    home = start("ordered", port=free_port())
    home.wait_for("process", "server", "ready")
    assert home.stop(number) == 0
    assert home.wait_for("stopped")
