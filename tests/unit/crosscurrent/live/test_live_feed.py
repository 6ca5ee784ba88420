"""What somebody who begins to watch the live page is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
import pytest

from crosscurrent.live import app
from crosscurrent.live.snapshot import Rows


class Tables:
    """Says in the totals how often they were asked for; there is nothing else."""

    def __init__(self) -> None:
        self.taken = 0

    def __call__(self, sql: str, _parameters: Mapping[str, object]) -> Rows:
        if "dead_letters" not in sql:
            return []
        self.taken += 1
        return [{"taken": self.taken}]


@pytest.fixture(autouse=True)
def short_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_INTERVAL_SECONDS", 0.01)


async def first_of(feed: app.Feed) -> dict[str, object]:
    events = feed.events()
    event = await asyncio.wait_for(anext(events), 5)
    await events.aclose()  # type: ignore[attr-defined]
    shown: dict[str, object] = orjson.loads(event.removeprefix(b"data: "))
    return shown


async def test_new_watcher_sees_the_present_when_nobody_watched_for_a_while() -> None:
    tables = Tables()
    feed = app.Feed(tables, "default")
    running = asyncio.create_task(feed.run())
    first = await first_of(feed)
    await asyncio.sleep(0.1)
    asked = tables.taken
    await asyncio.sleep(0.1)
    assert tables.taken == asked  # nobody watches, so that nothing is asked
    second = await first_of(feed)
    assert tables.taken > asked
    assert second != first
    running.cancel()
