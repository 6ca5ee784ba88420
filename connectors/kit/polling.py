"""Puts together what polls a source, from what it takes to ask the vendor and to publish."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.kit.declaration import Connector
from connectors.kit.health import Health
from connectors.kit.loop import Loop
from connectors.kit.planner import Planner
from connectors.kit.polled import Standing
from connectors.kit.poller import Poller
from connectors.kit.publisher import Publisher
from connectors.kit.schedule import Schedule
from connectors.kit.wiring import Asking
from crosscurrent.clock import Clock


def make_poller(
    connector: Connector, asking: Asking, publisher: Publisher, *, tenant: str, cluster: str, clock: Clock
) -> Poller:
    """Return what makes the polls of a source.

    Args:
        connector: what is declared.
        asking: asks the vendor.
        publisher: publishes.
        tenant: tenant of the records.
        cluster: life of the broker.
        clock: the time.
    """
    return Poller(
        connector,
        base_url=asking.base_url,
        tenant=tenant,
        cluster=cluster,
        client=asking.client,
        fetcher=asking.fetcher,
        pacer=asking.pacer,
        publisher=publisher,
        clock=clock,
    )


def make_loop(
    connector: Connector,
    asking: Asking,
    publisher: Publisher,
    *,
    tenant: str,
    cluster: str,
    health: Health,
    clock: Clock,
    standings: Mapping[str, Standing],
) -> Loop:
    """Return the loop of a source with its polls in it, not running yet.

    Args:
        connector: what is declared.
        asking: asks the vendor.
        publisher: publishes.
        tenant: tenant of the records.
        cluster: life of the broker.
        health: is told what polls come to.
        clock: the time.
        standings: request key to where it stands.
    """
    loop = Loop(
        connector,
        poller=make_poller(connector, asking, publisher, tenant=tenant, cluster=cluster, clock=clock),
        pacer=asking.pacer,
        schedule=Schedule(),
        planner=Planner(asking.bounds, unchanged_is_free=asking.unchanged_is_free),
        health=health,
        clock=clock,
        standings=standings,
    )
    loop.add(asking.polls)
    return loop
