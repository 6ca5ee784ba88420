"""How a contender tells when its work begins, and on which core it runs."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path


class Mark:
    """Writes once when the first message is taken in; a contender is timed from then on.

    Args:
        path: file that is written; whole or not at all.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = False

    def first_message(self) -> None:
        """Note the time and the processor time used so far; calls after the first do nothing."""
        if self._written:
            return
        self._written = True
        # the monotonic clock is one for all processes of a machine
        text = json.dumps({"started_at": time.monotonic(), "cpu_seconds": time.process_time()})
        part = self._path.with_suffix(".part")
        part.write_text(text)
        part.rename(self._path)


def take_place(description: str | None) -> Mark:
    """Move this process to its core, before anything starts a thread, and return its mark."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--core", type=int, required=True, help="the only core this process may use")
    parser.add_argument("--mark", type=Path, required=True, help="file that says when the work began")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.core})
    return Mark(arguments.mark)
