"""The Native format as a client of a later protocol version expects it.

chDB writes it as for a file: without what the protocol added around blocks and columns. A client that gives its
``client_protocol_version``, as clickhouse-go does (and with it Grafana), expects these additions.

Source: ``NativeWriter::write`` in src/Formats/NativeWriter.cpp.
"""

from __future__ import annotations

from functools import lru_cache

from crosscurrent.embedded.clickhouse.failure import Failure
from crosscurrent.embedded.clickhouse.native_layout import Layout, NeedMore, column_end, layout_of, varint

# Clients of earlier versions, such as clickhouse-connect, find out what they get.
REVISION_WITH_CUSTOM_SERIALIZATION = 54454
# not an overflow row, no bucket of a two-level aggregation
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
_NO_CUSTOM_SERIALIZATION = b"\x00"


class NativeRevision:
    """Adds to each block its information, and to each column that it is serialized as usual."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> bytes:
        """Return the blocks that are complete.

        Raises:
            Failure: a column has a type whose length cannot be told.
        """
        data = self._rest + piece
        done: list[bytes] = []
        start = 0
        while start < len(data):
            try:
                end, block = _reframed(data, start)
            except NeedMore:
                break
            done.append(block)
            start = end
        self._rest = data[start:]
        return b"".join(done)

    def end(self) -> bytes:
        """Return nothing.

        Raises:
            Failure: a block is cut off.
        """
        if self._rest:
            raise Failure(33, "A block of the Native format is cut off", "CANNOT_READ_ALL_DATA")
        return b""


def _reframed(data: bytes, start: int) -> tuple[int, bytes]:
    columns, position = varint(data, start)
    rows, position = varint(data, position)
    parts = [_BLOCK_INFO, data[start:position]]
    for _ in range(columns):
        head = position
        _, position = _text(data, position)
        type_name, position = _text(data, position)
        end = column_end(data, position, rows, _layout(type_name.decode()))
        parts += [data[head:position], _NO_CUSTOM_SERIALIZATION, data[position:end]]
        position = end
    return position, b"".join(parts)


def _text(data: bytes, start: int) -> tuple[bytes, int]:
    size, start = varint(data, start)
    if start + size > len(data):
        raise NeedMore
    return data[start : start + size], start + size


@lru_cache(maxsize=1024)
def _layout(type_name: str) -> Layout:
    return layout_of(type_name)
