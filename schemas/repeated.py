"""Avro arrays whose items come again and again: each distinct item is encoded, and decoded, once.

The items of an array may be written in blocks, and a block may say its size, which lets a reader step over it; so
every item becomes a sized block of its own. Any Avro reader takes that.

Source: Avro 1.11 specification, "Arrays" and "Binary encoding".
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

ITEMS_MAX = 50_000  # items remembered; some 20 MB

_ONE_SIZED = b"\x01"  # -1 as a long: one item, whose size follows
_END = b"\x00"
_LONG_BYTES_MAX = 10

Item = TypeVar("Item", bound=Hashable)


class RepeatedItems(Generic[Item]):
    """Encodes and decodes arrays of one item type and remembers the items, up to a bound.

    Args:
        write_item: returns an item's Avro encoding.
        read_item: returns the item that such bytes, and nothing more, encode; raises ``ValueError`` otherwise.
        items_max: distinct items remembered.
    """

    def __init__(
        self,
        write_item: Callable[[Item], bytes],
        read_item: Callable[[bytes], Item],
        *,
        items_max: int = ITEMS_MAX,
    ) -> None:
        self._write_item = write_item
        self._read_item = read_item
        self._items_max = items_max
        self._blocks: dict[Item, bytes] = {}
        self._items: dict[bytes, Item] = {}

    def encode(self, items: Iterable[Item]) -> bytes:
        """Return the array's Avro encoding."""
        blocks, parts = self._blocks, []
        for item in items:
            block = blocks.get(item)
            if block is None:
                block = self._new_block(item)
            parts.append(block)
        parts.append(_END)
        return b"".join(parts)

    def decode(self, data: bytes, position: int) -> tuple[list[Item], int] | None:
        """Return the array that begins at a position, and the position after it.

        Returns ``None`` if it is not written as here; another writer may have its own blocks.

        Raises:
            ValueError: a block's bytes are not an item.
            EOFError: the bytes end within the array.
        """
        known = self._items
        items: list[Item] = []
        while True:
            if data[position : position + 1] != _ONE_SIZED:
                count, position = read_long(data, position)
                return (items, position) if count == 0 else None
            size, position = read_long(data, position + 1)
            if not 0 <= size <= len(data) - position:
                raise EOFError(f"an item of {size} bytes at {position} of {len(data)}")
            content = data[position : position + size]
            position += size
            item = known.get(content)
            items.append(self._new_item(content) if item is None else item)

    def _new_block(self, item: Item) -> bytes:
        content = self._write_item(item)
        block = _ONE_SIZED + write_long(len(content)) + content
        if len(self._blocks) >= self._items_max:
            self._blocks.clear()
        self._blocks[item] = block
        return block

    def _new_item(self, content: bytes) -> Item:
        item = self._read_item(content)
        if len(self._items) >= self._items_max:
            self._items.clear()
        self._items[content] = item
        return item


def write_long(number: int) -> bytes:
    """Return the Avro encoding of a ``long``."""
    rest, out = (number << 1) ^ (number >> 63), bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def read_long(data: bytes, position: int) -> tuple[int, int]:
    """Return the ``long`` that begins at a position, and the position after it.

    Raises:
        EOFError: the bytes end within it.
        ValueError: it is longer than a long can be.
    """
    rest, shift = 0, 0
    for index in range(position, position + _LONG_BYTES_MAX):
        if index >= len(data):
            raise EOFError(f"a number at {position} of {len(data)}")
        byte = data[index]
        rest |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (rest >> 1) ^ -(rest & 1), index + 1
        shift += 7
    raise ValueError(f"a number of more than {_LONG_BYTES_MAX} bytes at {position}")
