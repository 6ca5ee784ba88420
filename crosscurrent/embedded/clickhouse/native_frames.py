"""ClickHouse's own compressed frames, both ways: what ``compress=1`` and ``decompress=1`` mean.

A frame is its checksum, a method, two sizes and the data. The frames written here are small, so that many are summed
at once. On what arrives the checksum is not looked at: TCP has its own, and a frame that does not unpack is refused.

Source: src/Compression/CompressedReadBufferBase.cpp and ICompressionCodec.cpp.
"""

from __future__ import annotations

import struct

import lz4.block
import zstandard

from crosscurrent.embedded.clickhouse.city_hash import city_hash_128
from crosscurrent.embedded.clickhouse.failure import Failure

FRAME_BYTES = 16 * 1024
FRAME_BYTES_MAX = 128 * 1024 * 1024
_NONE, _LZ4, _ZSTD = 0x02, 0x82, 0x90
_CHECKSUM_BYTES = 16
_HEADER = struct.Struct("<BII")
_ZSTD_LEVEL = 1


class FrameEncoder:
    """Packs bytes into frames.

    Args:
        method: ``LZ4``, ``ZSTD`` or ``NONE``, as in the setting ``network_compression_method``.

    Raises:
        Failure: the method is another.
    """

    def __init__(self, method: str) -> None:
        if method.upper() not in {"LZ4", "ZSTD", "NONE"}:
            raise Failure(48, f"compress=1 with network_compression_method {method}", "NOT_IMPLEMENTED")
        self._method = method.upper()
        self._zstd = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)

    def feed(self, piece: bytes) -> bytes:
        """Return the frames of the next bytes."""
        starts = range(0, len(piece), FRAME_BYTES)
        bodies = [self._packed(piece[start : start + FRAME_BYTES]) for start in starts]
        return b"".join(part for pair in zip(city_hash_128(bodies), bodies, strict=True) for part in pair)

    def end(self) -> bytes:
        """Return nothing: every frame is complete."""
        return b""

    def _packed(self, plain: bytes) -> bytes:
        match self._method:
            case "LZ4":
                byte, data = _LZ4, lz4.block.compress(plain, store_size=False)
            case "ZSTD":
                byte, data = _ZSTD, self._zstd.compress(plain)
            case _:
                byte, data = _NONE, plain
        return _HEADER.pack(byte, len(data) + _HEADER.size, len(plain)) + bytes(data)


class FrameDecoder:
    """Unpacks frames."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._zstd = zstandard.ZstdDecompressor()

    def feed(self, piece: bytes) -> bytes:
        """Return what the frames that are complete say.

        Raises:
            Failure: a frame cannot be unpacked.
        """
        self._rest += piece
        plain: list[bytes] = []
        while (frame := self._next_frame()) is not None:
            plain.append(frame)
        return b"".join(plain)

    def end(self) -> bytes:
        """Return nothing.

        Raises:
            Failure: a frame is cut off.
        """
        if self._rest:
            raise Failure(33, "A compressed frame of the body is cut off", "CANNOT_READ_ALL_DATA")
        return b""

    def _next_frame(self) -> bytes | None:
        if len(self._rest) < _CHECKSUM_BYTES + _HEADER.size:
            return None
        method, packed_bytes, plain_bytes = _HEADER.unpack_from(self._rest, _CHECKSUM_BYTES)
        if max(packed_bytes, plain_bytes) > FRAME_BYTES_MAX or packed_bytes < _HEADER.size:
            raise Failure(271, "The body has no compressed frames, as decompress=1 says", "CANNOT_DECOMPRESS")
        end = _CHECKSUM_BYTES + packed_bytes
        if len(self._rest) < end:
            return None
        data = bytes(self._rest[_CHECKSUM_BYTES + _HEADER.size : end])
        del self._rest[:end]
        return self._unpacked(method, data, plain_bytes)

    def _unpacked(self, method: int, data: bytes, plain_bytes: int) -> bytes:
        try:
            match method:
                case 0x02:
                    return data
                case 0x82:
                    return bytes(lz4.block.decompress(data, uncompressed_size=plain_bytes))
                case 0x90:
                    return self._zstd.decompress(data, max_output_size=plain_bytes)
        except (lz4.block.LZ4BlockError, zstandard.ZstdError) as error:
            raise Failure(
                271, f"A compressed frame cannot be unpacked: {error}", "CANNOT_DECOMPRESS"
            ) from None
        raise Failure(89, f"Unknown compression method {method} in a frame", "UNKNOWN_COMPRESSION_METHOD")
