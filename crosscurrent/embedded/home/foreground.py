"""Runs a home in this process until it is asked to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from crosscurrent.clock import SystemClock
from crosscurrent.embedded.broker import BROKERS, NodePlace
from crosscurrent.embedded.home.broker_choice import choose_broker, note_broker
from crosscurrent.embedded.home.events import HomeEvent, Report
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.lock import HomeLock
from crosscurrent.embedded.home.move import leave_broker
from crosscurrent.embedded.home.options import HomeOptions
from crosscurrent.embedded.home.plan import BROKER, Plan, make_plan
from crosscurrent.embedded.home.ports import HOST, first_free, is_free
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
    until_drained: bool = False,
) -> bool:
    """Run a plan until a signal asks for the end; a second one kills. The home must be held.

    Args:
        plan: what to run.
        layout: the home.
        report: told of what happens.
        environment: what the processes inherit.
        metrics_port_first: the port from which on processes get ports for metrics.
        world_anchor: real time at which the played world began.
        until_drained: see ``Supervisor.run``.

    Returns:
        As ``Supervisor.run``.

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
    return await supervisor.run(stop, until_drained=until_drained)


async def _run(
    settings: Settings,
    options: HomeOptions,
    report: Report,
    environment: Mapping[str, str],
    layout: Layout,
) -> None:
    await require_configured_servers(settings)
    first_port = settings.metrics.port or METRICS_PORT_FIRST
    if settings.kafka.bootstrap_servers is None and options.wants(BROKER):
        chosen = await _with_broker(settings, options, report, environment, layout, first_port)
        if chosen is None:
            return
        options = chosen
    before = read_state(layout)
    plays = options.world or options.recordings is not None
    port = _world_port(before) if plays else None
    anchor = _world_anchor(before, SystemClock().now_utc().timestamp()) if options.world else None
    await run_plan(
        make_plan(settings, options, world_port=port, world_anchor=anchor),
        layout,
        report=report,
        environment=environment,
        metrics_port_first=first_port,
        world_anchor=anchor,
    )


async def _with_broker(
    settings: Settings,
    options: HomeOptions,
    report: Report,
    environment: Mapping[str, str],
    layout: Layout,
    metrics_port_first: int,
) -> HomeOptions | None:
    """Return the options with the broker that the home has from now on, ready to be started; None if asked to stop."""
    choice = choose_broker(layout, options)

    async def run_until_drained(plan: Plan, told: Report) -> bool:
        return await run_plan(
            plan,
            layout,
            report=told,
            environment=environment,
            metrics_port_first=metrics_port_first,
            until_drained=True,
        )

    if choice.moves_from is not None:
        left = await leave_broker(
            settings,
            options,
            layout,
            prepare=lambda name: _prepare(settings, layout, name, report),
            leaves=choice.moves_from,
            report=report,
            run_until_drained=run_until_drained,
        )
        if not left:
            return None
    await _prepare(settings, layout, choice.name, report)
    note_broker(layout, choice.name)
    return options.model_copy(update={"broker": choice.name, "move": False})


async def _prepare(settings: Settings, layout: Layout, name: str, report: Report) -> None:
    broker, port = BROKERS[name], settings.kafka.embedded_port
    place = NodePlace(
        host=HOST,
        port=port,
        controller_port=first_free(port + 1) if broker.inner_ports else 0,
        data=layout.data(BROKER),
        heap_bytes_max=settings.kafka.embedded_heap_bytes_max,
    )
    await asyncio.to_thread(broker.prepare, place, lambda told: report(HomeEvent("notice", detail=told)))


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
