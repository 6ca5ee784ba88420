"""A connector without network and broker: the vendor is an ASGI application, the broker a list."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from connectors.kit.declaration import Connector, Poll
from connectors.kit.polled import Polled, Standing
from connectors.kit.poller import Poller
from connectors.kit.publisher import Publisher
from connectors.kit.wiring import Asking, make_asking
from crosscurrent.clock import Clock, SystemClock
from crosscurrent.errors import CrosscurrentError, Transient
from crosscurrent.kafka import Acknowledged
from crosscurrent.settings import SourceSettings
from schemas.codec import Codec
from schemas.records import ConnectorState, DeadLetter, RawEvent
from tests.integration.sink.fixed_registry import FixedRegistry

SECRET = "s3cret-of-the-bench"
BASE_URL = "http://vendor.test"
CLUSTER = "life-1"


@dataclass
class MemoryBroker:
    """Acknowledges everything, unless it is told to fail for a topic."""

    messages: list[tuple[str, bytes | None, bytes | None, Mapping[str, bytes]]] = field(default_factory=list)
    failures: dict[str, list[CrosscurrentError]] = field(default_factory=dict)
    codec: Codec = field(default_factory=lambda: Codec(FixedRegistry()))
    dies_at: tuple[str, int] | None = None
    """Topic, and the number of its messages from then on with which the process dies."""

    async def publish(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Mapping[str, bytes]
    ) -> Acknowledged:
        if self.failures.get(topic):
            raise self.failures[topic].pop(0)
        self._die(topic)
        offset = sum(1 for message in self.messages if message[0] == topic)
        self.messages.append((topic, key, value, headers))
        return Acknowledged(topic, 0, offset)

    def _die(self, topic: str) -> None:
        if self.dies_at is not None and self.dies_at[0] == topic:
            number = self.dies_at[1] - 1
            self.dies_at = (topic, number) if number else None
            if not number:
                raise Transient("killed")

    @property
    def topics(self) -> list[str]:
        return [topic for topic, *_ in self.messages]

    def events(self) -> list[RawEvent]:
        return [
            self.codec.decode(RawEvent, value) for topic, _, value, _ in self.messages if topic[:4] == "raw."
        ]

    def states(self) -> list[ConnectorState]:
        return [
            self.codec.decode(ConnectorState, value)
            for topic, _, value, _ in self.messages
            if topic == "connector-state"
        ]

    def letters(self) -> list[DeadLetter]:
        return [
            self.codec.decode(DeadLetter, value)
            for topic, _, value, _ in self.messages
            if topic == "dead-letter.connector"
        ]

    def digest(self) -> str:
        """What was published but for times of our own clock."""
        texts = [(event.record_id, event.poll_id, event.request_url, event.cursor) for event in self.events()]
        return hashlib.sha256(repr(texts).encode()).hexdigest()


@dataclass
class Bench:
    """The parts of one connector, and where its requests stand."""

    asking: Asking
    poller: Poller
    broker: MemoryBroker
    connector: Connector
    standings: dict[str, Standing] = field(default_factory=dict)

    async def poll(self, poll: Poll) -> Polled:
        polled = await self.poller.poll(poll, self.standings.get(poll.request_key, Standing()))
        self.standings[poll.request_key] = polled.standing
        return polled

    async def round(self) -> list[Polled]:
        """Make every poll once, with those that the payloads name."""
        waiting, done, polled = list(self.asking.polls), set[str](), []
        while waiting:
            poll = waiting.pop(0)
            if poll.request_key in done:
                continue
            done.add(poll.request_key)
            polled.append(await self.poll(poll))
            if self.connector.poll_for is not None:
                found = self.standings[poll.request_key].state.found
                waiting += [self.connector.poll_for(endpoint, target) for endpoint, target in found]
        return polled


Answer = tuple[int, dict[str, str], bytes]


class Vendor(httpx.AsyncBaseTransport):
    """A vendor that is one function; keeps the requests that came."""

    def __init__(self, answer: Callable[[httpx.Request], Answer]) -> None:
        self._answer = answer
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, headers, body = self._answer(request)
        return httpx.Response(status, headers=headers, stream=_Stream(body))


def granted(request: httpx.Request) -> Answer | None:
    """A token for whoever asks a token endpoint; nothing for another request."""
    if not request.url.path.endswith("/token"):
        return None
    body = b'{"access_token": "t0ken-of-the-bench", "token_type": "bearer", "expires_in": 3600}'
    return 200, {"content-type": "application/json"}, body


class _Stream(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


@asynccontextmanager
async def bench(
    connector: Connector,
    transport: httpx.AsyncBaseTransport,
    *,
    broker: MemoryBroker | None = None,
    base_url: str = BASE_URL,
    targets: Sequence[str] = (),
    token: str | None = SECRET,
    token_url: str | None = None,
    clock: Clock | None = None,
    requests_per_minute_max: float | None = 1e9,
) -> AsyncIterator[Bench]:
    """A connector that asks the transport and publishes to a list."""
    clock = clock or SystemClock()
    broker = broker or MemoryBroker()
    settings = SourceSettings.model_validate(
        {
            "base_url": base_url,
            "token": token,
            "client_id": "app-of-the-bench",
            "client_secret": token,
            "token_url": token_url or f"{base_url}/api/token",
            "contact": "tests@example.org",
            "targets": tuple(targets),
            "requests_per_minute_max": requests_per_minute_max,
        }
    )
    asking = make_asking(connector, settings, clock, transport=transport)
    poller = Poller(
        connector,
        base_url=asking.base_url,
        tenant="default",
        cluster=CLUSTER,
        client=asking.client,
        fetcher=asking.fetcher,
        pacer=asking.pacer,
        publisher=Publisher(connector.name, broker, broker.codec),
        clock=clock,
    )
    try:
        yield Bench(asking, poller, broker, connector)
    finally:
        await asking.client.close()
