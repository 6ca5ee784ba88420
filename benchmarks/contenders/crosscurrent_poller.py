"""Our connectors of GitHub and Spotify by the kit's own loop: client, budget, planner, digest, conditional requests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from benchmarks.cost_world import ADDRESS, GITHUB, SPOTIFY, Watched, Wire
from benchmarks.polls import Acknowledging, Registry
from benchmarks.virtual_loop import LoopClock
from connectors.kit.health import Health
from connectors.kit.loop import Loop
from connectors.kit.polling import make_loop
from connectors.kit.publisher import Publisher
from connectors.kit.wiring import make_asking
from connectors.registry import CONNECTORS
from crosscurrent.settings import SourceSettings
from schemas.codec import Codec

OUR_SETTINGS: Mapping[str, Mapping[str, object]] = {
    GITHUB: {"token": "token-of-the-benchmark"},
    SPOTIFY: {"client_id": "app-of-the-benchmark", "client_secret": "secret-of-the-benchmark"},
}


async def watch(
    what: Watched,
    wire: Wire,
    seconds: float,
    home: Path | None,
    intervals: Mapping[str, float | None],
    lists: Sequence[str] = (),
) -> None:
    """Poll for some seconds.

    Args:
        what: is watched.
        wire: to the vendors.
        seconds: how long.
        home: where the budgets are kept.
        intervals: by source, seconds; the connector's own, planned by how often answers change, if ``None``.
        lists: targets at Spotify in place of each playlist.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    targets = {GITHUB: what.repositories, SPOTIFY: lists or [f"playlist:{key}" for key in what.playlists]}
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        loops = []
        for source, interval in intervals.items():
            loop = await _loop(stack, source, wire, targets[source], home, interval)
            loops.append(asyncio.create_task(loop.run(stop)))
        await asyncio.sleep(seconds)
        stop.set()
        await asyncio.gather(*loops)


async def _loop(
    stack: AsyncExitStack,
    source: str,
    wire: Wire,
    targets: Sequence[str],
    home: Path | None,
    interval: float | None,
) -> Loop:
    connector, clock = CONNECTORS[source], LoopClock()
    base_url = f"{ADDRESS}/{source}"
    settings = SourceSettings.model_validate(
        {
            **OUR_SETTINGS[source],
            "base_url": base_url,
            "token_url": f"{base_url}/api/token",
            "targets": tuple(targets),
            **({} if interval is None else {"poll_interval_seconds": interval}),
        }
    )
    asking = make_asking(connector, settings, clock, home=home, transport=wire)
    stack.push_async_callback(asking.close)
    return make_loop(
        connector,
        asking,
        Publisher(source, Acknowledging(), Codec(Registry())),
        tenant="default",
        cluster="",
        health=Health(source, clock),
        clock=clock,
        standings={},
    )
