"""The HTTP server of one source's webhooks: bounded in size, time and number."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import orjson
import structlog
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from connectors.kit.instruments import WEBHOOK_SECONDS, WEBHOOKS
from connectors.kit.webhooks.receiver import Receiver, Reply
from crosscurrent.embedded.loopback_server import bound_socket
from crosscurrent.settings import source_variable

BODY_BYTES_MAX = 25 * 1024 * 1024
"""GitHub sends no more."""
BODIES_UNDER_WAY_MAX = 8
CONNECTIONS_MAX = 128
HEADER_SECONDS_MAX = 10.0
BODY_SECONDS_MAX = 10.0
HEADER_BYTES_MAX = 32 * 1024

_LOG = structlog.get_logger()
_SHUTDOWN_SECONDS = 3
_CONNECTION_CLOSED = {"connection": "close"}


class WebhookApp:
    """Answers ``POST /webhooks/<source>``.

    Args:
        source: name of the source.
        receiver: takes in what comes.
    """

    def __init__(self, source: str, receiver: Receiver) -> None:
        self._source = source
        self._path = f"/webhooks/{source}"
        self._receiver = receiver
        self._bodies = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = self._refused(scope, headers)
        if refusal is not None:
            WEBHOOKS.labels(self._source, refusal.outcome).inc()
            _LOG.warning(
                "webhook_not_taken", source=self._source, outcome=refusal.outcome, detail=refusal.detail
            )
            await _answer(send, refusal)
            return
        self._bodies += 1
        try:
            body = await _read(receive)
        finally:
            self._bodies -= 1
        if isinstance(body, Reply):
            WEBHOOKS.labels(self._source, body.outcome).inc()
            await _answer(send, body)
            return
        with WEBHOOK_SECONDS.labels(self._source).time():
            reply = await self._receiver.receive(headers, body)
        await _answer(send, reply)

    def _refused(self, scope: Scope, headers: Mapping[str, str]) -> Reply | None:
        if scope["path"].rstrip("/") != self._path:
            return Reply(404, "wrong_path", f"deliveries go to {self._path}", _CONNECTION_CLOSED)
        if scope["method"] != "POST":
            return Reply(
                405, "wrong_method", "deliveries are POSTed", {"allow": "POST", **_CONNECTION_CLOSED}
            )
        if headers.get("content-encoding", "identity").lower() != "identity":
            return Reply(415, "encoded", "send the body without a content coding", _CONNECTION_CLOSED)
        length = headers.get("content-length", "0")
        if length.isascii() and length.isdigit() and int(length) > BODY_BYTES_MAX:
            return _too_large()
        if self._bodies >= BODIES_UNDER_WAY_MAX:
            return Reply(
                503, "busy", "too many deliveries at once", {"retry-after": "5", **_CONNECTION_CLOSED}
            )
        return None


async def _read(receive: Receive) -> bytes | Reply:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return Reply(400, "cut_short", "the body did not come to its end", _CONNECTION_CLOSED)
                body += message.get("body", b"")
                if len(body) > BODY_BYTES_MAX:
                    return _too_large()
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        return Reply(408, "too_slow", f"the body took more than {BODY_SECONDS_MAX:.0f} s", _CONNECTION_CLOSED)


def _too_large() -> Reply:
    return Reply(413, "too_large", f"at most {BODY_BYTES_MAX} bytes are taken", _CONNECTION_CLOSED)


async def _answer(send: Send, reply: Reply) -> None:
    body = orjson.dumps({"outcome": reply.outcome, "detail": reply.detail})
    headers = {"content-type": "application/json", "content-length": str(len(body)), **reply.headers}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


class _TimedProtocol(H11Protocol):
    """Hangs up on who has connected and does not come to the end of its headers."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(HEADER_SECONDS_MAX, self._hang_up_if_idle)

    def _hang_up_if_idle(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


class _QuietServer(uvicorn.Server):
    """Leaves the signals to the process that it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def webhook_socket(source: str, host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that a taken port is known before anything is started.

    Raises:
        WrongUse: the port is taken or the address is none of this machine.
    """
    setting = source_variable(source, "webhook_port")
    return bound_socket(host, port, todo=f"stop the other process or set {setting} to a free port")


@asynccontextmanager
async def serving(app: WebhookApp, listening: socket.socket, source: str) -> AsyncIterator[None]:
    """Serve as long as the context lasts; what is under way at its end is finished, or dropped after a while."""
    config = uvicorn.Config(
        app,
        http=_TimedProtocol,
        log_level="critical",
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=int(HEADER_SECONDS_MAX),
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        h11_max_incomplete_event_size=HEADER_BYTES_MAX,
    )
    server = _QuietServer(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    host, port = listening.getsockname()[:2]
    _LOG.info("webhooks_awaited", source=source, address=f"http://{host}:{port}/webhooks/{source}")
    try:
        yield
    finally:
        server.should_exit = True
        await running
