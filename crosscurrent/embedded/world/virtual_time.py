"""The world's own time: what its payloads and headers say the time is."""

from __future__ import annotations

from crosscurrent.clock import Clock
from crosscurrent.errors import WrongUse

SECONDS_PER_HOUR = 3600
DEFAULT_SPEED = 18_000.0  # one virtual hour in 0.2 s
SPEED_MAX = 3_600_000.0
# the models' blocks are computed in order, so a jump costs time in proportion
ELAPSED_SECONDS_MAX = 20 * 366 * 24 * SECONDS_PER_HOUR


class VirtualTime:
    """Virtual seconds as a function of real ones, or moved by hand.

    Args:
        start_seconds: epoch seconds at which the world starts.
        clock: the real clock.
        speed: virtual seconds a real second; 0 moves only by ``advance``.
        anchor_seconds: real epoch seconds at which the virtual time is the start; now if None. A world that
            is started again with the same anchor goes on where time has got to meanwhile.
        until_seconds: virtual seconds after the start at which time stands still.
        held: whether time stands still at the start until ``release``.

    Raises:
        WrongUse: a speed outside of 0 to ``SPEED_MAX``.
    """

    def __init__(
        self,
        start_seconds: int,
        clock: Clock,
        *,
        speed: float,
        anchor_seconds: float | None = None,
        until_seconds: float = ELAPSED_SECONDS_MAX,
        held: bool = False,
    ) -> None:
        if not 0 <= speed <= SPEED_MAX:
            raise WrongUse(f"speed {speed}", expected=f"0 to {SPEED_MAX:.0f}", todo="give another --speed")
        self.start_seconds = start_seconds
        self.speed = speed
        self._clock = clock
        self._until_seconds = min(until_seconds, ELAPSED_SECONDS_MAX)
        self._advanced_seconds = 0.0
        real_now = clock.now_utc().timestamp()
        behind = 0.0 if anchor_seconds is None else max(0.0, real_now - anchor_seconds)
        self._real_origin = clock.monotonic_seconds() - behind
        self.held = held

    def now_seconds(self) -> float:
        """Return the virtual time as epoch seconds."""
        if self.held:
            return float(self.start_seconds)
        elapsed = (self._clock.monotonic_seconds() - self._real_origin) * self.speed + self._advanced_seconds
        return self.start_seconds + min(elapsed, self._until_seconds)

    def advance(self, seconds: float) -> None:
        """Move a world that is moved by hand.

        Raises:
            WrongUse: the world moves by itself, or the step is negative or too large.
        """
        if self.speed:
            raise WrongUse(
                "an advance of a world that moves by itself",
                expected="a world started with --manual",
                todo="start it with --manual, or wait",
            )
        if not 0 <= seconds <= ELAPSED_SECONDS_MAX - self._advanced_seconds:
            raise WrongUse(
                f"an advance by {seconds} seconds",
                expected="0 or more, within twenty years of the start",
                todo="give another number of seconds",
            )
        self._advanced_seconds += seconds

    def asked(self, address: str) -> None:
        """Take note that an address was asked for; a time that runs by itself does not care."""

    def release(self) -> None:
        """Let a time that was held run from its start; nothing happens to one that runs."""
        if self.held:
            self._real_origin = self._clock.monotonic_seconds()
            self.held = False

    def real_seconds(self) -> float:
        """Return real seconds that never go backwards: quotas run on these."""
        return self._clock.monotonic_seconds()
