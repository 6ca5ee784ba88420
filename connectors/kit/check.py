"""One real request to a source: does the credential work, what is left of the quota, does the mapping hold."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import httpx

from connectors.kit.auth import NoAuth
from connectors.kit.client import Response
from connectors.kit.cost import Cost
from connectors.kit.coverage import Coverage
from connectors.kit.declaration import Connector, Poll
from connectors.kit.errors import Refused
from connectors.kit.event import Origin, poll_id, raw_event
from connectors.kit.terms import Purpose
from connectors.kit.wiring import Asking, account_advice, make_asking, not_set
from crosscurrent.clock import Clock, SystemClock
from crosscurrent.errors import Backpressure, CrosscurrentError, Poison, Transient, WrongUse
from crosscurrent.settings import Settings


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one request showed.

    Attributes:
        source: name of the source.
        request_url: what was asked, without secrets; ``None`` if nothing was.
        status: HTTP status of a good answer; ``None`` if there was none.
        quota_remaining: requests left by the vendor's word; ``None`` if it says nothing.
        entities: things that the payload maps to.
        observations: measurements that the payload maps to.
        coverage: which paths of the payload are mapped; ``None`` if that is not known.
        error: what went wrong; ``None`` if nothing did.
        away: whether the vendor did not answer at all.
        lacking: what the credential may not do of what the targets want, each with what it would take.
        advice: what a person can still do for this source; empty if nothing.
    """

    source: str
    request_url: str | None = None
    status: int | None = None
    quota_remaining: int | None = None
    entities: int = 0
    observations: int = 0
    coverage: Coverage | None = None
    error: CrosscurrentError | None = None
    away: bool = False
    lacking: tuple[str, ...] = ()
    advice: str = ""


def check_source(
    connector: Connector, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None
) -> CheckResult:
    """Return what one request to a source shows, and what is still to be done for it.

    What takes a permission of its own is asked for too, once an endpoint.

    Args:
        connector: what is declared.
        settings: addresses, credential, targets.
        transport: takes the place of the network, for tests.
    """
    result = asyncio.run(_check(connector, settings, SystemClock(), transport))
    return replace(result, advice=_advice(connector, settings, result))


def _advice(connector: Connector, settings: Settings, result: CheckResult) -> str:
    if isinstance(result.error, WrongUse) or isinstance(connector.auth, NoAuth):
        # what is missing stands in the error
        return ""
    lacking = not_set(connector, settings.source(connector.name))
    if lacking:
        return f"no credential is set: {connector.auth.description}. Set {', '.join(lacking)}{account_advice(connector)}"
    if isinstance(result.error, Refused) and result.error.credential:
        return f"the credential is refused; it has to be {connector.account_help}"
    return "; ".join(result.lacking)


async def _check(
    connector: Connector, settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None
) -> CheckResult:
    try:
        source = settings.source(connector.name)
        asking = make_asking(
            connector, source, clock, home=settings.home, purpose=Purpose.PERSON, transport=transport
        )
    except WrongUse as error:
        return CheckResult(connector.name, error=error)
    poll = asking.polls[0]
    url = poll.first_url(asking.base_url, None)
    ask = poll.ask(url)
    shown = asking.client.redacted(ask.url) + ask.mark
    try:
        response = await asking.fetcher.fetch(ask.url, None, Cost(), body=ask.body, endpoint=poll.endpoint)
        lacking = await _lacking(connector, asking, poll)
        remaining = await _remaining(asking)
    except CrosscurrentError as error:
        away = isinstance(error, Transient) and not isinstance(error, Backpressure)
        remaining = await _remaining(asking)
        return CheckResult(connector.name, shown, quota_remaining=remaining, error=error, away=away)
    finally:
        await asking.close()
    result = _mapped(connector, settings.tenant, poll, shown, response, remaining, clock)
    return replace(result, lacking=lacking)


async def _lacking(connector: Connector, asking: Asking, asked: Poll) -> tuple[str, ...]:
    """Return what is refused of the endpoints that take a permission of their own."""
    first = {poll.endpoint: poll for poll in reversed(asking.polls) if poll.endpoint in connector.permissions}
    lacking = []
    for poll in first.values():
        ask = poll.ask(poll.first_url(asking.base_url, None))
        try:
            if poll.endpoint != asked.endpoint:
                await asking.fetcher.fetch(ask.url, None, Cost(), body=ask.body, endpoint=poll.endpoint)
        except Refused as error:
            lacking.append(
                f"{poll.endpoint} is refused ({error.facts.get('code')}): it takes {error.expected}; {error.todo}"
            )
        except CrosscurrentError as error:
            lacking.append(f"{poll.endpoint} was not answered: {error.found}")
    return tuple(lacking)


def _mapped(
    connector: Connector,
    tenant: str,
    poll: Poll,
    url: str,
    response: Response,
    remaining: int | None,
    clock: Clock,
) -> CheckResult:
    origin = Origin(
        tenant=tenant,
        source=connector.name,
        endpoint=poll.endpoint,
        request_key=poll.request_key,
        poll_id=poll_id(tenant, connector.name, poll.request_key, "check"),
        method=poll.method,
    )
    event = raw_event(
        origin,
        url=url,
        status=response.status,
        headers=response.headers,
        payload=response.body,
        page_index=0,
        fetched_at=clock.now_utc(),
    )
    things = measurements = 0
    failure: CrosscurrentError | None = None
    coverage: Coverage | None = None
    try:
        mapped = connector.map_payload(event)
        things, measurements = len(mapped.things), len(mapped.measurements)
        coverage = connector.table.coverage(event) if connector.table is not None else None
    except Poison as error:
        failure = error
    if failure is None and not things and not measurements:
        failure = Poison(
            f"{url} answers with nothing that maps to an entity or an observation",
            expected="at least one of them",
            todo="check that the target is what it should be",
        )
    return CheckResult(
        connector.name, url, response.status, remaining, things, measurements, coverage, failure
    )


async def _remaining(asking: Asking) -> int | None:
    left = await asking.pacer.left()
    return None if left is None else left.remaining
