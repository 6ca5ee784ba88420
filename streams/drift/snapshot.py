"""The state of a shape as bytes: JSON, deflated, behind a mark of its version.

JSON numbers are written with as many digits as bring back the same bits; what is not finite is null.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from streams.drift.node import ENTRIES, ITEMS, Node
from streams.drift.sequential import RateWatch
from streams.drift.shape import Shape
from streams.drift.words import Words

MAGIC = b"CCS1"
_LEVEL = 1  # a state is written with every checkpoint in which it changed
_COUNTS = ("payloads", "novel_payloads", "quiet_payloads", "repeats", "settled", "path_count", "refused")
_PLAIN = (
    "is_map",
    "types",
    "objects",
    "values",
    "fields_widest",
    "alike_reported",
    "gone",
    "times_gone",
    "is_whole",
)
_RANGE = ("low", "high", "pending_low", "pending_high")
_ENDS = {"low": math.inf, "high": -math.inf, "pending_low": math.inf, "pending_high": -math.inf}


@dataclass(frozen=True, slots=True)
class ShapeName:
    """Whose shape it is.

    Attributes:
        tenant: tenant of the payloads.
        source: connector.
        endpoint: endpoint of the source.
        partition: partition of the raw topic; each is learned for itself, since only its own order is fixed.
    """

    tenant: str
    source: str
    endpoint: str
    partition: int

    @property
    def key(self) -> str:
        """Key of the state."""
        return "|".join((self.tenant, self.source, self.endpoint, str(self.partition)))


def encode(name: ShapeName, shape: Shape) -> bytes:
    """Return the state of a shape as bytes."""
    data = {
        "name": [name.tenant, name.source, name.endpoint, name.partition],
        "counts": [getattr(shape, count) for count in _COUNTS],
        "seen": list(shape.seen),
        "answers": list(shape.answers),
        "root": _written(shape.root),
    }
    return MAGIC + zlib.compress(orjson.dumps(data), _LEVEL)


def decode_name(payload: bytes) -> tuple[ShapeName, dict[str, Any]]:
    """Return whose state it is, and the state for ``fill``.

    Raises:
        ValueError: it is damaged, or of a version that this one does not know.
    """
    if payload[: len(MAGIC)] != MAGIC:
        raise _unreadable(f"begins with {payload[:4]!r}")
    try:
        data = orjson.loads(zlib.decompress(payload[len(MAGIC) :]))
        return ShapeName(*data["name"]), data
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise _unreadable(f"cannot be read: {error}") from error


def fill(shape: Shape, data: dict[str, Any]) -> None:
    """Put a decoded state into a new shape.

    Raises:
        ValueError: it is damaged.
    """
    try:
        for count, value in zip(_COUNTS, data["counts"], strict=True):
            setattr(shape, count, value)
        shape.recall(data["seen"], data["answers"])
        shape.root = _node(data["root"], None, shape.terms.warm_up)
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(f"cannot be read: {error}") from error


def _written(node: Node) -> list[Any]:
    watches = [node.absent.numbers(), node.nulls.numbers(), node.outside and node.outside.numbers()]
    plain = [getattr(node, name) for name in _PLAIN]
    ends = [value if math.isfinite(value := getattr(node, name)) else None for name in _RANGE]
    words = node.words and [node.words.times, node.words.quiet, node.words.told]
    return [node.step, plain, ends, watches, [_written(child) for child in node.children()], words]


def _node(data: list[Any], parent: Node | None, warm_up: int) -> Node:
    step, plain, ends, (absent, nulls, outside), children, *more = data
    node = Node(step, parent)
    if more:  # a state of before there were words begins to learn them
        node.words = _words(more[0])
    for name, value in zip(_PLAIN, plain, strict=True):
        setattr(node, name, value)
    for name, value in zip(_RANGE, ends, strict=True):
        setattr(node, name, _ENDS[name] if value is None else value)
    node.absent, node.nulls = RateWatch.of(absent), RateWatch.of(nulls)
    if outside:
        node.outside = RateWatch.of(outside)
        node.set_bounds(warm_up)
    _attach(node, (_node(child, node, warm_up) for child in children))
    return node


def _words(data: list[Any] | None) -> Words | None:
    if data is None:
        return None
    words = Words()
    words.times, words.quiet, words.told = data
    return words


def _attach(node: Node, children: Iterable[Node]) -> None:
    for child in children:
        if child.step == ITEMS:
            node.items = child
        elif child.step == ENTRIES:
            node.entries = child
        else:
            node.fields[child.step] = child


def _unreadable(found: str) -> ValueError:
    return ValueError(
        f"the stored state of a payload's shape {found}; expected one that begins with {MAGIC!r}"
    )
