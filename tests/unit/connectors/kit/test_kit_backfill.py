"""Filling in history: which pages are read, where an ended call goes on, and what a full re-read publishes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest

from connectors.github.connector import GITHUB
from connectors.kit.backfill import FAILURES_MAX, Backfill, Progress, polls_of
from connectors.kit.backfill_job import Job, Wanted, job_for
from connectors.kit.backfill_process import estimate
from connectors.kit.cursor import Since, iso_seconds
from connectors.kit.declaration import Connector, Poll
from connectors.kit.history import BACKFILL_KEY, ChangedSince, NewestFirst, Windows, whole
from connectors.kit.pagination import LinkHeader
from connectors.kit.polled import Standing
from connectors.kit.publisher import Publisher
from connectors.kit.state import RequestState
from connectors.pokeapi.connector import POKEAPI
from crosscurrent.clock import ManualClock
from crosscurrent.errors import Transient, WrongUse
from tests.contract.connector_bench import BASE_URL, CLUSTER, Answer, Bench, Vendor, bench

NOW = datetime(2026, 1, 5, tzinfo=UTC)
DATE = {"date": "Mon, 05 Jan 2026 00:00:00 GMT"}
SINCE = Since("at", ascending=(("direction", "asc"),))
ROWS = Poll("rows", "all", "/rows", pagination=LinkHeader(size=3), cursor=SINCE, history=ChangedSince(SINCE))
BACK = Poll("rows", "back", "/back", pagination=LinkHeader(size=3), history=NewestFirst("at"))
JOB = Job(1, "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z")


def at(hour: float) -> str:
    return iso_seconds(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour))


class Rows:
    """A vendor with rows that have a time of change; a call changes what is told before its request."""

    def __init__(self, hours: Sequence[float]) -> None:
        self.rows = dict(enumerate(hours))
        self.moves: dict[int, tuple[int, float]] = {}
        self.asked: list[str] = []
        self.broken: dict[int, tuple[int, dict[str, str]]] = {}

    def __call__(self, request: httpx.Request) -> Answer:
        self.asked.append(request.url.raw_path.decode())
        number = len(self.asked)
        if number in self.moves:
            row, hour = self.moves[number]
            self.rows[row] = hour
        if number in self.broken:
            status, headers = self.broken[number]
            return status, {**DATE, **headers}, b"{}"
        query = request.url.params
        ordered = sorted(self.rows, key=lambda row: (self.rows[row], row))
        if request.url.path == "/back":
            ordered.reverse()
        wanted = [row for row in ordered if at(self.rows[row]) >= query.get("since", "")]
        page, size = int(query.get("page", 1)), int(query.get("per_page", 3))
        shown = wanted[(page - 1) * size : page * size]
        more = page * size < len(wanted)
        link = f'<{request.url.copy_merge_params({"page": page + 1})}>; rel="next"' if more else ""
        last = f'<{request.url.copy_merge_params({"page": -(-len(wanted) // size)})}>; rel="last"'
        body = orjson.dumps([{"id": row, "at": at(self.rows[row])} for row in shown])
        return 200, {**DATE, "link": f"{link}, {last}" if more else ""}, body


def ids(own: Bench) -> list[int]:
    return [row["id"] for event in own.broker.events() for row in orjson.loads(event.payload)]


async def fill(
    own: Bench, polls: Sequence[Poll], job: Job = JOB, *, clock: ManualClock | None = None
) -> Progress:
    """Run a round on what the broker has, as a fresh process does."""
    standings = {
        state.request_key: Standing(RequestState.from_json(state.state), dict(state.vouch_offsets))
        for state in own.broker.states()
    }
    backfill = Backfill(
        own.connector,
        poller=own.poller,
        publisher=Publisher(own.connector.name, own.broker, own.broker.codec),
        clock=clock or ManualClock(NOW),
        tenant="default",
        cluster=CLUSTER,
        standings=standings,
        job=job,
        say=lambda _: None,
    )
    return await backfill.run(polls)


def asked(*polls: Poll, job: Job = JOB) -> list[Poll]:
    return polls_of(GITHUB, polls, {}, job)


async def test_history_of_changes_reads_the_span_and_nothing_after_it() -> None:
    vendor = Rows([-5, 1, 2, 3, 4, 5, 80, 81, 82, 83, 84])
    async with bench(GITHUB, Vendor(vendor)) as own:
        progress = await fill(own, asked(ROWS))

    assert set(ids(own)) >= {1, 2, 3, 4, 5}
    assert not {0, 9, 10} & set(ids(own))
    assert progress.job.done
    assert [parse_qs(urlsplit(url).query)["since"] for url in vendor.asked] == [
        [at(0)], [at(3)], [at(5)]
    ]  # fmt: skip


async def test_history_of_changes_misses_no_row_when_one_before_it_changes_meanwhile() -> None:
    vendor = Rows([1, 2, 3, 4, 5, 6, 7])
    # by page numbers the row after the first page would move onto it, and never be seen
    vendor.moves[2] = (0, 50)
    async with bench(GITHUB, Vendor(vendor)) as own:
        await fill(own, asked(ROWS))

    assert set(ids(own)) == set(range(7))


async def test_history_of_changes_reads_pages_of_rows_that_share_one_time() -> None:
    vendor = Rows([1, *([2] * 8), 3])
    async with bench(GITHUB, Vendor(vendor)) as own:
        progress = await fill(own, asked(ROWS))

    assert set(ids(own)) == set(range(10))
    assert progress.failed == {}


async def test_history_that_leads_back_ends_before_the_span() -> None:
    vendor = Rows([-9, -8, -7, -6, -5, 1, 2, 3])
    async with bench(GITHUB, Vendor(vendor)) as own:
        await fill(own, asked(BACK))

    assert ids(own) == [7, 6, 5, 4, 3, 2]


async def test_history_in_windows_reads_one_stretch_after_the_other() -> None:
    windows = Windows("first", "last", days=2, form="day", endpoint="old", path="/old")
    vendor = Vendor(lambda _: (200, DATE, b"[]"))
    async with bench(GITHUB, vendor) as own:
        await fill(own, asked(Poll("rows", "all", "/rows", history=windows)))

    assert [str(request.url) for request in vendor.requests] == [
        f"{BASE_URL}/old?first=2026-01-01&last=2026-01-03",
        f"{BASE_URL}/old?first=2026-01-03&last=2026-01-04",
    ]
    assert {event.endpoint for event in own.broker.events()} == {"old"}


@pytest.mark.parametrize("topic", ["raw.github", "connector-state"])
@pytest.mark.parametrize("dies_at", range(1, 5))
async def test_history_ended_anywhere_goes_on_and_publishes_what_an_undisturbed_one_does(
    topic: str, dies_at: int
) -> None:
    hours = [1, 2, 3, 4, 5, 6, 7, 8]
    async with bench(GITHUB, Vendor(Rows(hours))) as undisturbed:
        await fill(undisturbed, asked(ROWS, BACK))
    vendor = Rows(hours)
    async with bench(GITHUB, Vendor(vendor)) as own:
        own.broker.dies_at = (topic, dies_at)
        with pytest.raises(Transient):
            await fill(own, asked(ROWS, BACK))
        requests = len(vendor.asked)
        progress = await fill(own, asked(ROWS, BACK))

    assert progress.job.done
    assert {e.record_id for e in own.broker.events()} == {e.record_id for e in undisturbed.broker.events()}
    # at most the page whose state was not acknowledged is asked for again
    assert len(vendor.asked) <= len(undisturbed.broker.events()) + 1
    assert requests < len(vendor.asked)


async def test_history_leaves_the_state_of_the_live_poll_alone() -> None:
    async with bench(GITHUB, Vendor(Rows([1, 2, 3, 4, 5]))) as own:
        await own.poll(ROWS)
        await fill(own, asked(ROWS))

    keys = [state.request_key for state in own.broker.states()]
    assert keys.count("rows:all") == 1
    assert {key for key in keys if key != "rows:all"} == {BACKFILL_KEY, f"{BACKFILL_KEY}/rows:all"}
    # the same request to consumers, and the same order among its events
    assert {event.request_key for event in own.broker.events()} == {"rows:all"}
    polls = [state.record_id for state in own.broker.states()]
    assert len(set(polls)) == len(polls)


async def test_history_waits_as_long_as_the_vendor_asks_and_goes_on() -> None:
    vendor = Rows([1, 2, 3, 4, 5])
    vendor.broken[2] = (429, {"retry-after": "600"})
    clock = ManualClock(NOW)
    async with bench(GITHUB, Vendor(vendor), clock=clock) as own:
        progress = await fill(own, asked(ROWS), clock=clock)

    assert progress.job.done
    assert set(ids(own)) == set(range(5))
    assert clock.monotonic_seconds() >= 600


async def test_history_goes_on_without_a_request_that_is_refused_and_tries_it_again_later() -> None:
    vendor = Rows([1, 2])
    vendor.broken[1] = (404, {})
    async with bench(GITHUB, Vendor(vendor)) as own:
        first = await fill(own, asked(ROWS, BACK))
        second = await fill(own, asked(ROWS, BACK))

    assert (list(first.failed), first.job.done) == (["rows:all"], False)
    assert (second.failed, second.job.done, second.pages) == ({}, True, 1)


async def test_history_ends_where_a_vendor_points_back() -> None:
    link = {"link": f'<{BASE_URL}/back?page=2>; rel="next"'}
    async with bench(GITHUB, Vendor(lambda _: (200, {**DATE, **link}, b"[]"))) as own:
        progress = await fill(own, asked(BACK))

    assert "read already" in progress.failed["rows:back"]
    assert progress.pages <= FAILURES_MAX


async def test_full_reread_publishes_everything_once_more_and_ends() -> None:
    def answer(request: httpx.Request) -> Answer:
        if request.headers.get("if-none-match"):
            return 304, DATE, b""
        return 200, {**DATE, "etag": '"1"'}, b'[{"id": 1}]'

    plain = Poll("rows", "all", "/rows")
    async with bench(GITHUB, Vendor(answer)) as own:
        await own.poll(plain)
        for number in (1, 2):
            job = Job(number, JOB.begin, JOB.end, resync=True)
            progress = await fill(own, polls_of(GITHUB, [plain], {}, job), job)
            assert (progress.events, progress.job.done) == (1, True)
        live = await own.poll(plain)

    # under the same id, because it is the same answer
    assert len({event.record_id for event in own.broker.events()}) == 1
    assert live.outcome == "unchanged"


async def test_full_reread_asks_for_what_payloads_name() -> None:
    vendor = Vendor(lambda request: (200, DATE, orjson.dumps({"name": request.url.path})))

    def poll_for(endpoint: str, target: str) -> Poll:
        return Poll(endpoint, target, f"/{target}")

    lists = Poll("rows", "", "/rows", find=lambda _: [("thing", "a"), ("thing", "b"), ("thing", "a")])
    connector = _with(poll_for)
    job = Job(1, JOB.begin, JOB.end, resync=True)
    async with bench(connector, vendor) as own:
        await fill(own, [whole(lists, job.span)], job)

    assert [request.url.path for request in vendor.requests] == ["/rows", "/a", "/b"]


async def test_estimate_counts_what_is_left_by_the_first_page() -> None:
    vendor = Rows([1, 2, 3, 4, 5, 6, 7])
    async with bench(GITHUB, Vendor(vendor)) as own:
        found = await estimate(own.asking, asked(ROWS, BACK), {}, JOB)

    assert found.requests == {"rows:all": 3, "rows:back": 3}
    assert (found.asked, found.open, found.failed) == (2, frozenset(), {})
    assert own.broker.messages == []


def test_source_without_history_says_so_and_what_to_do() -> None:
    with pytest.raises(WrongUse, match="stretch of time") as refused:
        polls_of(POKEAPI, POKEAPI.polls(["1"]), {}, JOB)

    assert "--resync" in refused.value.todo


def test_history_of_what_a_payload_named_is_filled_in_too() -> None:
    named = Poll("air", "1,2", "/air", history=Windows("a", "b", days=9))
    standing = Standing(RequestState(found=(("air", "1,2"),)))
    polls = polls_of(_with(lambda *_: named), [ROWS], {"weather": standing}, JOB)

    assert [poll.request_key for poll in polls] == ["rows:all", "air:1,2"]


def test_call_goes_on_with_the_round_that_was_not_done() -> None:
    wanted = Wanted(datetime(2026, 1, 1, tzinfo=UTC))
    first = job_for(wanted, None, NOW)
    later = job_for(wanted, first, NOW + timedelta(days=1))
    other = job_for(Wanted(datetime(2025, 1, 1, tzinfo=UTC)), first, NOW)

    assert later == first
    assert (other.round, other.end) == (2, first.end)


@pytest.mark.parametrize(("again", "fixed", "rounds"), [(False, True, 1), (True, True, 2), (False, False, 2)])
def test_round_that_was_done_stays_so_unless_there_is_more(again: bool, fixed: bool, rounds: int) -> None:
    begin, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC) if fixed else None
    done = Job(1, iso_seconds(begin), iso_seconds(end or NOW), end is None, done=True)

    assert job_for(Wanted(begin, end, again=again), done, NOW).round == rounds


@pytest.mark.parametrize(("begin", "end"), [(NOW, NOW), (NOW + timedelta(days=1), None)])
def test_empty_stretch_is_refused(begin: datetime, end: datetime | None) -> None:
    with pytest.raises(WrongUse, match="a stretch from"):
        job_for(Wanted(begin, end), None, NOW)


def _with(poll_for: Callable[[str, str], Poll]) -> Connector:
    return replace(GITHUB, poll_for=poll_for)
