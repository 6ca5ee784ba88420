"""Goes through a payload and notes at each place what is there (pure).

Bounded: of a long array ``ITEMS_LOOKED_AT`` entries, evenly spaced, and nothing below ``DEPTH_MAX``. Which ones follows
from the payload alone, so that the same payload always shows the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from streams.drift.node import (
    ARRAY,
    BOOLEAN,
    ENTRIES,
    ITEMS,
    NUMBER,
    OBJECT,
    STRING,
    Node,
    is_data,
)

ITEMS_LOOKED_AT: Final = 16
DEPTH_MAX: Final = 32

_TYPES: Final = {str: STRING, bool: BOOLEAN, int: NUMBER, float: NUMBER, list: ARRAY, dict: OBJECT}

Grow = Callable[[Node, str], Node | None]
"""Makes the node below another one; None if there are as many as may be."""


class Walk:
    """One payload on its way through the nodes.

    Args:
        mark: number of the payload.
        grow: makes a node that is not there yet.

    Attributes:
        touched: the nodes at which there was anything, parents first.
    """

    __slots__ = ("_grow", "_mark", "touched")

    def __init__(self, mark: int, grow: Grow) -> None:
        self._mark = mark
        self._grow = grow
        self.touched: list[Node] = []

    def visit(self, node: Node, value: object, depth: int = 0) -> None:
        """Note a value at a node, and what it holds below."""
        if node.mark != self._mark:
            node.begin(self._mark)
            self.touched.append(node)
        node.here_count += 1
        if value is None:
            node.here_null += 1
            return
        bit = _TYPES[type(value)]
        if node.gone or not (node.types | node.here_types) & bit:
            node.example = value
        node.here_types |= bit
        if bit == STRING:
            if node.words is not None:
                _note_word(node, value)  # type: ignore[arg-type]
        elif bit == NUMBER:
            _note_number(node, value)  # type: ignore[arg-type]
        elif bit == OBJECT:
            node.here_object += 1
            if depth < DEPTH_MAX:
                self._visit_fields(node, value, depth + 1)  # type: ignore[arg-type]
        elif bit == ARRAY and value and depth < DEPTH_MAX:
            self._visit_items(node, value, depth + 1)  # type: ignore[arg-type]

    def _visit_fields(self, node: Node, value: dict[str, object], depth: int) -> None:
        fields = node.fields
        if len(value) > node.fields_widest:
            node.fields_widest = len(value)
        for name, inner in value.items():
            child = fields.get(name)
            if child is None:
                child = self._new_field(node, name)
            if child is not None:
                self.visit(child, inner, depth)

    def _new_field(self, node: Node, name: str) -> Node | None:
        if not node.is_map and not is_data(name):
            return self._grow(node, name)
        return node.entries or self._grow(node, ENTRIES)

    def _visit_items(self, node: Node, value: list[object], depth: int) -> None:
        child = node.items or self._grow(node, ITEMS)
        if child is None:
            return
        count = len(value)
        looked_at = value
        if count > ITEMS_LOOKED_AT:
            last = ITEMS_LOOKED_AT - 1
            looked_at = [value[index * (count - 1) // last] for index in range(ITEMS_LOOKED_AT)]
        for inner in looked_at:
            self.visit(child, inner, depth)


def _note_word(node: Node, value: str) -> None:
    words = node.words
    if words is None:
        return
    if value in words.times:
        node.here_words[value] = None
    elif words.note(value):
        node.example = value
    else:
        node.words = None


def _note_number(node: Node, value: float) -> None:
    node.here_number += 1
    if node.lower <= value <= node.upper:
        if value < node.here_low:
            node.here_low = value
        if value > node.here_high:
            node.here_high = value
    else:
        node.here_outside += 1
        node.example = value
        node.pending_low = min(node.pending_low, value)
        node.pending_high = max(node.pending_high, value)
    if node.is_whole and type(value) is float and not value.is_integer():
        node.is_whole = False
