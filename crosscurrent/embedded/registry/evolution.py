"""The compatibility levels: which schema has to read which. Pure.

Source: "Compatibility types" in Confluent's documentation of schema evolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from crosscurrent.embedded.registry.avro_type import AvroType
from crosscurrent.embedded.registry.compatibility import Clash, clashes_between

T = TypeVar("T")

NONE = "NONE"
LEVELS = (
    NONE,
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
)
DEFAULT_LEVEL = "BACKWARD"
TRANSITIVE = "_TRANSITIVE"
_BACKWARD = ("BACKWARD", "FULL")
_FORWARD = ("FORWARD", "FULL")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version that a new schema is held against.

    Attributes:
        version: its number.
        type: its type.
    """

    version: int
    type: AvroType


def held_against(level: str, versions: Sequence[T]) -> Sequence[T]:
    """Return those of the versions, oldest first, that a level holds a new schema against."""
    if level == NONE:
        return ()
    return versions if level.endswith(TRANSITIVE) else versions[-1:]


def clashes_at(level: str, new: AvroType, earlier: Sequence[Earlier]) -> list[str]:
    """Return what clashes, as sentences; empty if the level allows the new schema.

    Args:
        level: one of ``LEVELS``.
        new: the new schema.
        earlier: the versions to hold it against, oldest first.
    """
    direction = level.removesuffix(TRANSITIVE)
    sentences = []
    for one in reversed(held_against(level, earlier)):
        if direction in _BACKWARD:
            found = clashes_between(new, one.type)
            sentences += [
                _sentence(clash, f"the new schema, reading version {one.version}") for clash in found
            ]
        if direction in _FORWARD:
            found = clashes_between(one.type, new)
            sentences += [
                _sentence(clash, f"version {one.version}, reading the new schema") for clash in found
            ]
    return sentences


def _sentence(clash: Clash, where: str) -> str:
    return f"{clash.kind} at '{clash.path or '/'}' of {where}: {clash.message}"
