"""Asks a process whether it is ready."""

from __future__ import annotations

import asyncio

from crosscurrent.embedded.broker import cluster_id
from crosscurrent.embedded.home.ports import HOST
from crosscurrent.embedded.home.spec import LIFE, METRICS, ExitProbe, HttpProbe, KafkaProbe, Probe

_TIMEOUT_SECONDS = 2.0
_ANSWER_BYTES_MAX = 4096


def port_of(probe: Probe, metrics_port: int) -> int | None:
    """Return the port that a probe asks, if it asks one."""
    if isinstance(probe, ExitProbe):
        return None
    return metrics_port if probe.port == METRICS else probe.port


async def not_ready(probe: Probe, *, metrics_port: int, life: str) -> str | None:
    """Return why a process is not ready, or None if it is.

    Args:
        probe: how to ask.
        metrics_port: the port that was assigned to this start.
        life: the id of this start.
    """
    port = port_of(probe, metrics_port)
    if port is None:
        return "not done yet"
    try:
        if isinstance(probe, KafkaProbe):
            found = await cluster_id(HOST, port, timeout_seconds=_TIMEOUT_SECONDS)
            expected = life if probe.cluster == LIFE else probe.cluster
            return (
                None if found == expected else f"another broker answers at {HOST}:{port}: cluster {found!r}"
            )
        assert isinstance(probe, HttpProbe)
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            return await _get(port, probe.path)
    except ConnectionRefusedError:
        return f"nothing listens on port {port} yet"
    except (TimeoutError, OSError, asyncio.IncompleteReadError, ValueError) as error:
        return f"no answer from {HOST}:{port} ({type(error).__name__})"


async def _get(port: int, path: str) -> str | None:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        status = int((await reader.readline()).split(b" ", 2)[1])
        if status == 200:
            return None
        body = (await reader.read(_ANSWER_BYTES_MAX)).partition(b"\r\n\r\n")[2]
        return "; ".join(body.decode("utf-8", "replace").split("\n")).strip("; ") or f"status {status}"
    except IndexError as error:
        raise ValueError("not an HTTP answer") from error
    finally:
        writer.close()
