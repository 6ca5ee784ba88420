"""Starts processes that cannot outlive the supervisor, however it ends.

Two nets: on Linux the kernel kills a child whose parent dies (set in the child before it runs the program, and
checked against a parent that died in between); and everywhere a guard process, at the other end of a pipe, kills
the process group of every child, so that grandchildren go, too.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from crosscurrent.errors import Fatal

_PR_SET_PDEATHSIG = 1
_GUARD_FILE = Path(__file__).with_name("guard_process.py")
_GUARD_STOP_SECONDS_MAX = 5.0


class Guard:
    """The process that outlives the supervisor just long enough to kill what it left."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD_FILE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Process id of the guard."""
        return self._process.pid

    def watch(self, group: int) -> None:
        """Put a process group on the list."""
        self._tell(f"+{group}\n")

    def release(self, group: int) -> None:
        """Take a process group off the list: all of it is gone."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """End the guard, which kills what is still on the list."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it is gone already
            self._process.stdin.close()
        try:
            self._process.wait(_GUARD_STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            # somebody killed it; the kernel's own net is still there on Linux
            self._process.poll()


def spawn(
    command: Sequence[str],
    environment: Mapping[str, str],
    guard: Guard,
    *,
    descriptors: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Return a running process in a session of its own, its output on one pipe.

    Must be called on the main thread: the kernel's net is tied to the thread that forks.

    Args:
        command: program and arguments.
        environment: the whole environment.
        guard: kills it if this process dies.
        descriptors: what it inherits beside its output.

    Raises:
        Fatal: the program cannot be run.
    """
    try:
        process = subprocess.Popen(
            list(command),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=tuple(descriptors),
            preexec_fn=_in_the_child(os.getpid()),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Fatal(
            f"{command[0]} cannot be run ({error})",
            expected="a program of this installation",
            todo="run `crosscurrent doctor`",
        ) from error
    guard.watch(process.pid)
    return process


def kill_group(group: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to a process group, if any of it is left."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def die_with_parent(parent: int) -> None:
    """Make the kernel kill this process when its parent dies, as far as the kernel can.

    Args:
        parent: process id of the parent; if it died already, this process ends at once.
    """
    if not sys.platform.startswith("linux"):
        return
    _prctl()(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before the kernel knew that this matters


def _in_the_child(parent: int) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    _prctl()  # looked up before the fork
    return partial(die_with_parent, parent)


@cache
def _prctl() -> Callable[[int, int], int]:
    prctl: Callable[[int, int], int] = ctypes.CDLL(None, use_errno=True).prctl
    return prctl
