"""Moves a home from one embedded broker to the other: what the old one holds is taken in first, then it is left.

The new one begins empty; the restore that follows every start of a new life gives it what processors and connectors
need. Each step may be done again: a move that is interrupted is begun anew by the next ``up --move``.
"""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable

from crosscurrent.embedded.broker import BROKERS
from crosscurrent.embedded.home.events import HomeEvent, Report
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.options import PROCESSORS, HomeOptions
from crosscurrent.embedded.home.plan import BROKER, CLICKHOUSE, REGISTRY, SINK, Plan, make_plan
from crosscurrent.errors import Fatal, WrongUse
from crosscurrent.settings import Settings

RunUntilDrained = Callable[[Plan, Report], Awaitable[bool]]
"""Runs a plan until everything published is taken in; returns False if it was asked to stop before that."""

Prepare = Callable[[str], Awaitable[None]]
"""See ``EmbeddedBroker.prepare``."""

_TAKERS = (BROKER, REGISTRY, CLICKHOUSE, SINK, *PROCESSORS)
_OF_A_WHOLE_START = frozenset({"ready", "stopping", "stopped"})


async def leave_broker(
    settings: Settings,
    options: HomeOptions,
    layout: Layout,
    *,
    leaves: str,
    prepare: Prepare,
    report: Report,
    run_until_drained: RunUntilDrained,
) -> bool:
    """Return True once nothing that matters is in the old broker alone; False if asked to stop before that.

    Args:
        settings: the settings of the home.
        options: what was asked of ``up``.
        layout: the home, which is held.
        leaves: the broker that the home has until now.
        prepare: prepares a broker, given its name, for a start.
        report: told of what happens.
        run_until_drained: runs what takes in.

    Raises:
        Fatal: not everything was taken in; the home keeps its broker.
        WrongUse: a part that takes in was left out, or a directory cannot be moved.
    """
    # the topics of one that forgets ended with its process, which took in what it held
    if not BROKERS[leaves].forgets and layout.data(BROKER).exists():
        report(HomeEvent("notice", detail=f"taking in what {leaves} still holds, before it is left"))
        await prepare(leaves)
        plan = _taking_in(settings, options, leaves)
        if not await run_until_drained(plan, _without_ends(report)):
            return False
    set_aside(layout, report)
    return True


def set_aside(layout: Layout, report: Report) -> None:
    """Move the log of a broker out of the way, in the place of one that was kept before.

    A log must not be gone on with after another broker was used: the tables have moved past it.

    Raises:
        WrongUse: it cannot be moved.
    """
    log = layout.data(BROKER)
    if not log.exists():
        return
    kept = layout.data("broker.moved")
    try:
        shutil.rmtree(kept, ignore_errors=True)
        log.rename(kept)
    except OSError as error:
        raise WrongUse(
            f"{log} cannot be moved to {kept} ({error.strerror or error})",
            expected="a home of this user",
            todo="correct its permissions, then move again",
        ) from error
    report(HomeEvent("notice", detail=f"the old log is kept in {kept}; delete it when nobody needs it"))


def _taking_in(settings: Settings, options: HomeOptions, leaves: str) -> Plan:
    if options.only:
        raise WrongUse(
            "--only with --move",
            expected="all parts that take in what the old broker holds",
            todo="move without --only, then start with it",
        )
    takers = HomeOptions(sources=options.sources, only=_TAKERS, broker=leaves, live=False)
    plan = make_plan(settings, takers)
    if plan.drain is None:
        raise Fatal(
            "nothing takes in what the old broker holds",
            expected="ClickHouse, the sink and the processors in this home",
            todo="look at the settings of ClickHouse",
        )
    return plan


def _without_ends(report: Report) -> Report:
    """Return a report that says nothing of the start and end as a whole, since another start follows."""

    def told(event: HomeEvent) -> None:
        if event.kind not in _OF_A_WHOLE_START:
            report(event)

    return told
