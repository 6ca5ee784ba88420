"""An event loop whose time is its own: it jumps to what is due next, so that hours of waiting take no time.

Only for code that waits on nothing but this loop: no threads, no sockets.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
START_UTC = datetime(2026, 1, 5, tzinfo=UTC)


class _Selector(selectors.SelectSelector):
    """Waits for nothing: what would have been waited is added to the time."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits for something that never comes")
        if not ready and timeout:
            self.seconds += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, selector: _Selector) -> None:
        self._own = selector
        super().__init__(selector)

    def time(self) -> float:
        return self._own.seconds


class LoopClock:
    """The time of the loop that runs."""

    def monotonic_seconds(self) -> float:
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError:
            return 0.0  # made before its loop runs

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def now_utc(self) -> datetime:
        return START_UTC + timedelta(seconds=self.monotonic_seconds())


def run_virtual(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end in virtual time and return what comes of it."""
    loop = _Loop(_Selector())
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
