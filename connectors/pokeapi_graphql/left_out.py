"""What the mapping leaves out of PokéAPI's tables, and why (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

IGNORED: Final[Mapping[str, str]] = {
    "*.slot": "the order of types and abilities",
    "*_id": "the number of another row",
}
"""Pattern of paths to the reason; ``*`` stands for anything."""
