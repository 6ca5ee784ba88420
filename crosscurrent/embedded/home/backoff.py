"""When a process that ended is started again."""

from __future__ import annotations

from crosscurrent.exit_codes import EXIT_SERVER_AWAY, EXIT_WRONG_USE

DELAY_SECONDS_MIN = 0.1
DELAY_SECONDS_MAX = 15.0
# an end within this time after it was ready counts as a failed start
STABLE_SECONDS = 5.0
FAILED_STARTS_MAX = 6
# wrong use does not heal; one more try, because a port may have been taken between our look and its bind
WRONG_USE_STARTS_MAX = 2
RESTARTS_MAX = 200
_DOUBLINGS_MAX = 10


class Backoff:
    """Counts the ends of one process and decides: again after a delay, or not any more.

    Args:
        delay_seconds_min: delay after the first failed start; doubles with each further one.
    """

    def __init__(self, delay_seconds_min: float = DELAY_SECONDS_MIN) -> None:
        self._delay_seconds_min = delay_seconds_min
        self._starts_in_a_row = 0
        self._failed_starts = 0
        self._wrong_uses = 0
        self.restarts = 0

    def delay_seconds(self, exit_code: int, ready_seconds: float | None) -> float | None:
        """Return the seconds to wait before the next start, or None if there shall be none.

        Args:
            exit_code: as of ``subprocess``: negative for a signal.
            ready_seconds: how long the process had been ready when it ended; None if it never was.
        """
        if ready_seconds is not None and ready_seconds >= STABLE_SECONDS:
            self._starts_in_a_row = self._failed_starts = self._wrong_uses = 0
        self._starts_in_a_row += 1
        # a server that is away may come back, and its absence is no fault of this process
        self._failed_starts += exit_code != EXIT_SERVER_AWAY
        self._wrong_uses += exit_code == EXIT_WRONG_USE
        if (
            self._failed_starts >= FAILED_STARTS_MAX
            or self._wrong_uses >= WRONG_USE_STARTS_MAX
            or self.restarts >= RESTARTS_MAX
        ):
            return None
        self.restarts += 1
        return float(
            min(
                self._delay_seconds_min * 2 ** min(self._starts_in_a_row - 1, _DOUBLINGS_MAX),
                DELAY_SECONDS_MAX,
            )
        )
