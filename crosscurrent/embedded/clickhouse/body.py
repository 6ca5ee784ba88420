"""The body of a request, decompressed as it arrives, and read from a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from starlette.types import Message, Receive

from crosscurrent.embedded.clickhouse.content_encoding import Decoder
from crosscurrent.embedded.clickhouse.failure import Failure

RECEIVE_SECONDS_MAX = 30.0  # ClickHouse's http_receive_timeout


class ClientGone(Exception):
    """The client closed its connection, or takes nothing any more."""


class Body:
    """The body, piece by piece.

    Args:
        receive: ASGI's.
        decoders: undo the encodings, in this order.
    """

    def __init__(self, receive: Receive, *decoders: Decoder) -> None:
        self._receive = receive
        self._decoders = decoders
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._pushed_back: list[bytes] = []

    async def next(self) -> bytes:
        """Return the next bytes; empty at the end.

        Raises:
            ClientGone: the client went away before the end.
            Failure: the encoding is broken, or nothing comes.
        """
        if self._pushed_back:
            return self._pushed_back.pop()
        while not self._ended.is_set():
            message = await self._timed_message()
            if message["type"] == "http.disconnect":
                raise ClientGone
            piece: bytes = message.get("body", b"")
            for decoder in self._decoders:
                piece = decoder.feed(piece)
            if not message.get("more_body", False):
                self._ended.set()
                for decoder in self._decoders:
                    decoder.end()
            if piece:
                return piece
        return b""

    def push_back(self, piece: bytes) -> None:
        """Give back bytes that were read too far."""
        if piece:
            self._pushed_back.append(piece)

    def pieces(self) -> Iterator[bytes]:
        """Yield what is left, called from another thread than the loop's.

        Raises:
            ClientGone: the client went away before the end.
            Failure: the encoding is broken, or nothing comes.
        """
        while piece := asyncio.run_coroutine_threadsafe(self.next(), self._loop).result():
            yield piece

    async def gone(self) -> None:
        """Return once the body was read to its end and the client is gone."""
        await self._ended.wait()
        while (await self._receive())["type"] != "http.disconnect":
            continue

    async def _timed_message(self) -> Message:
        try:
            async with asyncio.timeout(RECEIVE_SECONDS_MAX):
                return await self._receive()
        except TimeoutError:
            raise Failure(
                209,
                f"Timeout exceeded while reading from socket ({RECEIVE_SECONDS_MAX:.0f} s)",
                "SOCKET_TIMEOUT",
            ) from None
