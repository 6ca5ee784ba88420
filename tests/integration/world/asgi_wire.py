"""An ASGI application behind a transport that breaks as a connection does."""

from __future__ import annotations

from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import httpx
from starlette.types import ASGIApp


class Wire(httpx.AsyncBaseTransport):
    """Hands requests to an application; a response that it leaves open is one that was cut.

    Args:
        app: answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent: list[MutableMapping[str, Any]] = []
        body = await request.aread()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self._app(_scope(request), receive, send)
        begin, *pieces = sent
        complete = bool(pieces) and not pieces[-1].get("more_body", False)
        stream = _Stream([piece.get("body", b"") for piece in pieces], complete=complete)
        return httpx.Response(begin["status"], headers=begin["headers"], stream=stream)


class _Stream(httpx.AsyncByteStream):
    def __init__(self, pieces: list[bytes], *, complete: bool) -> None:
        self._pieces = pieces
        self._complete = complete

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        if not self._complete:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def _scope(request: httpx.Request) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "query_string": request.url.query,
        "server": (request.url.host, request.url.port or 80),
        "client": ("127.0.0.1", 123),
        "root_path": "",
    }
