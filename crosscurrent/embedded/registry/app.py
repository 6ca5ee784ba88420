"""The registry's HTTP surface: bodies and content types in, JSON and the API's error codes out."""

from __future__ import annotations

from email.utils import formatdate

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from crosscurrent.embedded.registry.catalog import Catalog
from crosscurrent.embedded.registry.policy import Policy
from crosscurrent.embedded.registry.policy_endpoints import PolicyEndpoints
from crosscurrent.embedded.registry.refusal import Refusal, invalid_subject
from crosscurrent.embedded.registry.routing import Call, Handler, JsonObject, Route, Router
from crosscurrent.embedded.registry.schema_endpoints import SchemaEndpoints
from crosscurrent.embedded.registry.store import Store

BODY_BYTES_MAX = 16 * 1024 * 1024
V1 = "application/vnd.schemaregistry.v1+json"
_ANSWER_TYPES = (V1, "application/vnd.schemaregistry+json", "application/json")
_CONTEXT_SEGMENTS_MAX = 6  # as deep as a path of the API goes below a context
_BODY_TYPES = (*_ANSWER_TYPES, "application/octet-stream", "")

_log = structlog.get_logger(__name__)


def create_app(store: Store) -> ASGIApp:
    """Return the ASGI application that answers for a store."""
    policy = Policy(store)
    schemas = SchemaEndpoints(Catalog(store, policy), store.state)
    return _App(Router([*_general(store), *schemas.routes(), *PolicyEndpoints(policy).routes()]))


def _general(store: Store) -> list[Route]:
    def health(_: Call) -> object:
        return {"registry_ready": True, "subjects": len(store.state.subjects())}

    def refuse_context(_: Call) -> object:
        raise invalid_subject(
            "This registry has only the default context. Leave the context away, or use one that has contexts"
        )

    refused: dict[str, Handler] = dict.fromkeys(("GET", "POST", "PUT", "DELETE"), refuse_context)
    in_context = [
        "contexts/{context}" + "".join(f"/{{part{part}}}" for part in range(count))
        for count in range(_CONTEXT_SEGMENTS_MAX + 1)
    ]
    return [
        Route("", {"GET": lambda _: {}}),
        Route("_health", {"GET": health}),
        Route("contexts", {"GET": lambda _: ["."]}),
        *(Route(pattern, refused) for pattern in in_context),
    ]


class _App:
    def __init__(self, router: Router) -> None:
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        request = Request(scope, receive)
        try:
            response = await self._response(request)
        except ClientDisconnect:
            return  # nobody is there to answer, and nothing was begun
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        media_type = V1
        try:
            media_type = _answer_type(request)
            body = await _body(request)
            return _answer(self._handle(request, body), media_type)
        except Refusal as refusal:
            error: JsonObject = {"error_code": refusal.code, "message": refusal.message}
            return _answer(error, media_type, refusal.status)
        except Exception:  # noqa: BLE001 - the run loop: one bad request must not stop the others
            _log.exception("registry_request_failed", method=request.method, path=request.url.path)
            error = {"error_code": 50001, "message": "Error in the registry itself; its log says more"}
            return _answer(error, media_type, 500)

    def _handle(self, request: Request, body: bytes) -> object:
        raw_path = request.scope["raw_path"].decode("latin-1")
        handler, names = self._router.find(request.method, raw_path)
        query = dict(request.query_params)
        return handler(Call(names, query, _json_object(body) if request.method in ("POST", "PUT") else {}))


def _answer(content: object, media_type: str, status: int = 200) -> Response:
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    return Response(body, status, media_type=media_type, headers={"date": formatdate(usegmt=True)})


def _answer_type(request: Request) -> str:
    """Return the first type that the client takes."""
    accepted = [
        one.partition(";")[0].strip().lower() for one in request.headers.get("accept", "*/*").split(",")
    ]
    for media_type in accepted:
        if media_type in _ANSWER_TYPES:
            return media_type
    if any(media_type in ("*/*", "application/*", "") for media_type in accepted):
        return V1
    raise Refusal(406, 406, f"HTTP 406 Not Acceptable: accept one of {', '.join(_ANSWER_TYPES)}")


async def _body(request: Request) -> bytes:
    if request.method not in ("POST", "PUT"):
        return b""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _BODY_TYPES:
        raise Refusal(
            415, 415, f"HTTP 415 Unsupported Media Type: {media_type[:80]!r}; send Content-Type: {V1}"
        )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise Refusal(413, 413, f"The body is larger than {BODY_BYTES_MAX} bytes")
    return bytes(body)


def _json_object(body: bytes) -> JsonObject:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, 400, f"The body is not JSON ({error})") from error
    if not isinstance(data, dict):
        raise Refusal(400, 400, "The body is not a JSON object")
    return data
