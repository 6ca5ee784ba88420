"""Lets requests through as the budget and the documented rate allow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiolimiter import AsyncLimiter

from connectors.kit.quota import Budget, DocumentedRate, Quota
from crosscurrent.clock import Clock
from crosscurrent.errors import Backpressure

POLL_WAIT_SECONDS_MAX = 30.0  # a longer wait ends the poll, which goes on after it

_LOG = structlog.get_logger()


class Pacer:
    """The gate before every request of one source.

    Args:
        source: name, for logs.
        quota: what the connector declares.
        requests_per_minute_max: what the user's plan allows, instead of a documented rate; ``None`` for that.
        clock: waits.
    """

    def __init__(
        self, source: str, quota: Quota, *, requests_per_minute_max: float | None, clock: Clock
    ) -> None:
        self.budget = Budget(quota)
        self._source = source
        self._clock = clock
        self._limiter = _limiter(quota, requests_per_minute_max)
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold one request's place in the quota; waits until there is one.

        Raises:
            Backpressure: it would have to wait longer than a poll may.
        """
        await self._wait()
        self.budget.begin()
        try:
            yield
        finally:
            self.budget.end()
            self._changed.set()

    async def _wait(self) -> None:
        if self._limiter is not None:
            await self._limiter.acquire()
        while True:
            now = self._clock.monotonic_seconds()
            wait_seconds = self.budget.wait_seconds(now)
            if wait_seconds > POLL_WAIT_SECONDS_MAX:
                raise Backpressure(
                    f"the quota of {self._source} is used up but for its reserve",
                    retry_after_seconds=wait_seconds,
                    expected="requests left in the vendor's window",
                    todo="nothing: polling goes on after the reset; set a longer poll_interval_seconds to spread it",
                    source=self._source,
                )
            if wait_seconds > 0:
                _LOG.info("quota_awaited", source=self._source, wait_seconds=round(wait_seconds, 3))
                await self._clock.sleep(wait_seconds)
            elif self.budget.has_room(now):
                return
            else:
                self._changed.clear()
                await self._changed.wait()


def _limiter(quota: Quota, requests_per_minute_max: float | None) -> AsyncLimiter | None:
    if requests_per_minute_max is not None:
        return AsyncLimiter(*DocumentedRate(requests_per_minute_max).bucket())
    return AsyncLimiter(*quota.bucket()) if isinstance(quota, DocumentedRate) else None
