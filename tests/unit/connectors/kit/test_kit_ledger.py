"""One budget for all processes of a machine: on disk, without a server, whoever dies meanwhile."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from connectors.kit.budget import Budget
from connectors.kit.ledger import FOLDER, Ledger, LedgerBusy, budget_key, open_ledger
from connectors.kit.pace import Pacer
from connectors.kit.quota import DocumentedRate, HeaderQuota
from crosscurrent.clock import SystemClock
from crosscurrent.errors import Backpressure

REPOSITORY = Path(__file__).resolve().parents[4]
LIMIT, WINDOW_SECONDS = 40, 0.5
ASKING = f"""
import asyncio, sys, time
from pathlib import Path
from connectors.kit.ledger import open_ledger
from connectors.kit.pace import Pacer
from connectors.kit.quota import DocumentedRate
from crosscurrent.clock import SystemClock

async def ask():
    ledger = open_ledger(Path(sys.argv[1]), "x")
    rate = DocumentedRate({LIMIT}, {WINDOW_SECONDS})
    pacer = Pacer("x", rate, requests_per_minute_max=None, clock=SystemClock(), ledger=ledger)
    times = []
    async def one():
        async with pacer.turn():
            times.append(time.time())
    print("ready", flush=True)
    sys.stdin.readline()
    await asyncio.gather(*(one() for _ in range(40)))
    print(*times)

asyncio.run(ask())
"""
HOLDING = """
import sys, time
from pathlib import Path
from connectors.kit.ledger import open_ledger
from connectors.kit.terms import Purpose, Terms
from connectors.kit.quota import HeaderQuota

ledger = open_ledger(Path(sys.argv[1]), "x")
with ledger.changing() as budget:
    terms, live = Terms.of(HeaderQuota()), Purpose.LIVE
    budget.take(terms, flight="a", owner=ledger.owner, endpoint="", purpose=live, now=time.time())
with ledger.changing() as budget:
    budget.paused_until = 1e12
    print("holding", flush=True)
    time.sleep(60)
"""


def process(code: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(home)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline()


def test_two_processes_together_keep_to_one_rate(tmp_path: Path) -> None:
    children = [process(ASKING, tmp_path) for _ in range(2)]
    assert [said(child) for child in children] == ["ready\n"] * 2
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    asked = [sorted(map(float, child.communicate(timeout=30)[0].split())) for child in children]

    times = sorted(asked[0] + asked[1])
    busiest = max(sum(begin <= at < begin + WINDOW_SECONDS for at in times) for begin in times)
    assert len(times) == 80
    assert busiest <= LIMIT
    # neither waited until the other was done
    assert asked[0][0] < asked[1][-1]
    assert asked[1][0] < asked[0][-1]


async def test_process_killed_while_it_holds_the_budget_keeps_nobody_back(tmp_path: Path) -> None:
    child = process(HOLDING, tmp_path)
    assert said(child) == "holding\n"
    ledger = open_ledger(tmp_path, "x")
    with pytest.raises(LedgerBusy), ledger.changing():
        raise AssertionError("another process holds it")
    child.send_signal(signal.SIGKILL)
    child.wait()

    began = time.monotonic()
    pacer = Pacer("x", HeaderQuota(), requests_per_minute_max=None, clock=SystemClock(), ledger=ledger)
    # what it had changed is undone, and its request under way, the one that asks for all, is over
    async with pacer.turn():
        assert time.monotonic() - began < 1
    child.communicate()


async def test_pacer_gives_up_on_a_budget_that_is_held_for_long(tmp_path: Path) -> None:
    clock = _Hurried()
    pacer = Pacer(
        "x", HeaderQuota(), requests_per_minute_max=None, clock=clock, ledger=_Held(tmp_path / "held.sqlite")
    )

    with pytest.raises(Backpressure, match="another process"):
        async with pacer.turn():
            raise AssertionError("there was no turn to have")
    assert clock.slept_seconds > 5


def test_ledger_gives_a_change_on_and_undoes_what_failed(tmp_path: Path) -> None:
    one, other = open_ledger(tmp_path, "x"), open_ledger(tmp_path, "x")
    with one.changing() as budget:
        budget.pauses = 7
    with pytest.raises(ZeroDivisionError), other.changing() as budget:
        budget.pauses = 8 // (budget.pauses - 7)

    with other.changing() as budget:
        assert budget.pauses == 7


def test_ledger_begins_anew_where_the_file_is_spoiled_or_of_another_version(tmp_path: Path) -> None:
    path = tmp_path / FOLDER / "x.sqlite"
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    with open_ledger(tmp_path, "x").changing() as budget:
        budget.pauses = 3
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE budget SET state = '{}'")

    with open_ledger(tmp_path, "x").changing() as budget:
        assert budget == Budget()


def test_ledger_is_its_owners_alone_and_names_no_credential(tmp_path: Path) -> None:
    key = budget_key("github", "https://api.github.com", "ghp_secret")
    open_ledger(tmp_path, key)
    (path,) = (tmp_path / FOLDER).glob("*.sqlite")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "secret" not in path.name
    assert path.name.startswith("github-")


def test_budget_is_one_for_a_credential_at_a_vendor() -> None:
    keys = {
        budget_key("github", "https://api.github.com", "a"),
        budget_key("github", "https://api.github.com/", "a"),
        budget_key("github", "http://127.0.0.1:9999/github", "a"),
        budget_key("github", "https://api.github.com", "b"),
        budget_key("github", "https://api.github.com", ""),
    }

    assert len(keys) == 4


def test_budget_is_ones_own_where_the_home_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    with open_ledger(tmp_path / "file", "x").changing() as budget:
        budget.pauses = 3

    with open_ledger(tmp_path / "file", "x").changing() as budget:
        assert budget.pauses == 0


def test_documented_rate_of_the_test_lets_fewer_through_than_are_asked() -> None:
    assert DocumentedRate(LIMIT, WINDOW_SECONDS).live_spacing().at_once < LIMIT


class _Held(Ledger):
    """A ledger that another process holds for good."""

    def _begin(self, connection: sqlite3.Connection) -> Budget:
        raise LedgerBusy("the budget is held by another process")


class _Hurried(SystemClock):
    """Sleeps without waiting."""

    slept_seconds = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept_seconds += seconds
