"""Asks a broker who it is, with one request and no client library.

The supervisor must not hold librdkafka's threads while it forks, so it speaks the one message it needs itself.

Source: https://kafka.apache.org/protocol#The_Messages_Metadata (version 2).
"""

from __future__ import annotations

import asyncio
import struct

_METADATA_KEY, _METADATA_VERSION = 3, 2
_CORRELATION = 1
_CLIENT = b"crosscurrent"
_ANSWER_BYTES_MAX = 1024 * 1024


async def cluster_id(host: str, port: int, *, timeout_seconds: float) -> str:
    """Return the cluster id of the broker at an address.

    Raises:
        OSError: nothing answers there, not in time, or not in Kafka's protocol.
    """
    try:
        async with asyncio.timeout(timeout_seconds):
            return _cluster_id(await _ask(host, port))
    except (TimeoutError, asyncio.IncompleteReadError, struct.error, UnicodeDecodeError) as error:
        raise OSError(f"no Kafka metadata from {host}:{port} ({type(error).__name__})") from error


async def _ask(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        body = struct.pack(">hhih", _METADATA_KEY, _METADATA_VERSION, _CORRELATION, len(_CLIENT)) + _CLIENT
        body += struct.pack(">i", 0)  # no topics
        writer.write(struct.pack(">i", len(body)) + body)
        await writer.drain()
        (length,) = struct.unpack(">i", await reader.readexactly(4))
        if not 4 < length <= _ANSWER_BYTES_MAX:
            raise OSError(f"{host}:{port} does not speak Kafka's protocol")
        return await reader.readexactly(length)
    finally:
        writer.close()


def _cluster_id(answer: bytes) -> str:
    (correlation, brokers), at = struct.unpack_from(">ii", answer), 8
    if correlation != _CORRELATION:
        raise OSError("an answer to another request")
    for _ in range(brokers):
        at += 4  # node id
        _, at = _string(answer, at)  # host
        at += 4  # port
        _, at = _string(answer, at)  # rack
    return _string(answer, at)[0]


def _string(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from(">h", data, at)
    at += 2
    if length < 0:
        return "", at
    return data[at : at + length].decode(), at + length
