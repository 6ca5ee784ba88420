"""Waiting for what is away: the same work again and again, for as long as it takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina
import structlog

from crosscurrent.errors import Transient

T = TypeVar("T")

_LOG = structlog.get_logger()

_WAIT_SECONDS_INITIAL = 0.1
_WAIT_SECONDS_MAX = 5.0


async def until_done(work: Callable[[], Awaitable[T]]) -> T:
    """Return what the work gives once it raises ``Transient`` no more.

    There is no bound on the attempts: the broker keeps what was not taken, the process stays ready to stop, and each
    further attempt is counted and logged. Giving up would only start the same process over with the same registry away.

    Args:
        work: makes one attempt; must leave everything as it was if it raises ``Transient``.
    """
    try:
        return await work()
    except Transient as error:
        # only now is there anything to retry: the apparatus costs as much as the work on a small message
        _LOG.info("work_delayed", reason=str(error))
    async for attempt in stamina.retry_context(
        on=Transient,
        attempts=None,
        timeout=None,
        wait_initial=_WAIT_SECONDS_INITIAL,
        wait_max=_WAIT_SECONDS_MAX,
    ):
        with attempt:
            return await work()
    raise AssertionError("unreachable: the retry returns or raises")
