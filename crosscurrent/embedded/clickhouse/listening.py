"""The address to listen on, taken before anything is started."""

from __future__ import annotations

import errno
import socket

from crosscurrent.errors import WrongUse


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that is bound, so that a taken port is known before anything is started.

    Raises:
        WrongUse: the port is taken or the address is none of this machine.
    """
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise WrongUse(
            f"{host}:{port} is taken by another process"
            if taken
            else f"{host}:{port} cannot be used ({error})",
            expected="a free port on an address of this machine",
            todo="stop the other process, or set CROSSCURRENT_CLICKHOUSE__EMBEDDED_PORT to a free port",
        ) from error
    return listening
