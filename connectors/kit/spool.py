"""What a connector could not publish, on disk, in the order in which it came.

A spool is a directory of numbered files; each holds records, and a record is its length, a checksum and its bytes. A
record counts once it is on the disk (``fsync``). A process that is killed while it writes leaves a last record that is
cut off: it was never promised to anybody, and is cut away at the next start. With a key the bytes are encrypted and
authenticated (AES-256-GCM), so that they can neither be read nor exchanged.
"""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from connectors.kit.spool_seal import Seal
from crosscurrent.errors import Fatal, Transient

FOLDER: Final = "spool"
"""Below the home."""

_HEAD = struct.Struct("<II")
_FILE_BYTES_MAX = 4 * 1024 * 1024
_SUFFIX = ".spool"
_LOCK_NAME = "owner"
_PRIVATE_FOLDER = 0o700
_PERMISSIONS = 0o600

_LOG = structlog.get_logger()


class SpoolFull(Transient):
    """There is no room left on disk for what the broker does not take."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record ends; what lies before it is done."""

    number: int
    end: int


class Spool:
    """The spool of one source, used by one process and one thread at a time.

    Args:
        directory: of this source's files; made when it is first needed.
        bytes_max: how much may be on disk.
        seal: encrypts; ``None`` to write plainly.

    Raises:
        Fatal: what an earlier process left cannot be read.
    """

    def __init__(self, directory: Path, bytes_max: int, seal: Seal | None = None) -> None:
        self._directory = directory
        self._bytes_max = bytes_max
        self._seal = seal
        self._sizes: dict[int, int] = {}
        self._done = Place(0, 0)
        self._lock: int | None = None
        if directory.exists():
            self._open()

    @property
    def bytes_on_disk(self) -> int:
        """Bytes of all files, with those of the first that are done already."""
        return sum(self._sizes.values())

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return all(size <= self._offset(number) for number, size in self._sizes.items())

    def append(self, record: bytes, *, reserve: float = 0.0) -> None:
        """Put a record behind the others; when this returns it is on the disk.

        Args:
            record: its bytes.
            reserve: share of the bound that this record may not use.

        Raises:
            SpoolFull: there is no room for it, by the bound or on the disk.
        """
        if self._lock is None:
            self._open()
        number = max(self._sizes, default=0)
        if self._sizes.get(number, _FILE_BYTES_MAX) >= _FILE_BYTES_MAX:
            number += 1
        sealed = record if self._seal is None else self._seal.closed(record, number)
        framed = _HEAD.pack(len(sealed), zlib.crc32(sealed)) + sealed
        if self.bytes_on_disk + len(framed) > self._bytes_max * (1 - reserve):
            raise self._full(f"{self.bytes_on_disk} bytes on disk")
        size = self._sizes.get(number, 0)
        try:
            self._write(self._path(number), framed, size)
        except OSError as error:
            raise self._full(str(error)) from error
        self._sizes[number] = size + len(framed)

    def waiting(self) -> Iterator[tuple[Place, bytes]]:
        """Yield what waits, oldest first, each with the place to tell ``done`` of.

        Raises:
            Fatal: it was written with another key, or changed.
        """
        for number in sorted(self._sizes):
            for end, sealed in _records(self._path(number).read_bytes(), self._offset(number)):
                yield Place(number, end), sealed if self._seal is None else self._seal.opened(sealed, number)

    def done(self, place: Place) -> None:
        """Forget everything up to a place. After a crash the last file may come again from its beginning."""
        self._done = place
        for number in [one for one in self._sizes if one < place.number]:
            self._remove(number)
        if self._sizes.get(place.number) == place.end:
            self._remove(place.number)

    def close(self) -> None:
        """Let another process have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _open(self) -> None:
        """Take possession of the directory, and read what an earlier process left in it."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
            self._lock = os.open(self._directory / _LOCK_NAME, os.O_CREAT | os.O_RDWR, _PERMISSIONS)
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            # as in a container without a volume, or beside another process: polls rest then, as without a spool
            _LOG.warning("spool_not_kept", directory=self._directory.name, reason=str(error))
            self._bytes_max = 0
            return
        try:
            self._sizes = {
                int(path.stem): _mended(path) for path in sorted(self._directory.glob(f"*{_SUFFIX}"))
            }
        except (OSError, ValueError) as error:
            raise Fatal(
                f"the spool {self._directory} cannot be read: {error}",
                expected="spool files that this user may read and write",
                todo="correct their owner or move them away, then start the connector again",
            ) from error

    def _offset(self, number: int) -> int:
        return self._done.end if number == self._done.number else 0

    def _remove(self, number: int) -> None:
        self._path(number).unlink(missing_ok=True)
        del self._sizes[number]
        # a number is never used again while this process runs: the mark of what is done names it
        if not self._sizes:
            self._sizes[number + 1] = 0
            self._path(number + 1).touch(_PERMISSIONS)

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:012d}{_SUFFIX}"

    def _write(self, path: Path, framed: bytes, size: int) -> None:
        is_new = not path.exists()
        handle = os.open(path, os.O_CREAT | os.O_WRONLY, _PERMISSIONS)
        try:
            # a write that failed before, as on a full disk, is overwritten
            os.ftruncate(handle, size)
            os.lseek(handle, size, os.SEEK_SET)
            view = memoryview(framed)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        if is_new:
            _sync_directory(self._directory)

    def _full(self, found: str) -> SpoolFull:
        return SpoolFull(
            f"no room in the spool {self._directory.name}: {found}",
            expected=f"at most {self._bytes_max} bytes, and room on the disk",
            todo="bring the broker back; until then the connector rests, and its cursors stay where they are",
        )


def spool_directory(home: Path, tenant: str, source: str) -> Path:
    """Return where the spool of a source is."""
    return home / FOLDER / f"{tenant}.{source}"


def spool_bytes(home: Path, tenant: str) -> dict[str, int]:
    """Return source to the bytes that wait on disk for the broker; those without any are left out."""
    found: dict[str, int] = {}
    for path in spool_directory(home, tenant, "").parent.glob(f"{tenant}.*/*{_SUFFIX}"):
        try:
            size = path.stat().st_size
        except OSError:
            continue  # it was just drained
        if size:
            source = path.parent.name.removeprefix(f"{tenant}.")
            found[source] = found.get(source, 0) + size
    return dict(sorted(found.items()))


def _records(content: bytes, begin: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield where each whole record ends, and its bytes; ends at the first that is not whole."""
    at = begin
    while at + _HEAD.size <= len(content):
        length, checksum = _HEAD.unpack_from(content, at)
        body = content[at + _HEAD.size : at + _HEAD.size + length]
        if len(body) < length or zlib.crc32(body) != checksum:
            return
        at += _HEAD.size + length
        yield at, body


def _mended(path: Path) -> int:
    """Return the size of a file, after what is not whole at its end was cut away."""
    content = path.read_bytes()
    whole = max((end for end, _ in _records(content)), default=0)
    if whole < len(content):
        _LOG.warning("spool_mended", path=path.name, bytes_cut=len(content) - whole)
        path.with_suffix(".cut").write_bytes(content[whole:])
        with path.open("r+b") as file:
            file.truncate(whole)
            os.fsync(file.fileno())
    return whole


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
