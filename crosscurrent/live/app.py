"""Serves the live page and its stream of snapshots on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from crosscurrent.errors import CrosscurrentError
from crosscurrent.live.snapshot import Query, take_snapshot
from crosscurrent.settings import Settings

_LOG = structlog.get_logger()
_STATIC = Path(__file__).parent / "static"
_HOST = "127.0.0.1"
_INTERVAL_SECONDS = 1.0
_WATCHERS_MAX = 32
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Feed:
    """The latest snapshot, taken once for all who watch, and only while somebody does."""

    def __init__(self, query: Query, tenant: str) -> None:
        self._query = query
        self._tenant = tenant
        self._changed = asyncio.Condition()
        self._watched = asyncio.Event()
        self._latest = b""
        self._watchers = 0

    @property
    def full(self) -> bool:
        """Whether no further watcher is taken."""
        return self._watchers >= _WATCHERS_MAX

    async def events(self) -> AsyncIterator[bytes]:
        """Yield server-sent events, one a snapshot."""
        self._watchers += 1
        self._watched.set()
        try:
            if self._latest:
                yield b"data: " + self._latest + b"\n\n"
            while True:
                async with self._changed:
                    await self._changed.wait()
                yield b"data: " + self._latest + b"\n\n"
        finally:
            self._watchers -= 1
            if not self._watchers:
                self._watched.clear()

    async def run(self) -> None:
        """Take snapshots for ever."""
        while True:
            if not self._watched.is_set():
                # whoever comes next must not see what was true when the last one left
                self._latest = b""
                await self._watched.wait()
            self._latest = await self._take()
            async with self._changed:
                self._changed.notify_all()
            await asyncio.sleep(_INTERVAL_SECONDS)

    async def _take(self) -> bytes:
        try:
            snapshot: dict[str, Any] = await asyncio.to_thread(take_snapshot, self._query, self._tenant)
        except CrosscurrentError as error:
            _LOG.warning("snapshot_failed", error=str(error))
            snapshot = {"problem": str(error)}
        return orjson.dumps(snapshot, option=orjson.OPT_SERIALIZE_NUMPY, default=str)


class _SecurityHeaders(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        # a page elsewhere must not read this one through a name that resolves to loopback
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
        if host not in {_HOST, "localhost", "[::1]"}:
            return Response(
                "the live page answers on loopback only\n", status_code=421, media_type="text/plain"
            )
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


def make_app(query: Query, tenant: str) -> Starlette:
    """Return the web application.

    Args:
        query: how to ask ClickHouse.
        tenant: whose data is shown.
    """
    feed = Feed(query, tenant)

    async def page(_request: Request) -> Response:
        return FileResponse(_STATIC / "index.html")

    async def events(_request: Request) -> Response:
        if feed.full:
            return Response("too many watch already\n", status_code=503, media_type="text/plain")
        return StreamingResponse(
            feed.events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def alive(_request: Request) -> Response:
        return Response("live\n", media_type="text/plain")

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/events", events),
            Route("/livez", alive),
            Route("/readyz", alive),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[Middleware(_SecurityHeaders)],
    )
    app.state.feed = feed
    return app


def run(settings: Settings, query: Query) -> None:
    """Serve the page until SIGTERM or SIGINT.

    Args:
        settings: the port and the tenant.
        query: how to ask ClickHouse.
    """
    asyncio.run(_serve(settings, query))


async def _serve(settings: Settings, query: Query) -> None:
    app = make_app(query, settings.tenant)
    config = uvicorn.Config(
        app,
        host=_HOST,
        port=settings.live.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    feeding = asyncio.create_task(app.state.feed.run())
    try:
        await uvicorn.Server(config).serve()
    finally:
        feeding.cancel()
