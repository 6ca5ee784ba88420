"""The part of a list that a client asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from crosscurrent.embedded.registry.routing import Call

T = TypeVar("T")


def page(items: Sequence[T], call: Call) -> list[T]:
    """Return the items from ``offset`` on, as many as ``limit``; a limit below 1 is none.

    Raises:
        Refusal: one of them is not a whole number.
    """
    offset, limit = max(call.number("offset", 0), 0), call.number("limit", -1)
    return list(items[offset : offset + limit] if limit > 0 else items[offset:])
