"""The port on which webhooks are awaited, and callers who mean harm to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.kit.webhooks import server
from connectors.kit.webhooks.server import WebhookApp, serving, webhook_socket
from connectors.kit.webhooks.wiring import listening_for
from connectors.registry import connector_named
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings, SourceSettings
from tests.unit.connectors.webhooks.webhook_bench import ReceiverBench, github_headers, star
from tests.waiting import free_port

HOST = "127.0.0.1"


@asynccontextmanager
async def running(tmp_path: Path) -> AsyncIterator[tuple[int, ReceiverBench]]:
    bench = ReceiverBench("github", tmp_path)
    listening = webhook_socket("github", HOST, 0)
    async with serving(WebhookApp("github", bench.receiver()), listening, "github"):
        yield listening.getsockname()[1], bench


async def ask(port: int, *pieces: bytes) -> bytes:
    """Send pieces and return everything that is answered until the server hangs up."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def request(body: bytes, *, path: str = "/webhooks/github", method: str = "POST", **more: str) -> bytes:
    headers = {"host": HOST, "connection": "close", "content-length": str(len(body)), **github_headers(body)}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


async def test_delivery_over_the_wire_is_taken(tmp_path: Path) -> None:
    async with running(tmp_path) as (port, bench):
        answer = await ask(port, request(star()))

    assert answer.startswith(b"HTTP/1.1 202")
    assert b"server:" not in answer.lower()
    assert len(bench.broker.events()) == 1


async def test_request_that_is_no_delivery_is_refused_before_its_body(tmp_path: Path) -> None:
    body = star()
    async with running(tmp_path) as (port, bench):
        answers = [
            await ask(port, request(body, path="/")),
            await ask(port, request(body, method="PUT")),
            await ask(port, request(body, content_encoding="gzip")),
            await ask(port, request(body, content_length=str(26 * 1024 * 1024))),
        ]

    assert [answer.split(b" ")[1] for answer in answers] == [b"404", b"405", b"415", b"413"]
    assert bench.broker.messages == []


async def test_body_without_end_is_cut_at_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BODY_BYTES_MAX", 1000)
    head = b"POST /webhooks/github HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    async with running(tmp_path) as (port, _):
        answer = await ask(port, head, *[b"190\r\n" + b"x" * 400 + b"\r\n"] * 4)

    assert answer.startswith(b"HTTP/1.1 413")


async def test_caller_who_drips_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS_MAX", 0.05)
    monkeypatch.setattr(server, "BODY_SECONDS_MAX", 0.05)
    body = star()
    async with running(tmp_path) as (port, _):
        in_headers = await ask(port, b"POST /webhooks/github HTTP/1.1\r\nhost: x\r\n")
        in_body = await ask(port, request(body)[: -len(body) + 1])

    assert in_headers == b""
    assert in_body.startswith(b"HTTP/1.1 408")


def test_port_that_is_taken_is_told_with_the_setting_that_moves_it() -> None:
    port = free_port()
    with webhook_socket("github", HOST, port), pytest.raises(WrongUse) as caught:
        webhook_socket("github", HOST, port)

    assert "is taken" in caught.value.found
    assert "CROSSCURRENT_SOURCES__GITHUB__WEBHOOK_PORT" in caught.value.todo


def test_nothing_listens_until_webhooks_are_set_up() -> None:
    assert listening_for(connector_named("github"), Settings()) is None
    assert listening_for(connector_named("tmdb"), Settings()) is None


@pytest.mark.parametrize(
    ("source", "section"),
    [
        ("github", SourceSettings(webhook_port=0)),
        ("tmdb", SourceSettings.model_validate({"webhook_secret": "abcd"})),
    ],
)
def test_webhooks_that_cannot_be_are_told(source: str, section: SourceSettings) -> None:
    with pytest.raises(WrongUse) as caught:
        listening_for(connector_named(source), Settings(sources={source: section}))

    assert "WEBHOOK_SECRET" in caught.value.todo


def test_vendor_that_tells_its_secret_is_heard_on_a_port_alone() -> None:
    listening = listening_for(
        connector_named("notion"), Settings(sources={"notion": SourceSettings(webhook_port=0)})
    )
    assert listening is not None
    assert listening.port > 0
    listening.close()
