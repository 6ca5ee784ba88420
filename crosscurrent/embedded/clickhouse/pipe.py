"""The pipe by which a result comes out of the engine."""

from __future__ import annotations

import asyncio
import fcntl
import os

PIPE_BYTES = 1024 * 1024
READ_BYTES = 1024 * 1024


def open_pipe() -> tuple[int, int]:
    """Return the reading and the writing end of a pipe with room for a good piece of a result."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    try:
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except (OSError, AttributeError):
        # many pipes of one user stay small, and so does every pipe elsewhere than on Linux; they only are slower
        return reading, writing
    return reading, writing


async def read_pipe(reading: int) -> bytes:
    """Return the next bytes of a pipe; empty once every writer closed it."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            return os.read(reading, READ_BYTES)
        except BlockingIOError:
            ready: asyncio.Future[None] = loop.create_future()
            loop.add_reader(reading, _set_once, ready)
            try:
                await ready
            finally:
                loop.remove_reader(reading)


def _set_once(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
