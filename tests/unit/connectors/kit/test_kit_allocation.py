"""Which part of the quota goes to which request."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.github.connector import GITHUB
from connectors.kit.allocation import Want, intervals_seconds, max_min_shares
from connectors.kit.budget import Planned
from connectors.kit.change_rate import ChangeHistory
from connectors.kit.declaration import Poll
from connectors.kit.planner import REPLAN_SECONDS_MIN, Bounds, Planner
from connectors.kit.wiring import bounds_of
from crosscurrent.settings import SourceSettings

PLENTY = Planned()
HOUR = 3600.0


def want(rate: float, endpoint: str = "a", **fields: object) -> Want:
    return replace(Want(endpoint, rate, 60.0, 3600.0), **fields)  # type: ignore[arg-type]


def load(wants: list[Want], intervals: list[float]) -> float:
    return sum(one.pages / interval for one, interval in zip(wants, intervals, strict=True))


def delay(wants: list[Want], intervals: list[float]) -> float:
    """Mean delay with which changes are seen, times their rate."""
    return sum(one.changes_per_second * interval / 2 for one, interval in zip(wants, intervals, strict=True))


def test_what_changes_often_is_asked_at_its_floor_and_what_does_not_at_its_ceiling() -> None:
    assert intervals_seconds([want(1 / 30), want(1 / (90 * 24 * HOUR))], PLENTY) == [60.0, 3600.0]


def test_where_finding_nothing_is_free_everything_is_asked_at_its_floor() -> None:
    assert intervals_seconds([want(1e-6, unchanged_is_free=True)], PLENTY) == [60.0]


def test_polls_that_find_nothing_are_slowed_where_they_count_against_a_minute_limit_only() -> None:
    wants = [want(1e-5, unchanged_is_free=True) for _ in range(600)]
    intervals = intervals_seconds(wants, Planned(requests_per_second=5.0))

    assert load(wants, intervals) == pytest.approx(5.0, rel=1e-3)


def test_square_root_rule_asks_twice_as_often_what_changes_four_times_as_often() -> None:
    wants = [want(0.001), want(0.004)]
    slow, fast = intervals_seconds(wants, Planned(1 / 200))

    assert slow / fast == pytest.approx(2, rel=1e-3)
    assert 1 / slow + 1 / fast == pytest.approx(1 / 200, rel=1e-3)


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_square_root_rule_sees_changes_sooner_than_equal_and_proportional_shares(power: float) -> None:
    wants = [want(rate, floor_seconds=1e-3, ceiling_seconds=1e9) for rate in (1e-4, 1e-3, 1e-2)]
    capacity = 1 / 300
    weights = [one.changes_per_second**power for one in wants]
    other = [sum(weights) / weight / capacity for weight in weights]
    own = intervals_seconds(wants, Planned(capacity))

    assert load(wants, own) == pytest.approx(load(wants, other), rel=1e-3)
    assert delay(wants, own) < delay(wants, other) * 0.8


def test_endpoint_with_few_requests_is_not_slowed_by_one_with_many() -> None:
    wants = [want(0.05, "few"), *(want(0.05, "many") for _ in range(1000))]
    intervals = intervals_seconds(wants, Planned(2.0))

    assert intervals[0] == 60.0
    assert max(intervals[1:]) < math.inf
    assert load(wants, intervals) <= 2.0 * (1 + 1e-6)


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 100), max_size=6), st.floats(0, 200))
def test_max_min_shares_are_fair(needs: dict[str, float], capacity: float) -> None:
    shares = max_min_shares(needs, capacity)

    assert shares.keys() == needs.keys()
    assert sum(shares.values()) == pytest.approx(min(capacity, sum(needs.values())), abs=1e-6)
    # who gets less than it needs gets as much as anybody
    short = [shares[name] for name in needs if shares[name] < needs[name] - 1e-9]
    assert all(share >= max(shares.values()) - 1e-6 for share in short)


wants_of_any_kind = st.lists(
    st.builds(
        Want,
        st.sampled_from("abc"),
        st.floats(1e-7, 10.0),
        st.floats(0.1, 600.0),
        st.floats(600.0, 1e5),
        st.floats(1, 20),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@given(wants_of_any_kind, st.floats(1e-3, 100.0), st.floats(1e-3, 100.0))
def test_plan_keeps_floors_and_the_quota_and_leaves_nobody_out(
    wants: list[Want], requests: float, counted: float
) -> None:
    intervals = intervals_seconds(wants, Planned(requests, counted))

    assert all(interval >= one.floor_seconds for one, interval in zip(wants, intervals, strict=True))
    assert load(wants, intervals) <= requests * (1 + 1e-6)
    assert all(interval < 1e9 for interval in intervals)
    at_ceilings = load(wants, [one.ceiling_seconds for one in wants])
    if at_ceilings <= min(requests, counted) / len({one.endpoint for one in wants}):
        assert all(interval <= one.ceiling_seconds for one, interval in zip(wants, intervals, strict=True))


def test_planner_keeps_to_an_interval_that_was_set() -> None:
    planner = Planner(Bounds(60.0), unchanged_is_free=False)
    poll = Poll("a", "x", "/x", interval_multiple=5)
    planner.saw(poll, seen([-300] * 20), 1)
    planner.plan(PLENTY, 0.0)

    assert planner.interval_seconds(poll) == 300


def test_planner_stretches_what_seldom_changes_up_to_the_ceiling() -> None:
    planner = Planner(Bounds(60.0, ceiling_seconds=900.0), unchanged_is_free=False)
    still, lively = Poll("a", "still", "/x"), Poll("a", "lively", "/y")
    planner.saw(still, seen([-900] * 24), 1)
    planner.saw(lively, seen([60] * 24), 1)

    assert planner.interval_seconds(lively) == 60
    assert 600 < planner.interval_seconds(still) <= 900


def test_planner_asks_sooner_again_when_something_begins_to_change() -> None:
    planner = Planner(Bounds(60.0, 16.0), unchanged_is_free=False)
    poll = Poll("a", "x", "/x")
    intervals = []
    for spans in ([-900] * 24, [-900] * 20 + [900] * 4, [-900] * 12 + [900] * 12):
        planner.saw(poll, seen(spans), 1)
        intervals.append(planner.interval_seconds(poll))

    assert intervals[0] > intervals[1] > intervals[2]


def test_planner_keeps_the_part_of_the_others_between_two_plans() -> None:
    planner = Planner(Bounds(1.0, 1000.0), unchanged_is_free=True)
    polls = [Poll("a", str(number), "/x") for number in range(100)]
    for poll in polls:
        planner.saw(poll, ChangeHistory(), 1)
    planner.plan(Planned(requests_per_second=1.0), 0.0)
    assert planner.polls_per_second() == pytest.approx(1.0, rel=1e-3)
    planner.saw(polls[0], seen([-100]), 1)

    assert planner.polls_per_second() == pytest.approx(1.0, rel=1e-3)
    assert not planner.is_due(REPLAN_SECONDS_MIN / 2)
    assert planner.is_due(REPLAN_SECONDS_MIN)


def seen(spans_seconds: list[int]) -> ChangeHistory:
    return ChangeHistory(tuple(span * 1000 for span in spans_seconds), 1)


def test_interval_that_a_user_sets_is_kept_to_unless_a_longest_one_is_set_too() -> None:
    poll = Poll("a", "x", "/x", interval_multiple=2)

    def bounds(**section: float) -> tuple[float, float]:
        return bounds_of(GITHUB, SourceSettings.model_validate({"token": "t", **section})).of(poll)

    declared = GITHUB.interval_seconds * 2
    assert bounds() == (declared, declared * GITHUB.interval_stretch_max)
    assert bounds(poll_interval_seconds=30) == (60, 60)
    assert bounds(poll_interval_seconds=30, poll_interval_seconds_max=600) == (60, 600)
    assert bounds(poll_interval_seconds_max=10) == (declared, declared)
