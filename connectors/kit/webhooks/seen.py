"""Which deliveries were taken in, so that a replay is known, after a restart too (pure).

The ids stand in slots, each stored as one state of ``connector-state`` when it changes. So a delivery stores a kilobyte
and not everything that is remembered, and the number of states is bounded. A replay of what has left its slot gives
records with the ids they had, and the sink writes each id once.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping

import orjson

SLOTS = 256
ENTRIES_PER_SLOT = 32

_KEY_PREFIX = "webhook_deliveries:"


def slot_key(number: int) -> str:
    """Return the request key under which a slot is stored."""
    return f"{_KEY_PREFIX}{number}"


def slot_of(identity: str) -> int:
    """Return the slot in which a delivery stands, by the first of its ids."""
    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[:4], "big") % SLOTS


class Seen:
    """The deliveries that were taken in last, ``ENTRIES_PER_SLOT`` in each slot.

    Args:
        stored: state of each slot as JSON, by request key; what is no slot is left out.
    """

    def __init__(self, stored: Mapping[str, str] | None = None) -> None:
        self._slots: dict[int, OrderedDict[tuple[str, ...], None]] = {}
        self._known: set[str] = set()
        self._polls: dict[int, int] = {}
        for key, text in (stored or {}).items():
            number = key.removeprefix(_KEY_PREFIX)
            if key.startswith(_KEY_PREFIX) and number.isascii() and number.isdigit():
                self._load(int(number), text)

    def knows(self, ids: tuple[str, ...]) -> bool:
        """Return whether a delivery with any of these ids was taken in."""
        return not self._known.isdisjoint(ids)

    def add(self, ids: tuple[str, ...]) -> int:
        """Take note of a delivery and return its slot, which is to be stored; the oldest leaves a full slot."""
        number = slot_of(ids[0])
        slot = self._slots.setdefault(number, OrderedDict())
        slot[ids] = None
        self._known.update(ids)
        while len(slot) > ENTRIES_PER_SLOT:
            self._known.difference_update(slot.popitem(last=False)[0])
        self._polls[number] = self._polls.get(number, 0) + 1
        return number

    def stored(self, number: int) -> str:
        """Return the state of a slot as JSON."""
        fields = {"polls": self._polls.get(number, 0), "deliveries": list(self._slots.get(number, ()))}
        return orjson.dumps(fields).decode()

    def changes(self, number: int) -> int:
        """Return how often a slot has changed, over all restarts."""
        return self._polls.get(number, 0)

    def _load(self, number: int, text: str) -> None:
        try:
            fields = orjson.loads(text)
            entries = [tuple(str(identity) for identity in ids) for ids in fields["deliveries"]]
            changes = int(fields["polls"])
        except (ValueError, TypeError, KeyError):
            # written by another version: what it knew is not known, and its records keep their ids
            return
        self._slots[number] = OrderedDict.fromkeys(entries[-ENTRIES_PER_SLOT:])
        self._polls[number] = changes
        for ids in self._slots[number]:
            self._known.update(ids)
