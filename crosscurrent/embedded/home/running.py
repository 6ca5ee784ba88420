"""One start of one process: from its fork to its end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO

from crosscurrent.embedded.home.child import Guard, kill_group, spawn
from crosscurrent.embedded.home.fork_server import Forked, ForkServer
from crosscurrent.embedded.home.logs import RotatingLog

_READ_BYTES = 64 * 1024
_LAST_READS_MAX = 64
_KILL_SECONDS_MAX = 5.0


class Running:
    """A process whose output goes to a log and whose end can be awaited.

    Args:
        process: the process, which was just started.
        log: takes the output.
        guard: kills it if the supervisor dies.
    """

    def __init__(self, process: subprocess.Popen[bytes] | Forked, log: RotatingLog, guard: Guard) -> None:
        self._loop = asyncio.get_running_loop()
        self._log = log
        self._guard = guard
        self._process = process
        self._output: IO[bytes] | None = process.stdout
        self.exited: asyncio.Future[int] = self._loop.create_future()
        assert self._output is not None
        os.set_blocking(self._output.fileno(), False)
        self._loop.add_reader(self._output.fileno(), self._pump)

    @property
    def pid(self) -> int:
        """Process id, which is the process group's, too."""
        return self._process.pid

    def reap(self) -> None:
        """Look whether it has ended; called whenever a child of the supervisor may have."""
        if self.exited.done():
            return
        code = self._process.poll()
        if code is None:
            return
        # a child of it may hold the pipe open for ever, so what is there now is all that is taken
        kill_group(self.pid)
        for _ in range(_LAST_READS_MAX):
            self._pump()
        self._close_output()
        self._guard.release(self.pid)
        self.exited.set_result(code)

    async def stop(self, seconds_max: float) -> int:
        """Ask it to end, and make it end when that takes too long; return its exit code."""
        if not self.exited.done():
            self._process.send_signal(signal.SIGTERM)
            await asyncio.wait([self.exited], timeout=seconds_max)
        self.kill()
        await asyncio.wait([self.exited], timeout=_KILL_SECONDS_MAX)
        self.reap()
        return self.exited.result() if self.exited.done() else -signal.SIGKILL

    def kill(self) -> None:
        """Kill its whole group now."""
        if not self.exited.done():
            kill_group(self.pid)

    def _pump(self) -> None:
        if self._output is None:
            return
        try:
            data = os.read(self._output.fileno(), _READ_BYTES)
        except BlockingIOError:
            return
        if data:
            self._log.write(data)
        else:
            self._close_output()

    def _close_output(self) -> None:
        if self._output is not None:
            self._loop.remove_reader(self._output.fileno())
            self._output.close()
            self._output = None


class Nursery:
    """Starts processes and notices their ends; one for each supervisor, on its main thread.

    Args:
        fork_server: program and arguments of the fork server.
        environment: of the home.
        log: takes the output of the fork server.
    """

    def __init__(self, fork_server: Sequence[str], environment: Mapping[str, str], log: RotatingLog) -> None:
        self._guard = Guard()
        self._running: set[Running] = set()
        self._forks = ForkServer(fork_server, environment, log, self._guard, self.reap)
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self.reap)

    @property
    def guard_pid(self) -> int:
        """Process id of the guard."""
        return self._guard.pid

    @property
    def fork_server_pid(self) -> int | None:
        """Process id of the fork server, if there is one."""
        return self._forks.pid

    def prepare(self) -> None:
        """Start the fork server, because processes will be forked.

        Raises:
            Fatal: it cannot be run.
        """
        self._forks.start()

    def run(self, command: Sequence[str], environment: Mapping[str, str], log: RotatingLog) -> Running:
        """Return a process that was just started.

        Args:
            command: program and arguments.
            environment: its whole environment.
            log: takes its output.

        Raises:
            Fatal: the program cannot be run.
        """
        return self._keep(Running(spawn(command, environment, self._guard), log, self._guard))

    async def fork(self, words: Sequence[str], environment: Mapping[str, str], log: RotatingLog) -> Running:
        """Return a process that was just forked.

        Args:
            words: what the process is.
            environment: what it gets beside the environment of the home.
            log: takes its output.

        Raises:
            Fatal: there is no fork server, and none can be started.
        """
        return self._keep(Running(await self._forks.fork(words, environment), log, self._guard))

    def reap(self) -> None:
        """Look at all that run."""
        self._forks.reap()
        for running in list(self._running):
            running.reap()
            if running.exited.done():
                self._running.discard(running)

    def kill_all(self) -> None:
        """Kill everything now."""
        for running in self._running:
            running.kill()

    def close(self) -> None:
        """Stop noticing, and end the fork server and the guard, which kills what is left."""
        self._forks.close()
        asyncio.get_running_loop().remove_signal_handler(signal.SIGCHLD)
        self._guard.close()

    def _keep(self, running: Running) -> Running:
        self._running.add(running)
        return running
