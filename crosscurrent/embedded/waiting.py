"""How a process that imports ahead is told to begin: agreed between the supervisor and the process."""

from __future__ import annotations

import sys
from typing import Final

WHEN_TOLD: Final = "--when-told"
"""Before the words of a process: get ready, and begin when a line can be read from standard input."""


def told_to_begin() -> bool:
    """Wait for the line; false if whoever would have written it is gone."""
    return bool(sys.stdin.readline())
