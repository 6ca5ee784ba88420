"""What a vendor still allows."""

from __future__ import annotations

import asyncio

import pytest

from connectors.kit.pace import Pacer
from connectors.kit.quota import (
    BACKPRESSURE_SECONDS_DEFAULT,
    Budget,
    DocumentedRate,
    HeaderQuota,
    Remaining,
    read_remaining,
    retry_after_seconds,
)
from crosscurrent.clock import ManualClock, SystemClock
from crosscurrent.errors import Backpressure

DATE = "Mon, 05 Jan 2026 00:00:00 GMT"
DATE_SECONDS = 1_767_571_200
QUOTA = HeaderQuota()


def said(remaining: int, reset: float = 60, limit: int = 100) -> dict[str, str]:
    return {
        "date": DATE,
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(int(DATE_SECONDS + reset)),
    }


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        (str(DATE_SECONDS + 90), 90),
        (str((DATE_SECONDS + 90) * 1000), 90),  # some write milliseconds
        ("90", 90),
        (str(DATE_SECONDS - 5), 0),
        (str(DATE_SECONDS + 10**8), 3600),  # nonsense must not stop everything
        ("soon", 3600),
    ],
)
def test_reset_counts_from_the_vendors_own_clock(reset: str, seconds: float) -> None:
    headers = {"date": DATE, "x-ratelimit-remaining": "7", "x-ratelimit-reset": reset}

    assert read_remaining(QUOTA, headers, 1000.0) == Remaining(0, 7, 1000.0 + seconds)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("Mon, 05 Jan 2026 00:02:00 GMT", 120),
        ("Sun, 04 Jan 2026 00:00:00 GMT", 0),
        ("99999999", 3600),
        ("later", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after_seconds({"retry-after": value, "date": DATE}) == seconds


def test_budget_keeps_its_reserve_and_waits_for_the_reset() -> None:
    budget = Budget(QUOTA)
    budget.learn(said(6), 0.0)
    assert budget.wait_seconds(0.0) == 0
    budget.learn(said(5), 1.0)

    assert budget.wait_seconds(1.0) == pytest.approx(59)
    assert budget.wait_seconds(60.0) == 0
    assert budget.has_room(60.0)


def test_budget_counts_what_is_under_way() -> None:
    budget = Budget(QUOTA)
    budget.learn(said(7), 0.0)
    budget.begin()
    assert budget.has_room(0.0)
    budget.begin()

    assert not budget.has_room(0.0)
    budget.end()
    assert budget.has_room(0.0)


def test_budget_lets_one_request_ask_for_all_until_the_vendor_has_spoken() -> None:
    budget = Budget(QUOTA)
    budget.begin()
    assert not budget.has_room(0.0)
    budget.end()
    budget.learn({}, 0.0)
    budget.begin()

    assert budget.has_room(0.0)


def test_budget_believes_the_lowest_of_answers_that_overtook_each_other() -> None:
    budget = Budget(QUOTA)
    budget.learn(said(40), 0.0)
    budget.learn(said(42), 0.0)
    assert budget.left is not None
    assert budget.left.remaining == 40

    budget.learn(said(99, reset=3600), 70.0)
    assert budget.left.remaining == 99


def test_budget_with_a_limit_of_one_may_still_ask() -> None:
    budget = Budget(QUOTA)
    budget.learn(said(1, limit=1), 0.0)

    assert budget.wait_seconds(0.0) == 0


def test_pause_is_what_the_vendor_says_else_until_the_reset_else_growing() -> None:
    budget = Budget(QUOTA)

    assert budget.pause({"retry-after": "3"}, 0.0) == 3
    assert Budget(QUOTA).pause(said(0, reset=40), 0.0) == 40
    growing = Budget(QUOTA)
    assert [growing.pause({}, 0.0), growing.pause({}, 0.0)] == [
        BACKPRESSURE_SECONDS_DEFAULT,
        BACKPRESSURE_SECONDS_DEFAULT * 2,
    ]
    growing.learn({}, 0.0)
    assert growing.pause({}, 500.0) == BACKPRESSURE_SECONDS_DEFAULT


async def test_pacer_waits_for_a_near_reset_and_refuses_a_far_one() -> None:
    clock = ManualClock()
    pacer = Pacer("x", QUOTA, requests_per_minute_max=None, clock=clock)
    pacer.budget.learn(said(1, reset=20), clock.monotonic_seconds())
    async with pacer.turn():
        assert clock.monotonic_seconds() == pytest.approx(20)

    pacer.budget.learn(said(1, reset=3000), clock.monotonic_seconds())
    with pytest.raises(Backpressure) as refused:
        async with pacer.turn():
            raise AssertionError("there was no turn to have")
    assert refused.value.retry_after_seconds == pytest.approx(3000)


async def test_pacer_gives_a_place_on_when_a_request_has_ended() -> None:
    pacer = Pacer("x", QUOTA, requests_per_minute_max=None, clock=SystemClock())
    order = []

    async def ask(name: str) -> None:
        async with pacer.turn():
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(*(ask(name) for name in "abc"))

    assert order == ["a", "b", "c"]


async def test_pacer_lets_no_more_through_in_any_window_than_is_documented() -> None:
    rate = DocumentedRate(40, 0.5)
    pacer = Pacer("x", rate, requests_per_minute_max=None, clock=SystemClock())
    times: list[float] = []

    async def ask() -> None:
        async with pacer.turn():
            times.append(asyncio.get_running_loop().time())

    await asyncio.gather(*(ask() for _ in range(70)))

    busiest = max(sum(begin <= time < begin + rate.window_seconds for time in times) for begin in times)
    assert len(times) == 70
    assert busiest <= rate.requests


def test_documented_rate_is_replaced_by_what_the_plan_allows() -> None:
    own = DocumentedRate(60)

    assert own.bucket()[0] == 6
    assert DocumentedRate(600).bucket()[0] == 60
