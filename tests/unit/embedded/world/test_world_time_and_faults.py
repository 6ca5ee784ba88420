"""The world's time, and what faults make of an answer."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world import default_scenario
from crosscurrent.embedded.world.exchange import Answer, json_answer
from crosscurrent.embedded.world.faults import Fault, Faults, spoilt
from crosscurrent.embedded.world.paced_time import Pace, PacedTime
from crosscurrent.embedded.world.quota import CALLERS_MAX, Quota
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from crosscurrent.errors import WrongUse


def test_virtual_time_runs_at_its_speed_and_stands_still_at_its_end() -> None:
    clock = ManualClock()
    time = VirtualTime(1000, clock, speed=3600, until_seconds=7200)
    clock.advance(1.5)
    on_the_way = time.now_seconds()
    clock.advance(10)

    assert (on_the_way, time.now_seconds()) == (1000 + 5400, 1000 + 7200)


def test_virtual_time_goes_on_where_it_was_when_started_again_with_its_anchor() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    again = VirtualTime(0, ManualClock(start), speed=60, anchor_seconds=start.timestamp() - 100)

    assert again.now_seconds() == pytest.approx(6000)


def test_virtual_time_moved_by_hand_does_not_move_by_itself() -> None:
    clock = ManualClock()
    time = VirtualTime(0, clock, speed=0)
    clock.advance(100)
    time.advance(30)

    assert time.now_seconds() == 30


def test_virtual_time_refuses_a_hand_when_it_moves_by_itself() -> None:
    with pytest.raises(WrongUse, match="--manual"):
        VirtualTime(0, ManualClock(), speed=1).advance(1)


def test_virtual_time_stands_still_until_it_is_released() -> None:
    clock = ManualClock()
    time = VirtualTime(1000, clock, speed=3600, held=True)
    clock.advance(5)
    held = time.now_seconds()
    time.release()
    clock.advance(1)

    assert (held, time.now_seconds()) == (1000, 1000 + 3600)


def test_paced_time_ends_an_hour_only_when_every_watcher_has_asked() -> None:
    clock = ManualClock()
    time = PacedTime(0, clock, paces=[Pace("/a/", 2), Pace("/b/", 1)], hour_seconds=0.1, until_seconds=7200)
    clock.advance(1)
    moments = []
    for address in ("/a/1", "/a/1", "/b/1", "/a/2"):
        time.asked(address)
        moments.append(time.now_seconds())

    assert moments == [0, 0, 0, 3600]


def test_paced_time_lets_no_hour_be_shorter_than_its_real_seconds_and_stops_at_its_end() -> None:
    clock = ManualClock()
    time = PacedTime(0, clock, paces=[Pace("/a", 1)], hour_seconds=0.5, until_seconds=3600)
    time.asked("/a")
    early = time.now_seconds()
    for _ in range(5):
        clock.advance(1)
        time.asked("/a")

    assert (early, time.now_seconds()) == (0, 3600)


@pytest.mark.parametrize("text", ["github=2", "/github", "/github=0", "/github=x"])
def test_pace_refuses_what_is_none(text: str) -> None:
    with pytest.raises(WrongUse, match="--pace"):
        Pace.parse(text)


@pytest.mark.parametrize("seconds", [-1.0, 1e12, float("nan")])
def test_virtual_time_refuses_a_step_that_is_none(seconds: float) -> None:
    with pytest.raises(WrongUse, match="advance"):
        VirtualTime(0, ManualClock(), speed=0).advance(seconds)


def test_quota_forgets_the_oldest_caller_beyond_its_bound() -> None:
    quota = Quota(60)
    for number in range(CALLERS_MAX + 1):
        quota.spend(str(number), 0)

    assert quota.used("0", 0) == 0
    assert quota.used(str(CALLERS_MAX), 0) == 1


def test_faults_are_made_as_often_as_asked_and_only_on_their_path() -> None:
    faults = Faults(("github", "pokeapi"))
    faults.ask({"vendor": "github", "kind": "truncate", "count": 2, "path": "/issues"})

    taken = [faults.take("github", path) for path in ("/repos/a/b", "/x/issues", "/x/issues", "/x/issues")]

    assert [fault and fault.kind for fault in taken] == [None, "truncate", "truncate", None]


@pytest.mark.parametrize(
    "request_body",
    [
        {"vendor": "nobody", "kind": "slow"},
        {"vendor": "github", "kind": "status-200"},
        {"vendor": "github", "kind": "fire"},
        {"vendor": "github", "kind": "slow", "count": 10_001},
        {"vendor": "github", "kind": "slow", "count": "many"},
        {"vendor": "github", "kind": "slow", "seconds": 601},
        {"vendor": "github", "kind": "huge", "bytes": 10**9},
    ],
)
def test_faults_refuse_what_they_do_not_know(request_body: dict[str, object]) -> None:
    with pytest.raises(WrongUse):
        Faults(("github",)).ask(request_body)


def test_null_number_nulls_the_number_that_is_surely_read_and_drops_the_tag() -> None:
    answer = json_answer([{"id": 4, "stargazers_count": 5}]).with_headers({"etag": "x", "link": "y"})

    changed = spoilt(answer, Fault("null-number"), "github")

    assert orjson.loads(changed.body) == [{"id": 4, "stargazers_count": None}]
    assert changed.headers == {"link": "y"}


def test_new_field_is_added_to_an_object_that_is_otherwise_the_same() -> None:
    changed = orjson.loads(spoilt(json_answer({"id": 4}), Fault("new-field"), "pokeapi").body)

    assert changed.pop("unannounced_field")
    assert changed == {"id": 4}


def test_status_fault_says_when_to_come_back() -> None:
    answer = spoilt(Answer(200), Fault("status-503", seconds=7), "github")

    assert (answer.status, answer.headers) == (503, {"retry-after": "7"})


def test_too_many_requests_at_once_meet_githubs_secondary_limit() -> None:
    scenario = default_scenario(1)
    world = World(
        scenario, VirtualTime(scenario.start_seconds, ManualClock(), speed=0), WorldTerms(github_concurrent=2)
    )
    for _ in range(3):
        world.begin("github", "/rate_limit")

    answer = world.answer("github", "/rate_limit", {}, {"user-agent": "test"}, "http://here/github", None)

    assert (answer.status, answer.headers["retry-after"]) == (429, "1")
    assert b"secondary rate limit" in answer.body
