"""What planning by the observed rate of change brings, beside asking everything equally often with as many requests."""

from __future__ import annotations

import heapq
import random
from bisect import bisect_right
from collections.abc import Callable
from statistics import mean, quantiles

from connectors.kit.budget import Planned
from connectors.kit.change_rate import ChangeHistory
from connectors.kit.declaration import Poll
from connectors.kit.planner import Bounds, Planner

HOUR = 3600.0
DAY = 24 * HOUR
FLOOR_SECONDS = 60.0
CAPACITY = 0.05  # requests a second
POLLS = [Poll("a", str(number), f"/{number}") for number in range(60)]

Interval = Callable[[Poll, ChangeHistory, float], float]


def changes(seed: int) -> dict[str, list[float]]:
    """When each page changes: every tenth about each ten minutes, the others about every two days."""
    chance, times = random.Random(seed), {}
    for poll in POLLS:
        rate = 1 / 600 if int(poll.target) % 10 == 0 else 1 / (2 * DAY)
        times[poll.target] = [0.0]
        while times[poll.target][-1] < DAY:
            times[poll.target].append(times[poll.target][-1] + chance.expovariate(rate))
    return times


def watched(times: dict[str, list[float]], interval: Interval) -> tuple[int, list[float]]:
    """Return the requests that a day takes, and with which delay each change was seen."""
    due = [(number * FLOOR_SECONDS / len(POLLS), number) for number in range(len(POLLS))]
    histories = {poll.target: ChangeHistory() for poll in POLLS}
    requests, delays, seen = 0, list[float](), dict.fromkeys(times, 0)
    while due[0][0] < DAY:
        now, number = heapq.heappop(due)
        poll = POLLS[number]
        there = bisect_right(times[poll.target], now)
        new = times[poll.target][seen[poll.target] : there]
        delays += [now - at for at in new if at > 2 * HOUR]
        seen[poll.target], requests = there, requests + 1
        history = histories[poll.target].looked(round(now * 1000) + 1, changed=bool(new))
        histories[poll.target] = history
        heapq.heappush(due, (now + interval(poll, history, now), number))
    return requests, delays


def test_changes_are_seen_sooner_for_as_many_requests() -> None:
    planner, plans = Planner(Bounds(FLOOR_SECONDS, 500.0), unchanged_is_free=False), list[float]()

    def planned(poll: Poll, history: ChangeHistory, now: float) -> float:
        planner.saw(poll, history, 1)
        # not as often as it may be, to save time
        if not plans or now - plans[-1] > 2 * FLOOR_SECONDS:
            planner.plan(Planned(CAPACITY), now)
            plans.append(now)
        return planner.interval_seconds(poll)

    times = changes(3)
    requests, delays = watched(times, planned)
    equal = DAY * len(POLLS) / requests
    equal_requests, equal_delays = watched(times, lambda *_: equal)

    assert requests <= CAPACITY * DAY * 1.05
    assert abs(equal_requests - requests) <= len(POLLS)
    assert mean(delays) < mean(equal_delays) / 2
    assert quantiles(delays, n=100)[-1] < quantiles(equal_delays, n=100)[-1] * 2


def test_what_does_not_change_is_asked_a_tenth_as_often_where_a_poll_costs() -> None:
    planner = Planner(Bounds(FLOOR_SECONDS, 500.0), unchanged_is_free=False)

    def planned(poll: Poll, history: ChangeHistory, now: float) -> float:
        planner.saw(poll, history, 1)
        return planner.interval_seconds(poll)

    requests, delays = watched(changes(4), planned)

    assert requests < DAY / FLOOR_SECONDS * len(POLLS) / 8
    assert mean(delays) < 5 * FLOOR_SECONDS
