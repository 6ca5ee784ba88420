"""Notion's handshake over real sockets: the played Notion tells its token, a person brings it back, then it is heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.kit.declaration import Poll
from connectors.kit.publisher import Publisher
from connectors.kit.webhooks.wiring import listening_for
from connectors.notion.connector import NOTION
from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.webhooks import Hooks
from crosscurrent.embedded.world.world import World
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings
from tests.contract.connector_bench import CLUSTER, MemoryBroker
from tests.waiting import wait_until

ASKED: list[Poll] = []


def settings(home: Path, secret: str | None) -> Settings:
    source = {"webhook_port": 0, "webhook_secret": secret, "targets": ("all",), "token": "s3cret"}
    return Settings.model_validate({"home": home, "sources": {"notion": source}})


@asynccontextmanager
async def listening(home: Path, broker: MemoryBroker, secret: str | None) -> AsyncIterator[str]:
    """A receiver as ``run connector notion`` has it; gives its address."""
    own = listening_for(NOTION, settings(home, secret))
    assert own is not None
    publisher = Publisher("notion", broker, broker.codec)
    try:
        async with own.serving(publisher, asked, {}, CLUSTER, ManualClock()):
            yield f"http://127.0.0.1:{own.port}/webhooks/notion"
    finally:
        own.close()


def asked(polls: list[Poll]) -> bool:
    ASKED.extend(polls)
    return True


@asynccontextmanager
async def sending(hooks: Hooks, now_seconds: Callable[[], float]) -> AsyncIterator[None]:
    task = asyncio.create_task(hooks.run(now_seconds))
    try:
        yield
    finally:
        task.cancel()


async def reached(condition: Callable[[], object], what: str) -> None:
    await asyncio.to_thread(wait_until, condition, what, 10.0)


async def test_token_that_notion_tells_is_brought_back_and_then_its_events_are_taken(tmp_path: Path) -> None:
    scenario, broker, kept = default_scenario(1), MemoryBroker(), tmp_path / "webhooks" / "notion-token"
    world = World(scenario, VirtualTime(scenario.start_seconds, ManualClock(), speed=0))
    hooks, now_seconds = world.hooks, world.time.now_seconds

    async with listening(tmp_path, broker, None) as url:
        hooks.subscribe({"vendor": "notion", "url": url}, now_seconds())
        async with sending(hooks, now_seconds):
            await reached(kept.exists, "the token is kept")
            await reached(lambda: hooks.state()["notion"]["answers"] == {"200": 1}, "it is answered 200")
            world.time.advance(24 * 3600)
            await reached(lambda: hooks.state()["notion"]["hour"] == 24, "a day has passed")
    token = kept.read_text().strip()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert hooks.state()["notion"]["answers"] == {"200": 1}
    assert token not in repr(broker.messages)

    with pytest.raises(WrongUse):
        hooks.subscribe({"vendor": "notion", "verification_token": "another"}, now_seconds())
    assert hooks.subscribe({"vendor": "notion", "verification_token": token}, now_seconds())["verified"]
    async with listening(tmp_path, broker, token) as url:
        hooks.hook("notion").url = url
        async with sending(hooks, now_seconds):
            world.time.advance(24 * 3600)
            await reached(broker.events, "an event is taken")

    assert {event.endpoint for event in broker.events()} == {"webhook"}
    assert ASKED
    assert token not in repr(broker.messages)
