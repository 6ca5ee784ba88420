"""Deterministic ids: the same origin gives the same id, in every run and on every machine.

Source: RFC 9562 section 5.5 (name-based UUIDs, version 5) for everything but observations, whose id is the
128 bits of their series and their time, so that a million of them cost no hashing.
"""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid5

_NAMESPACE = UUID("6d4b3c1e-5c0e-5f5b-9b3a-0f7a6c2d9e11")
_SEPARATOR = "\x1f"  # ASCII unit separator: cannot occur in the parts, so ("a", "bc") and ("ab", "c") differ
_UINT64 = (1 << 64) - 1


def record_id(*parts: object) -> str:
    """Return the id of a record that comes from these parts, as a UUID in text.

    Args:
        parts: what makes the record itself, from the widest to the narrowest (tenant first).
    """
    return str(uuid5(_NAMESPACE, _SEPARATOR.join(str(part) for part in parts)))


def series_name(source: str, measure: str, entity_id: str) -> str:
    """Return how a series is written for people: ``github.stargazers:apache/kafka``."""
    return f"{source}.{measure}:{entity_id}"


def series_id(tenant: str, source: str, measure: str, entity_id: str, unit: str) -> str:
    """Return the id of a series: 16 hexadecimal digits (64 bits of BLAKE2b over its parts)."""
    text = _SEPARATOR.join((tenant, source, measure, entity_id, unit))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def observation_id(series: str, observed_at_ms: int) -> str:
    """Return the id of an observation: a UUID of the series' 64 bits and the time's 64 bits.

    ClickHouse computes the same from the two columns, so no message carries it.

    Args:
        series: a ``series_id``, 16 hexadecimal digits.
        observed_at_ms: event time, milliseconds since the epoch, may be negative.
    """
    return str(UUID(int=(int(series, 16) << 64) | (observed_at_ms & _UINT64)))
