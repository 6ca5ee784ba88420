"""While the broker is away events and states go to the disk; what it gets then is what it would have got."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.kit.publisher import Publisher
from connectors.kit.spool import Spool, SpoolFull
from connectors.kit.spooling import SpooledProducer
from crosscurrent.clock import ManualClock
from crosscurrent.errors import CrosscurrentError, Fatal, Poison, ServerAway, Transient
from schemas.records import ConnectorState, RawEvent
from tests.contract.connector_bench import MemoryBroker
from tests.integration.sink import sample
from tests.integration.sink.small_world import event as small_event

LIFE = "life-1"
AWAY = Transient("a message was not acknowledged")


@dataclass
class Broker(MemoryBroker):
    """Can be closed, and counts the producers that were made."""

    made: int = 0

    def producer(self) -> Broker:
        self.made += 1
        return self

    def close(self, timeout_seconds: float = 0.0) -> int:
        del timeout_seconds
        return 0


@dataclass
class Bench:
    """A connector's way to the broker."""

    broker: Broker
    spool: Spool
    life: str = LIFE
    answers: bool = True

    def __post_init__(self) -> None:
        self.producer = SpooledProducer(
            "github",
            self.broker.producer,
            self.spool,
            self.broker.codec,
            life=LIFE,
            find_life=self.find_life,
            clock=ManualClock(),
        )
        self.publisher = Publisher("github", self.producer, self.broker.codec)

    def find_life(self) -> str:
        if not self.answers:
            raise ServerAway("no broker answers")
        return self.life

    async def poll(self, number: int) -> None:
        await self.publisher.publish_event(small_event(number))
        await self.publisher.publish_state(state(number))

    def events(self) -> list[str]:
        return [event.record_id for event in self.broker.events()]


def state(number: int) -> ConnectorState:
    return sample.connector_state(number, cluster="", vouch_offsets={})


def bench(
    tmp_path: Path,
    bytes_max: int = 10**6,
    *,
    raw: Sequence[Transient | Poison] = (),
    states: Sequence[Transient | Poison] = (),
) -> Bench:
    failures: dict[str, list[CrosscurrentError]] = {"raw.github": list(raw), "connector-state": list(states)}
    return Bench(Broker(failures=failures), Spool(tmp_path, bytes_max))


async def publish_events(to: Bench, count: int) -> None:
    for number in range(count):
        await to.publisher.publish_event(small_event(number))


async def test_what_the_broker_did_not_take_and_all_after_it_comes_in_order_once_it_is_back(
    tmp_path: Path,
) -> None:
    away = bench(tmp_path, raw=[AWAY])
    for number in range(3):
        await away.poll(number)
    assert away.broker.messages == []
    assert away.producer.not_ready()
    await away.producer.drain()
    await away.poll(3)
    assert away.producer.not_ready() == []
    assert away.broker.made == 2, "a producer that gave up a message is not used again"
    assert away.broker.topics == ["raw.github", "connector-state"] * 4
    assert away.events() == [small_event(number).record_id for number in range(4)]


async def test_states_sent_later_rest_on_the_events_that_were_sent_before_them(tmp_path: Path) -> None:
    away = bench(tmp_path, raw=[AWAY])
    await away.poll(0)
    await away.poll(1)
    await away.producer.drain()
    await away.poll(2)
    assert [one.vouch_offsets for one in away.broker.states()] == [
        {"raw.github-0": 1},
        {"raw.github-0": 2},
        {"raw.github-0": 2},
    ]
    assert {one.cluster for one in away.broker.states()} == {LIFE}


async def test_states_of_a_life_that_is_over_are_left_out_and_the_events_come(tmp_path: Path) -> None:
    first = bench(tmp_path, raw=[AWAY])
    await first.poll(0)
    later = Bench(Broker(), Spool(tmp_path, 10**6), life="life-2")
    later.producer = SpooledProducer(
        "github",
        later.broker.producer,
        later.spool,
        later.broker.codec,
        life="life-2",
        find_life=later.find_life,
        clock=ManualClock(),
    )
    await later.producer.drain()
    assert later.broker.topics == ["raw.github"]
    assert later.spool.is_empty


async def test_a_broker_that_began_anew_ends_the_process_before_anything_is_sent(tmp_path: Path) -> None:
    away = bench(tmp_path, raw=[AWAY])
    await away.poll(0)
    away.life = "life-2"
    with pytest.raises(Fatal, match="life-2"):
        await away.producer.drain_until(asyncio.Event())
    assert away.broker.messages == []
    assert not away.spool.is_empty


async def test_nothing_is_forgotten_while_the_broker_does_not_acknowledge(tmp_path: Path) -> None:
    away = bench(tmp_path, raw=[AWAY, AWAY])
    await away.poll(0)
    away.answers = False
    with pytest.raises(ServerAway):
        await away.producer.drain()
    away.answers = True
    with pytest.raises(Transient, match="not acknowledged"):
        await away.producer.drain()
    await away.producer.drain()
    assert away.broker.topics == ["raw.github", "connector-state"]


async def test_what_was_sent_and_not_yet_forgotten_comes_again_with_its_id(tmp_path: Path) -> None:
    away = bench(tmp_path, raw=[AWAY], states=[AWAY])
    await away.poll(0)
    with pytest.raises(Transient):
        await Bench(away.broker, Spool(tmp_path, 10**6)).producer.drain()
    await Bench(away.broker, Spool(tmp_path, 10**6)).producer.drain()
    assert set(away.events()) == {small_event(0).record_id}
    assert away.broker.topics[-1] == "connector-state"


async def test_polls_rest_when_the_disk_is_full_and_states_still_fit(tmp_path: Path) -> None:
    size = len(small_event(0).payload)
    full = bench(tmp_path, 4 * size, raw=[AWAY])
    with pytest.raises(SpoolFull):
        await publish_events(full, 10)
    await full.publisher.publish_state(state(0))
    count = len(list(full.spool.waiting()))
    await full.producer.drain()
    assert len(full.broker.messages) == count >= 2


async def test_what_the_broker_refuses_when_it_is_back_becomes_a_dead_letter(tmp_path: Path) -> None:
    refused = Poison("the broker refuses a message", expected="a smaller one", todo="look at it")
    away = bench(tmp_path, raw=[AWAY, refused])
    await away.poll(0)
    await away.poll(1)
    await away.producer.drain()
    assert away.broker.topics == ["dead-letter.connector", "connector-state", "raw.github", "connector-state"]


async def test_a_key_that_is_missing_at_the_drain_is_told(tmp_path: Path) -> None:
    from connectors.kit.spool_seal import Seal

    Spool(tmp_path, 10**6, Seal("a key", "github")).append(b"anything")
    with pytest.raises(Fatal, match="no message"):
        await bench(tmp_path).producer.drain()


async def test_draining_goes_on_by_itself_and_ends_with_the_connector(tmp_path: Path) -> None:
    away = bench(tmp_path, raw=[AWAY])
    await away.poll(0)
    stop = asyncio.Event()
    draining = asyncio.create_task(away.producer.drain_until(stop))
    async with asyncio.timeout(5):
        while not away.spool.is_empty:  # noqa: ASYNC110 - nobody signals a condition
            await asyncio.sleep(0.001)
    stop.set()
    await draining
    assert isinstance(away.broker.events()[0], RawEvent)
    assert datetime.now(UTC) > away.broker.events()[0].fetched_at
