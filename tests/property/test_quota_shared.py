"""Several pollers with one budget never run into a limit that a vendor has told or documented, and none starves."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.kit.budget import Budget
from connectors.kit.ledger import Ledger
from connectors.kit.quota import DocumentedRate, HeaderQuota
from connectors.kit.terms import Purpose, Terms

ANSWER_SECONDS_MAX = 0.4


class Vendor(Protocol):
    """Counts requests; says whether one is refused, and what its headers tell."""

    def ask(self, at: float) -> tuple[bool, dict[str, str]]: ...


@dataclass
class TokenBucket:
    limit: int
    window_seconds: float
    tokens: float = math.inf
    at: float = 0.0

    def ask(self, at: float) -> tuple[bool, dict[str, str]]:
        refill = (at - self.at) * self.limit / self.window_seconds
        self.tokens, self.at = min(self.limit, self.tokens + refill), at
        if self.tokens < 1:
            return False, {}
        self.tokens -= 1
        return True, {}


@dataclass
class SlidingWindow:
    limit: int
    window_seconds: float
    times: deque[float] = field(default_factory=deque)

    def ask(self, at: float) -> tuple[bool, dict[str, str]]:
        while self.times and self.times[0] <= at - self.window_seconds:
            self.times.popleft()
        self.times.append(at)
        return len(self.times) <= self.limit, {}


@dataclass
class FixedWindow:
    """Begins a window at fixed times, or with ``from_first`` at the first request after the last one; tells it."""

    limit: int
    window_seconds: float
    from_first: bool = False
    used: int = 0
    ends_at: float = 0.0

    def ask(self, at: float) -> tuple[bool, dict[str, str]]:
        if at >= self.ends_at:
            begins_at = at if self.from_first else math.floor(at / self.window_seconds) * self.window_seconds
            self.used, self.ends_at = 0, begins_at + self.window_seconds
        self.used += 1
        told = {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(max(0, self.limit - self.used)),
            "x-ratelimit-reset": f"{self.ends_at - at:.3f}",
        }
        return self.used <= self.limit, told


@dataclass
class Poller:
    """A process: its endpoints wait in a queue, of which the first asks for a turn; some are under way."""

    owner: str
    purpose: Purpose
    endpoints: int
    at_once: int = 3
    rest_seconds: float = 0.0
    asked: dict[str, list[float]] = field(default_factory=dict)
    queue: deque[str] = field(default_factory=deque)
    asking: bool = False

    def __post_init__(self) -> None:
        self.queue.extend(f"{self.owner}.{number}" for number in range(self.endpoints))


class Simulation:
    """Lets pollers ask as fast as the budget lets them, on a clock of its own."""

    def __init__(self, vendor: Vendor, terms: Terms, delay: Callable[[], float]) -> None:
        self._vendor = vendor
        self._terms = terms
        self._delay = delay
        self._ledger = Ledger(None)
        self._numbers = count()
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self.refused: list[float] = []

    def run(self, pollers: list[Poller], seconds: float) -> None:
        for poller in pollers:
            self._wake(poller, 0.0)
        while self._events and self._events[0][0] < seconds:
            now, _, step = heapq.heappop(self._events)
            step(now)

    def _at(self, time: float, step: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (time, next(self._numbers), step))

    def _wake(self, poller: Poller, now: float) -> None:
        if not poller.asking and poller.queue and poller.at_once > 0:
            poller.asking = True
            self._at(now, lambda at: self._ask(poller, at))

    def _ask(self, poller: Poller, now: float) -> None:
        endpoint, flight = poller.queue[0], f"{poller.owner}/{next(self._numbers)}"
        with self._ledger.changing() as budget:
            wait = budget.take(
                self._terms,
                flight=flight,
                owner=poller.owner,
                endpoint=endpoint,
                purpose=poller.purpose,
                now=now,
            )
        if wait > 0:
            self._at(now + wait, lambda at: self._ask(poller, at))
            return
        poller.queue.popleft()
        poller.asking = False
        poller.at_once -= 1
        # the vendor counts when the request arrives, and we hear of it later
        good, headers = self._vendor.ask(now)
        if not good:
            self.refused.append(now)
        poller.asked.setdefault(endpoint, []).append(now)
        self._at(now + self._delay(), lambda at: self._hear(poller, endpoint, flight, headers, at))
        self._wake(poller, now)

    def _hear(self, poller: Poller, endpoint: str, flight: str, headers: dict[str, str], now: float) -> None:
        with self._ledger.changing() as budget:
            budget.learn(self._terms, endpoint, headers, now)
            budget.end(flight)
        poller.at_once += 1
        poller.queue.append(endpoint)
        self._wake(poller, now + poller.rest_seconds)


def run(
    vendor: Vendor, terms: Terms, pollers: list[Poller], seconds: float, delay: Callable[[], float]
) -> list[float]:
    """Return when a request was refused."""
    simulation = Simulation(vendor, terms, delay)
    simulation.run(pollers, seconds)
    return simulation.refused


def crowd(sizes: list[int]) -> list[Poller]:
    live = [Poller(f"process-{number}", Purpose.LIVE, size) for number, size in enumerate(sizes)]
    check = Poller("check", Purpose.PERSON, 1, rest_seconds=20.0)
    return [*live, check, Poller("backfill", Purpose.HISTORY, 2)]


delays = st.lists(st.floats(0.001, ANSWER_SECONDS_MAX), min_size=1, max_size=7)
crowds = st.lists(st.integers(1, 5), min_size=1, max_size=4)


def repeated(values: list[float]) -> Callable[[], float]:
    numbers = count()
    return lambda: values[next(numbers) % len(values)]


@given(
    st.sampled_from([TokenBucket, SlidingWindow, FixedWindow]),
    st.integers(1, 60),
    st.floats(1, 60),
    crowds,
    delays,
)
@settings(max_examples=40, deadline=None)
def test_documented_rate_is_never_passed_by_those_who_share_it(
    kind: type[TokenBucket] | type[SlidingWindow] | type[FixedWindow],
    limit: int,
    window_seconds: float,
    sizes: list[int],
    answers_after: list[float],
) -> None:
    pollers, seconds = crowd(sizes), 8 * window_seconds
    refused = run(
        kind(limit, window_seconds),
        Terms.of(DocumentedRate(limit, window_seconds)),
        pollers,
        seconds,
        repeated(answers_after),
    )

    assert refused == []
    made = sum(len(times) for poller in pollers for times in poller.asked.values())
    fastest = sum(min(3, size) for size in [*sizes, 1]) * seconds / max(answers_after)
    # what may be asked is asked: no budget is left lying about
    assert made >= 0.6 * min(8 * limit * 0.85, fastest) - 1
    assert nobody_starves(pollers, made)


@given(st.integers(2, 200), st.booleans(), crowds, delays)
@settings(max_examples=40, deadline=None)
def test_window_that_the_vendor_tells_is_never_passed_by_those_who_share_it(
    limit: int, from_first: bool, sizes: list[int], answers_after: list[float]
) -> None:
    pollers = crowd(sizes)
    terms = Terms.of(HeaderQuota(window_seconds=60.0))
    refused = run(FixedWindow(limit, 60.0, from_first), terms, pollers, 240.0, repeated(answers_after))

    assert refused == []
    assert nobody_starves(pollers, sum(len(times) for p in pollers for times in p.asked.values()))


@given(st.integers(20, 200), crowds, delays)
@settings(max_examples=15, deadline=None)
def test_minute_limit_beside_the_told_window_is_kept_too(
    limit: int, sizes: list[int], answers_after: list[float]
) -> None:
    both: list[Vendor] = [FixedWindow(limit * 5, 600.0), SlidingWindow(limit, 60.0)]

    class Both:
        def ask(self, at: float) -> tuple[bool, dict[str, str]]:
            answers = [vendor.ask(at) for vendor in both]
            return all(good for good, _ in answers), answers[0][1]

    terms = Terms.of(HeaderQuota(window_seconds=600.0, rate=DocumentedRate(limit, 60.0)))

    assert run(Both(), terms, crowd(sizes), 900.0, repeated(answers_after)) == []


def test_simulated_vendors_refuse_whoever_does_not_look_at_the_budget() -> None:
    for vendor in (TokenBucket(10, 60), SlidingWindow(10, 60), FixedWindow(10, 60)):
        assert [vendor.ask(number / 10)[0] for number in range(11)].count(False) == 1


def nobody_starves(pollers: list[Poller], made: int) -> bool:
    """Whether each endpoint of the live polls had a fair part of what was asked."""
    live = [poller for poller in pollers if poller.purpose is Purpose.LIVE]
    for poller in live:
        counts = [len(poller.asked.get(f"{poller.owner}.{n}", ())) for n in range(poller.endpoints)]
        # one that is answered later comes back to the queue later
        if min(counts) < max(counts) / 4 - 1:
            return False
        if made > 20 * len(live) and sum(counts) < made / len(live) / 4:
            return False
    return True


def test_budget_that_is_new_lets_the_first_request_through() -> None:
    taken = Budget().take(
        Terms.of(HeaderQuota()), flight="a", owner="b", endpoint="c", purpose=Purpose.LIVE, now=0.0
    )

    assert taken == 0
