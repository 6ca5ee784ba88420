"""The messages that a record follows from, as a header says it.

A record must not become a row before what it was made from is in the tables: a broker that forgets its log may lose
the cause while the record is kept, and the vendor may answer differently when it is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from crosscurrent.errors import Poison

RESTS_ON = "ce_restson"
"""Header's name: an extension attribute of CloudEvents 1.0 (section "Extension Context Attributes")."""

_SHOWN_BYTES_MAX = 120


@dataclass(frozen=True, slots=True)
class RestsOn:
    """What a record follows from.

    Attributes:
        cluster: id of the broker's cluster, which the embedded broker makes anew at each start.
        offsets: ``topic-partition`` to the offset after the last message that was taken into account.
    """

    cluster: str
    offsets: Mapping[str, int]

    def to_header(self) -> bytes:
        """Return the header's value: JSON with the members ``cluster`` and ``offsets``."""
        return orjson.dumps({"cluster": self.cluster, "offsets": dict(self.offsets)})

    @classmethod
    def from_headers(cls, headers: Mapping[str, bytes]) -> RestsOn | None:
        """Return what a message's headers say; ``None`` if they say nothing of it.

        Raises:
            Poison: the header cannot be read.
        """
        value = headers.get(RESTS_ON)
        if value is None:
            return None
        try:
            fields = orjson.loads(value)
            cluster, offsets = fields["cluster"], fields["offsets"]
        except (ValueError, KeyError, TypeError):
            raise _unreadable(value) from None
        if not isinstance(cluster, str) or not isinstance(offsets, dict):
            raise _unreadable(value)
        if not all(type(offset) is int for offset in offsets.values()):
            raise _unreadable(value)
        return cls(cluster, offsets)


def _unreadable(value: bytes) -> Poison:
    return Poison(
        f"the header {RESTS_ON} is {value[:_SHOWN_BYTES_MAX]!r}",
        expected='JSON such as {"cluster": "…", "offsets": {"raw.github-0": 12}}',
        todo="correct the producer, or leave the header out; then `crosscurrent dead-letters replay`",
    )
