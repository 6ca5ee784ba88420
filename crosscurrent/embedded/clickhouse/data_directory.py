"""The data directory: for one process, in a format this version knows."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from crosscurrent.errors import WrongUse

FORMAT_VERSION = 1
_LOCK_NAME, _VERSION_NAME, _ENGINE_NAME = "lock", "format-version", "chdb"


class DataDirectory:
    """Holds a directory until ``close``.

    Args:
        path: made if it is not there.

    Raises:
        WrongUse: another process holds it, a newer version wrote it, or it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self._path / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise WrongUse(
                f"data directory {self._path} cannot be used ({error.strerror})",
                expected="a directory that this user may write",
                todo="give another --data, or make room and set its permissions",
            ) from error
        try:
            self._take()
            self._check_version()
        except WrongUse:
            os.close(self._lock)
            raise

    @property
    def engine_path(self) -> Path:
        """Where chDB keeps its files."""
        return self._path / _ENGINE_NAME

    def close(self) -> None:
        """Let another process have it."""
        os.close(self._lock)

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 32, 0).decode(errors="replace").strip() or "unknown"
            raise WrongUse(
                f"data directory {self._path} is in use by process {holder}",
                expected="one embedded ClickHouse for each directory",
                todo=f"stop process {holder}, or give another --data (CROSSCURRENT_HOME)",
                pid=holder,
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def _check_version(self) -> None:
        file = self._path / _VERSION_NAME
        if not file.exists():
            file.write_text(f"{FORMAT_VERSION}\n")
            return
        text = file.read_text().strip()
        if not text.isdigit() or int(text) > FORMAT_VERSION:
            raise WrongUse(
                f"data directory {self._path} has format version {text!r}",
                expected=f"at most {FORMAT_VERSION}, the version that this program writes",
                todo="use the newer Crosscurrent that wrote it, or give another --data",
            )
