"""Which ports are free, and who has those that are not."""

from __future__ import annotations

import socket
from collections.abc import Collection
from typing import Any

import psutil

from crosscurrent.embedded.home.spec import PortUse
from crosscurrent.errors import WrongUse

HOST = "127.0.0.1"
_PORTS_TRIED_MAX = 400


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port of loopback now."""
    with socket.socket() as probe:
        # as servers do: connections of an earlier one that are not quite gone do not matter
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    # a server on all interfaces of another process may leave loopback to us: that would be taking it silently
    with socket.socket() as client:
        client.settimeout(0.2)
        return client.connect_ex((HOST, port)) != 0


def first_free(first: int, taken: Collection[int] = ()) -> int:
    """Return the first free port from one on, leaving out those that are promised already.

    Raises:
        WrongUse: none of the ports tried is free.
    """
    for port in range(first, min(first + _PORTS_TRIED_MAX, 65536)):
        if port not in taken and is_free(port):
            return port
    raise WrongUse(
        f"port {first} and the {_PORTS_TRIED_MAX} after it are in use",
        expected="a free port for metrics and health",
        todo="set CROSSCURRENT_METRICS__PORT to where ports are free",
    )


def require_free(use: PortUse, name: str) -> None:
    """Refuse to start a process on a port that somebody has.

    Raises:
        WrongUse: the port is taken; names the process that has it where the system tells.
    """
    if is_free(use.port):
        return
    holder = holder_of(use.port) or "a process that this user may not see"
    raise WrongUse(
        f"port {use.port}, which {name} needs, is taken by {holder}",
        expected=f"port {use.port} free on {HOST}",
        todo=f"stop that process, or set {use.setting} to a free port",
        port=use.port,
    )


def holder_of(port: int) -> str | None:
    """Return who listens on a port, such as ``process 4711 (java -jar kafka.jar)``, if the system tells."""
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return None
    for connection in connections:
        if _listens_on(connection, port) and connection.pid:
            return _describe(connection.pid)
    return None


def listens(pid: int, port: int) -> bool:
    """Return whether a process, or a child of it, listens on a port; True where the system does not tell."""
    try:
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            for connection in member.net_connections("tcp"):
                if _listens_on(connection, port):
                    return True
    except psutil.NoSuchProcess:
        return False
    except (psutil.AccessDenied, OSError):
        return True
    return False


def _listens_on(connection: Any, port: int) -> bool:
    return bool(
        connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
    )


def _describe(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        # the program and its first words only: the rest of a command line may hold somebody's secret
        words = process.cmdline()[:3] or [process.name()]
        return f"process {pid} ({' '.join(words)})"
    except (psutil.Error, OSError):
        return f"process {pid}"
