"""Fills in history beside the live poll: a page, its state, the next page, from a share of the quota of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from connectors.kit.backfill_job import Job, ended
from connectors.kit.declaration import Connector, Found, Poll
from connectors.kit.event import poll_id
from connectors.kit.history import BACKFILL_KEY, history_cursor, whole
from connectors.kit.polled import Polled, Standing
from connectors.kit.poller import Poller
from connectors.kit.publisher import Publisher
from connectors.kit.state import RequestState
from crosscurrent.clock import Clock
from crosscurrent.errors import Backpressure, CrosscurrentError, Poison, Transient, WrongUse
from schemas.records import ConnectorState

FAILURES_MAX: Final = 3
"""Of one request in a row that may pass; then the others go on without it."""
REQUESTS_MAX: Final = 100_000
"""Requests that a round works through, those that payloads name included."""

_RETRY_SECONDS = 5.0
_LOG = structlog.get_logger()


@dataclass(slots=True)
class Progress:
    """How far a round is.

    Attributes:
        job: what is filled in.
        polls: requests that it has to work through, as far as known.
        polls_done: that it has.
        now: the request it is at; empty before the first and after the last.
        pages: read by this call.
        events: published by this call.
        requests: made by this call.
        waiting_seconds: until the quota lets it go on; 0 if it does.
        failed: request to why it was given up.
    """

    job: Job
    polls: int = 0
    polls_done: int = 0
    now: str = ""
    pages: int = 0
    events: int = 0
    requests: int = 0
    waiting_seconds: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)


Say = Callable[[Progress], None]


def polls_of(
    connector: Connector, polls: Iterable[Poll], standings: Mapping[str, Standing], job: Job
) -> list[Poll]:
    """Return the requests of a round, each once.

    Args:
        connector: what is declared.
        polls: of the targets.
        standings: of the live poll: what its payloads named has a history too.
        job: what is filled in.

    Raises:
        WrongUse: the source cannot be asked for a stretch of time.
    """
    asked = list(polls)
    if job.resync:
        return [whole(poll, job.span) for poll in asked]
    for standing in standings.values():
        asked += [poll for found in standing.state.found if (poll := _found(connector, found))]
    ranged = [poll.history.asked(poll, job.span) for poll in asked if poll.history is not None]
    if not ranged:
        raise WrongUse(
            f"{connector.title} cannot be asked for a stretch of time: {connector.no_history}",
            expected="a source whose vendor allows it, and a target that has a history",
            todo=f"read everything it shows with `crosscurrent backfill {connector.name} --resync`",
            source=connector.name,
        )
    return list({poll.state_key: poll for poll in ranged}.values())


def _found(connector: Connector, found: Found) -> Poll | None:
    return connector.poll_for(*found) if connector.poll_for is not None else None


class Backfill:
    """Works through a round.

    Args:
        connector: what is declared.
        poller: makes a poll; its pacer gives the turns of history.
        publisher: publishes the state of the round.
        clock: the time.
        tenant: tenant of the states.
        cluster: present life of the broker.
        standings: where requests stand, by the key of their state.
        job: what is filled in.
        say: is told of every step.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        poller: Poller,
        publisher: Publisher,
        clock: Clock,
        tenant: str,
        cluster: str,
        standings: Mapping[str, Standing],
        job: Job,
        say: Say,
    ) -> None:
        self._connector = connector
        self._poller = poller
        self._publisher = publisher
        self._clock = clock
        self._tenant = tenant
        self._cluster = cluster
        self._standings = dict(standings)
        self._job = job
        self._say = say
        self._progress = Progress(job)

    async def run(self, polls: Iterable[Poll]) -> Progress:
        """Read what is left of the round and return what came of it.

        It may be ended anywhere: the next one goes on behind the last page whose state was acknowledged.

        Args:
            polls: requests of the round.

        Raises:
            Transient: the broker did not acknowledge.
            Fatal: the registry refuses a schema.
        """
        progress = self._progress
        await self._store(self._job)
        waiting = deque(polls)
        known = {poll.state_key for poll in waiting}
        progress.polls = len(waiting)
        while waiting:
            poll = waiting.popleft()
            progress.now = poll.request_key
            await self._read(poll)
            if self._job.resync:
                waiting.extend(self._named(poll, known))
            progress.polls_done += 1
            progress.polls = progress.polls_done + len(waiting)
        progress.now = ""
        if not progress.failed:
            progress.job = ended(self._job)
            await self._store(progress.job)
        self._say(progress)
        return progress

    async def _read(self, poll: Poll) -> None:
        """Read a request to its end, or until it has failed too often."""
        cursor, failures = history_cursor(poll), 0
        visited: set[str] = set()
        while not cursor.is_done(self._standing(poll).state.cursor):
            before = self._standing(poll).state.cursor
            address = poll.first_url("", before)
            polled = await self._poller.poll(poll, self._standing(poll))
            self._take_in(poll, polled)
            failures = 0 if polled.error is None or isinstance(polled.error, Backpressure) else failures + 1
            error = polled.error
            if error is None and address in visited:
                error = _goes_round(poll, len(visited))
                failures = FAILURES_MAX
            visited.add(address)
            if error is not None and (failures >= FAILURES_MAX or not _may_pass(error)):
                self._progress.failed[poll.request_key] = str(error)
                _LOG.warning("backfill_given_up", request_key=poll.request_key, error=str(error))
                return
            if error is not None:
                visited.discard(address)
                await self._wait(max(polled.pause_seconds, _RETRY_SECONDS if failures else 0.0))

    def _standing(self, poll: Poll) -> Standing:
        standing = self._standings.get(poll.state_key, Standing())
        # what was published before is published once more: no validators, no digests
        return replace(standing, state=replace(standing.state, pages=()))

    def _take_in(self, poll: Poll, polled: Polled) -> None:
        self._standings[poll.state_key] = polled.standing
        progress = self._progress
        progress.pages += polled.error is None
        progress.events += polled.cost.events
        progress.requests += polled.cost.requests
        self._say(progress)

    async def _wait(self, seconds: float) -> None:
        self._progress.waiting_seconds = seconds
        self._say(self._progress)
        await self._clock.sleep(seconds)
        self._progress.waiting_seconds = 0.0

    def _named(self, poll: Poll, known: set[str]) -> list[Poll]:
        found = self._standings.get(poll.state_key, Standing()).state.found
        named = [whole(one, self._job.span) for each in found if (one := _found(self._connector, each))]
        fresh = {one.state_key: one for one in named if one.state_key not in known}
        new = list(fresh.values())[: max(0, REQUESTS_MAX - len(known))]
        known.update(one.state_key for one in new)
        return new

    async def _store(self, job: Job) -> None:
        """Store the job under a key of its own, so that a second call knows it."""
        number = self._standings.get(BACKFILL_KEY, Standing()).state.polls
        state = RequestState(polls=number + 1, cursor=job.to_json())
        self._standings[BACKFILL_KEY] = Standing(state)
        rests_on = self._vouch_offsets()
        record = ConnectorState(
            tenant=self._tenant,
            record_id=poll_id(self._tenant, self._connector.name, BACKFILL_KEY, number),
            source=self._connector.name,
            request_key=BACKFILL_KEY,
            state=state.to_json(),
            cluster=self._cluster if rests_on else "",
            vouch_offsets=rests_on,
            started_at=self._clock.now_utc(),
            duration_ms=0,
            requests=0,
            requests_counted=0,
            not_modified=0,
            pages_unchanged=0,
            retries=0,
            events=0,
            bytes_received=0,
            quota_remaining=None,
            outcome="unchanged",
            error=None,
        )
        await self._publisher.publish_state(record)

    def _vouch_offsets(self) -> dict[str, int]:
        """Return how far the topics must be safe for the round to be what its state says."""
        reached: dict[str, int] = {}
        for key, standing in self._standings.items():
            if key.startswith(BACKFILL_KEY):
                for place, offset in standing.vouch_offsets.items():
                    reached[place] = max(offset, reached.get(place, 0))
        return reached


def _may_pass(error: CrosscurrentError) -> bool:
    return isinstance(error, Transient | Backpressure)


def _goes_round(poll: Poll, pages: int) -> Poison:
    return Poison(
        f"page {pages + 1} of {poll.request_key} is one that was read already",
        expected="a next page that is new",
        todo="correct the history that the connector declares, or report it to the vendor",
    )
