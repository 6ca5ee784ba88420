"""What a request no longer shows: told from lists that were read whole, and from answers that a thing is gone (pure).

A thing counts as gone when two whole rounds in succession, ``SETTLE_SECONDS`` apart at least from the first that
lacked it, had the same keys on the same pages. What stays in its place in both was so at the moment between them: a
row that slips from one page to another while pages are read changes the places of others, and an index that lags
shows it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import orjson

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import RETURNED_HEADER as RETURNED_HEADER
from connectors.kit.readings import Readings

VANISHED: Final = "vanished"
"""Endpoint of the event that says what a request no longer shows."""
LISTED_MAX: Final = 2000
"""Things of one request that are remembered; of a longer list nothing is said."""
SETTLE_SECONDS: Final = 600.0

_DIGEST_BYTES = 8

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Complete:
    """A request that shows every thing of a type which it can show, in one round.

    Attributes:
        entity_type: type of the things, as the mapping names it.
        gone_statuses: by which the vendor says that the thing itself is gone; only for a request about one thing.
    """

    entity_type: str
    gone_statuses: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Presence:
    """What is remembered of a complete request between two rounds.

    Attributes:
        layout: digest of which keys stood on which page of the last round; empty if it was not whole.
        missing: key to when it was missed first, milliseconds since the epoch.
        gone: keys that were told to be gone, and have not come back.
    """

    layout: str = ""
    missing: Mapping[str, int] = field(default_factory=dict)
    gone: Keys = ()

    def after(
        self, known: Collection[str], pages: Sequence[Keys] | None, seen: Collection[str], now_ms: int
    ) -> tuple[Presence, dict[str, int]]:
        """Return what is remembered after a round, and what is gone: key to when it was missed first.

        Args:
            known: keys of the pages before the round.
            pages: keys page by page; ``None`` if the round was not whole.
            seen: keys of the pages that are known after it.
            now_ms: our clock when the round began, milliseconds since the epoch.
        """
        lacking = sorted({*known, *self.missing} - set(seen))[:LISTED_MAX]
        missing = {key: self.missing.get(key, now_ms) for key in lacking}
        if pages is None:
            return Presence("", missing, self.gone), {}
        # which keys stand on a page counts, not their order there: a list that is sorted by its last edits moves always
        shown = orjson.dumps([sorted(keys) for keys in pages])
        layout = hashlib.blake2b(shown, digest_size=_DIGEST_BYTES).hexdigest()
        settled = now_ms - round(SETTLE_SECONDS * 1000)
        gone = {key: at for key, at in missing.items() if layout == self.layout and at <= settled}
        left = {key: at for key, at in missing.items() if key not in gone}
        told = sorted({*self.gone, *gone} - set(seen))[:LISTED_MAX]
        return Presence(layout, left, tuple(told)), gone


def keys_in(pages: Iterable[Keys | None]) -> set[str]:
    """Return the keys of all pages."""
    return {key for keys in pages for key in keys or ()}


def vanished_payload(entity_type: str, gone: Mapping[str, int]) -> bytes:
    """Return the payload of the event that says what is gone."""
    rows = [{"entity_id": key, "missed_at": _iso(at_ms)} for key, at_ms in sorted(gone.items())]
    return orjson.dumps({"entity_type": entity_type, "gone": rows})


def map_vanished(root: JsonNode, readings: Readings) -> None:
    """Map what is gone: each thing gets a version that says since when.

    Raises:
        Poison: the payload is no such event's; names the path in it.
    """
    entity_type = root.text("entity_type")
    for row in root.rows("gone"):
        readings.gone(entity_type, row.text("entity_id"), row.text("missed_at"))


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
