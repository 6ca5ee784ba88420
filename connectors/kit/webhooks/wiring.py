"""Puts the parts of a source's webhooks together from the settings."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from connectors.kit.declaration import Connector, Poll
from connectors.kit.publisher import Publisher
from connectors.kit.webhooks.declaration import Webhooks
from connectors.kit.webhooks.receiver import Receiver
from connectors.kit.webhooks.seen import Seen
from connectors.kit.webhooks.token_file import TokenFile
from crosscurrent.clock import Clock
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings, SourceSettings, source_variable
from schemas.records import ConnectorState


class Listening:
    """A port on which a source's vendor can be heard.

    Call protocol: made before any server is waited for, so that a taken port is told at once; ``serving`` once
    there is something to publish to; ``close`` at the end.

    Args:
        connector: what is declared.
        webhooks: its webhooks.
        settings: secret, address, targets.

    Raises:
        WrongUse: the port is taken or the address is none of this machine.
    """

    def __init__(self, connector: Connector, webhooks: Webhooks, settings: Settings) -> None:
        from connectors.kit.webhooks.server import webhook_socket

        self._connector = connector
        self._webhooks = webhooks
        self._settings = settings
        source = settings.source(connector.name)
        port = webhooks.port if source.webhook_port is None else source.webhook_port
        self._socket: socket.socket = webhook_socket(connector.name, source.webhook_host, port)

    @property
    def port(self) -> int:
        """The port."""
        return int(self._socket.getsockname()[1])

    @asynccontextmanager
    async def serving(
        self,
        publisher: Publisher,
        ask: Callable[[list[Poll]], bool],
        stored: Mapping[str, ConnectorState],
        cluster: str,
        clock: Clock,
    ) -> AsyncIterator[None]:
        """Take deliveries in as long as the context lasts.

        Args:
            publisher: publishes.
            ask: makes polls now and returns whether there was room for them.
            stored: last state of each request of the source.
            cluster: life of the broker.
            clock: the time.
        """
        from connectors.kit.webhooks.server import WebhookApp, serving

        name, source = self._connector.name, self._settings.source(self._connector.name)
        path = self._settings.home / "webhooks" / f"{name}-token"
        receiver = Receiver(
            self._connector,
            self._webhooks,
            secret=webhook_secret_of(source),
            targets=source.targets or self._connector.targets_default,
            tenant=self._settings.tenant,
            cluster=cluster,
            publisher=publisher,
            ask=ask,
            seen=Seen({key: state.state for key, state in stored.items()}),
            clock=clock,
            token_file=TokenFile(path, source_variable(name, "webhook_secret")),
        )
        async with serving(WebhookApp(name, receiver), self._socket, name):
            yield
        await receiver.close()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


def webhook_secret_of(source: SourceSettings) -> str | None:
    """Return the secret of a source's webhooks, or ``None`` if none was set."""
    return (source.webhook_secret.get_secret_value() or None) if source.webhook_secret else None


def listening_for(connector: Connector, settings: Settings) -> Listening | None:
    """Return where a source's vendor can be heard, ``None`` if no webhooks are set up.

    They are with a secret; and with a port alone where the vendor tells the secret itself.

    Raises:
        WrongUse: webhooks of a vendor that sends none; or the port is taken.
    """
    source = settings.source(connector.name)
    secret, webhooks = webhook_secret_of(source), connector.webhooks
    if secret is None and source.webhook_port is None:
        return None
    if webhooks is None:
        raise WrongUse(
            f"webhooks of {connector.title}, which sends none that are understood here",
            expected="no webhook settings for this source",
            todo=f"unset {source_variable(connector.name, 'webhook_secret')}",
            source=connector.name,
        )
    if secret is None and not webhooks.token_field:
        raise WrongUse(
            f"a port for the webhooks of {connector.title}, and no secret",
            expected="the secret that the webhook has at the vendor",
            todo=f"set {source_variable(connector.name, 'webhook_secret')}",
            source=connector.name,
        )
    return Listening(connector, webhooks, settings)
