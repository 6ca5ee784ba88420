"""Notices that messages wait and none comes.

After a rebalance or an outage of the broker Faust's consumer may go on without ever fetching from a partition again
(faust-streaming issues 523 and 629): the process looks well and does nothing. What waits is known by the broker.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from crosscurrent.clock import Clock
from crosscurrent.errors import ServerAway, Transient

Behind = Callable[[], Awaitable[Sequence[str]]]
"""Returns the partitions of which the consumer has not read everything; asked seldom."""


class StallWatch:
    """Watches one processor.

    Args:
        processor: its name.
        seconds_max: how long nothing may come while something waits.
        clock: measures it.
        behind: asks the broker.
    """

    def __init__(self, processor: str, seconds_max: float, clock: Clock, behind: Behind) -> None:
        self._processor = processor
        self._seconds_max = seconds_max
        self._clock = clock
        self._behind = behind
        self._under_way = 0
        self._moved_at = clock.monotonic_seconds()

    def begin(self) -> None:
        """Say that a message came."""
        self._under_way += 1

    def end(self) -> None:
        """Say that it was processed."""
        self._under_way -= 1
        self.restart()

    def restart(self) -> None:
        """Begin to wait anew, as after an assignment."""
        self._moved_at = self._clock.monotonic_seconds()

    async def check(self) -> None:
        """Return unless nothing came for long although something waits.

        Raises:
            Transient: the consumer is stuck.
        """
        if self._under_way or self._clock.monotonic_seconds() - self._moved_at < self._seconds_max:
            return
        try:
            places = await self._behind()
        except ServerAway:
            places = ()  # nothing can come then
        if places and not self._under_way:
            raise Transient(
                f"nothing came to {self._processor} for {self._seconds_max:g} s, and messages wait in "
                f"{', '.join(places[:5])}",
                expected="a consumer that fetches",
                todo="nothing: the worker starts from its last checkpoint again",
                processor=self._processor,
            )
        self.restart()
