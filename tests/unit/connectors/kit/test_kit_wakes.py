"""A request whose answer tells that another's changed: the other is made then, and not to find out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import httpx

from benchmarks.virtual_loop import LoopClock, run_virtual
from connectors.github.connector import GITHUB
from connectors.kit.change_rate import ChangeHistory
from connectors.kit.declaration import Poll
from connectors.kit.health import Health
from connectors.kit.loop import Loop
from connectors.kit.outcome import SLOW_RETRY_SECONDS
from connectors.kit.planner import Bounds, Planner
from connectors.kit.polled import Standing
from connectors.kit.schedule import Schedule
from connectors.kit.state import RequestState
from tests.contract.connector_bench import Answer, Vendor, bench

DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3600.0
HOUR_MS = 3_600_000
HEAD = Poll("head", "a", "/head", wakes=("rows",))
ROWS = Poll("rows", "a", "/rows", interval_multiple=24)


class _Vendor:
    """A head that changes at one moment, and rows that fail until another."""

    def __init__(self, *, changes_at: float, rows_work_from: float = 0.0) -> None:
        self._changes_at = changes_at
        self._rows_work_from = rows_work_from
        self.asked_rows: list[float] = []

    def answer(self, request: httpx.Request) -> Answer:
        now = LoopClock().monotonic_seconds()
        if request.url.path == "/rows":
            self.asked_rows.append(now)
            if self._changes_at <= now < self._rows_work_from:
                return 404, {}, b""
        return 200, {}, b"1" if now >= self._changes_at else b"0"


async def _run(
    vendor: _Vendor | _Listing,
    seconds: float,
    standings: dict[str, Standing] | None = None,
    polls: Sequence[Poll] = (HEAD, ROWS),
) -> None:
    connector, stop, clock = replace(GITHUB, polls=lambda _: list(polls)), asyncio.Event(), LoopClock()
    async with bench(connector, Vendor(vendor.answer), clock=clock) as parts:
        loop = Loop(
            connector,
            poller=parts.poller,
            pacer=parts.asking.pacer,
            schedule=Schedule(),
            planner=Planner(Bounds(HOUR_SECONDS), unchanged_is_free=True),
            health=Health("github", clock),
            clock=clock,
            standings=standings or {},
        )
        loop.add(parts.asking.polls)
        running = asyncio.create_task(loop.run(stop))
        await asyncio.sleep(seconds)
        stop.set()
        await running


def test_rows_are_asked_for_as_soon_as_their_head_has_changed_and_not_before() -> None:
    vendor = _Vendor(changes_at=9.5 * HOUR_SECONDS)
    run_virtual(_run(vendor, 20 * HOUR_SECONDS))

    assert [round(at / HOUR_SECONDS) for at in vendor.asked_rows] == [0, 10]


def test_rows_that_could_not_be_had_when_their_head_changed_are_asked_for_again_soon() -> None:
    works_from = 10 * HOUR_SECONDS + 1000
    vendor = _Vendor(changes_at=9.5 * HOUR_SECONDS, rows_work_from=works_from)
    run_virtual(_run(vendor, 20 * HOUR_SECONDS))

    good = [at for at in vendor.asked_rows if at >= works_from]
    assert len(good) == 1
    assert good[0] - works_from <= SLOW_RETRY_SECONDS


def test_rows_whose_turn_a_stop_took_away_are_asked_for_after_the_start() -> None:
    now_ms = round(LoopClock().now_utc().timestamp() * 1000)
    seen, before = now_ms - 1000, now_ms - 5_000_000
    changed = RequestState(2, changes=ChangeHistory((3_600_000,), seen))
    standings = {
        HEAD.request_key: Standing(changed),
        ROWS.request_key: Standing(RequestState(1, changes=ChangeHistory((), before))),
    }
    vendor = _Vendor(changes_at=DAY_SECONDS)
    run_virtual(_run(vendor, 1000, standings))

    assert len(vendor.asked_rows) == 1


LIST = Poll("list", "", "/list", versions=lambda rows: dict(rows) if isinstance(rows, dict) else {})
LISTED = [Poll("rows", key, f"/rows/{key}", interval_multiple=24) for key in "ab"]


class _Listing:
    """A list of versions, of which that of ``a`` moves at one moment."""

    def __init__(self, changes_at: float) -> None:
        self._changes_at = changes_at
        self.asked: list[tuple[str, int]] = []

    def answer(self, request: httpx.Request) -> Answer:
        now = LoopClock().monotonic_seconds()
        if request.url.path != "/list":
            self.asked.append((request.url.path[-1], round(now / HOUR_SECONDS)))
            return 200, {}, b"[]"
        return 200, {}, b'{"rows:a": "%d", "rows:b": "0"}' % (now >= self._changes_at)


def test_of_a_list_those_are_asked_for_whose_version_has_moved_and_no_others() -> None:
    vendor = _Listing(9.5 * HOUR_SECONDS)
    run_virtual(_run(vendor, 20 * HOUR_SECONDS, polls=[LIST, *LISTED]))

    assert vendor.asked == [("a", 0), ("b", 0), ("a", 10)]


def test_list_that_changed_before_a_start_wakes_what_it_tells_of() -> None:
    changed = ChangeHistory().looked(1, changed=True).looked(HOUR_MS, changed=True)
    looked = {"list": changed, "rows:a": ChangeHistory().looked(1, changed=True)}
    standings = {key: Standing(RequestState(polls=1, changes=changes)) for key, changes in looked.items()}
    vendor = _Listing(0.0)
    run_virtual(_run(vendor, 2 * HOUR_SECONDS, standings, polls=[LIST, *LISTED]))

    assert ("a", 0) in vendor.asked
