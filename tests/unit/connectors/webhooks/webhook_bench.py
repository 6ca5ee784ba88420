"""A receiver on a list instead of a broker, and deliveries for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from connectors.kit.declaration import Connector, Poll
from connectors.kit.publisher import Publisher
from connectors.kit.webhooks.receiver import Receiver, Reply
from connectors.kit.webhooks.seen import Seen
from connectors.kit.webhooks.signature import signature_of
from connectors.kit.webhooks.token_file import TokenFile
from connectors.registry import connector_named
from crosscurrent.clock import ManualClock
from tests.contract.connector_bench import CLUSTER, MemoryBroker

SECRET = "s3cret-of-the-webhooks"
REPOSITORY = "heron/reed"
PAGE = "153104cd-477e-809d-8dc4-ff2d96ae3090"


@dataclass
class ReceiverBench:
    """The parts of one receiver.

    Attributes:
        source: name of the source.
        home: directory for a token that the vendor tells.
        room: whether there is room for polls that are asked for.
    """

    source: str
    home: Path
    secret: str | None = SECRET
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    targets: tuple[str, ...] = ()
    asked: list[Poll] = field(default_factory=list)
    room: bool = True

    @property
    def connector(self) -> Connector:
        return connector_named(self.source)

    def receiver(self) -> Receiver:
        """A receiver that has started now: it knows what was stored."""
        assert self.connector.webhooks is not None
        return Receiver(
            self.connector,
            self.connector.webhooks,
            secret=self.secret,
            targets=self.targets or (REPOSITORY, "all"),
            tenant="default",
            cluster=CLUSTER,
            publisher=Publisher(self.source, self.broker, self.broker.codec),
            ask=self._ask,
            seen=Seen({state.request_key: state.state for state in self.broker.states()}),
            clock=ManualClock(),
            token_file=TokenFile(self.home / "token", "THE_SETTING"),
        )

    def _ask(self, polls: list[Poll]) -> bool:
        if self.room:
            self.asked += polls
        return self.room

    def receive(self, headers: dict[str, str], body: bytes, *, receiver: Receiver | None = None) -> Reply:
        async def once() -> Reply:
            return await (receiver or self.receiver()).receive(headers, body)

        return asyncio.run(once())


def star(number: int = 1, **changes: object) -> bytes:
    """The body of a star."""
    repository = {
        "full_name": "Heron/Reed", "stargazers_count": number, "forks_count": 1, "open_issues_count": 2, "size": 3,
        "updated_at": "2026-03-10T12:00:00Z",
    }  # fmt: skip
    fields = {"action": "created", "starred_at": f"2026-03-10T12:00:{number:02}Z", "repository": repository}
    return orjson.dumps(fields | changes)


def github_headers(
    body: bytes, delivery: str = "d1", kind: str = "star", secret: str = SECRET
) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "x-github-event": kind,
        "x-github-delivery": delivery,
        "x-hub-signature-256": signature_of(body, secret),
    }


def notion_event(kind: str, *, attempt: int = 1, **changes: object) -> bytes:
    """The body of an event as Notion's reference shows them."""
    fields = {
        "id": "e1",
        "timestamp": "2024-12-05T23:57:05.379Z",
        "type": kind,
        "attempt_number": attempt,
        "entity": {"id": PAGE, "type": kind.partition(".")[0]},
        "data": {"parent": {"id": "13950b26-c203-4f3b-b97d-93ec06319565", "type": "space"}},
    }
    return orjson.dumps(fields | changes)


def notion_headers(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {
        "content-type": "application/json; charset=utf-8",
        "x-notion-signature": signature_of(body, secret),
    }
