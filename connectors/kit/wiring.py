"""Puts the parts of one connector together from the settings."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from connectors.kit.client import HttpClient
from connectors.kit.declaration import Connector, Poll
from connectors.kit.fetch import Fetcher
from connectors.kit.pace import Pacer
from crosscurrent.clock import Clock
from crosscurrent.errors import WrongUse
from crosscurrent.settings import SourceSettings, source_variable


@dataclass(frozen=True, slots=True)
class Asking:
    """What it takes to ask a vendor.

    Attributes:
        base_url: base address in force.
        interval_seconds: poll interval in force.
        polls: of the targets in force.
        client: asks.
        pacer: holds the quota.
        fetcher: fetches pages.
    """

    base_url: str
    interval_seconds: float
    polls: list[Poll]
    client: HttpClient
    pacer: Pacer
    fetcher: Fetcher


def secret_of(settings: SourceSettings) -> str | None:
    """Return the credential, or ``None`` if none was set."""
    return (settings.token.get_secret_value() or None) if settings.token else None


def missing(connector: Connector, settings: SourceSettings) -> list[str]:
    """Return the settings without which the source cannot be polled."""
    if connector.auth.required and secret_of(settings) is None:
        return [source_variable(connector.name, "token")]
    return []


def make_asking(
    connector: Connector,
    settings: SourceSettings,
    clock: Clock,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Asking:
    """Return the parts; call it on the event loop that will use them, and close the client.

    Args:
        connector: what is declared.
        settings: of the source.
        clock: the time.
        transport: takes the place of the network, for tests.

    Raises:
        WrongUse: a setting that the source needs is not there, or a target that it cannot understand.
    """
    lacking = missing(connector, settings)
    if lacking:
        raise WrongUse(
            f"{connector.title} answers nothing without a credential",
            expected=f"a {connector.auth.description}",
            todo=f"set {', '.join(lacking)}",
            source=connector.name,
        )
    secret = secret_of(settings)
    base_url = settings.base_url or connector.base_url
    client = HttpClient(base_url, connector.auth, secret, headers=connector.headers, transport=transport)
    pacer = Pacer(
        connector.name,
        connector.quota,
        requests_per_minute_max=settings.requests_per_minute_max,
        clock=clock,
    )
    free = connector.not_modified_is_free and secret is not None
    return Asking(
        base_url=base_url,
        interval_seconds=interval_of(connector, settings),
        polls=connector.polls(settings.targets or connector.targets_default),
        client=client,
        pacer=pacer,
        fetcher=Fetcher(
            connector.name,
            client,
            pacer,
            clock,
            not_modified_is_free=free,
            ask_again=connector.ask_again,
            failure_in=connector.failure_in,
        ),
    )


def interval_of(connector: Connector, settings: SourceSettings) -> float:
    """Return the poll interval in force, seconds."""
    if settings.poll_interval_seconds is not None:
        return settings.poll_interval_seconds
    anonymous = connector.anonymous_interval_seconds
    return connector.interval_seconds if anonymous is None or secret_of(settings) else anonymous
