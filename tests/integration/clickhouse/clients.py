"""The official clients for Node and Go: whether they are here, and how they are built and run."""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from pathlib import Path

GO = Path(__file__).parent / "go"
BUILD_SECONDS_MAX = 600


def output_of(arguments: list[str], where: Path, seconds: int) -> str:
    """Return what a program wrote; fail with its errors if it failed."""
    done = subprocess.run(arguments, cwd=where, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def is_here(program: str) -> bool:
    """Return whether a program is on this machine; on CI it has to be."""
    if shutil.which(program) is not None:
        return True
    assert "CI" not in os.environ, f"{program} is not on this machine, and CI skips nothing"
    warnings.warn(f"{program} is not on this machine, so its client judges nothing here", stacklevel=2)
    return False


class GoBuild:
    """A build that began with the session, in the time that other tests leave: compiling the client takes minutes."""

    def __init__(self, directory: Path) -> None:
        self._program = directory / "judge"
        self._log = directory / "build.log"
        with self._log.open("wb") as log:
            command = ["nice", "-n", "10", "go", "build", "-o", str(self._program), "."]
            self._process = subprocess.Popen(command, cwd=GO, stdout=log, stderr=log)

    def program(self) -> Path:
        """Wait for the build and return what it made."""
        assert self._process.wait(BUILD_SECONDS_MAX) == 0, self._log.read_text()[-4000:]
        return self._program

    def stop(self) -> None:
        """End it, built or not, and remove what it made."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._program.parent, ignore_errors=True)
