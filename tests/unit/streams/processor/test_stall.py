"""A consumer that fetches no more is noticed; one that has nothing to fetch, or is at work, is left alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from crosscurrent.clock import ManualClock
from crosscurrent.errors import ServerAway, Transient
from streams.processor.stall import StallWatch


class Broker:
    """Says what waits, and counts how often it is asked."""

    def __init__(self) -> None:
        self.waits: list[str] = ["observations-0"]
        self.away = False
        self.asked = 0

    async def behind(self) -> Sequence[str]:
        self.asked += 1
        if self.away:
            raise ServerAway("no broker answers")
        return self.waits


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def watch(clock: ManualClock, broker: Broker) -> StallWatch:
    return StallWatch("detect", 60.0, clock, broker.behind)


async def test_watch_raises_when_messages_wait_and_none_came_for_long(
    watch: StallWatch, clock: ManualClock, broker: Broker
) -> None:
    clock.advance(59)
    await watch.check()
    assert broker.asked == 0
    clock.advance(1)
    with pytest.raises(
        Transient, match="nothing came to detect for 60 s, and messages wait in observations-0"
    ):
        await watch.check()


async def test_watch_leaves_alone_who_is_at_work_and_who_has_just_finished(
    watch: StallWatch, clock: ManualClock
) -> None:
    watch.begin()
    clock.advance(600)
    await watch.check()
    watch.end()
    await watch.check()


async def test_watch_leaves_alone_who_has_read_everything_or_whose_broker_is_away(
    watch: StallWatch, clock: ManualClock, broker: Broker
) -> None:
    broker.waits = []
    clock.advance(60)
    await watch.check()
    broker.waits, broker.away = ["observations-0"], True
    clock.advance(60)
    await watch.check()
    broker.away = False
    await watch.check()
    assert broker.asked == 2
