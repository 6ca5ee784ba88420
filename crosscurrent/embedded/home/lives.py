"""The lives of a broker that forgets: when one ends, what lived with it is stopped, and all begins anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from crosscurrent.clock import Clock
from crosscurrent.embedded.home.events import HomeEvent, Report
from crosscurrent.embedded.home.keeper import Keeper
from crosscurrent.embedded.home.spec import Stage
from crosscurrent.embedded.home.state import HomeState

_DRAIN_SECONDS_MAX = 120.0
_AGAIN_SECONDS_MIN = 60.0
_AGAIN_SECONDS_MAX = 1800.0
_BEREAVED_STOP_SECONDS_MAX = 0.5
_MEBIBYTE = 1024 * 1024

Drain = Callable[[float], Awaitable[str | None]]
"""Waits at most so many seconds until all that was published is taken in; returns what went wrong, or None."""


class Lives:
    """Begins a life of the broker, ends it when the broker died or has grown too big, and begins the next.

    Args:
        broker: keeps the broker.
        others: keep what needs it.
        drain: see ``Drain``.
        clock: the time.
        report: told of what happens.
        state: the home's state, of which the broker's part is kept here.
    """

    def __init__(
        self,
        broker: Keeper,
        others: Sequence[Keeper],
        *,
        drain: Drain,
        clock: Clock,
        report: Report,
        state: HomeState,
    ) -> None:
        self.broker = broker
        self._others = others
        self._drain = drain
        self._clock = clock
        self._report = report
        self._state = state
        self._too_big = asyncio.Event()
        self._roll_after = 0.0
        self._failures_in_a_row = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def names(self) -> frozenset[str]:
        """What lives and dies here."""
        return frozenset(keeper.spec.name for keeper in (self.broker, *self._others))

    def start(self) -> None:
        """Begin the first life."""
        self._task = asyncio.create_task(self._run(), name="lives")

    async def forget(self) -> None:
        """Begin no further life; what runs goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def can_drain(self) -> bool:
        """Return whether everybody is there who would have to take in what was published."""
        takers = [k for k in self._others if k.spec.stage in {Stage.SINK, Stage.WORKER}]
        return bool(takers) and self.broker.ready.is_set() and all(keeper.ready.is_set() for keeper in takers)

    def consider(self, size_bytes: int, size_bytes_max: int) -> None:
        """Ask for a rollover if the broker is too big, all else is well and the last attempt is long enough ago."""
        if (
            size_bytes > size_bytes_max
            and self._state.state == "ready"
            and self._clock.monotonic_seconds() >= self._roll_after
            and self.can_drain()
        ):
            self._too_big.set()

    async def _run(self) -> None:
        while True:
            for keeper in (self.broker, *self._others):
                keeper.start()
            if await self._until_end():
                await self._stop_bereaved()
                if not await self._after_death():
                    return
            else:
                await self._stop_in_order()
                await self.broker.stop()

    async def _until_end(self) -> bool:
        """Return True when the broker died, False when it was drained and is to be started anew."""
        self._too_big.clear()
        ready = asyncio.create_task(self._ready_again())
        try:
            return await self._until_died_or_drained()
        finally:
            ready.cancel()

    async def _ready_again(self) -> None:
        """Say that the home is ready again once all of a life after a rollover is."""
        if self._state.state != "rolling over":
            return
        for keeper in (self.broker, *self._others):
            await keeper.ready.wait()
        self._state.state = "ready"

    async def _until_died_or_drained(self) -> bool:
        while True:
            ended = asyncio.create_task(self.broker.ended.wait())
            too_big = asyncio.create_task(self._too_big.wait())
            try:
                await asyncio.wait([ended, too_big], return_when=asyncio.FIRST_COMPLETED)
            finally:
                ended.cancel()
                too_big.cancel()
            if self.broker.ended.is_set():
                return True
            if await self._drained():
                return False
            self._too_big.clear()

    async def _after_death(self) -> bool:
        """Wait as long as the back-off says; return False if the broker is given up."""
        broker = self.broker
        if broker.failed:
            return False
        if self._state.broker is not None:
            self._state.broker.deaths += 1
        delay_seconds = broker.backoff.delay_seconds(broker.exit_code or 0, broker.ready_seconds)
        broker.state.restarts = broker.backoff.restarts
        if delay_seconds is None:
            broker.give_up(broker.why_ended())
            return False
        self._report(
            HomeEvent("notice", detail=f"the broker ended ({broker.why_ended()}); all of it begins anew")
        )
        await asyncio.sleep(delay_seconds)
        return True

    async def _drained(self) -> bool:
        """Stop what publishes and wait until the rest has it all; if that fails, let it go on as before."""
        size = self._describe_size()
        self._state.state = "rolling over"
        self._report(HomeEvent("notice", detail=f"the broker holds {size}: rolling it over"))
        connectors = [k for k in self._others if k.spec.stage == Stage.CONNECTOR and not k.failed]
        await asyncio.gather(*(keeper.stop() for keeper in connectors))
        problem = await self._drain(_DRAIN_SECONDS_MAX)
        broker = self._state.broker
        if problem is None:
            self._note(f"rolled over at {size}", failed=False)
            if broker is not None:
                broker.rollovers += 1
            return True
        self._note(f"not rolled over: {problem}; tried again later", failed=True)
        if not self.broker.ended.is_set():
            for keeper in connectors:
                keeper.start()
        self._state.state = "ready"
        return False

    def _note(self, text: str, *, failed: bool) -> None:
        self._failures_in_a_row = self._failures_in_a_row + 1 if failed else 0
        # after a success, too: a bound below what an empty broker needs must not make it roll for ever
        pause = _AGAIN_SECONDS_MIN * 2 ** min(self._failures_in_a_row, 10)
        self._roll_after = self._clock.monotonic_seconds() + min(pause, _AGAIN_SECONDS_MAX)
        at = self._clock.now_utc().isoformat(timespec="seconds")
        if self._state.broker is not None:
            self._state.broker.last_rollover = f"{at}: {text}"
        self._report(HomeEvent("notice", detail=text))

    async def _stop_in_order(self) -> None:
        for stage in sorted({keeper.spec.stage for keeper in self._others}, reverse=True):
            await asyncio.gather(*(keeper.stop() for keeper in self._others if keeper.spec.stage == stage))

    async def _stop_bereaved(self) -> None:
        """Stop all at once: only the sink has something left to do, which is to write what it has read."""
        await asyncio.gather(
            *(
                keeper.stop(None if keeper.spec.stage == Stage.SINK else _BEREAVED_STOP_SECONDS_MAX)
                for keeper in self._others
            )
        )

    def _describe_size(self) -> str:
        size = (self._state.broker.size_bytes if self._state.broker else None) or 0
        return f"{size / _MEBIBYTE:.0f} MiB"
