"""Which request is next (pure): in the order of due times, then of declaration, never one twice at once."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from connectors.kit.declaration import Poll

POLLS_MAX = 50_000


@dataclass(order=True, slots=True)
class _Entry:
    due_at: float
    position: int
    poll: Poll = field(compare=False)


class Schedule:
    """The polls of one source and when each is due.

    A poll leaves the schedule by ``take`` and comes back by ``put_back``, so that it never runs twice at once.
    All times are seconds of a monotonic clock.
    """

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._taken: dict[str, _Entry] = {}
        self._positions: dict[str, int] = {}
        self._hastened: set[str] = set()

    def __len__(self) -> int:
        """Return how many different requests there are."""
        return len(self._positions)

    def add(self, poll: Poll, due_at: float) -> bool:
        """Return whether the poll is new and in; one that is known, or beyond ``POLLS_MAX``, is left out."""
        if poll.request_key in self._positions or len(self._positions) >= POLLS_MAX:
            return False
        position = self._positions[poll.request_key] = len(self._positions)
        heapq.heappush(self._heap, _Entry(due_at, position, poll))
        return True

    def take(self, now: float) -> Poll | None:
        """Return the next poll that is due, or ``None``; it stays away until it is put back."""
        if not self._heap or self._heap[0].due_at > now:
            return None
        entry = heapq.heappop(self._heap)
        self._taken[entry.poll.request_key] = entry
        return entry.poll

    def put_back(self, poll: Poll, now: float, interval_seconds: float, pause_seconds: float = 0.0) -> None:
        """Say that a poll has ended.

        It is due one interval after it was due; one that took longer is due at once, and what it missed is not
        made up for.

        Args:
            poll: as taken.
            now: when it ended.
            interval_seconds: from when it was due to when it is due again.
            pause_seconds: how long it must rest at least.
        """
        entry = self._taken.pop(poll.request_key)
        if poll.request_key in self._hastened:
            self._hastened.discard(poll.request_key)
            interval_seconds = 0.0
        entry.due_at = max(entry.due_at + interval_seconds, now + pause_seconds, now)
        heapq.heappush(self._heap, entry)

    def hasten(self, request_key: str, now: float) -> bool:
        """Make a poll due now, or as soon as it is put back; return whether there is one."""
        if request_key in self._taken:
            self._hastened.add(request_key)
            return True
        for entry in self._heap:
            if entry.poll.request_key == request_key:
                entry.due_at = min(entry.due_at, now)
                heapq.heapify(self._heap)
                return True
        return False

    def wait_seconds(self, now: float) -> float | None:
        """Return how long until a poll is due; ``None`` if all are away."""
        return max(0.0, self._heap[0].due_at - now) if self._heap else None
