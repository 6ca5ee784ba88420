"""The one place that reads the clock; everything else takes a ``Clock``."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What code that needs the time asks for."""

    def now_utc(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def monotonic_seconds(self) -> float:
        """Return seconds that never go backwards, for measuring durations."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for that many seconds of this clock."""
        ...

    def loop_seconds(self, seconds: float) -> float:
        """Return how many seconds of the event loop pass in so many of this clock."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_utc(self) -> datetime:
        """Return the wall clock in UTC."""
        return datetime.now(UTC)

    def monotonic_seconds(self) -> float:
        """Return the machine's monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking the event loop."""
        await asyncio.sleep(seconds)

    def loop_seconds(self, seconds: float) -> float:
        """Return the same: the loop runs on the machine's clock."""
        return seconds


class FasterClock:
    """The machine's clock, running so many times faster from now on; for connectors that ask played vendors.

    Args:
        speed: seconds of this clock in a real one, more than 0.
        clock: the machine's.
    """

    def __init__(self, speed: float, clock: Clock) -> None:
        self._speed = speed
        self._clock = clock
        self._began_utc = clock.now_utc()
        self._began_seconds = clock.monotonic_seconds()

    def now_utc(self) -> datetime:
        """Return the moment at which it was made and what has passed on it since."""
        return self._began_utc + timedelta(seconds=self.monotonic_seconds() - self._began_seconds)

    def monotonic_seconds(self) -> float:
        """Return seconds that never go backwards and run faster."""
        passed = self._clock.monotonic_seconds() - self._began_seconds
        return self._began_seconds + passed * self._speed

    async def sleep(self, seconds: float) -> None:
        """Wait for so many of its own seconds."""
        await self._clock.sleep(self.loop_seconds(seconds))

    def loop_seconds(self, seconds: float) -> float:
        """Return how many seconds of the event loop pass in so many of this clock."""
        return self._clock.loop_seconds(seconds / self._speed)


class ManualClock:
    """A clock that moves only when told, for tests and replays."""

    def __init__(self, start_utc: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now_utc = start_utc
        self._elapsed_seconds = 0.0

    def now_utc(self) -> datetime:
        """Return the moment to which the clock was moved."""
        return self._now_utc

    def monotonic_seconds(self) -> float:
        """Return how far the clock was moved since it was made."""
        return self._elapsed_seconds

    async def sleep(self, seconds: float) -> None:
        """Move the clock and let other tasks run."""
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._now_utc += timedelta(seconds=seconds)
        self._elapsed_seconds += seconds

    def loop_seconds(self, seconds: float) -> float:
        """Return the same: whoever waits in the loop waits in real time."""
        return seconds
