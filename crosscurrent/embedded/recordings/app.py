"""The HTTP surface of recorded exchanges: each source below its name, and an index of all."""

from __future__ import annotations

import orjson
import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crosscurrent.embedded.recordings.directory import read_body
from crosscurrent.embedded.recordings.exchange import RecordedExchange, canonical_json
from crosscurrent.embedded.recordings.playing import NOT_MODIFIED, Played, Recordings
from crosscurrent.errors import WrongUse

REQUEST_BODY_BYTES_MAX = 4 * 1024 * 1024
METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]
BODILESS = frozenset({204, NOT_MODIFIED})

# what belongs to the recorded connection and not to this one
_HEADERS_LEFT_OUT = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "keep-alive",
        "status",
        "transfer-encoding",
        "upgrade",
    }
)

_log = structlog.get_logger(__name__)


def create_app(recordings: Recordings) -> Starlette:
    """Return the ASGI application that plays recorded exchanges."""
    server = _Server(recordings)
    return Starlette(
        routes=[
            Route("/_recordings/index", server.index, methods=["GET"]),
            Route("/{source}/{rest:path}", server.play, methods=METHODS),
        ]
    )


class _Server:
    """The two kinds of request there are."""

    def __init__(self, recordings: Recordings) -> None:
        self._recordings = recordings

    async def index(self, request: Request) -> Response:
        source, kind = request.query_params.get("source"), request.query_params.get("endpoint_kind")
        if source is not None and source not in self._recordings.sources:
            return _missing(f"no recordings of {source!r}; there are {', '.join(self._recordings.sources)}")
        return JSONResponse(
            [
                index_entry(exchange, self._recordings.address(exchange))
                for exchange in self._recordings.exchanges
                if source in (None, exchange.source) and kind in (None, exchange.endpoint_kind)
            ]
        )

    async def play(self, request: Request) -> Response:
        source = request.path_params["source"]
        path = request.url.path.removeprefix(f"/{source}") or "/"
        if request.url.query:
            path += f"?{request.url.query}"
        try:
            body = await _request_body(request)
            tag = request.headers.get("if-none-match")
            played = self._recordings.play(source, request.method, path, body, tag)
            if played is None:
                return _missing("nothing was recorded for this request; see /_recordings/index")
            return await _response(played)
        except WrongUse as error:
            _log.warning("exchange_refused", source=source, reason=str(error))
            return JSONResponse({"message": str(error)}, 400)


def index_entry(exchange: RecordedExchange, address: str) -> dict[str, object]:
    """Return an exchange as the index tells of it."""
    return {
        "source": exchange.source,
        "endpoint_kind": exchange.endpoint_kind,
        "name": exchange.name,
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "has_body": exchange.body_file is not None,
        "kind": exchange.kind,
        "address": address,
    }


async def _response(played: Played) -> Response:
    exchange = played.exchange
    status = NOT_MODIFIED if played.not_modified else exchange.status
    headers = [(name, value) for name, value in exchange.headers if name not in _HEADERS_LEFT_OUT]
    body = b"" if status in BODILESS else await run_in_threadpool(read_body, exchange)
    if status == NOT_MODIFIED:
        # the tag of a 304 is the strong one
        headers = [(name, value.removeprefix("W/") if name == "etag" else value) for name, value in headers]
    if exchange.body_file is not None and exchange.header("content-type") is None:
        headers.append(("content-type", "application/json; charset=utf-8"))
    response = Response(body, status)
    length = [] if status in BODILESS else [("content-length", str(len(body)))]
    response.raw_headers = [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in headers + length
    ]
    return response


async def _request_body(request: Request) -> bytes | None:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > REQUEST_BODY_BYTES_MAX:
            raise WrongUse(
                "a request body that is too long",
                expected=f"{REQUEST_BODY_BYTES_MAX} bytes",
                todo="send less",
            )
    if not raw:
        return None
    try:
        return canonical_json(orjson.loads(raw))
    except orjson.JSONDecodeError:
        # a form, say: it can only equal itself
        return bytes(raw)


def _missing(reason: str) -> Response:
    return JSONResponse({"message": reason}, 404)
