"""How much memory a process holds."""

from __future__ import annotations

import psutil


def resident_bytes(pid: int) -> int | None:
    """Return the resident memory of a process, or None if it is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return None
