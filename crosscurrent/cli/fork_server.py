"""The fork server of a home: ``python -m crosscurrent.cli.fork_server DESCRIPTOR``, started by the supervisor.

It imports what the processes of a home share and then makes each of them by a fork. What is said on the socket
whose descriptor it is given is told in ``crosscurrent.embedded.home.fork_server``; it ends when that is closed.
A fork takes along only the thread that forks, and not the locks that others hold, so nothing that is imported here
may start a thread (a test looks).
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from setproctitle import setproctitle

from crosscurrent.cli.lean_imports import import_lean
from crosscurrent.embedded.home.child import die_with_parent
from crosscurrent.embedded.home.fork_server import PACKET_BYTES_MAX

# What is large and used by more than one. Left out: pyarrow, which starts a thread, and all of ours that registers
# metrics when it is imported, because a process shows its own metrics only.
SHARED = (
    "aiokafka",
    "clickhouse_connect",
    "confluent_kafka.schema_registry",
    "numpy",
    "stamina",
    "uvloop",
    "connectors.registry",
    "crosscurrent.cli.process",
    "crosscurrent.kafka",
    "crosscurrent.live",
    "schemas.codec",
    "schemas.registry",
    "streams.app",
    "streams.correlate.agent",
    "streams.detect.agent",
    "streams.normalise",
)
TITLE = "crosscurrent"

_OUTPUTS = (1, 2)


@dataclass(frozen=True, slots=True)
class Order:
    """A process to be made.

    Attributes:
        words: what it is.
        environment: what it gets beside the environment of the server.
        output: descriptor of its output.
    """

    words: tuple[str, ...]
    environment: Mapping[str, str]
    output: int


class Server:
    """Makes processes and tells of their ends until the supervisor is gone.

    Args:
        connection: to the supervisor.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        # a signal is noticed by a byte in this pipe, however it meets the wait for a packet
        self._noticed, self._notice = os.pipe()
        os.set_blocking(self._noticed, False)
        os.set_blocking(self._notice, False)

    def serve(self) -> Order | None:
        """Return in each fork what it is to be, and in the server itself ``None`` at its end."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._notice, warn_on_full_buffer=False)
        looking = select.poll()
        looking.register(self._connection, select.POLLIN)
        looking.register(self._noticed, select.POLLIN)
        while True:
            for descriptor, _ in looking.poll():
                if descriptor == self._noticed:
                    self._tell_ends()
                    continue
                packet, descriptors, _, _ = socket.recv_fds(self._connection, PACKET_BYTES_MAX, 1)
                if not packet:
                    return None
                asked = json.loads(packet)
                order = Order(tuple(asked["words"]), asked["environment"], descriptors[0])
                if self._fork(asked["id"], order):
                    return order

    def _fork(self, number: int, order: Order) -> bool:
        """Fork; return whether this is the new process."""
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            die_with_parent(server)
            self._leave()
            return True
        os.close(order.output)
        self._tell({"id": number, "pid": pid})
        return False

    def _leave(self) -> None:
        """Put off, in a fork, what belongs to the server."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor in (self._noticed, self._notice):
            os.close(descriptor)
        self._connection.close()

    def _tell_ends(self) -> None:
        os.read(self._noticed, select.PIPE_BUF)  # if there is more, this is done again
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._tell({"pid": pid, "code": os.waitstatus_to_exitcode(status)})

    def _tell(self, told: Mapping[str, int]) -> None:
        try:
            self._connection.send(json.dumps(told).encode())
        except (BrokenPipeError, ConnectionResetError):
            return  # the supervisor is gone, which the next look at the socket shows


def become(order: Order) -> None:
    """Make this fork what was ordered, but for running it."""
    os.setsid()
    for descriptor in _OUTPUTS:
        os.dup2(order.output, descriptor)
    os.close(order.output)
    os.environ.update(order.environment)
    sys.argv[1:] = order.words
    setproctitle(" ".join((TITLE, *order.words)))


def run_ordered(words: Sequence[str]) -> int:
    """Run a process of a home and return its exit code."""
    from crosscurrent.cli.process import run_process

    return run_process(words)


def main(
    arguments: Sequence[str],
    shared: Sequence[str] = SHARED,
    run: Callable[[Sequence[str]], int] = run_ordered,
) -> int:
    """Serve; in each fork, run what was ordered. Return the exit code.

    Args:
        arguments: the descriptor of the socket.
        shared: names of the modules that are imported before anything is forked.
        run: runs the process of these words.
    """
    import_lean()
    gc.disable()
    for name in shared:
        importlib.import_module(name)
    setproctitle(f"{TITLE} fork server")
    gc.freeze()
    order = Server(socket.socket(fileno=int(arguments[0]))).serve()
    if order is None:
        return 0
    become(order)
    return run(order.words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
