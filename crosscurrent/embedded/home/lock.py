"""One supervisor a home: a lock that the system gives back when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from crosscurrent.clock import Clock
from crosscurrent.embedded.home.layout import Layout, unwritable
from crosscurrent.errors import WrongUse


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the home.

    Attributes:
        pid: process id of the supervisor.
        since: when it took the home, ISO 8601 in UTC.
    """

    pid: int
    since: str


class HomeLock:
    """Holds a home until closed or until the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, layout: Layout, clock: Clock) -> Self:
        """Return the lock on a home.

        Raises:
            WrongUse: another supervisor has it, or the home cannot be written.
        """
        try:
            descriptor = os.open(layout.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise unwritable(layout.root, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise _taken(layout) from error
        holder = Holder(os.getpid(), clock.now_utc().isoformat(timespec="seconds"))
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)
        except OSError as error:
            os.close(descriptor)
            raise unwritable(layout.root, error) from error
        return cls(descriptor)

    def close(self) -> None:
        """Give the home back."""
        os.close(self._descriptor)


def holder_of(layout: Layout) -> Holder | None:
    """Return the supervisor that has the home now, or None; what the file says is not believed without its lock."""
    try:
        descriptor = os.open(layout.lock_file, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(layout.lock_file)
    finally:
        os.close(descriptor)
    return None


def _read(path: Path) -> Holder:
    try:
        fields = json.loads(path.read_text())
        return Holder(int(fields["pid"]), str(fields["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        # taken a moment ago: the holder has not written its name yet
        return Holder(0, "just now")


def _taken(layout: Layout) -> WrongUse:
    holder = _read(layout.lock_file)
    return WrongUse(
        f"the home {layout.root} is in use by process {holder.pid} since {holder.since}",
        expected="one `crosscurrent up` for each home",
        todo="see it with `crosscurrent status`, stop it with `crosscurrent down`, or set CROSSCURRENT_HOME",
        pid=holder.pid,
        since=holder.since,
    )
