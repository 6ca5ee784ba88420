"""An event loop whose time is its own: it jumps to what is due next, so that hours of waiting take no time.

Only for code that waits on nothing but this loop: no sockets, and what is meant for a thread runs in its place.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
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

    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., T], *arguments: Any
    ) -> asyncio.Future[T]:
        del executor
        done = self.create_future()
        try:
            done.set_result(func(*arguments))
        except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
            done.set_exception(error)
        return done


class LoopClock:
    """The time of the loop that runs."""

    def monotonic_seconds(self) -> float:
        """Return the loop's seconds; 0 before it runs."""
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError:
            return 0.0  # made before its loop runs

    async def sleep(self, seconds: float) -> None:
        """Wait in the loop's time."""
        await asyncio.sleep(seconds)

    def loop_seconds(self, seconds: float) -> float:
        """Return the same."""
        return seconds

    def now_utc(self) -> datetime:
        """Return the start and what has passed since."""
        return START_UTC + timedelta(seconds=self.monotonic_seconds())


def run_virtual(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end in virtual time and return what comes of it."""
    loop = _Loop(_Selector())
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
