"""Listening on an address until a signal asks to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import structlog
import uvicorn

from crosscurrent.embedded.clickhouse.access import Access
from crosscurrent.embedded.clickhouse.app import App
from crosscurrent.embedded.clickhouse.data_directory import DataDirectory
from crosscurrent.embedded.clickhouse.engine import Engine
from crosscurrent.embedded.clickhouse.engine_settings import default_settings, server_settings

SHUTDOWN_SECONDS_MAX = 10
BACKLOG_CONNECTIONS_MAX = 512
KEEP_ALIVE_SECONDS = 75
HEAD_BYTES_MAX = 2 * 1024 * 1024  # ClickHouse takes a URL of a mebibyte

_log = structlog.get_logger(__name__)


def serve(listening: socket.socket, directory: DataDirectory, *, user: str, password: str) -> None:
    """Serve until SIGTERM or SIGINT, then stop what runs and close the engine.

    Args:
        listening: a bound socket.
        directory: the data, held for this process.
        user: the one user.
        password: its password; empty for none.
    """
    host, port = listening.getsockname()[:2]
    machine_bytes = psutil.virtual_memory().total
    engine = Engine(directory.engine_path, server_settings(machine_bytes), default_settings(machine_bytes))
    app = App(engine, Access(user, password, str(host)))
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        http="h11",
        backlog=BACKLOG_CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
        h11_max_incomplete_event_size=HEAD_BYTES_MAX,
    )
    # from here on a client's connection waits in the queue instead of being refused
    listening.listen(BACKLOG_CONNECTIONS_MAX)
    address = f"http://{host}:{port}"
    _log.info("clickhouse_started", address=address, data=str(directory.engine_path.parent))
    _Server(config).run(sockets=[listening])
    app.close()
    engine.close()
    directory.close()
    _log.info("clickhouse_stopped", address=address)


class _Server(uvicorn.Server):
    """uvicorn, but a signal that stopped it is not raised again: asked to stop, the process ends with 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
