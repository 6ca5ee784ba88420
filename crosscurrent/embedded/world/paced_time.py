"""A virtual time that goes on hour by hour, once those who watch have seen the hour.

On a machine that is slow or busy, a time that only runs would pass hours that nobody polls, and what is found
would depend on the machine. Paced, each hour lasts until every watcher has asked for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crosscurrent.clock import Clock
from crosscurrent.embedded.world.virtual_time import SECONDS_PER_HOUR, VirtualTime
from crosscurrent.errors import WrongUse

_PATHS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Pace:
    """What must have been asked before an hour ends.

    Attributes:
        prefix: begin of the paths that count, with the vendor, such as ``/openweathermap/data/2.5/weather``.
        addresses: how many different addresses with it.
    """

    prefix: str
    addresses: int

    @classmethod
    def parse(cls, text: str) -> Pace:
        """Return what ``/vendor/path=N`` says.

        Raises:
            WrongUse: it is not of that form.
        """
        prefix, _, count = text.rpartition("=")
        if not prefix.startswith("/") or not count.isdecimal() or int(count) < 1:
            raise WrongUse(
                f"a pace {text!r}", expected="/vendor/path=N with N of 1 or more", todo="give another --pace"
            )
        return cls(prefix, int(count))


class PacedTime(VirtualTime):
    """Virtual time in whole hours.

    Args:
        start_seconds: epoch seconds at which the world starts.
        clock: the real clock.
        paces: what must have been asked before an hour ends.
        hour_seconds: real seconds that an hour lasts at least.
        until_seconds: virtual seconds after the start at which time stands still.
        held: whether time stands still at the start until ``release``.
    """

    def __init__(
        self,
        start_seconds: int,
        clock: Clock,
        *,
        paces: Sequence[Pace],
        hour_seconds: float,
        until_seconds: float,
        held: bool = False,
    ) -> None:
        super().__init__(start_seconds, clock, speed=0.0, until_seconds=until_seconds, held=held)
        self.speed = SECONDS_PER_HOUR / hour_seconds
        self._hour_seconds = hour_seconds
        self._seen: dict[Pace, set[str]] = {pace: set() for pace in paces}
        self._hour_began = clock.monotonic_seconds()
        self._hours = 0

    def now_seconds(self) -> float:
        """Return the virtual time as epoch seconds."""
        return self.start_seconds + min(self._hours * SECONDS_PER_HOUR, self._until_seconds)

    def release(self) -> None:
        """Let a time that was held go on."""
        super().release()
        self._begin_hour()

    def asked(self, address: str) -> None:
        """Take note that an address was asked for, and end the hour if that was what it waited for."""
        if self.held:
            return
        for pace, seen in self._seen.items():
            if address.startswith(pace.prefix) and len(seen) < _PATHS_MAX:
                seen.add(address)
        complete = all(len(seen) >= pace.addresses for pace, seen in self._seen.items())
        if complete and self._clock.monotonic_seconds() - self._hour_began >= self._hour_seconds:
            self._hours += 1
            self._begin_hour()

    def _begin_hour(self) -> None:
        self._hour_began = self._clock.monotonic_seconds()
        for seen in self._seen.values():
            seen.clear()
