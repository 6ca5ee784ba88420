"""HTTP content encodings, both ways, in pieces: gzip, deflate, br, zstd, lz4."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import lz4.frame
import zstandard

from crosscurrent.embedded.clickhouse.failure import Failure


class Decoder(Protocol):
    """Undoes an encoding."""

    def feed(self, piece: bytes) -> bytes:
        """Return what the next bytes say."""
        ...

    def end(self) -> bytes:
        """Return what was held back; called once, after the last byte."""
        ...


class Encoder(Protocol):
    """Applies an encoding."""

    def feed(self, piece: bytes) -> bytes:
        """Return the encoded bytes that are ready."""
        ...

    def end(self) -> bytes:
        """Return the last encoded bytes."""
        ...


class Identity:
    """No encoding."""

    def feed(self, piece: bytes) -> bytes:
        """Return the bytes as they are."""
        return piece

    def end(self) -> bytes:
        """Return nothing."""
        return b""


class _Decoding:
    """A decoder of a library whose object has a method for the next bytes and an end of its own."""

    def __init__(self, name: str, start: Callable[[], object], method: str) -> None:
        self._name = name
        self._start = start
        self._method = method
        self._open = False
        self._decode: Callable[[bytes], bytes] = self._renew()

    def feed(self, piece: bytes) -> bytes:
        """Return what the next bytes say.

        Raises:
            Failure: they are not in this encoding.
        """
        decoded = []
        rest = piece
        while rest:
            self._open = True
            try:
                decoded.append(self._decode(rest))
            except (zlib.error, brotli.error, zstandard.ZstdError, RuntimeError, EOFError) as error:
                raise _broken(self._name, str(error)) from None
            rest = b""
            # streams that follow each other in one body count as one
            if getattr(self._state, "eof", False):
                rest = getattr(self._state, "unused_data", None) or b""
                self._decode = self._renew()
                self._open = False
        return b"".join(decoded)

    def end(self) -> bytes:
        """Return nothing.

        Raises:
            Failure: the stream is cut off.
        """
        finished = getattr(self._state, "is_finished", None)
        if self._open and not (finished() if finished is not None else False):
            raise _broken(self._name, "the data is cut off")
        return b""

    def _renew(self) -> Callable[[bytes], bytes]:
        self._state = self._start()
        decode: Callable[[bytes], bytes] = getattr(self._state, self._method)
        return decode


class _Encoding:
    def __init__(self, feed: Callable[[bytes], bytes], end: Callable[[], bytes], first: bytes = b"") -> None:
        self._feed = feed
        self.end = end
        self._first = first

    def feed(self, piece: bytes) -> bytes:
        """Return the encoded bytes that are ready."""
        first, self._first = self._first, b""
        return first + self._feed(piece)


_GZIP_WBITS, _ZLIB_WBITS = 31, 15
_LEVEL = 3


def make_decoder(encoding: str) -> Decoder:
    """Return what undoes a ``Content-Encoding``.

    Raises:
        Failure: it is not known.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return Identity()
        case "gzip" | "x-gzip":
            return _Decoding("gzip", lambda: zlib.decompressobj(_GZIP_WBITS), "decompress")
        case "deflate":
            return _Decoding("deflate", lambda: zlib.decompressobj(_ZLIB_WBITS), "decompress")
        case "br":
            return _Decoding("br", brotli.Decompressor, "process")
        case "zstd":
            return _Decoding("zstd", lambda: zstandard.ZstdDecompressor().decompressobj(), "decompress")
        case "lz4":
            return _Decoding("lz4", lz4.frame.LZ4FrameDecompressor, "decompress")
    raise Failure(48, f"Unknown compression method: {encoding}", "NOT_IMPLEMENTED")


def choose_encoding(accepted: str) -> str:
    """Return the encoding to answer with, of those that ``Accept-Encoding`` names; empty for none.

    The order of preference is ClickHouse's, see ``chooseCompressionMethod`` there.
    """
    weights = dict(_weighted(part) for part in accepted.split(","))
    for name in ("br", "lz4", "zstd", "gzip", "deflate"):
        if weights.get(name, 0.0) > 0:
            return name
    return ""


def make_encoder(encoding: str, level: int = _LEVEL) -> Encoder:
    """Return what applies an encoding.

    Args:
        encoding: of ``choose_encoding``; empty for none.
        level: 1 (fast) to 9 (small).
    """
    match encoding:
        case "gzip" | "deflate":
            zipping = zlib.compressobj(
                min(level, 9), wbits=_GZIP_WBITS if encoding == "gzip" else _ZLIB_WBITS
            )
            return _Encoding(zipping.compress, zipping.flush)
        case "br":
            broth = brotli.Compressor(quality=min(level, 11))
            return _Encoding(broth.process, broth.finish)
        case "zstd":
            standard = zstandard.ZstdCompressor(level=level).compressobj()
            return _Encoding(standard.compress, standard.flush)
        case "lz4":
            frame = lz4.frame.LZ4FrameCompressor()
            return _Encoding(frame.compress, frame.flush, frame.begin())
    return Identity()


def _weighted(part: str) -> tuple[str, float]:
    name, _, parameter = part.strip().partition(";")
    _, _, weight = parameter.strip().partition("q=")
    try:
        return name.strip().lower(), float(weight) if weight else 1.0
    except ValueError:
        return name.strip().lower(), 0.0


def _broken(name: str, detail: str) -> Failure:
    return Failure(
        354 if name != "zstd" else 561, f"{name} body cannot be decoded: {detail}", "ZLIB_INFLATE_FAILED"
    )
