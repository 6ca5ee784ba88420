"""The names of all sources, without importing their connectors."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from connectors.declared.directory import declared_files


def source_names(directory: Path | None = None) -> tuple[str, ...]:
    """Return the name of every source there is a connector for, built in (a folder each) or declared (a file each).

    Args:
        directory: of the declared ones; ``None`` leaves them out.
    """
    built_in = _built_in()
    declared = declared_files(directory, built_in) if directory is not None else ()
    return tuple(sorted((*built_in, *declared)))


def _built_in() -> list[str]:
    spec = find_spec("connectors")
    folders = spec.submodule_search_locations if spec else None
    return [module.parent.name for folder in folders or () for module in Path(folder).glob("*/connector.py")]
