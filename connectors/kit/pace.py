"""The gate before every request of one source: lets it through as the credential's budget allows."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog

from connectors.kit.budget import Budget, Planned
from connectors.kit.ledger import Ledger, LedgerBusy
from connectors.kit.quota import Quota, Remaining
from connectors.kit.terms import Purpose, Terms
from crosscurrent.clock import Clock
from crosscurrent.errors import Backpressure

POLL_WAIT_SECONDS_MAX: Final = 30.0  # a longer wait ends the poll, which goes on after it
LEDGER_SECONDS_MAX: Final = 10.0  # a process that holds the budget longer is stopped, or in trouble

_LEDGER_RETRY_SECONDS = 0.01
_LOG = structlog.get_logger()
_Result = TypeVar("_Result")


@dataclass(slots=True)
class Turn:
    """A request's place in the quota.

    Attributes:
        endpoint: of the request.
        headers: of its answer, once it is there; what they say is learned when the turn ends.
        requests: that it took, redirects included.
    """

    endpoint: str
    headers: Mapping[str, str] | None = None
    requests: int = 1


class Pacer:
    """Gives the requests of one source their turns.

    Args:
        source: name, for logs.
        quota: what the connector declares.
        requests_per_minute_max: what the user's plan allows, instead of a documented rate; ``None`` for that.
        clock: the time.
        ledger: keeps the budget, shared with whoever uses the credential; one of its own if ``None``.
        purpose: for whom the requests are.
    """

    def __init__(
        self,
        source: str,
        quota: Quota,
        *,
        requests_per_minute_max: float | None,
        clock: Clock,
        ledger: Ledger | None = None,
        purpose: Purpose = Purpose.LIVE,
    ) -> None:
        self._source = source
        self._terms = Terms.of(quota, requests_per_minute_max)
        self._clock = clock
        self._ledger = ledger or Ledger(None)
        self._purpose = purpose
        # those who wait keep their order, and only the first of them asks the ledger
        self._first = asyncio.Lock()
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def turn(self, endpoint: str = "") -> AsyncIterator[Turn]:
        """Hold one request's place in the quota; waits until there is one.

        Args:
            endpoint: of the request.

        Raises:
            Backpressure: it would have to wait longer than a poll may.
        """
        flight = f"{self._ledger.owner}/{id(self):x}/{next(self._numbers)}"
        async with self._first:
            await self._take(flight, endpoint)
        turn = Turn(endpoint)
        try:
            yield turn
        finally:
            if self._terms.window is not None or turn.requests > 1:
                await self._end(flight, turn)

    async def pause(self, turn: Turn, headers: Mapping[str, str]) -> float:
        """Return for how many seconds not to ask, after an answer that asks to wait."""
        return await self._changed(
            lambda budget: budget.pause(self._terms, turn.endpoint, headers, self._now())
        )

    async def left(self) -> Remaining | None:
        """Return what is left by the vendor's last word; its reset counts in epoch seconds."""
        return await self._changed(lambda budget: budget.left(self._terms, self._now()))

    async def planned(self) -> Planned:
        """Return how fast polls may be planned."""
        return await self._changed(lambda budget: budget.planned(self._terms, self._now()))

    async def history_seconds(self) -> float | None:
        """Return how many seconds lie between two requests of history; ``None`` if nothing says so."""
        left = await self.left()
        window = None if left is None else self._terms.window_history_spacing(left)
        spacings = [one.seconds for one in (self._terms.history_spacing, window) if one is not None]
        return max(spacings, default=None)

    async def restore(self, left: Remaining) -> None:
        """Take over what an earlier process learned, unless the ledger knows more."""
        await self._changed(lambda budget: budget.restore(left))

    def close(self) -> None:
        """Close the ledger."""
        self._ledger.close()

    async def _take(self, flight: str, endpoint: str) -> None:
        told = False
        while True:
            wait_seconds = await self._changed(lambda budget: self._try(budget, flight, endpoint))
            if wait_seconds == 0:
                return
            vendor_seconds = await self._refuse_if_far(endpoint)
            if vendor_seconds > 0 and not told:
                _LOG.info("quota_awaited", source=self._source, wait_seconds=round(vendor_seconds, 3))
                told = True
            await self._clock.sleep(wait_seconds)

    def _try(self, budget: Budget, flight: str, endpoint: str) -> float:
        now = self._now()
        if budget.flights:
            budget.forget_flights(self._ledger.gone(budget), now)
        return budget.take(
            self._terms,
            flight=flight,
            owner=self._ledger.owner,
            endpoint=endpoint,
            purpose=self._purpose,
            now=now,
        )

    async def _refuse_if_far(self, endpoint: str) -> float:
        # a documented rate always moves on, so its turns are waited for; a vendor's window may be closed for long
        wait_seconds = await self._changed(
            lambda budget: budget.wait_seconds(self._terms, endpoint, self._purpose, self._now())
        )
        if wait_seconds > POLL_WAIT_SECONDS_MAX:
            raise Backpressure(
                f"the quota of {self._source} is used up but for its reserve",
                retry_after_seconds=wait_seconds,
                expected="requests left in the vendor's window",
                todo="nothing: polling goes on after the reset; set a longer poll_interval_seconds to spread it",
                source=self._source,
            )
        return wait_seconds

    async def _end(self, flight: str, turn: Turn) -> None:
        def ended(budget: Budget) -> None:
            budget.end(flight)
            budget.charge(self._terms, turn.endpoint, self._purpose, turn.requests - 1, self._now())
            if turn.headers is not None:
                budget.learn(self._terms, turn.endpoint, turn.headers, self._now())

        await self._changed(ended)

    async def _changed(self, change: Callable[[Budget], _Result]) -> _Result:
        waited_seconds = 0.0
        while True:
            try:
                with self._ledger.changing() as budget:
                    return change(budget)
            except LedgerBusy as error:
                if waited_seconds > LEDGER_SECONDS_MAX:
                    raise Backpressure(
                        error.found,
                        retry_after_seconds=POLL_WAIT_SECONDS_MAX,
                        expected=error.expected,
                        todo=error.todo,
                        source=self._source,
                    ) from error
                waited_seconds += _LEDGER_RETRY_SECONDS
                await self._clock.sleep(_LEDGER_RETRY_SECONDS)

    def _now(self) -> float:
        return self._clock.now_utc().timestamp()
