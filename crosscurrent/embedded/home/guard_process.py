"""Kills what a supervisor started if the supervisor is gone; run as a file, with nothing but the standard library.

It reads ``+<process group>`` and ``-<process group>`` lines from standard input. When that ends, its writer is
dead or done, and every group still on the list is killed, grandchildren included.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Follow the list until its end, then kill what is left on it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue  # already gone


if __name__ == "__main__":
    main()
