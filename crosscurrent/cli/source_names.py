"""The names of all sources, without importing their connectors."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def source_names() -> tuple[str, ...]:
    """Return the name of every source there is a connector for: each has a folder of its own."""
    spec = find_spec("connectors")
    folders = spec.submodule_search_locations if spec else None
    return tuple(
        sorted(
            module.parent.name for folder in folders or () for module in Path(folder).glob("*/connector.py")
        )
    )
