"""The world's HTTP surface: the vendors below their base addresses, and ``/_world`` to steer it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from crosscurrent.embedded.world.exchange import JSON, Answer
from crosscurrent.embedded.world.faults import Fault
from crosscurrent.embedded.world.truth import truth
from crosscurrent.embedded.world.vendors import VENDORS
from crosscurrent.embedded.world.world import World, takes_post
from crosscurrent.errors import WrongUse

GZIP_BYTES_MIN = 512
# payloads are played once and thrown away, so the cheapest level is the right one
GZIP_LEVEL = 1
CONTROL_BODY_BYTES_MAX = 64 * 1024
PADDING_CHUNK_BYTES = 1024 * 1024
CUTTING = frozenset({"truncate", "disconnect"})


def create_app(world: World) -> Starlette:
    """Return the ASGI application that plays a world."""
    control = _Control(world)
    return Starlette(
        routes=[
            Route("/_world/state", control.state, methods=["GET"]),
            Route("/_world/truth", control.truth, methods=["GET"]),
            Route("/_world/release", control.release, methods=["POST"]),
            Route("/_world/close", control.close, methods=["POST"]),
            Route("/_world/advance", control.advance, methods=["POST"]),
            Route("/_world/faults", control.faults, methods=["POST"]),
            Route("/_world/webhooks", control.webhooks, methods=["POST"]),
            *(Mount(f"/{vendor}", app=_VendorEndpoint(world, vendor)) for vendor in VENDORS),
        ]
    )


class _Control:
    """The requests that steer and question the world itself."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sending: asyncio.Task[None] | None = None

    async def state(self, _: Request) -> Response:
        self._send_webhooks()
        return _json(self._world.state())

    async def truth(self, _: Request) -> Response:
        return _json(truth(self._world.scenario, self._world.changed_items()))

    async def release(self, _: Request) -> Response:
        self._world.time.release()
        return _json(self._world.state())

    async def close(self, _: Request) -> Response:
        self._world.close()
        return _json(self._world.state())

    async def advance(self, request: Request) -> Response:
        try:
            seconds = (await _body(request)).get("seconds")
            if isinstance(seconds, bool) or not isinstance(seconds, int | float):
                raise WrongUse(f"seconds {seconds!r}", expected="a number", todo='send {"seconds": 3600}')
            self._world.time.advance(seconds)
        except WrongUse as error:
            return _json({"error": str(error)}, 400)
        return _json(self._world.state())

    async def faults(self, request: Request) -> Response:
        try:
            pending = self._world.faults.ask(await _body(request))
        except WrongUse as error:
            return _json({"error": str(error)}, 400)
        return _json({"pending": pending})

    async def webhooks(self, request: Request) -> Response:
        try:
            hook = self._world.hooks.subscribe(await _body(request), self._world.time.now_seconds())
        except WrongUse as error:
            return _json({"error": str(error)}, 400)
        self._send_webhooks()
        return _json(hook)

    def _send_webhooks(self) -> None:
        # the server has no start of its own to hang this on; whoever starts a world asks for its state
        if self._sending is None and self._world.hooks:
            self._sending = asyncio.create_task(self._world.hooks.run(self._world.time.now_seconds))


class _VendorEndpoint:
    """One vendor as an ASGI application, so that a fault can cut a response short."""

    def __init__(self, world: World, vendor: str) -> None:
        self._world = world
        self._vendor = vendor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["path"].removeprefix(f"/{self._vendor}") or "/"
        fault = self._world.begin(self._vendor, path)
        status, cut = 500, True
        try:
            if fault and fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            answer = await self._answer(request, path, fault)
            status = answer.status
            await _send(answer, request, fault, send)
            # a 304 ends with its headers, so that nothing of it can be cut
            cut = fault is not None and fault.kind in CUTTING and status != 304
        finally:
            self._world.end(self._vendor, status, path=path, cut=cut)

    async def _answer(self, request: Request, path: str, fault: Fault | None) -> Answer:
        allowed = ("GET", "POST") if takes_post(self._vendor, path) else ("GET",)
        if request.method not in allowed:
            refusal = orjson.dumps({"message": "Method Not Allowed"})
            return Answer(405, refusal, headers={"allow": ", ".join(allowed)})
        try:
            body = await _content(request) if request.method == "POST" else b""
        except WrongUse as error:
            return Answer(413, orjson.dumps({"message": str(error)}))
        origin = f"{request.url.scheme}://{request.url.netloc}/{self._vendor}"
        query = dict(request.query_params)
        return self._world.answer(
            self._vendor, path, query, request.headers, origin, fault, method=request.method, body=body
        )


async def _send(answer: Answer, request: Request, fault: Fault | None, send: Send) -> None:
    headers = dict(answer.headers)
    if answer.media_type:
        headers["content-type"] = answer.media_type
    body = answer.body
    if fault is None and len(body) >= GZIP_BYTES_MIN and _accepts_gzip(request):
        body = gzip.compress(body, GZIP_LEVEL, mtime=0)
        headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}
    padding = max(0, fault.bytes - len(body)) if fault and fault.kind == "huge" else 0
    if answer.status != 304:
        headers["content-length"] = str(len(body) + padding)
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    if fault and fault.kind in CUTTING:
        # the server closes a connection whose response was not completed
        part = body[: len(body) // 2] if fault.kind == "truncate" else b""
        await send({"type": "http.response.body", "body": part, "more_body": True})
        return
    async for chunk in _padded(body, padding):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _padded(body: bytes, padding: int) -> AsyncIterator[bytes]:
    # white space before the last bracket: valid JSON of any size
    if not padding:
        yield body
        return
    yield body[:-1]
    for begin in range(0, padding, PADDING_CHUNK_BYTES):
        yield b" " * min(PADDING_CHUNK_BYTES, padding - begin)
        # a client that hangs up must be noticed between two chunks
        await asyncio.sleep(0)
    yield body[-1:]


def _accepts_gzip(request: Request) -> bool:
    codings = [
        part.replace(" ", "") for part in request.headers.get("accept-encoding", "").lower().split(",")
    ]
    return any(coding.split(";")[0] == "gzip" and not coding.endswith(";q=0") for coding in codings)


async def _content(request: Request) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > CONTROL_BODY_BYTES_MAX:
            raise WrongUse(
                "a body that is too long", expected=f"{CONTROL_BODY_BYTES_MAX} bytes", todo="send less"
            )
    return bytes(raw)


async def _body(request: Request) -> dict[str, object]:
    try:
        decoded = orjson.loads(await _content(request))
    except orjson.JSONDecodeError as error:
        raise WrongUse(
            f"a body that is not JSON ({error})", expected="a JSON object", todo="send one"
        ) from error
    if not isinstance(decoded, dict):
        raise WrongUse(f"a JSON {type(decoded).__name__}", expected="a JSON object", todo="send one")
    return decoded


def _json(payload: object, status: int = 200) -> Response:
    return Response(orjson.dumps(payload), status, media_type=JSON)
