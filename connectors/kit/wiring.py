"""Puts the parts of one connector together from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from connectors.kit.access_token import AccessToken
from connectors.kit.auth import ClientCredentials, NoAuth
from connectors.kit.client import HttpClient, user_agent
from connectors.kit.declaration import Connector, Poll
from connectors.kit.fetch import Fetcher
from connectors.kit.granting import ClientCredentialsGranting, Granting
from connectors.kit.ledger import budget_key, open_ledger
from connectors.kit.pace import Pacer
from connectors.kit.planner import Bounds
from connectors.kit.terms import Purpose
from crosscurrent.clock import Clock
from crosscurrent.errors import WrongUse
from crosscurrent.settings import SourceSettings, source_variable

_APP_SETTINGS = ("client_id", "private_key", "installation_id")


@dataclass(frozen=True, slots=True)
class Asking:
    """What it takes to ask a vendor.

    Attributes:
        base_url: base address in force.
        interval_seconds: poll interval in force.
        bounds: between what the intervals of its requests lie.
        unchanged_is_free: whether a poll that finds nothing new does not count against the quota.
        polls: of the targets in force.
        client: asks.
        pacer: holds the quota.
        fetcher: fetches pages.
    """

    base_url: str
    interval_seconds: float
    bounds: Bounds
    unchanged_is_free: bool
    polls: list[Poll]
    client: HttpClient
    pacer: Pacer
    fetcher: Fetcher

    async def close(self) -> None:
        """Close the connections and the budget."""
        await self.client.close()
        self.pacer.close()


def secret_of(settings: SourceSettings) -> str | None:
    """Return the credential, or ``None`` if none was set."""
    return (settings.token.get_secret_value() or None) if settings.token else None


def client_secret_of(settings: SourceSettings) -> str | None:
    """Return the secret of an app, or ``None`` if none was set."""
    return (settings.client_secret.get_secret_value() or None) if settings.client_secret else None


def private_key_of(settings: SourceSettings) -> str | None:
    """Return the private key of an app, or ``None`` if none was set."""
    return (settings.private_key.get_secret_value() or None) if settings.private_key else None


def is_app(connector: Connector, settings: SourceSettings) -> bool:
    """Return whether a source is asked as the installation of an app: its private key was set, or where it is."""
    return connector.app is not None and bool(private_key_of(settings) or settings.installation_id)


def secrets_of(settings: SourceSettings) -> list[str]:
    """Return every secret that was set."""
    return [
        value
        for secret in (settings.token, settings.client_secret, settings.private_key, settings.webhook_secret)
        if secret and (value := secret.get_secret_value())
    ]


def credential_settings(connector: Connector, settings: SourceSettings) -> tuple[str, ...]:
    """Return the names of the settings that hold the credential of a source."""
    if is_app(connector, settings):
        return _APP_SETTINGS
    return ("client_id", "client_secret") if isinstance(connector.auth, ClientCredentials) else ("token",)


def missing(connector: Connector, settings: SourceSettings) -> list[str]:
    """Return the settings without which the source cannot be polled."""
    given = {
        "token": secret_of(settings),
        "client_id": settings.client_id,
        "client_secret": client_secret_of(settings),
        "private_key": private_key_of(settings),
        "installation_id": settings.installation_id,
        "contact": settings.contact,
    }
    required = connector.auth.required or is_app(connector, settings)
    needed = credential_settings(connector, settings) if required else ()
    if connector.contact_required:
        needed = (*needed, "contact")
    return [source_variable(connector.name, name) for name in needed if not given[name]]


def make_asking(
    connector: Connector,
    settings: SourceSettings,
    clock: Clock,
    *,
    home: Path | None = None,
    purpose: Purpose = Purpose.LIVE,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Asking:
    """Return the parts; call it on the event loop that will use them, and close them.

    Args:
        connector: what is declared.
        settings: of the source.
        clock: the time.
        home: where the processes that use a credential share its budget; ``None`` for a budget of one's own.
        purpose: for whom the requests are.
        transport: takes the place of the network, for tests.

    Raises:
        WrongUse: a setting that the source needs is not there, or a target that it cannot understand.
    """
    lacking = missing(connector, settings)
    if lacking:
        raise WrongUse(
            f"{connector.title} cannot be asked while {' and '.join(lacking)} is not set",
            expected=_expected(connector, settings),
            todo=f"set {', '.join(lacking)}{account_advice(connector)}",
            source=connector.name,
        )
    base_url = settings.base_url or connector.base_url
    headers = {**connector.headers, "user-agent": user_agent(settings.contact)}
    granting = _granting(connector, settings, base_url, headers, clock, transport)
    tokens = AccessToken(connector.name, granting, clock) if granting is not None else None
    secret = secret_of(settings) if tokens is None else None
    client = HttpClient(base_url, connector.auth, secret, headers=headers, transport=transport, tokens=tokens)
    pacer = Pacer(
        connector.name,
        connector.quota,
        requests_per_minute_max=settings.requests_per_minute_max,
        clock=clock,
        ledger=open_ledger(home, budget_key(connector.name, base_url, _credential(connector, settings))),
        purpose=purpose,
    )
    free = connector.not_modified_is_free and (secret is not None or tokens is not None)
    return Asking(
        base_url=base_url,
        interval_seconds=interval_of(connector, settings),
        bounds=bounds_of(connector, settings),
        unchanged_is_free=free,
        polls=connector.polls(settings.targets or connector.targets_default),
        client=client,
        pacer=pacer,
        fetcher=Fetcher(
            connector.name,
            client,
            pacer,
            not_modified_is_free=free,
            credential_settings=credential_settings(connector, settings),
            ask_again=connector.ask_again,
            failure_in=connector.failure_in,
            permissions=connector.permissions,
            cost_in=connector.cost_in,
        ),
    )


def _credential(connector: Connector, settings: SourceSettings) -> str:
    if is_app(connector, settings):
        # its tokens change each hour, and the quota is the installation's
        return f"installation {settings.installation_id}"
    return settings.client_id or secret_of(settings) or ""


def interval_of(connector: Connector, settings: SourceSettings) -> float:
    """Return the poll interval in force, seconds."""
    if settings.poll_interval_seconds is not None:
        return settings.poll_interval_seconds
    anonymous = connector.anonymous_interval_seconds
    known = anonymous is None or secret_of(settings) or is_app(connector, settings)
    return connector.interval_seconds if known or anonymous is None else anonymous


def account_advice(connector: Connector) -> str:
    """Return where the credential comes from, after a colon; empty if the connector does not say."""
    return f": {connector.account_help}" if connector.account_help else ""


def not_set(connector: Connector, settings: SourceSettings) -> list[str]:
    """Return the settings of the credential that are not set, needed or not."""
    if isinstance(connector.auth, NoAuth):
        return []
    return [
        source_variable(connector.name, name)
        for name in credential_settings(connector, settings)
        if not getattr(settings, name)
    ]


def bounds_of(connector: Connector, settings: SourceSettings) -> Bounds:
    """Return between what the poll intervals lie; an interval that was set is kept to, unless a longest one is too."""
    fixed = settings.poll_interval_seconds is not None
    return Bounds(
        interval_of(connector, settings),
        1.0 if fixed else connector.interval_stretch_max,
        settings.poll_interval_seconds_max,
    )


def _expected(connector: Connector, settings: SourceSettings) -> str:
    needed = [f"a {connector.auth.description}"] if connector.auth.required else []
    if is_app(connector, settings) and connector.app is not None:
        needed = [connector.app.description]
    if connector.contact_required:
        needed.append(
            "a mail or web address for the User-Agent, by which the vendor can reach whoever runs this"
        )
    return " and ".join(needed)


def _granting(
    connector: Connector,
    settings: SourceSettings,
    base_url: str,
    headers: Mapping[str, str],
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None,
) -> Granting | None:
    client_id, client_secret = settings.client_id, client_secret_of(settings)
    key, installation = private_key_of(settings), settings.installation_id
    if connector.app is not None and client_id and key and installation:
        # only here: the library for keys is not small, and hardly anybody needs it
        from connectors.kit.installation import InstallationGranting

        return InstallationGranting(
            connector.app,
            base_url,
            client_id,
            key,
            installation,
            clock,
            headers=headers,
            transport=transport,
        )
    if not isinstance(connector.auth, ClientCredentials) or not client_id or not client_secret:
        return None
    return ClientCredentialsGranting(
        connector.auth, client_id, client_secret, token_url=settings.token_url, transport=transport
    )
