"""Plans when each request of a source is polled next: what changes often is asked often, within the quota (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from connectors.kit.allocation import Want, at_rest_seconds, intervals_seconds
from connectors.kit.budget import Planned
from connectors.kit.change_rate import ChangeHistory
from connectors.kit.declaration import Poll

REPLAN_SECONDS_MIN: Final = 10.0
REPLAN_SECONDS_EACH: Final = 0.002
"""Planning takes some microseconds a request, so that it must stay rare among many."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what the intervals of a source lie.

    Attributes:
        floor_seconds: between two polls whose interval multiple is 1, at least.
        stretch_max: how many times its floor a request waits at most.
        ceiling_seconds: between two polls of any request at most, instead of ``stretch_max``; ``None`` for that.
    """

    floor_seconds: float
    stretch_max: float = 1.0
    ceiling_seconds: float | None = None

    def of(self, poll: Poll) -> tuple[float, float]:
        """Return floor and ceiling of a poll, seconds."""
        floor = self.floor_seconds * poll.interval_multiple
        ceiling = floor * self.stretch_max if self.ceiling_seconds is None else self.ceiling_seconds
        return floor, max(floor, ceiling)


class Planner:
    """Knows of each request how often its answer changes, and plans its interval.

    Call protocol: ``saw`` after each poll, then ``interval_seconds``; ``plan`` whenever ``is_due`` says so.

    Args:
        bounds: between what the intervals lie.
        unchanged_is_free: whether a poll that finds nothing new does not count against the quota.
    """

    def __init__(self, bounds: Bounds, *, unchanged_is_free: bool) -> None:
        self._bounds = bounds
        self._unchanged_is_free = unchanged_is_free
        self._wants: dict[str, Want] = {}
        # how much longer than alone a request waits because of the others
        self._stretches: dict[str, float] = {}
        self._planned_at: float | None = None

    def saw(self, poll: Poll, history: ChangeHistory, requests: int) -> None:
        """Take note of what a poll saw.

        Args:
            poll: what was asked.
            history: of the request, this poll included.
            requests: that it took.
        """
        floor, ceiling = self._bounds.of(poll)
        old = self._wants.get(poll.request_key)
        pages = float(max(1, requests)) if old is None else (old.pages + max(1, requests)) / 2
        rate = history.changes_per_second(floor)
        # a vendor answers 304 to GET only
        free = self._unchanged_is_free and poll.body is None
        self._wants[poll.request_key] = Want(poll.endpoint, rate, floor, ceiling, pages, free)

    def is_due(self, now: float) -> bool:
        """Return whether it is time to plan anew."""
        rest = max(REPLAN_SECONDS_MIN, REPLAN_SECONDS_EACH * len(self._wants))
        return self._planned_at is None or now - self._planned_at >= rest

    def plan(self, planned: Planned, now: float) -> None:
        """Plan the intervals of all requests.

        Args:
            planned: how fast they may be made together.
            now: monotonic clock, seconds.
        """
        self._planned_at = now
        intervals = intervals_seconds(list(self._wants.values()), planned)
        self._stretches = {
            key: interval / at_rest_seconds(want)
            for (key, want), interval in zip(self._wants.items(), intervals, strict=True)
        }

    def interval_seconds(self, poll: Poll) -> float:
        """Return how long a poll waits after it was due; its floor before it was ever made."""
        want = self._wants.get(poll.request_key)
        if want is None:
            return self._bounds.of(poll)[0]
        return at_rest_seconds(want) * self._stretches.get(poll.request_key, 1.0)

    def polls_per_second(self) -> float:
        """Return how many polls a second the intervals make."""
        return sum(
            1 / (at_rest_seconds(want) * self._stretches.get(key, 1.0)) for key, want in self._wants.items()
        )
