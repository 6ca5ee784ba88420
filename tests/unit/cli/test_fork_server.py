"""What the fork server imports must be safe to fork, and must not make processes show each other's metrics."""

from __future__ import annotations

import subprocess
import sys

_LOOK = """
import importlib, os
from crosscurrent.cli.lean_imports import import_lean
from prometheus_client import REGISTRY
before = {m.name for m in REGISTRY.collect()}
import_lean()
from crosscurrent.cli.fork_server import SHARED
for name in SHARED:
    importlib.import_module(name)
print(len(os.listdir("/proc/self/task")))
print(*sorted({m.name for m in REGISTRY.collect()} - before))
"""


def test_fork_server_starts_no_thread_and_registers_no_metric() -> None:
    look = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=True)
    threads, metrics = look.stdout.splitlines()
    assert (threads, metrics) == ("1", "")
