"""Running an ASGI application on one address until a signal asks it to stop."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from starlette.types import ASGIApp

from crosscurrent.errors import WrongUse

SHUTDOWN_SECONDS_MAX = 5
BACKLOG_CONNECTIONS_MAX = 512
# longer than any poller pauses, so that it need not find its connection closed
KEEP_ALIVE_SECONDS = 75

_log = structlog.get_logger(__name__)


def serve(app: ASGIApp, *, host: str, port: int, name: str) -> None:
    """Serve until SIGTERM or SIGINT, then close what is open and return.

    Args:
        app: the application; it sets the ``Date`` header itself.
        host: address to listen on.
        port: port to listen on; 0 takes a free one, which the log tells.
        name: what the log calls the server.

    Raises:
        WrongUse: the port is taken or the address is none of this machine.
    """
    listening = bound_socket(host, port)
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        lifespan="off",
        backlog=BACKLOG_CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
    )
    address = f"http://{host}:{listening.getsockname()[1]}"
    _log.info(f"{name}_started", address=address)
    LoopbackServer(config).run(sockets=[listening])
    _log.info(f"{name}_stopped", address=address)


def bound_socket(
    host: str, port: int, *, todo: str = "stop the other process or give another --port"
) -> socket.socket:
    """Return a socket that listens, so that a taken port is known before anything is started.

    From now on clients can connect; they are answered as soon as the server runs.

    Args:
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        todo: what whoever finds the port taken can do.

    Raises:
        WrongUse: the port is taken or the address is none of this machine.
    """
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # two sockets may be bound to a port, but only one can listen
        listening.listen(BACKLOG_CONNECTIONS_MAX)
    except (OSError, OverflowError) as error:
        listening.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise WrongUse(
            f"{host}:{port} is taken by another process"
            if taken
            else f"{host}:{port} cannot be used ({error})",
            expected="a free port on an address of this machine",
            todo=todo,
        ) from error
    return listening


class LoopbackServer(uvicorn.Server):
    """uvicorn, but a signal that stopped it is not raised again: asked to stop, the process ends with 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let the two signals end the server, as long as the context lasts."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
