"""The official clients for Node and Go: whether they are here, and how they are built and run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import warnings
from contextlib import suppress
from pathlib import Path

from tests.waiting import wait_until

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
    """A build that began with the session, in the time that other tests leave: compiling the client takes minutes.

    One process of the session begins it; another may be the one that needs it.

    Args:
        directory: where it is made, the same in all processes of the session.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._program = directory / "judge"
        self._failed = directory / "failed"
        self._log = directory / "build.log"
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start to compile."""
        self._directory.mkdir()
        part = self._directory / "judge.part"
        script = 'nice -n 10 go build -o "$1" . && mv "$1" "$2" || touch "$3"'
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", script, "sh", str(part), str(self._program), str(self._failed)],
                cwd=GO,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def program(self) -> Path:
        """Wait for the build and return what it made."""
        wait_until(
            lambda: self._program.exists() or self._failed.exists(), "go build ends", BUILD_SECONDS_MAX
        )
        assert self._program.exists(), self._log.read_text()[-4000:]
        return self._program

    def stop(self) -> None:
        """End it if it was begun here, and remove what it made."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)
