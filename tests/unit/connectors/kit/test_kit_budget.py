"""What may be asked now with one credential."""

from __future__ import annotations

import asyncio

import pytest

from connectors.kit.budget import FLIGHT_SECONDS_MAX, Budget
from connectors.kit.ledger import Ledger
from connectors.kit.pace import Pacer
from connectors.kit.quota import BACKPRESSURE_SECONDS_DEFAULT, DocumentedRate, HeaderQuota, Remaining
from connectors.kit.terms import Purpose, Terms
from crosscurrent.clock import ManualClock, SystemClock
from crosscurrent.errors import Backpressure

DATE = "Mon, 05 Jan 2026 00:00:00 GMT"
DATE_SECONDS = 1_767_571_200
QUOTA = HeaderQuota()
TERMS = Terms.of(QUOTA)


def said(remaining: int, reset: float = 60, limit: int = 100, resource: str = "") -> dict[str, str]:
    return {
        "date": DATE,
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(int(DATE_SECONDS + reset)),
        **({"x-ratelimit-resource": resource} if resource else {}),
    }


def learned(*answers: dict[str, str]) -> Budget:
    budget = Budget()
    for answer in answers:
        budget.learn(TERMS, "repository", answer, 0.0)
    return budget


def take(
    budget: Budget,
    flight: str,
    now: float = 0.0,
    *,
    terms: Terms = TERMS,
    endpoint: str = "repository",
    purpose: Purpose = Purpose.LIVE,
    owner: str = "one:1",
) -> float:
    return budget.take(terms, flight=flight, owner=owner, endpoint=endpoint, purpose=purpose, now=now)


def test_budget_keeps_its_reserve_and_waits_for_the_reset() -> None:
    assert take(learned(said(11)), "a") == 0
    budget = learned(said(11), said(10))

    assert take(budget, "a", 1.0) == pytest.approx(59)
    assert take(budget, "a", 60.0) == 0


def test_budget_gives_a_person_what_it_keeps_from_the_poll() -> None:
    budget = learned(said(10))

    assert take(budget, "live") > 0
    assert take(budget, "person", purpose=Purpose.PERSON) == 0


def test_budget_gives_a_person_nothing_where_nothing_is_left() -> None:
    assert take(learned(said(0)), "person", purpose=Purpose.PERSON) == pytest.approx(60)


def test_budget_gives_history_half_of_the_reserve_at_a_pace_of_its_own() -> None:
    budget = learned(said(10, reset=3600))
    history = Purpose.HISTORY

    assert take(budget, "a", purpose=history) == 0
    # a limit of 100 an hour, of which 5 are for history
    assert take(budget, "b", purpose=history) == pytest.approx(720)
    budget.end("a")
    budget.learn(TERMS, "repository", said(5, reset=3600), 800.0)
    assert take(budget, "b", 800.0, purpose=history) > 1000
    assert take(budget, "c", 800.0, purpose=Purpose.PERSON) == 0


def test_history_leaves_the_poll_its_documented_rate() -> None:
    terms, budget, asked = Terms.of(DocumentedRate(60)), Budget(), {Purpose.LIVE: 0, Purpose.HISTORY: 0}
    for step in range(6000):
        for purpose in (Purpose.HISTORY, Purpose.LIVE):
            asked[purpose] += take(budget, "x", step / 10, terms=terms, purpose=purpose) == 0

    # in ten minutes of 60
    assert asked[Purpose.LIVE] >= 600 * 0.72
    assert 50 <= asked[Purpose.HISTORY] <= 61


def test_check_by_a_person_slows_no_plan() -> None:
    terms, budget = Terms.of(DocumentedRate(60)), Budget()
    take(budget, "a", terms=terms, owner="one:1")
    take(budget, "b", terms=terms, owner="two:2", purpose=Purpose.PERSON)

    assert list(budget.users) == ["one:1"]


def test_budget_counts_what_is_under_way_whoever_asked() -> None:
    budget = learned(said(12))

    assert take(budget, "a", owner="one:1") == 0
    assert take(budget, "b", owner="two:2") == 0
    assert take(budget, "c") > 0
    budget.end("a")
    assert take(budget, "c") == 0


def test_budget_forgets_what_a_process_had_under_way_that_is_gone() -> None:
    budget = Budget()
    take(budget, "a", owner="one:1")
    assert take(budget, "b", owner="two:2") > 0
    budget.forget_flights({"one:1": True}, 0.0)
    assert take(budget, "b", owner="two:2") == 0

    budget.forget_flights({}, FLIGHT_SECONDS_MAX)
    assert budget.flights == {}


def test_budget_lets_one_request_ask_for_all_until_the_vendor_has_spoken() -> None:
    budget = Budget()
    assert take(budget, "a") == 0
    assert take(budget, "b") > 0
    budget.end("a")
    budget.learn(TERMS, "repository", {}, 0.0)

    assert [take(budget, flight) for flight in "bcd"] == [0, 0, 0]


def test_budget_believes_the_lowest_of_answers_that_overtook_each_other() -> None:
    budget = learned(said(40), said(42))
    assert budget.windows[""].remaining == 40

    budget.learn(TERMS, "repository", said(99, reset=3600), 70.0)
    assert budget.windows[""].remaining == 99


def test_budget_with_a_limit_of_one_may_still_ask() -> None:
    assert take(learned(said(1, limit=1)), "a") == 0


