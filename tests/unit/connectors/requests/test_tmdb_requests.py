"""What TMDB is asked: its two credentials, pages by number, and changes by windows of days."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

import httpx
import pytest
import stamina

from connectors.kit.page import Page
from connectors.tmdb.connector import TMDB
from connectors.tmdb.date_window import DateWindow
from connectors.tmdb.requests import PAGES_MAX, polls
from crosscurrent.clock import SystemClock
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.tmdb_api import TmdbTerms
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from crosscurrent.errors import Poison, WrongUse
from tests.contract.connector_bench import BASE_URL, Vendor, bench

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.e30.s1gnature"
HERE = f"{BASE_URL}/tmdb"


def played(terms: TmdbTerms | None = None, *, hours: float = 0) -> httpx.ASGITransport:
    scenario = default_scenario(1)
    time = VirtualTime(scenario.start_seconds, SystemClock(), speed=0)
    time.advance(hours * 3600)
    return httpx.ASGITransport(create_app(World(scenario, time, WorldTerms(tmdb=terms or TmdbTerms()))))


def page(day: str, body: Mapping[str, object] | None = None) -> Page:
    moment = date.fromisoformat(day).strftime("%a, %d %b %Y 10:00:00 GMT")
    return Page("https://api.test/3/movie/changes?page=1", {"date": moment}, json.dumps(body or {}).encode())


def window(cursor: str | None, first_day: str = "") -> tuple[str, str]:
    asked = DateWindow(first_day).parameters(cursor)
    return asked["start_date"], asked["end_date"]


@pytest.mark.parametrize("secret", [KEY, TOKEN])
async def test_credential_works_in_either_form_and_is_shown_nowhere(secret: str) -> None:
    targets = ["movie:990001", "popular:movie", "changes:movie"]
    transport = played(TmdbTerms(credential=secret))
    async with bench(TMDB, transport, base_url=HERE, targets=targets, token=secret) as parts:
        polled = await parts.round()
        refused = await parts.poll(polls(["movie:1"])[0])

    assert [one.error for one in polled if one.error] == []
    assert refused.error is not None
    assert secret not in repr(parts.broker.messages)
    assert secret not in repr([one.standing for one in polled])
    assert secret not in str(refused.error)


@pytest.mark.parametrize(
    ("secret", "in_query"), [(KEY, True), (KEY.upper(), True), (TOKEN, False), ("x" * 32, False)]
)
async def test_key_goes_into_the_query_and_token_into_the_header(secret: str, in_query: bool) -> None:
    vendor = Vendor(lambda _: (200, {}, b"{}"))
    async with bench(TMDB, vendor, targets=["movie:550"], token=secret) as parts:
        await parts.poll(parts.asking.polls[0])

    (request,) = vendor.requests
    assert (request.url.params.get("api_key") == secret) is in_query
    assert ("authorization" in request.headers) is not in_query


async def test_bad_credential_is_refused_with_the_vendors_own_number() -> None:
    async with bench(
        TMDB, played(TmdbTerms(credential=TOKEN)), base_url=HERE, targets=["movie:990001"]
    ) as parts:
        polled = await parts.poll(parts.asking.polls[0])

    assert '"status_code":7' in str(polled.error)
    assert "CROSSCURRENT_SOURCES__TMDB__TOKEN" in str(polled.error)


async def test_caller_over_the_limit_is_throttled_and_told_why() -> None:
    transport = played(TmdbTerms(limit=0))
    with stamina.set_testing(True, attempts=1):
        async with bench(TMDB, transport, base_url=HERE, targets=["movie:990001"]) as parts:
            polled = await parts.poll(parts.asking.polls[0])

    assert polled.outcome == "throttled"
    assert '"status_code":25' in str(polled.error)
    assert 0 < polled.pause_seconds <= 1


def test_pages_end_with_the_last_or_an_empty_one_or_the_500th() -> None:
    (changes,) = polls(["changes:movie"])
    first = changes.first_url("https://api.test", None)

    def following(number: int, rows: int, total: int) -> str | None:
        body = json.dumps({"page": number, "results": [{}] * rows, "total_pages": total}).encode()
        return changes.pagination.next_url(Page(first.replace("page=1", f"page={number}"), {}, body))

    assert str(following(1, 100, 58321)).endswith("page=2")
    assert following(7, 100, 7) is None
    assert following(7, 0, 58321) is None
    assert changes.pages_max(None) == PAGES_MAX == 500


async def test_list_is_read_page_by_page_and_leads_to_lookups() -> None:
    async with bench(TMDB, played(), base_url=HERE, targets=["popular:tv"]) as parts:
        polled = await parts.round()

    pages = [json.loads(event.payload) for event in parts.broker.events() if event.endpoint == "tv_list"]
    assert [one["page"] for one in pages] == [1, 2, 3]
    assert len({row["id"] for one in pages for row in one["results"]}) == 48
    assert len(polled) == 1 + 48
    assert all(
        "external_ids" in event.request_url for event in parts.broker.events() if event.endpoint == "tv"
    )


async def test_changes_since_a_day_are_all_read_however_long_ago_it_was() -> None:
    async with bench(TMDB, played(), base_url=HERE, targets=["changes:movie:2025-11-01"]) as parts:
        (poll,) = parts.asking.polls
        for _ in range(7):
            assert (await parts.poll(poll)).error is None

    asked = [httpx.URL(event.request_url).params for event in parts.broker.events()]
    windows = list(dict.fromkeys((one["start_date"], one["end_date"]) for one in asked))
    for begin, end in windows:
        assert date.fromisoformat(end) - date.fromisoformat(begin) <= timedelta(days=14)
    for (_, end), (begin, _) in pairwise(windows):
        assert begin <= end
    assert windows[0][0] == "2025-11-01"
    assert windows[-1][0] == "2026-01-04"
    ids = {row["id"] for event in parts.broker.events() for row in json.loads(event.payload)["results"]}
    assert len(ids) == 130


def test_first_poll_takes_the_vendors_default_and_the_next_goes_on_a_day_before() -> None:
    cursor = DateWindow()

    assert cursor.parameters(None) == {}
    after = cursor.advance(None, [page("2026-03-10")], complete=True)
    assert window(after) == ("2026-03-09", "2026-03-22")


def test_window_in_the_past_is_followed_by_the_next() -> None:
    cursor = DateWindow("2026-01-01")
    after = cursor.advance(None, [page("2026-03-10")], complete=True)

    assert window(None, "2026-01-01") == ("2026-01-01", "2026-01-14")
    assert window(after) == ("2026-01-14", "2026-01-27")


def test_window_that_was_cut_by_an_error_is_asked_again() -> None:
    before = DateWindow().advance(None, [page("2026-03-10")], complete=True)

    assert DateWindow().advance(before, [page("2026-03-11")], complete=False) == before
    assert DateWindow().advance(before, [], complete=True) == before


def test_window_with_more_pages_than_are_shown_is_asked_in_halves_until_a_day_is_left() -> None:
    cursor = DateWindow("2026-01-01", pages_max_shown=2)
    state, ends = None, []
    pages = [page("2026-03-10")] * 2
    for _ in range(3):
        state = cursor.advance(state, pages, complete=False)
        ends.append(cursor.parameters(state)["end_date"])

    assert ends == ["2026-01-07", "2026-01-04", "2026-01-02"]
    with pytest.raises(Poison, match="2 pages of changes from 2026-01-01"):
        cursor.advance(state, pages, complete=False)


@pytest.mark.parametrize("cursor", ["", "{}", "[]", '{"since": "soon", "days": 3}', '{"since": 7}'])
def test_cursor_of_another_version_begins_anew(cursor: str) -> None:
    assert DateWindow().parameters(cursor) == {}


@pytest.mark.parametrize(
    "target",
    ["movie:0", "movie:x", "550", "trending:all", "popular:all", "changes:movie:2026-02-30", "changes:all"],
)
def test_target_that_means_nothing_is_refused(target: str) -> None:
    with pytest.raises(WrongUse):
        polls([target])
