"""The events on disk: a log of lines, each with its checksum, each flushed to the disk before it is acknowledged.

The first line names the format. A line that was not written to its end (the process was killed, the disk was full) can
only be the last one; it was never acknowledged and is cut off. Anything else that does not fit is damage and is refused.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterable
from pathlib import Path

import orjson

from crosscurrent.embedded.registry.events import Event, from_json, to_json
from crosscurrent.errors import Fatal, WrongUse

FORMAT = 1
FILE_NAME = "registry.log"
LOCK_NAME = "registry.lock"


class Journal:
    """The log of one data directory, which no other process may use at the same time.

    Args:
        folder: the data directory; made if it is not there.

    Raises:
        WrongUse: the directory cannot be used, another registry uses it, or a newer version wrote it.
        Fatal: the log is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._file = -1  # none yet
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
            _lock(self._lock, folder)
            self.events = self._open()
        except OSError as error:
            raise WrongUse(
                f"the data directory {folder} cannot be used ({error.strerror})",
                expected="a directory that this user may write, on a disk with space",
                todo="give another --data, or correct its rights",
            ) from error

    def append(self, *events: Event) -> None:
        """Keep events; when this returns, a crash of the machine does not lose them.

        Raises:
            OSError: they could not be kept; the log is as it was.
        """
        if self._end_bytes != os.fstat(self._file).st_size:
            self._cut()  # an earlier attempt left a torn line and could not remove it
        lines = b"".join(_line(to_json(event)) for event in events)
        try:
            _write_all(self._file, lines)
            os.fsync(self._file)
        except OSError:
            self._cut_if_possible()
            raise
        self._end_bytes += len(lines)

    def replace(self, events: Iterable[Event]) -> None:
        """Put these events in the place of all that are there, in one step.

        Raises:
            OSError: it could not be done; the log is as it was.
        """
        new_path = self._path.with_suffix(".new")
        new = os.open(new_path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        try:
            _write_all(new, _header() + b"".join(_line(to_json(event)) for event in events))
            os.fsync(new)
            new_path.replace(self._path)
        except OSError:
            os.close(new)
            raise
        os.close(self._file)
        self._file, self._end_bytes = new, os.fstat(new).st_size
        _sync_folder(self._path.parent)

    def close(self) -> None:
        """Let another process use the directory."""
        os.close(self._file)
        os.close(self._lock)

    def _open(self) -> list[Event]:
        if not self._path.exists() or self._path.stat().st_size == 0:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            self._end_bytes = 0
            self.replace(())
            return []
        self._file = os.open(self._path, os.O_RDWR | os.O_APPEND)
        kept, self._end_bytes = _read(self._path)
        self._cut()
        return kept

    def _cut(self) -> None:
        os.ftruncate(self._file, self._end_bytes)

    def _cut_if_possible(self) -> None:
        try:
            self._cut()
        except OSError:
            return  # the next append tries again before it writes


def _read(path: Path) -> tuple[list[Event], int]:
    """Return the events and how many bytes of the file are whole lines."""
    content = path.read_bytes()
    lines = content.split(b"\n")
    torn = lines.pop()
    _check_header(path, lines[0] if lines else torn)
    events: list[Event] = []
    end_bytes = len(content) - len(torn)
    for number, line in enumerate(lines[1:], start=2):
        data = _content(line)
        if data is None:
            if number == len(lines) and not torn:
                return events, end_bytes - len(line) - 1
            raise _damaged(path, f"line {number} does not fit its checksum")
        events.append(from_json(data))
    return events, end_bytes


def _check_header(path: Path, line: bytes) -> None:
    data = _content(line)
    written = data.get("format") if data else None
    if not isinstance(written, int):
        raise _damaged(path, "its first line does not name the format")
    if written > FORMAT:
        raise WrongUse(
            f"{path} has format {written}, written by a newer version",
            expected=f"format {FORMAT} or older",
            todo="update Crosscurrent, or give another --data",
        )


def _damaged(path: Path, how: str) -> Fatal:
    return Fatal(
        f"{path} is damaged: {how}",
        expected="the log as the registry wrote it",
        todo="restore the file from a copy, or move it away and let the producers register again",
    )


def _line(data: dict[str, object]) -> bytes:
    content = orjson.dumps(data)
    return b"%08x %b\n" % (zlib.crc32(content), content)


def _header() -> bytes:
    return _line({"format": FORMAT})


def _content(line: bytes) -> dict[str, object] | None:
    """Return what a line says, if it is whole."""
    checksum, _, content = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(content):
        return None
    data = orjson.loads(content)
    return data if isinstance(data, dict) else None


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _lock(file: int, folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(file)
        raise WrongUse(
            f"the data directory {folder} is in use by another registry",
            expected="one registry for each data directory",
            todo="stop the other one or give another --data",
        ) from error


def _sync_folder(folder: Path) -> None:
    # without it a crash of the machine may bring back the old name
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
