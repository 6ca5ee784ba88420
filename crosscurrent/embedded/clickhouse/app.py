"""The ASGI application: routes, access, and how a request ends."""

from __future__ import annotations

import socket
from urllib.parse import parse_qsl

import structlog
from starlette.types import Receive, Scope, Send

from crosscurrent.embedded.clickhouse.access import Access
from crosscurrent.embedded.clickhouse.answer import Answer, Identity, answer_text
from crosscurrent.embedded.clickhouse.body import Body, ClientGone
from crosscurrent.embedded.clickhouse.content_encoding import Decoder, make_decoder
from crosscurrent.embedded.clickhouse.engine import Engine
from crosscurrent.embedded.clickhouse.failure import Failure
from crosscurrent.embedded.clickhouse.handler import Handler
from crosscurrent.embedded.clickhouse.native_frames import FrameDecoder
from crosscurrent.embedded.clickhouse.request import Request, make_request
from crosscurrent.embedded.clickhouse.sessions import Sessions

_OK_PATHS = frozenset({"/ping", "/replicas_status"})
_QUERY_PATHS = frozenset({"/", "/query"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT"})

_log = structlog.get_logger(__name__)


class App:
    """ClickHouse's HTTP interface on an engine.

    Args:
        engine: runs the statements.
        access: who may ask.
    """

    def __init__(self, engine: Engine, access: Access) -> None:
        self._access = access
        version, timezone = engine.ask("SELECT version(), timezone()").strip().split("\t")
        self._identity = Identity(socket.gethostname(), version, timezone)
        self._sessions = Sessions()
        self._handler = Handler(engine, self._sessions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        assert scope["type"] == "http", "the server is told to serve nothing else"
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        items = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        request = make_request(scope["method"], items, headers)
        if not await self._answer_simply(scope, request, send):
            await self._answer_statement(request, receive, send)

    def close(self) -> None:
        """Stop what runs and end the sessions."""
        self._handler.close()
        self._sessions.close()

    async def _answer_simply(self, scope: Scope, request: Request, send: Send) -> bool:
        """Answer if the request asks for no statement, and return whether it did not."""
        path = scope["path"]
        if path in _OK_PATHS or (path == "/" and request.is_get and not scope["query_string"]):
            await answer_text(send, 200, "Ok.\n")
        elif path not in _QUERY_PATHS:
            await answer_text(
                send,
                404,
                f"There is no handle {path}\n\nUse / or /ping for health checks, or POST statements to /\n",
            )
        elif scope["method"] not in _METHODS:
            await answer_text(
                send, 405, "Only GET and POST are answered\n", {"Allow": "GET, HEAD, POST, PUT"}
            )
        else:
            return False
        return True

    async def _answer_statement(self, request: Request, receive: Receive, send: Send) -> None:
        try:
            answer = Answer(send, request, self._identity)
        except Failure as failure:
            await answer_text(send, 400, f"{failure}\n", {"X-ClickHouse-Exception-Code": str(failure.code)})
            return
        answer.describe("", "text/plain; charset=UTF-8")
        try:
            self._access.check_origin(request.headers)
            self._access.check_credentials(request)
            body = Body(receive, *_decoders(request))
            await self._handler.handle(request, body, answer)
        except Failure as failure:
            _log.debug("query_failed", query_id=request.query_id, code=failure.code)
            await _fail(answer, failure, request)
        except ClientGone:
            _log.info("client_gone", query_id=request.query_id)
        finally:
            answer.close()


def _decoders(request: Request) -> list[Decoder]:
    content = make_decoder(request.headers.get("content-encoding", ""))
    return [content, FrameDecoder()] if request.flag("decompress") else [content]


async def _fail(answer: Answer, failure: Failure, request: Request) -> None:
    try:
        await answer.fail(failure)
    except ClientGone:
        _log.info("client_gone", query_id=request.query_id)
