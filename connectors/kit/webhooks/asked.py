"""Polls that a delivery asks for, to be made now and once (pure)."""

from __future__ import annotations

from collections.abc import Container

from connectors.kit.declaration import Poll

ASKED_MAX = 1000
SPACING_SECONDS = 10.0
"""Between two polls of the same request that were asked for: a burst of edits is one poll, and one more after it."""


class Asked:
    """Polls that wait to be made, each once, in the order they were asked for.

    All times are seconds of a monotonic clock.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Poll] = {}
        self._rests_until: dict[str, float] = {}

    def room_for(self, polls: list[Poll]) -> bool:
        """Return whether all of these may wait too."""
        new = sum(poll.request_key not in self._waiting for poll in polls)
        return len(self._waiting) + new <= ASKED_MAX

    def add(self, poll: Poll) -> None:
        """Let a poll wait; one that waits already is made once."""
        self._waiting.setdefault(poll.request_key, poll)

    def take(self, now: float, running: Container[str]) -> Poll | None:
        """Return the next poll that may be made, or ``None``; one that is running has to end first."""
        self._forget(now)
        for key, poll in self._waiting.items():
            if key not in running and key not in self._rests_until:
                del self._waiting[key]
                self._rests_until[key] = now + SPACING_SECONDS
                return poll
        return None

    def wait_seconds(self, now: float, running: Container[str]) -> float | None:
        """Return how long until a waiting poll may be made; ``None`` if none waits but for one that is running."""
        times = [self._rests_until.get(key, now) for key in self._waiting if key not in running]
        return max(0.0, min(times) - now) if times else None

    def _forget(self, now: float) -> None:
        self._rests_until = {key: until for key, until in self._rests_until.items() if until > now}
