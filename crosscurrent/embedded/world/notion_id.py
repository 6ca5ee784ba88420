"""The ids of the played Notion (pure)."""

from __future__ import annotations

import hashlib


def id_of(*parts: object) -> str:
    """Return the id of something, as Notion writes it; the same in every world, so that it can be watched."""
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