def test_budget_counts_each_bucket_of_the_vendor_apart() -> None:
    budget = learned(said(90, resource="core"))
    budget.learn(TERMS, "search", said(1, limit=30, resource="search"), 0.0)

    assert take(budget, "a", endpoint="search") == pytest.approx(60)
    assert take(budget, "b", endpoint="repository") == 0
    # one that was never asked may count against the one that is used up
    assert take(budget, "c", endpoint="code") == pytest.approx(60)


def test_budget_where_a_bucket_is_used_up_does_not_keep_others_back() -> None:
    budget = learned(said(90, resource="core"))
    budget.learn(TERMS, "search", said(20, limit=30, resource="search"), 0.0)

    assert budget.pause(TERMS, "search", said(0, 60, 30, resource="search"), 0.0) == 60
    assert take(budget, "a", endpoint="repository") == 0


def test_pause_is_what_the_vendor_says_else_until_the_reset_else_growing() -> None:
    assert Budget().pause(TERMS, "x", {"retry-after": "3"}, 0.0) == 3
    assert Budget().pause(TERMS, "x", said(0, reset=40), 0.0) == 40
    growing = Budget()
    assert [growing.pause(TERMS, "x", {}, 0.0), growing.pause(TERMS, "x", {}, 0.0)] == [
        BACKPRESSURE_SECONDS_DEFAULT,
        BACKPRESSURE_SECONDS_DEFAULT * 2,
    ]
    growing.learn(TERMS, "x", {}, 0.0)
    assert growing.pause(TERMS, "x", {}, 500.0) == BACKPRESSURE_SECONDS_DEFAULT


def test_budget_comes_back_from_json_as_it_was() -> None:
    budget = learned(said(90, resource="core"))
    budget.windows["search"] = Remaining(30, 30, float("inf"))
    take(budget, "a", 1.5, terms=Terms.of(HeaderQuota(rate=DocumentedRate(60))))
    budget.pause(TERMS, "search", {"retry-after": "7"}, 2.0)

    assert Budget.from_json(budget.to_json()) == budget


def test_budget_does_not_wait_longer_than_a_window_when_our_clock_was_set_back() -> None:
    terms = Terms.of(HeaderQuota(rate=DocumentedRate(60)))
    budget = learned(said(5))
    take(budget, "a", terms=terms, purpose=Purpose.PERSON)
    budget.pause(TERMS, "x", {"retry-after": "7"}, 0.0)
    a_day_earlier = -86_400.0

    assert take(budget, "b", a_day_earlier, terms=terms) <= QUOTA.window_seconds + 5


def test_plan_is_shared_by_the_processes_that_ask() -> None:
    terms = Terms.of(HeaderQuota(rate=DocumentedRate(60)))
    budget = learned(said(100))
    alone = budget.planned(terms, 0.0)
    for owner in ("one:1", "two:2"):
        take(budget, owner, terms=terms, owner=owner)
    both = budget.planned(terms, 1.0)

    assert both.requests_per_second == pytest.approx(alone.requests_per_second / 2)
    assert both.counted_per_second == pytest.approx(alone.counted_per_second / 2, rel=0.02)


def test_plan_slows_down_when_others_use_the_window_up() -> None:
    fresh, used = learned(said(100, reset=3600)), learned(said(30, reset=3600))

    assert used.planned(TERMS, 0.0).counted_per_second < fresh.planned(TERMS, 0.0).counted_per_second / 4


async def test_pacer_waits_for_a_near_reset_and_refuses_a_far_one() -> None:
    clock = ManualClock()
    began = clock.now_utc().timestamp()
    pacer = Pacer("x", QUOTA, requests_per_minute_max=None, clock=clock)
    await pacer.restore(Remaining(100, 1, began + 20))
    async with pacer.turn() as turn:
        assert clock.now_utc().timestamp() == pytest.approx(began + 20)
        turn.headers = said(1, reset=3000)

    with pytest.raises(Backpressure) as refused:
        async with pacer.turn():
            raise AssertionError("there was no turn to have")
    assert refused.value.retry_after_seconds == pytest.approx(3000)


async def test_pacer_counts_redirects_as_requests() -> None:
    clock, rate = ManualClock(), DocumentedRate(1, 10.0)
    pacer = Pacer("x", rate, requests_per_minute_max=None, clock=clock)
    async with pacer.turn() as turn:
        turn.requests = 3
    async with pacer.turn():
        assert clock.monotonic_seconds() == pytest.approx(3 * rate.live_spacing().seconds)


async def test_pacer_lets_those_who_wait_go_in_their_order() -> None:
    pacer = Pacer("x", QUOTA, requests_per_minute_max=None, clock=SystemClock())
    order = []

    async def ask(name: str) -> None:
        async with pacer.turn():
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(*(ask(name) for name in "abc"))

    assert order == ["a", "b", "c"]


async def test_pacer_lets_a_person_go_before_polls_that_wait() -> None:
    clock, ledger, rate = ManualClock(), Ledger(None), DocumentedRate(60)
    live = Pacer("x", rate, requests_per_minute_max=None, clock=clock, ledger=ledger)
    person = Pacer(
        "x", rate, requests_per_minute_max=None, clock=clock, ledger=ledger, purpose=Purpose.PERSON
    )
    for _ in range(rate.live_spacing().at_once):
        async with live.turn():
            pass
    async with person.turn():
        assert clock.monotonic_seconds() == 0
    async with live.turn():
        assert clock.monotonic_seconds() > 0
