"""The supervisor's end of the fork server: processes that are forked from one that has imported what they share.

The processes of a home import the same libraries, a second or two of processor time each. Where the kernel can fork
a process safely (Linux, before any thread is started) one process imports them once, and each that is needed is a
fork of it, in a few milliseconds. What it is told and tells are packets of JSON on a socket pair:

- to it: ``{"id": 1, "words": ["sink", "clickhouse"], "environment": {…}}``, with the descriptor of the new process's output;
- from it: ``{"id": 1, "pid": 4711}``, and when that process has ended ``{"pid": 4711, "code": 0}``.

A forked process dies with the fork server, and that with the supervisor (see ``child.py``).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from crosscurrent.embedded.home.child import Guard, kill_group, spawn
from crosscurrent.embedded.home.logs import RotatingLog
from crosscurrent.errors import Fatal

SUPPORTED = sys.platform.startswith("linux")
"""Elsewhere system libraries are known to break in a fork that does not run another program."""
PACKET_BYTES_MAX = 128 * 1024

_READ_BYTES = 64 * 1024
_STARTS_MAX = 3


class Forked:
    """A process that the fork server made; the part of ``subprocess.Popen`` that the supervisor needs.

    Args:
        pid: its process id, also of its group.
        output: where its output can be read.
    """

    def __init__(self, pid: int, output: int) -> None:
        self.pid = pid
        self.stdout = os.fdopen(output, "rb", buffering=0)
        self.code: int | None = None

    def poll(self) -> int | None:
        """Return its exit code, negative for a signal, or None while it runs."""
        return self.code

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class ForkServer:
    """Starts the fork server with the first process that is asked for, and again after it died.

    Args:
        command: program and arguments; the descriptor of the socket is added.
        environment: of the server, and so of its forks.
        log: takes its own output.
        guard: kills everything if the supervisor dies.
        ended: called when forked processes have ended.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: RotatingLog,
        guard: Guard,
        ended: Callable[[], None],
    ) -> None:
        self._command = command
        self._environment = environment
        self._log = log
        self._guard = guard
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._asked = 0
        self._waiting: dict[int, _Asked] = {}
        self._forked: dict[int, Forked] = {}

    @property
    def pid(self) -> int | None:
        """Process id of the server, or None while there is none."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start it, if it does not run: it imports everything before the first process is asked for.

        Raises:
            Fatal: it cannot be run.
        """
        if self._process is not None:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            descriptor = theirs.fileno()
            self._process = spawn(
                [*self._command, str(descriptor)], self._environment, self._guard, descriptors=(descriptor,)
            )
        self._socket = ours
        self._loop.add_reader(ours.fileno(), self._read)
        output = self._process.stdout
        assert output is not None
        os.set_blocking(output.fileno(), False)
        self._loop.add_reader(output.fileno(), self._pump)

    async def fork(self, words: Sequence[str], environment: Mapping[str, str]) -> Forked:
        """Return a new process; waits until the server has imported everything.

        Args:
            words: what the process is.
            environment: what it gets beside the environment of the server.

        Raises:
            Fatal: the server cannot be run, or ends each time.
        """
        for _ in range(_STARTS_MAX):
            self.start()
            forked = await self._ask(words, environment)
            if forked is not None:
                return forked
        words_at_end = [line for line in self._log.tail() if line.strip()][-1:]
        raise Fatal(
            f"the fork server ended {_STARTS_MAX} times: {''.join(words_at_end) or 'without a word'}",
            expected="a process that imports what the processes of the home share",
            todo="run `crosscurrent doctor`; the log fork-server.log in the home has more",
        )

    def reap(self) -> None:
        """Look whether it has ended; called whenever a child of the supervisor may have."""
        if self._process is not None and self._process.poll() is not None:
            self._clear()

    def close(self) -> None:
        """End it, and with it what it forked."""
        if self._process is not None:
            kill_group(self._process.pid)
            self._process.wait()
            self._clear()

    async def _ask(self, words: Sequence[str], environment: Mapping[str, str]) -> Forked | None:
        """Return a new process, or None if the server ended before it made one."""
        assert self._socket is not None
        self._asked += 1
        reading, writing = os.pipe()
        asked = self._waiting[self._asked] = _Asked(self._loop.create_future(), reading)
        packet = json.dumps({"id": self._asked, "words": list(words), "environment": dict(environment)})
        try:
            socket.send_fds(self._socket, [packet.encode()], [writing])
        except (BrokenPipeError, ConnectionResetError):
            return None  # its end is noticed in a moment
        finally:
            os.close(writing)
        return await asked.forked

    def _read(self) -> None:
        assert self._socket is not None
        try:
            packet = self._socket.recv(PACKET_BYTES_MAX)
        except BlockingIOError:
            return
        except OSError:
            packet = b""
        if not packet:
            self.close()
            return
        told = json.loads(packet)
        if "code" in told:
            forked = self._forked.pop(told["pid"], None)
            if forked is not None:
                forked.code = told["code"]
                self._ended()
            return
        self._made(self._waiting.pop(told["id"]), told["pid"])

    def _made(self, asked: _Asked, pid: int) -> None:
        if asked.forked.done():
            # whoever asked did not wait
            os.close(asked.reading)
            kill_group(pid)
            return
        self._guard.watch(pid)
        forked = self._forked[pid] = Forked(pid, asked.reading)
        asked.forked.set_result(forked)

    def _clear(self) -> None:
        """Forget a server that has ended, and what ended with it."""
        assert self._process is not None
        assert self._socket is not None
        self._pump()
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        if self._process.stdout is not None and not self._process.stdout.closed:
            self._loop.remove_reader(self._process.stdout.fileno())
            self._process.stdout.close()
        self._guard.release(self._process.pid)
        self._process = self._socket = None
        for asked in self._waiting.values():
            os.close(asked.reading)
            if not asked.forked.done():
                asked.forked.set_result(None)
        self._waiting.clear()
        for forked in self._forked.values():
            kill_group(forked.pid)  # on Linux the kernel did
            forked.code = -signal.SIGKILL
        if self._forked:
            self._forked.clear()
            self._ended()

    def _pump(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        if self._process.stdout.closed:
            return
        try:
            data = os.read(self._process.stdout.fileno(), _READ_BYTES)
        except BlockingIOError:
            return
        if data:
            self._log.write(data)
        else:
            self._loop.remove_reader(self._process.stdout.fileno())
            self._process.stdout.close()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A process that was asked for: who waits for it, and where its output will be read."""

    forked: asyncio.Future[Forked | None]
    reading: int
