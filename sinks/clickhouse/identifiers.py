"""Identifiers as ClickHouse writes them, so that they can be compared as text."""

from __future__ import annotations

from uuid import UUID

from crosscurrent.errors import Poison

_SHOWN_MAX = 60


def canonical_uuid(field: str, text: str) -> str:
    """Return a UUID in its usual form, lower case with hyphens.

    Raises:
        Poison: the text is not a UUID.
    """
    try:
        return str(UUID(text))
    except ValueError as error:
        raise Poison(
            f"{field} {text[:_SHOWN_MAX]!r}",
            expected="a UUID",
            todo="correct the producer, then `crosscurrent dead-letters replay`",
        ) from error
