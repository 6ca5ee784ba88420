"""Filling in history as a call of the command line: broker, stored states, the round, and what it would take."""

from __future__ import annotations

import asyncio
import fcntl
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from connectors.kit.backfill import Backfill, Progress, Say, polls_of
from connectors.kit.backfill_job import Job, Wanted, job_for
from connectors.kit.cost import Cost
from connectors.kit.declaration import Connector, Poll
from connectors.kit.history import BACKFILL_KEY, history_cursor
from connectors.kit.page import Page
from connectors.kit.page_count import pages_left
from connectors.kit.polled import Standing
from connectors.kit.polling import make_poller
from connectors.kit.process import restore_quota
from connectors.kit.publisher import Publisher
from connectors.kit.source_topics import ensure_source_topics, find_cluster
from connectors.kit.state_store import load_states, standing_of
from connectors.kit.terms import Purpose
from connectors.kit.wiring import Asking, make_asking
from crosscurrent.clock import Clock, SystemClock
from crosscurrent.errors import CrosscurrentError, WrongUse
from crosscurrent.kafka import Producer, make_producer
from crosscurrent.settings import Settings
from schemas.codec import Codec, SchemaRegistry
from schemas.registry import ConfluentRegistry

_FOLDER: Final = "backfill"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a round would take.

    Attributes:
        job: the round.
        requests: by request, how many are left of it at least; with ``+`` behind it where the vendor does not say
            how long a list is.
        open: requests whose length is not known.
        quota_remaining: requests left by the vendor's word; ``None`` if it says nothing.
        quota_limit: of its window; ``None`` if it says nothing.
        seconds: that it lasts at the rate of history; ``None`` if that rate is not known.
        asked: requests that it took to know this.
        failed: request to why it could not be asked.
    """

    job: Job
    requests: dict[str, int]
    open: frozenset[str]
    quota_remaining: int | None
    quota_limit: int | None
    seconds: float | None
    asked: int
    failed: dict[str, str]


def run_backfill(
    connector: Connector,
    settings: Settings,
    wanted: Wanted,
    say: Say,
    *,
    registry: SchemaRegistry | None = None,
) -> Progress:
    """Work through a round, or what an earlier call left of it.

    Args:
        connector: what is declared.
        settings: addresses, credential, targets.
        wanted: which round.
        say: is told of every step.
        registry: the schema registry; the one in the settings if ``None``.

    Raises:
        WrongUse: the source cannot do it, lacks what it needs, or is being filled in by another process.
        ServerAway: the broker does not answer.
        Transient: the broker did not acknowledge.
        Fatal: the registry refuses a schema.
    """
    codec = Codec(registry or ConfluentRegistry(settings.registry_url))
    with alone(settings, connector.name):
        return asyncio.run(_run(connector, settings, wanted, say, codec))


def estimate_backfill(
    connector: Connector, settings: Settings, wanted: Wanted, *, registry: SchemaRegistry | None = None
) -> Estimate:
    """Return what a round would take; asks once for the first page of each of its requests.

    Args:
        connector: what is declared.
        settings: addresses, credential, targets.
        wanted: which round.
        registry: the schema registry; the one in the settings if ``None``.

    Raises:
        WrongUse: the source cannot do it, or lacks what it needs.
        ServerAway: the broker does not answer.
    """
    codec = Codec(registry or ConfluentRegistry(settings.registry_url))
    return asyncio.run(_estimate(connector, settings, wanted, codec))


async def _run(connector: Connector, settings: Settings, wanted: Wanted, say: Say, codec: Codec) -> Progress:
    clock = SystemClock()
    asking = _asking(connector, settings, clock, Purpose.HISTORY)
    producer: Producer | None = None
    try:
        await asyncio.to_thread(ensure_source_topics, settings, connector.name)
        cluster = await asyncio.to_thread(find_cluster, settings, connector.name)
        standings = await _standings(connector, settings, codec, cluster)
        job, polls = _round(connector, asking, standings, wanted, clock)
        if job.done:
            return Progress(job)
        await restore_quota(asking, standings.values(), clock)
        producer = make_producer(settings)
        publisher = Publisher(connector.name, producer, codec)
        poller = make_poller(
            connector, asking, publisher, tenant=settings.tenant, cluster=cluster, clock=clock
        )
        backfill = Backfill(
            connector,
            poller=poller,
            publisher=publisher,
            clock=clock,
            tenant=settings.tenant,
            cluster=cluster,
            standings=standings,
            job=job,
            say=say,
        )
        return await backfill.run(polls)
    finally:
        await asking.close()
        if producer is not None:
            await asyncio.to_thread(producer.close)


async def _estimate(connector: Connector, settings: Settings, wanted: Wanted, codec: Codec) -> Estimate:
    clock = SystemClock()
    asking = _asking(connector, settings, clock, Purpose.PERSON)
    try:
        await asyncio.to_thread(ensure_source_topics, settings, connector.name)
        cluster = await asyncio.to_thread(find_cluster, settings, connector.name)
        standings = await _standings(connector, settings, codec, cluster)
        job, polls = _round(connector, asking, standings, wanted, clock)
        return await estimate(asking, [] if job.done else polls, standings, job)
    finally:
        await asking.close()


async def estimate(
    asking: Asking, polls: Sequence[Poll], standings: dict[str, Standing], job: Job
) -> Estimate:
    """Return what a round would take, by the first page of what is left of each request.

    Args:
        asking: asks.
        polls: of the round.
        standings: where they stand, by the key of their state.
        job: the round.
    """
    cost, requests, failed = Cost(), dict[str, int](), dict[str, str]()
    unknown: set[str] = set()
    for poll in polls:
        cursor, at = history_cursor(poll), standings.get(poll.state_key, Standing()).state.cursor
        stretches = cursor.stretches(at)
        if stretches == 0:
            continue
        url = poll.first_url(asking.base_url, at)
        ask = poll.ask(url)
        try:
            response = await asking.fetcher.fetch(ask.url, None, cost, body=ask.body, endpoint=poll.endpoint)
        except CrosscurrentError as error:
            failed[poll.request_key] = str(error)
            continue
        pages = pages_left(poll.pagination, Page(url, response.headers, response.body))
        if pages is None:
            unknown.add(poll.request_key)
        requests[poll.request_key] = stretches * (pages or 1)
    left = await asking.pacer.left()
    rate = await asking.pacer.history_seconds()
    return Estimate(
        job,
        requests,
        frozenset(unknown),
        None if left is None else left.remaining,
        None if left is None else left.limit or None,
        None if rate is None else math.fsum(requests.values()) * rate,
        cost.requests,
        failed,
    )


def _round(
    connector: Connector, asking: Asking, standings: dict[str, Standing], wanted: Wanted, clock: Clock
) -> tuple[Job, list[Poll]]:
    last = Job.from_json(standings.get(BACKFILL_KEY, Standing()).state.cursor)
    job = job_for(wanted, last, clock.now_utc())
    return job, polls_of(connector, asking.polls, standings, job)


def _asking(connector: Connector, settings: Settings, clock: Clock, purpose: Purpose) -> Asking:
    source = settings.source(connector.name)
    return make_asking(connector, source, clock, home=settings.home, purpose=purpose)


async def _standings(
    connector: Connector, settings: Settings, codec: Codec, cluster: str
) -> dict[str, Standing]:
    stored = await asyncio.to_thread(
        load_states,
        settings.brokers,
        codec,
        tenant=settings.tenant,
        source=connector.name,
    )
    return {key: standing_of(state, cluster) for key, state in stored.items()}


@contextmanager
def alone(settings: Settings, source: str) -> Iterator[None]:
    """Keep a second process of this machine from working on the same round.

    Raises:
        WrongUse: another one does.
    """
    path = settings.home / _FOLDER / f"{settings.tenant}-{source}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        # a home that cannot be written, as in a container without a volume, is nobody else's either
        yield
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise WrongUse(
            f"history of {source} is being filled in by another process",
            expected="one at a time",
            todo="wait for it, or end it: the next call goes on where it was",
            source=source,
        ) from error
    try:
        yield
    finally:
        os.close(handle)
