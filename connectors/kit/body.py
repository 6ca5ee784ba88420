"""Reads a body within a bound, undoing its content coding within the same bound (pure).

A small compressed body can stand for gigabytes. zlib can be told how much it may give at a time, so gzip and
deflate are the codings that are asked for; another one is refused, not guessed at.
"""

from __future__ import annotations

import zlib
from typing import Protocol

from connectors.kit.errors import TooLarge, Truncated
from crosscurrent.errors import Poison

ACCEPT_ENCODING = "gzip, deflate"

PARTIAL_BYTES_MAX = 64 * 1024
BOMB_BYTES_MIN = 4 * 1024 * 1024
BOMB_RATIO = 200
"""JSON of the most even kind shrinks some fifty times; deflate can do a thousand."""

_GZIP_WBITS = 31
_RAW_DEFLATE_WBITS = -15
_IDENTITY = frozenset({"", "identity"})


class Body:
    """Collects one body.

    Call protocol: ``feed`` with each piece as it comes, then ``finish`` once. After an error nothing more.

    Args:
        content_encoding: value of the header; empty for none.
        bytes_max: bytes of the body at most, coding undone.

    Raises:
        Poison: a content coding that was not asked for.
    """

    def __init__(self, content_encoding: str, bytes_max: int) -> None:
        coding = content_encoding.strip().lower()
        if coding not in _IDENTITY | {"gzip", "x-gzip", "deflate"}:
            raise Poison(
                f"a body in the content coding {coding[:40]!r}",
                expected=ACCEPT_ENCODING,
                todo="report it to the vendor: it was not asked for",
            )
        self._coding = coding
        self._bytes_max = bytes_max
        self._body = bytearray()
        self._received_bytes = 0
        self._inflate: _Inflate | None = None

    def feed(self, piece: bytes) -> None:
        """Take in what came.

        Raises:
            TooLarge: the body passes its bound.
            Truncated: the coding is broken.
        """
        self._received_bytes += len(piece)
        if self._coding in _IDENTITY:
            self._append(piece)
            return
        while piece:
            inflate = self._inflate = self._inflate or self._new_inflate(piece)
            # no more at a time than what shows a bomb, so that one is seen before it has grown to the bound
            room = min(self._bytes_max - len(self._body) + 1, BOMB_BYTES_MIN)
            try:
                self._append(inflate.decompress(piece, room))
            except zlib.error as error:
                raise self._broken(str(error)) from error
            self._refuse_bomb()
            piece = inflate.unconsumed_tail
            if inflate.eof:
                # RFC 1952 section 2.2: a gzip file is a series of members
                piece = inflate.unused_data if self._coding != "deflate" else b""
                self._inflate = None

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            Truncated: the coding has not come to its end.
        """
        if self._inflate is not None:
            raise self._broken("its end is missing")
        return bytes(self._body)

    @property
    def partial(self) -> bytes:
        """What has come so far, coding undone."""
        return bytes(self._body)

    def _append(self, piece: bytes) -> None:
        self._body += piece
        if len(self._body) > self._bytes_max:
            raise TooLarge(
                f"a body of more than {self._bytes_max} bytes",
                partial=bytes(self._body),
                expected=f"at most {self._bytes_max} bytes",
                todo="ask for smaller pages, or poll this target with another tool",
                reason="too_large",
            )

    def _refuse_bomb(self) -> None:
        size, received = len(self._body), self._received_bytes
        if size > BOMB_BYTES_MIN and size > received * BOMB_RATIO:
            raise TooLarge(
                f"a {self._coding} body of {received} bytes that stands for more than {size}",
                partial=bytes(self._body[:PARTIAL_BYTES_MAX]),
                expected=f"at most {BOMB_RATIO} times the bytes that are sent",
                todo="check the base address: no vendor sends such a body",
                reason="bomb",
            )

    def _new_inflate(self, piece: bytes) -> _Inflate:
        if self._coding != "deflate":
            return zlib.decompressobj(_GZIP_WBITS)
        # RFC 9110 section 8.4.1.2: deflate is in the zlib format, but some servers send it raw
        zlib_format = piece[0] & 0x0F == zlib.DEFLATED
        return zlib.decompressobj(zlib.MAX_WBITS if zlib_format else _RAW_DEFLATE_WBITS)

    def _broken(self, reason: str) -> Truncated:
        return Truncated(
            f"a {self._coding} body that cannot be decoded: {reason}",
            partial=self.partial,
            expected="a whole body",
            todo="nothing: it is asked for again",
        )


class _Inflate(Protocol):
    """What ``zlib.decompressobj`` gives."""

    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...
