"""The loop of one source: starts what is due, a bounded number at once, until it is asked to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import structlog

from connectors.kit.change_rate import ChangeHistory
from connectors.kit.declaration import Connector, Found, Poll
from connectors.kit.health import Health
from connectors.kit.instruments import POLL_SECONDS, POLLS, POLLS_PLANNED, POLLS_SCHEDULED, QUOTA_REMAINING
from connectors.kit.outcome import SLOW_RETRY_SECONDS
from connectors.kit.pace import Pacer
from connectors.kit.planner import Planner
from connectors.kit.polled import Polled, Standing
from connectors.kit.poller import Poller
from connectors.kit.schedule import Schedule
from connectors.kit.webhooks.asked import Asked
from crosscurrent.clock import Clock
from crosscurrent.errors import Backpressure, CrosscurrentError, Fatal, Transient

STOP_SECONDS_MAX = 5.0

_BROKER_RETRY_SECONDS = 1.0
_IDLE_SECONDS_MAX = 60.0
_ASKED_RETRY_SECONDS = 1.0  # what is polled beside its schedule is not polled twice at once

_LOG = structlog.get_logger()


class Loop:
    """Polls one source.

    Args:
        connector: what is declared.
        poller: makes a poll.
        pacer: knows the quota.
        schedule: knows what is due.
        planner: plans the intervals.
        health: is told what came of each poll.
        clock: the time.
        standings: where requests stand, by request key.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        poller: Poller,
        pacer: Pacer,
        schedule: Schedule,
        planner: Planner,
        health: Health,
        clock: Clock,
        standings: Mapping[str, Standing],
    ) -> None:
        self._connector = connector
        self._poller = poller
        self._pacer = pacer
        self._schedule = schedule
        self._planner = planner
        self._health = health
        self._clock = clock
        self._standings = dict(standings)
        self._running: set[asyncio.Task[None]] = set()
        self._running_keys: set[str] = set()
        # woken, and not answered well yet
        self._owed: set[str] = set()
        self._versions: dict[str, dict[str, str]] = {}
        self._asked = Asked()
        self._wake = asyncio.Event()
        self._fatal: Fatal | None = None

    def add(self, polls: Iterable[Poll]) -> None:
        """Schedule polls, and what their stored states say that they had found."""
        added = list(polls)
        for poll in added:
            self._add(poll)
        for poll in added:
            self._wake_again(poll)
        POLLS_SCHEDULED.labels(self._connector.name).set(len(self._schedule))

    def ask(self, polls: list[Poll]) -> bool:
        """Return whether polls will be made now, beside their schedule; not if too many wait already."""
        if not self._asked.room_for(polls):
            return False
        for poll in polls:
            self._asked.add(poll)
        self._wake.set()
        return True

    def wait_seconds(self) -> float:
        """Return how long until the first poll is due."""
        return self._schedule.wait_seconds(self._clock.monotonic_seconds()) or 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until asked to stop; what is under way then is finished, or dropped after a while.

        A dropped poll has not moved its cursor, so the next start makes it again.

        Raises:
            Fatal: a person is needed.
        """
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._wake.set())
        try:
            while not stop.is_set() and self._fatal is None:
                self._wake.clear()
                self._start_due()
                await self._sleep()
        finally:
            stopping.cancel()
            await self._finish()
        if self._fatal is not None:
            raise self._fatal

    def _start_due(self) -> None:
        now = self._clock.monotonic_seconds()
        while len(self._running) < self._connector.concurrency_max:
            asked = self._asked.take(now, self._running_keys)
            poll = asked or self._schedule.take(now)
            if poll is None:
                return
            if poll.request_key in self._running_keys:
                self._schedule.put_back(poll, now, _ASKED_RETRY_SECONDS)
                continue
            self._running_keys.add(poll.request_key)
            task = asyncio.create_task(self._poll(poll, scheduled=asked is None))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()

    async def _sleep(self) -> None:
        full = len(self._running) >= self._connector.concurrency_max
        now = self._clock.monotonic_seconds()
        waits = (
            []
            if full
            else [self._schedule.wait_seconds(now), self._asked.wait_seconds(now, self._running_keys)]
        )
        wait = min((seconds for seconds in waits if seconds is not None), default=None)
        try:
            async with asyncio.timeout(_IDLE_SECONDS_MAX if wait is None else min(wait, _IDLE_SECONDS_MAX)):
                await self._wake.wait()
        except TimeoutError:
            return  # something is due

    async def _finish(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS_MAX)
        left = list(self._running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _poll(self, poll: Poll, *, scheduled: bool) -> None:
        began = self._clock.monotonic_seconds()
        standing = self._standings.get(poll.request_key, Standing())
        pause_seconds = _BROKER_RETRY_SECONDS
        try:
            polled = await self._poller.poll(poll, standing)
            pause_seconds = polled.pause_seconds
            await self._take_in(poll, polled, self._clock.monotonic_seconds() - began, scheduled=scheduled)
        except Fatal as error:
            self._fatal = error
        except CrosscurrentError as error:
            # the broker or the registry: nothing has moved, so the poll is made again
            self._failed(poll, error)
        except Exception as error:  # noqa: BLE001 - the run loop: one bad target must not stop the others
            _LOG.exception("poll_broken", source=self._connector.name, request_key=poll.request_key)
            pause_seconds = SLOW_RETRY_SECONDS
            self._failed(poll, CrosscurrentError(f"{type(error).__name__} in a poll of {poll.request_key}"))
        finally:
            self._running_keys.discard(poll.request_key)
            if scheduled:
                interval_seconds = self._interval_seconds(poll)
                self._schedule.put_back(
                    poll, self._clock.monotonic_seconds(), interval_seconds, pause_seconds
                )

    async def _take_in(self, poll: Poll, polled: Polled, seconds: float, *, scheduled: bool) -> None:
        name = self._connector.name
        self._standings[poll.request_key] = polled.standing
        self._add_found(polled.standing.state.found)
        if polled.error is None:
            self._owed.discard(poll.request_key)
        elif isinstance(polled.error, Transient) and not isinstance(polled.error, Backpressure):
            # its own turn may be a day away
            self._owed.add(poll.request_key)
        self._wake_others(poll, polled)
        if scheduled:
            self._planner.saw(poll, polled.standing.state.changes, polled.cost.requests)
            await self._plan()
        if scheduled or polled.error is None:
            # what is asked for once and is not there says nothing about the source
            self._health.polled(poll.request_key, polled.error)
        POLLS.labels(name, polled.outcome).inc()
        POLL_SECONDS.labels(name).observe(seconds)
        left = await self._pacer.left()
        if left is not None:
            QUOTA_REMAINING.labels(name).set(left.remaining)
        if polled.error is not None:
            _LOG.warning(f"poll_{polled.outcome}", request_key=poll.request_key, error=str(polled.error))

    async def _plan(self) -> None:
        now = self._clock.monotonic_seconds()
        if self._planner.is_due(now):
            self._planner.plan(await self._pacer.planned(), now)
            POLLS_PLANNED.labels(self._connector.name).set(self._planner.polls_per_second())

    def _wake_others(self, poll: Poll, polled: Polled) -> None:
        if polled.error is None and polled.standing.state.changes.changed_last:
            now = self._clock.monotonic_seconds()
            for key in poll.wakes_keys:
                self._wake_one(key, now)
        if polled.error is None and poll.versions is not None:
            self._wake_moved(poll, polled)

    def _wake_moved(self, poll: Poll, polled: Polled) -> None:
        """Wake the requests of which a list tells another version than before."""
        before = self._versions.get(poll.request_key)
        # after a start nothing is known but whether the list is as it was
        moved = before is not None or polled.standing.state.changes.changed_last
        for key, version in polled.versions.items() if moved else ():
            if (before or {}).get(key) != version:
                self._wake_one(key, self._clock.monotonic_seconds())
        self._versions[poll.request_key] = {**(before or {}), **polled.versions}

    def _wake_again(self, poll: Poll) -> None:
        """Wake what was woken before a start and had not been polled by then."""
        changes = self._standings.get(poll.request_key, Standing()).state.changes
        for key in poll.wakes_keys if changes.changed_last else ():
            looked_at_ms = self._standings.get(key, Standing()).state.changes.looked_at_ms
            if (looked_at_ms or 0) < (changes.looked_at_ms or 0):
                self._wake_one(key, self._clock.monotonic_seconds())

    def _wake_one(self, key: str, now: float) -> None:
        if self._schedule.hasten(key, now):
            self._owed.add(key)

    def _interval_seconds(self, poll: Poll) -> float:
        interval_seconds = self._planner.interval_seconds(poll)
        # what was woken and failed does not wait for its own turn, which may be a day away
        owed = poll.request_key in self._owed
        return min(interval_seconds, SLOW_RETRY_SECONDS) if owed else interval_seconds

    def _failed(self, poll: Poll, error: CrosscurrentError) -> None:
        POLLS.labels(self._connector.name, "failed").inc()
        self._health.polled(poll.request_key, error)
        _LOG.error("poll_dropped", request_key=poll.request_key, error=str(error))

    def _add_found(self, found: Iterable[Found]) -> None:
        if self._connector.poll_for is None:
            return
        for endpoint, target in found:
            self._add(self._connector.poll_for(endpoint, target))

    def _add(self, poll: Poll) -> None:
        standing = self._standings.get(poll.request_key)
        if standing is None:
            self._schedule.add(poll, self._clock.monotonic_seconds())
            return
        changes = standing.state.changes
        self._planner.saw(poll, changes, 1)
        if self._schedule.add(poll, self._clock.monotonic_seconds() + self._rest_seconds(poll, changes)):
            # what this one had found when it was polled before
            self._add_found(standing.state.found)

    def _rest_seconds(self, poll: Poll, changes: ChangeHistory) -> float:
        """Return how long a request still has to wait after a start: one that was just polled costs nothing again."""
        if changes.looked_at_ms is None:
            return 0.0
        interval_seconds = self._planner.interval_seconds(poll)
        passed_seconds = self._clock.now_utc().timestamp() - changes.looked_at_ms / 1000
        return min(max(0.0, interval_seconds - passed_seconds), interval_seconds)
