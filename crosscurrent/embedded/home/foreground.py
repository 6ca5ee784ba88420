"""Runs a home in this process until it is asked to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from crosscurrent.clock import SystemClock
from crosscurrent.embedded.home.events import Report
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.lock import HomeLock
from crosscurrent.embedded.home.options import HomeOptions
from crosscurrent.embedded.home.plan import Plan, make_plan
from crosscurrent.embedded.home.ports import first_free, is_free
from crosscurrent.embedded.home.reachable import require_configured_servers
from crosscurrent.embedded.home.state import HomeState, read_state
from crosscurrent.embedded.home.supervisor import Supervisor
from crosscurrent.embedded.home.version import check_format, write_format
from crosscurrent.settings import Settings

METRICS_PORT_FIRST = 9464
_WORLD_PORT_FIRST = 8070
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_home(
    settings: Settings, options: HomeOptions, report: Report, environment: Mapping[str, str] = os.environ
) -> None:
    """Run the home until SIGINT, SIGTERM or SIGHUP; everything it started has ended when this returns or raises.

    A second signal kills instead of stopping cleanly. Must be called on the main thread.

    Args:
        settings: the settings.
        options: what to start.
        report: told of what happens.
        environment: what the processes inherit.

    Raises:
        WrongUse: the options do not fit, the home is in use, newer or cannot be written, or a port is taken.
        ServerAway: a configured server is away.
        Fatal: a process without which nothing works did not become ready.
    """
    options.check()
    layout = Layout.of(settings.home)
    with held(layout):
        asyncio.run(_run(settings, options, report, environment, layout))


@contextmanager
def held(layout: Layout) -> Iterator[None]:
    """Hold a home: nobody else can run it, and it has this program's format.

    Raises:
        WrongUse: the home is in use, newer or cannot be written.
    """
    check_format(layout)
    layout.make()
    lock = HomeLock.take(layout, SystemClock())
    try:
        write_format(layout)
        yield
    finally:
        lock.close()


async def run_plan(
    plan: Plan,
    layout: Layout,
    *,
    report: Report,
    environment: Mapping[str, str],
    metrics_port_first: int = METRICS_PORT_FIRST,
    world_anchor: float | None = None,
) -> None:
    """Run a plan until a signal asks for the end; a second one kills. The home must be held.

    Raises:
        WrongUse: a port is taken.
        Fatal: a process without which nothing works did not become ready.
    """
    supervisor = Supervisor(
        plan,
        layout,
        environment=environment,
        clock=SystemClock(),
        report=report,
        metrics_port_first=metrics_port_first,
        world_anchor=world_anchor,
    )
    stop = asyncio.Event()

    def asked() -> None:
        if stop.is_set():
            supervisor.kill()
        stop.set()

    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, asked)
    await supervisor.run(stop)


async def _run(
    settings: Settings,
    options: HomeOptions,
    report: Report,
    environment: Mapping[str, str],
    layout: Layout,
) -> None:
    await require_configured_servers(settings)
    before = read_state(layout)
    plays = options.world or options.recordings is not None
    port = _world_port(before) if plays else None
    anchor = _world_anchor(before, SystemClock().now_utc().timestamp()) if options.world else None
    await run_plan(
        make_plan(settings, options, world_port=port, world_anchor=anchor),
        layout,
        report=report,
        environment=environment,
        metrics_port_first=settings.metrics.port or METRICS_PORT_FIRST,
        world_anchor=anchor,
    )


def _world_port(before: HomeState | None) -> int:
    """Return the port the vendors were played on before, if it is free: addresses in payloads stay the same."""
    if before is not None and before.world_url:
        port = int(before.world_url.rpartition(":")[2])
        if is_free(port):
            return port
    return first_free(_WORLD_PORT_FIRST)


def _world_anchor(before: HomeState | None, now: float) -> float:
    """Return when the world began, so that it goes on where it was: while nothing ran, its time stood still."""
    if before is None or before.world_anchor is None:
        return now
    return now - max(0.0, before.written_at - before.world_anchor)
