"""The answer to one request: its headers, its body in pieces, and an error at any moment."""

from __future__ import annotations

import asyncio
import secrets
import string
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from starlette.types import Send

from crosscurrent.embedded.clickhouse.body import ClientGone
from crosscurrent.embedded.clickhouse.content_encoding import Encoder, choose_encoding, make_encoder
from crosscurrent.embedded.clickhouse.failure import Failure, http_status
from crosscurrent.embedded.clickhouse.native_frames import FrameEncoder
from crosscurrent.embedded.clickhouse.query import Outcome
from crosscurrent.embedded.clickhouse.request import Request

BUFFER_BYTES_DEFAULT = 1024 * 1024
BUFFER_BYTES_MAX = 64 * 1024 * 1024
SEND_SECONDS_MAX = 30.0  # ClickHouse's http_send_timeout
_SPOOL_READ_BYTES = 256 * 1024
_LEVEL_DEFAULT = 3
_OWN_THREAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Identity:
    """What the server says about itself in every answer.

    Attributes:
        name: its display name.
        version: the engine's version.
        timezone: the engine's time zone.
    """

    name: str
    version: str
    timezone: str


class Answer:
    """Writes the answer once it is known whether the statement works, or the buffer is full.

    Args:
        send: ASGI's.
        request: what is answered.
        identity: the server.
    """

    def __init__(self, send: Send, request: Request, identity: Identity) -> None:
        self._send = send
        self._request = request
        self._identity = identity
        self._tag = "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))
        self._waits = request.flag("wait_end_of_query")
        self._buffer_bytes = min(request.number("buffer_size", BUFFER_BYTES_DEFAULT), BUFFER_BYTES_MAX)
        # beyond its size it goes to disk
        self._held = tempfile.SpooledTemporaryFile(max_size=max(self._buffer_bytes, 1))  # noqa: SIM115
        self._encoding = _encoding(request)
        self._encoders: list[Encoder] = []
        self.started = False

    def describe(self, format_name: str, content_type: str, reshaping: Sequence[Encoder] = ()) -> None:
        """Say what the result will be, before its first byte.

        Args:
            format_name: empty if there is no result.
            content_type: of the format.
            reshaping: applied to the result before the content encoding.
        """
        level = self._request.number("http_zlib_compression_level", _LEVEL_DEFAULT)
        self._format, self._content_type = format_name, content_type
        self._encoders = [*reshaping, *self._framing(), make_encoder(self._encoding, level)]

    async def write(self, piece: bytes) -> None:
        """Give the next bytes of the result.

        Raises:
            ClientGone: the client takes nothing any more.
            Failure: the result cannot be reshaped as the client asked.
        """
        if self.started:
            await self._encode_and_send(piece)
            return
        self._held.write(piece)
        if not self._waits and self._held.tell() > self._buffer_bytes:
            await self._start(200, {"X-ClickHouse-Summary": summary(Outcome())})
            await self._send_held()

    async def end(self, outcome: Outcome) -> None:
        """Say that the result is complete.

        Raises:
            ClientGone: the client takes nothing any more.
            Failure: the result cannot be reshaped as the client asked.
        """
        if not self.started:
            held_bytes = self._held.tell()
            if held_bytes <= BUFFER_BYTES_DEFAULT:
                await self._send_whole(200, outcome)
                return
            await self._start(200, {"X-ClickHouse-Summary": summary(outcome)})
            await self._send_held()
        await self._push(self._ending(), more=False)

    async def fail(self, failure: Failure) -> None:
        """Say what went wrong: by status and body, or where the result broke off.

        Raises:
            ClientGone: the client takes nothing any more.
        """
        text = f"{failure} (version {self._identity.version} (official build))\n".encode()
        if self.started:
            # nothing says that the body is whole: the connection is closed in the middle of it, as ClickHouse does
            mark = (b"\r\n__exception__\r\n", self._tag.encode(), b"\r\n", text)
            ending = f"{len(text)} {self._tag}\r\n__exception__\r\n".encode()
            # the reshaping knows nothing of errors
            self._encoders = [*self._framing(), self._encoders[-1]]
            await self._push(self._encoded(b"".join(mark) + ending) + self._ending(), more=True)
            return
        self._held.seek(0)
        self._held.truncate()
        self._held.write(text)
        self.describe("", "text/plain; charset=UTF-8")
        extra = {"X-ClickHouse-Exception-Code": str(failure.code)}
        if failure.code == 194:
            extra["WWW-Authenticate"] = 'Basic realm="ClickHouse server HTTP API"'
        await self._send_whole(http_status(failure.code), Outcome(), extra)

    def close(self) -> None:
        """Drop what is held."""
        self._held.close()

    def _framing(self) -> Sequence[Encoder]:
        if not self._request.flag("compress"):
            return ()
        return (FrameEncoder(self._request.fields.get("network_compression_method", "LZ4")),)

    async def _send_whole(
        self, status: int, outcome: Outcome, extra: Mapping[str, str] | None = None
    ) -> None:
        self._held.seek(0)
        body = self._encoded(self._held.read()) + self._ending()
        headers = {
            "X-ClickHouse-Summary": summary(outcome),
            **(extra or {}),
            "Content-Length": str(len(body)),
        }
        await self._start(status, headers)
        await self._push(body, more=False)

    async def _send_held(self) -> None:
        self._held.seek(0)
        while piece := self._held.read(_SPOOL_READ_BYTES):
            await self._encode_and_send(piece)
        self._held.truncate(0)

    async def _encode_and_send(self, piece: bytes) -> None:
        if len(piece) < _OWN_THREAD_BYTES or len(self._encoders) + bool(self._encoding) == 1:
            encoded = self._encoded(piece)
        else:
            # compressing a large piece takes long enough for others to notice
            encoded = await asyncio.to_thread(self._encoded, piece)
        if encoded:
            await self._push(encoded, more=True)

    def _encoded(self, piece: bytes) -> bytes:
        for encoder in self._encoders:
            piece = encoder.feed(piece)
        return piece

    def _ending(self) -> bytes:
        rest = b""
        for encoder in self._encoders:
            rest = (encoder.feed(rest) if rest else b"") + encoder.end()
        return rest

    async def _start(self, status: int, extra: Mapping[str, str]) -> None:
        self.started = True
        headers = {
            "Content-Type": self._content_type,
            "X-ClickHouse-Server-Display-Name": self._identity.name,
            "X-ClickHouse-Query-Id": self._request.query_id,
            "X-ClickHouse-Timezone": self._identity.timezone,
            "X-ClickHouse-Exception-Tag": self._tag,
            **({"X-ClickHouse-Format": self._format} if self._format else {}),
            **({"Content-Encoding": self._encoding} if self._encoding else {}),
            **extra,
        }
        raw = [(name.encode(), _header_value(value)) for name, value in headers.items()]
        await self._timed({"type": "http.response.start", "status": status, "headers": raw})

    async def _push(self, data: bytes, *, more: bool) -> None:
        await self._timed({"type": "http.response.body", "body": data, "more_body": more})

    async def _timed(self, message: dict[str, object]) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS_MAX):
                await self._send(message)
        except TimeoutError:
            raise ClientGone from None


async def answer_text(send: Send, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
    """Answer with a text, without a statement."""
    given = {
        "Content-Type": "text/html; charset=UTF-8",
        **(headers or {}),
        "Content-Length": str(len(text.encode())),
    }
    raw = [(name.encode(), _header_value(value)) for name, value in given.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": text.encode()})


def summary(outcome: Outcome) -> str:
    """Return the value of ``X-ClickHouse-Summary``."""
    return orjson.dumps(
        {
            "read_rows": str(outcome.read_rows),
            "read_bytes": str(outcome.read_bytes),
            "written_rows": str(outcome.written_rows),
            "written_bytes": str(outcome.written_bytes),
            "total_rows_to_read": "0",
            "result_rows": str(outcome.result_rows or outcome.written_rows),
            "result_bytes": str(outcome.result_bytes or outcome.written_bytes),
        }
    ).decode()


def _encoding(request: Request) -> str:
    if not request.flag("enable_http_compression"):
        return ""
    return choose_encoding(request.headers.get("accept-encoding", ""))


def _header_value(value: str) -> bytes:
    # what a client sent as a query id must not become a header of its own
    return value.encode("latin-1", "replace").replace(b"\r", b" ").replace(b"\n", b" ")
