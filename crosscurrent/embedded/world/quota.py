"""How many requests a caller may make: a fixed window of real time that begins with its first request."""

from __future__ import annotations

import math
from dataclasses import dataclass

CALLERS_MAX = 1024


@dataclass(slots=True)
class Window:
    """One caller's window: when it ends (real monotonic seconds) and what was used of it."""

    ends_seconds: float
    used: int = 0


class Quota:
    """Windows of all callers, the oldest forgotten beyond ``CALLERS_MAX``.

    Args:
        window_seconds: length of a window in real seconds.
    """

    def __init__(self, window_seconds: float) -> None:
        self._window_seconds = window_seconds
        self._windows: dict[str, Window] = {}

    def used(self, caller: str, real_seconds: float) -> int:
        """Return what the caller has used of its present window."""
        return self._window(caller, real_seconds).used

    def spend(self, caller: str, real_seconds: float) -> None:
        """Count one request."""
        self._window(caller, real_seconds).used += 1

    def seconds_left(self, caller: str, real_seconds: float) -> int:
        """Return whole real seconds until the window ends, rounded up."""
        return max(0, math.ceil(self._window(caller, real_seconds).ends_seconds - real_seconds))

    def _window(self, caller: str, real_seconds: float) -> Window:
        window = self._windows.get(caller)
        if window is None or window.ends_seconds <= real_seconds:
            self._windows.pop(caller, None)
            if len(self._windows) >= CALLERS_MAX:
                del self._windows[next(iter(self._windows))]
            window = self._windows[caller] = Window(real_seconds + self._window_seconds)
        return window
