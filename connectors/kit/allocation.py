"""Which part of the quota goes to which request: how long each waits between two polls (pure).

Within an endpoint requests share by the square-root rule: a request whose answer changes four times as often is asked
twice as often. That makes the mean delay with which changes are seen the least for the requests spent (Sia, Cho and Cho,
"Efficient monitoring algorithm for fast news alerts", IEEE TKDE 19(7), 2007). We do not maximise freshness, the share of
time in which all copies are current (Cho and Garcia-Molina, "Effective page refresh policies for web crawlers", ACM TODS
28(4), 2003): it gives up on what changes faster than it can be asked, and that is what an event stream is about. Nor do
we ask in proportion to the rate, which both papers show to be worse than asking everything equally often.

Between endpoints the quota is shared max-min fairly: one that needs little gets all it needs, and the others have equal
parts of the rest, so that ten thousand tracks cannot starve one list of new releases.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from connectors.kit.budget import Planned

CHANGES_WORTH_A_POLL: Final = 0.5
"""Where a poll counts, one is worth its price if at its floor so many changes are expected between two polls."""

_HALVINGS = 40
_STRETCH_MAX = 1e9

Load = Callable[["Want", float], float]
"""Requests a second that a want makes at an interval in seconds."""


@dataclass(frozen=True, slots=True)
class Want:
    """A request that is made again and again.

    Attributes:
        endpoint: of the request.
        changes_per_second: estimated rate of change.
        floor_seconds: between two polls at least.
        ceiling_seconds: between two polls at most, if the quota allows.
        pages: requests of one poll.
        unchanged_is_free: whether a poll that finds nothing new does not count.
    """

    endpoint: str
    changes_per_second: float
    floor_seconds: float
    ceiling_seconds: float
    pages: float = 1.0
    unchanged_is_free: bool = False


def intervals_seconds(wants: Sequence[Want], planned: Planned) -> list[float]:
    """Return how long each request waits between two polls, in the order given.

    It lies between floor and ceiling; above the ceiling only where even the ceilings of all take more than there is.

    Args:
        wants: the requests.
        planned: how fast they may be made together.
    """
    intervals = [at_rest_seconds(want) for want in wants]
    intervals = _fitted(wants, intervals, planned.requests_per_second, _requests)
    return _fitted(wants, intervals, planned.counted_per_second, _counted)


def max_min_shares(needs: Mapping[str, float], capacity: float) -> dict[str, float]:
    """Return the max-min fair shares: nobody gets more than it needs, and nobody's can grow but by a smaller one's.

    Args:
        needs: name to what it could use.
        capacity: what there is.
    """
    shares: dict[str, float] = {}
    left = capacity
    for position, (name, need) in enumerate(sorted(needs.items(), key=lambda item: item[1])):
        shares[name] = min(need, left / (len(needs) - position))
        left -= shares[name]
    return shares


def at_rest_seconds(want: Want) -> float:
    """Return the interval where the quota is no matter: the floor, or longer where polls find little and cost."""
    if want.unchanged_is_free:
        return want.floor_seconds
    worth = math.sqrt(CHANGES_WORTH_A_POLL * want.floor_seconds / want.changes_per_second)
    return min(max(worth, want.floor_seconds), want.ceiling_seconds)


def _requests(want: Want, interval_seconds: float) -> float:
    return want.pages / interval_seconds


def _counted(want: Want, interval_seconds: float) -> float:
    if not want.unchanged_is_free:
        return want.pages / interval_seconds
    return -math.expm1(-want.changes_per_second * interval_seconds) * want.pages / interval_seconds


def _fitted(wants: Sequence[Want], intervals: Sequence[float], capacity: float, load: Load) -> list[float]:
    """Return the intervals, stretched where they take more than there is."""
    fitted = list(intervals)
    order = sorted(range(len(wants)), key=lambda index: wants[index].endpoint)
    places = {
        name: list(indexes) for name, indexes in groupby(order, key=lambda index: wants[index].endpoint)
    }
    needs = {
        name: sum(load(wants[index], intervals[index]) for index in indexes)
        for name, indexes in places.items()
    }
    if sum(needs.values()) <= capacity:
        return fitted
    shares = max_min_shares(needs, capacity)
    for name, indexes in places.items():
        if needs[name] > shares[name]:
            own = _stretched([wants[i] for i in indexes], [intervals[i] for i in indexes], shares[name], load)
            for index, interval in zip(indexes, own, strict=True):
                fitted[index] = interval
    return fitted


def _stretched(wants: Sequence[Want], intervals: Sequence[float], share: float, load: Load) -> list[float]:
    """Return the intervals of one endpoint, by the square-root rule, so that they take no more than its share."""
    units = [math.sqrt(want.pages / want.changes_per_second) for want in wants]
    bounds = [max(want.ceiling_seconds, interval) for want, interval in zip(wants, intervals, strict=True)]

    def at(price: float) -> list[float]:
        return [
            min(max(interval, price * unit), bound)
            for interval, unit, bound in zip(intervals, units, bounds, strict=True)
        ]

    def taken(seconds: Sequence[float]) -> float:
        return sum(load(want, interval) for want, interval in zip(wants, seconds, strict=True))

    over = taken(bounds)
    if over > share:
        # even the ceilings take too much: all are stretched alike
        return _lengthened(bounds, share, taken)
    low, high = 0.0, max(bound / unit for bound, unit in zip(bounds, units, strict=True))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if taken(at(middle)) > share:
            low = middle
        else:
            high = middle
    return at(high)


def _lengthened(
    bounds: Sequence[float], share: float, taken: Callable[[Sequence[float]], float]
) -> list[float]:
    low, high = 1.0, _STRETCH_MAX
    for _ in range(_HALVINGS):
        middle = math.sqrt(low * high)
        if taken([bound * middle for bound in bounds]) > share:
            low = middle
        else:
            high = middle
    return [bound * high for bound in bounds]
