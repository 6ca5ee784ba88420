"""Servers that are broken, or mean harm, on real sockets: each is bounded, refused with a reason, and counted."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from prometheus_client import REGISTRY

from connectors.kit import fetch
from connectors.kit.auth import BearerHeader
from connectors.kit.body import BOMB_RATIO, PARTIAL_BYTES_MAX
from connectors.kit.client import HEADER_BYTES_MAX, HttpClient
from connectors.kit.cost import Cost
from connectors.kit.errors import BadAnswer, TooLarge
from connectors.kit.fetch import Fetcher
from connectors.kit.pace import Pacer
from connectors.kit.quota import DocumentedRate
from connectors.kit.reach import is_public
from crosscurrent.clock import SystemClock
from crosscurrent.errors import CrosscurrentError, Transient

Serve = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
SOURCE = "badserver"
MEGABYTE = 1024 * 1024


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that answers each request by a function of its path; keeps the heads of the requests."""
    heads: list[str] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                heads.append(head)
                await serve(head.split(" ")[1], writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", heads
    finally:
        listening.close()


async def refusal(base_url: str, path: str = "/", **bounds: object) -> CrosscurrentError:
    """The error that asking ends with."""
    clock = SystemClock()
    client = HttpClient(base_url, BearerHeader(), "t0ken-of-ours", **bounds)  # type: ignore[arg-type]
    pacer = Pacer(SOURCE, DocumentedRate(1e9), requests_per_minute_max=None, clock=clock)
    fetcher = Fetcher(SOURCE, client, pacer, not_modified_is_free=False)
    try:
        async with asyncio.timeout(20):
            with pytest.raises(CrosscurrentError) as caught:
                await fetcher.fetch(base_url + path, None, Cost())
    finally:
        await client.close()
    assert "t0ken-of-ours" not in str(caught.value)
    return caught.value


def counted(reason: str) -> float:
    labels = {"source": SOURCE, "reason": reason}
    return REGISTRY.get_sample_value("connector_bad_answers_total", labels) or 0.0


def whole(body: bytes, *headers: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", f"content-length: {len(body)}", *headers, "", ""]).encode() + body


def redirect(where: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nlocation: {where}\r\ncontent-length: 0\r\n\r\n".encode()


async def test_decompression_bomb_is_refused_before_it_has_grown() -> None:
    bomb = gzip.compress(bytes(40 * MEGABYTE))

    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(whole(bomb, "content-encoding: gzip"))

    before = counted("bomb")
    async with server(serve) as (url, _):
        error = await refusal(url)

    assert isinstance(error, TooLarge)
    assert f"at most {BOMB_RATIO} times" in error.expected
    assert len(error.partial) <= PARTIAL_BYTES_MAX
    assert counted("bomb") == before + 1


async def test_body_above_the_absolute_bound_is_refused_whether_coded_or_not() -> None:
    # text that shrinks as JSON does, so that its ratio says nothing
    text = b"".join(b'{"id": %d, "name": "a thing"}' % number for number in range(40_000))

    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        coded = path == "/coded"
        writer.write(whole(gzip.compress(text, 1), "content-encoding: gzip") if coded else whole(text))

    before = counted("too_large")
    async with server(serve) as (url, _):
        errors = [await refusal(url, path, body_bytes_max=MEGABYTE) for path in ("/coded", "/plain")]

    assert all(isinstance(error, TooLarge) for error in errors)
    assert counted("too_large") == before + 2


async def test_redirects_without_end_are_refused() -> None:
    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(redirect(f"/{len(path)}" + path))

    before = counted("redirects")
    async with server(serve) as (url, heads):
        error = await refusal(url)

    assert isinstance(error, BadAnswer)
    assert len(heads) == 6
    assert counted("redirects") == before + 1


@pytest.mark.parametrize(
    "where",
    [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://127.1:1/",
        "http://2130706433:1/",
        "http://[::1]:1/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.7/",
        "http://192.168.0.1/",
        "http://100.64.0.1/",
        "http://metadata.internal/",
        "http://rebound.example/",
    ],
)
async def test_redirect_into_our_own_network_is_refused_without_being_asked(where: str) -> None:
    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(redirect(where))

    async def find(host: str) -> list[str]:
        return ["93.184.216.34", "10.1.2.3"] if host == "rebound.example" else []

    before = counted("private_address")
    async with server(serve) as (url, heads):
        error = await refusal(url, find=find)

    assert isinstance(error, BadAnswer)
    assert len(heads) == 1
    assert counted("private_address") == before + 1


async def test_name_that_leads_elsewhere_once_it_was_checked_is_refused_by_the_connection() -> None:
    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(redirect(f"http://localtest.example:{port}/there") if path == "/" else whole(b"[]"))

    async def find(host: str) -> list[str]:
        # what the check is told; the connection asks the system, whose answer is stood in for below
        return ["93.184.216.34"]

    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def lying(host: Any, *rest: Any, **more: Any) -> Any:
        named = host in ("localtest.example", b"localtest.example")
        return await real("127.0.0.1" if named else host, *rest, **more)

    async with server(serve) as (url, _):
        port = int(url.rpartition(":")[2])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "getaddrinfo", lying)
            error = await refusal(url, find=find)

    assert isinstance(error, BadAnswer)
    assert "not on the public internet" in error.found


@pytest.mark.parametrize("size", [HEADER_BYTES_MAX + 1, 4 * MEGABYTE])
async def test_huge_headers_are_refused(size: int) -> None:
    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(whole(b"[]", *(f"x-{number}: {'a' * 1000}" for number in range(size // 1000 + 1))))

    before = counted("huge_headers")
    async with server(serve) as (url, _):
        error = await refusal(url)

    assert isinstance(error, BadAnswer)
    assert counted("huge_headers") == before + 1


@pytest.mark.parametrize("where", ["headers", "body"])
async def test_answer_that_drips_is_given_up_at_its_deadline(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "_RETRY_ATTEMPTS", 1)

    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + (b"content-length: 999\r\n\r\n" if where == "body" else b""))
        while True:
            writer.write(b"x" if where == "body" else b"x-a: b\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    before = counted("too_slow")
    async with server(serve) as (url, _):
        error = await refusal(url, total_seconds_max=0.2)

    assert isinstance(error, Transient)
    assert counted("too_slow") == before + 1


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_address_is_public(address: str) -> None:
    assert is_public(address)
