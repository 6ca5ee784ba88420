"""Listening on an address until a signal asks to stop."""

from __future__ import annotations

import socket

import psutil
import structlog
import uvicorn

from crosscurrent.embedded.clickhouse.access import Access
from crosscurrent.embedded.clickhouse.app import App
from crosscurrent.embedded.clickhouse.data_directory import DataDirectory
from crosscurrent.embedded.clickhouse.engine import Engine
from crosscurrent.embedded.clickhouse.engine_settings import default_settings, server_settings
from crosscurrent.embedded.loopback_server import (
    BACKLOG_CONNECTIONS_MAX,
    KEEP_ALIVE_SECONDS,
    LoopbackServer,
)

SHUTDOWN_SECONDS_MAX = 10
HEAD_BYTES_MAX = 2 * 1024 * 1024  # ClickHouse takes a URL of a mebibyte

_log = structlog.get_logger(__name__)


def serve(listening: socket.socket, directory: DataDirectory, *, user: str, password: str) -> None:
    """Serve until SIGTERM or SIGINT, then stop what runs and close the engine.

    Args:
        listening: a socket that listens.
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
    address = f"http://{host}:{port}"
    _log.info("clickhouse_started", address=address, data=str(directory.engine_path.parent))
    LoopbackServer(config).run(sockets=[listening])
    app.close()
    engine.close()
    directory.close()
    _log.info("clickhouse_stopped", address=address)
