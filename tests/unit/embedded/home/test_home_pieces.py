"""Back-off, logs, last words, lock, format, events, state: the small pieces of the home."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from crosscurrent.clock import ManualClock
from crosscurrent.embedded.home.backoff import (
    DELAY_SECONDS_MAX,
    FAILED_STARTS_MAX,
    RESTARTS_MAX,
    STABLE_SECONDS,
    WRONG_USE_STARTS_MAX,
    Backoff,
)
from crosscurrent.embedded.home.events import HomeEvent
from crosscurrent.embedded.home.foreground import held
from crosscurrent.embedded.home.keeper import last_words
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.lock import HomeLock, holder_of
from crosscurrent.embedded.home.logs import RotatingLog
from crosscurrent.embedded.home.ports import first_free, is_free
from crosscurrent.embedded.home.reachable import kafka_address, url_address
from crosscurrent.embedded.home.state import BrokerState, HomeState, ProcessState, read_state, write_state
from crosscurrent.errors import WrongUse


def delays(backoff: Backoff, exit_code: int, ready_seconds: float | None, count: int) -> list[float | None]:
    return [backoff.delay_seconds(exit_code, ready_seconds) for _ in range(count)]


def test_backoff_doubles_and_gives_up_when_a_process_never_gets_ready() -> None:
    found = delays(Backoff(1.0), 1, None, FAILED_STARTS_MAX)
    assert found == [1.0, 2.0, 4.0, 8.0, 15.0, None]


def test_backoff_begins_anew_when_a_process_was_stable() -> None:
    found = delays(Backoff(1.0), 1, STABLE_SECONDS, FAILED_STARTS_MAX * 3)
    assert set(found) == {1.0}


def test_backoff_gives_up_soon_on_wrong_use() -> None:
    assert delays(Backoff(1.0), 2, None, WRONG_USE_STARTS_MAX) == [1.0, None]


def test_backoff_is_patient_but_bounded_while_a_server_is_away() -> None:
    found = delays(Backoff(1.0), 3, None, RESTARTS_MAX + 1)
    assert found[FAILED_STARTS_MAX * 2] == DELAY_SECONDS_MAX
    assert found.index(None) == RESTARTS_MAX


def test_log_stays_within_its_bound_and_keeps_the_newest(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "p.log", bytes_max=1000)
    for index in range(500):
        log.write(f"line {index}\n".encode())
    log.close()
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= 1000
    assert log.tail()[-1] == "line 499"
    assert (tmp_path / "p.log").read_text().endswith("line 499\n")


def test_log_drops_lines_and_says_so_when_it_cannot_be_written(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "absent" / "p.log")
    log.write(b"error: kept in memory\n")
    assert log.trouble is not None
    assert "cannot be written" in log.trouble
    assert log.tail() == ["error: kept in memory"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Traceback (most recent call last):", "KeyError: 'x'"], "KeyError: 'x'"),
        (["error: no token", "bye"], "error: no token"),
        (['{"event": "a", "level": "error", "error": "no room"}', '{"event": "bye"}'], "error: a no room"),
        ([], ""),
    ],
)
def test_last_words_are_the_last_error_or_the_last_line(lines: list[str], expected: str) -> None:
    assert last_words(lines) == expected


def test_lock_tells_who_holds_the_home_and_is_given_back(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    layout.make()
    lock = HomeLock.take(layout, ManualClock())
    holder = holder_of(layout)
    with pytest.raises(WrongUse, match=f"in use by process {os.getpid()}"):
        HomeLock.take(layout, ManualClock())
    lock.close()
    assert holder is not None
    assert holder.pid == os.getpid()
    assert holder_of(layout) is None


def test_held_refuses_a_damaged_format_file(tmp_path: Path) -> None:
    (tmp_path / "home.json").write_text("{")
    with pytest.raises(WrongUse, match="cannot be read"), held(Layout.of(tmp_path)):
        pytest.fail("held")


def test_state_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    layout.make()
    state = HomeState(7, processes=[ProcessState("sink", pid=8)], broker=BrokerState("life", rollovers=2))
    write_state(layout, state)
    assert read_state(layout) == state


def test_state_file_that_is_damaged_counts_as_none(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    layout.make()
    layout.state_file.write_text('{"pid": 1, "processes": [{"nam')
    assert read_state(layout) is None


def test_event_survives_its_way_as_json() -> None:
    event = HomeEvent("process", "sink", "ready", 0.5, "ok")
    assert HomeEvent.from_json(event.to_json()) == event


def test_port_is_not_free_when_a_server_listens_on_all_interfaces() -> None:
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind(("0.0.0.0", 0))
        taker.listen()
        port = taker.getsockname()[1]
        assert not is_free(port)
        assert first_free(port) > port


@pytest.mark.parametrize("address", ["host:port", ":9092", "host:"])
def test_kafka_address_refuses_what_is_none(address: str) -> None:
    with pytest.raises(WrongUse):
        kafka_address(address)


@pytest.mark.parametrize("url", ["127.0.0.1:8123", "ftp://host", "http://host:port"])
def test_url_address_refuses_what_is_none(url: str) -> None:
    with pytest.raises(WrongUse):
        url_address(url)
