"""Log files of processes, bounded in size."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import BinaryIO

LOG_BYTES_MAX = 4 * 1024 * 1024
_TAIL_LINES_MAX = 40
_LINE_BYTES_MAX = 2000


class RotatingLog:
    """Takes the output of one process; when full, the file becomes ``.1`` and a new one begins.

    A disk that is full stops the log, not the process: what cannot be written is dropped and ``trouble`` says so.

    Args:
        path: the file; appended to.
        bytes_max: size of one file, so twice that on disk.
    """

    def __init__(self, path: Path, bytes_max: int = LOG_BYTES_MAX) -> None:
        self._path = path
        self._bytes_max = bytes_max
        self._file: BinaryIO | None = None
        self._size_bytes = 0
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES_MAX)
        self._partial = b""
        self.trouble: str | None = None

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._remember(data)
        try:
            file = self._open(len(data))
            file.write(data)
            self._size_bytes += len(data)
        except OSError as error:
            self.trouble = f"{self._path} cannot be written ({error.strerror or error})"
        else:
            self.trouble = None

    def tail(self) -> list[str]:
        """Return the last lines."""
        lines = list(self._tail)
        if self._partial:
            lines.append(self._partial.decode("utf-8", "replace"))
        return lines

    def forget_tail(self) -> None:
        """Begin anew with the lines that explain an end: those of the start before are no reason."""
        self._tail.clear()
        self._partial = b""

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, more_bytes: int) -> BinaryIO:
        if self._file is not None and self._size_bytes + more_bytes > self._bytes_max and self._size_bytes:
            self.close()
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        if self._file is None:
            self._file = self._path.open("ab", buffering=0)
            self._size_bytes = self._file.tell()
        return self._file

    def _remember(self, data: bytes) -> None:
        *lines, partial = (self._partial + data).split(b"\n")
        self._tail.extend(line[:_LINE_BYTES_MAX].decode("utf-8", "replace") for line in lines if line.strip())
        self._partial = partial[:_LINE_BYTES_MAX]
