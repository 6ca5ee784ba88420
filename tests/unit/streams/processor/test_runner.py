"""The promise around a processor: outputs, then state, then inputs, whatever goes wrong in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from crosscurrent.clock import ManualClock
from crosscurrent.errors import Fatal, Poison, Transient
from crosscurrent.kafka import Acknowledged, RestsOn
from crosscurrent.settings import WorkerSettings
from schemas.codec import Codec
from schemas.records import DeadLetter
from streams.processor import InputMessage, Output
from streams.processor import runner as runner_module
from streams.processor.checkpoint import LoadedState
from streams.processor.patience import until_done
from streams.processor.runner import Runner
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.integration.sink.sample import entities

PLACE = "raw.github-0"


def message(offset: int, value: bytes = b"good") -> InputMessage:
    return InputMessage("raw.github", 0, offset, None, value)


@dataclass
class Rules:
    """Gives one record a message; its value says what goes wrong."""

    name: str = "normalise"
    inputs: tuple[str, ...] = ("raw.github",)
    keeps_state: bool = False
    seen: list[int] = field(default_factory=list)
    refilled: list[int] = field(default_factory=list)
    away: int = 0

    def process(self, message: InputMessage) -> list[Output]:
        if self.away:
            self.away -= 1
            raise Transient("away")
        if message.value == b"poison":
            raise Poison("poison")
        if message.value == b"bug":
            raise ZeroDivisionError
        if message.value == b"fatal":
            raise Fatal("no further")
        self.seen.append(message.offset)
        record = entities(message.offset)
        return [Output("entities", b"default|k", record, record.record_id, datetime(2026, 1, 1, tzinfo=UTC))]

    def refill(self, message: InputMessage) -> None:
        self.refilled.append(message.offset)

    def refill_offset(self, topic: str, partition: int, position: int) -> int:
        return max(0, position - 2)

    def take_dirty(self) -> Iterable[tuple[str, bytes]]:
        return [("a", b"state")]

    def positions_payload(self) -> bytes:
        return b""

    def restore(self, key: str, payload: bytes) -> None: ...


@dataclass
class FakeProducer:
    """Acknowledges at once; ``refusals`` and ``silent`` say what it does instead for the next ones."""

    sent: list[tuple[str, bytes]] = field(default_factory=list)
    rests_on: list[RestsOn | None] = field(default_factory=list)
    refusals: list[Exception | None] = field(default_factory=list)

    async def enqueue(
        self, topic: str, *, key: bytes | None, value: bytes, headers: dict[str, bytes]
    ) -> asyncio.Future[Acknowledged]:
        future: asyncio.Future[Acknowledged] = asyncio.get_running_loop().create_future()
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is not None:
            future.set_exception(refusal)
        else:
            self.sent.append((topic, value))
            self.rests_on.append(RestsOn.from_headers(headers))
            future.set_result(Acknowledged(topic, 0, len(self.sent) - 1))
        return future


@dataclass
class FakeStore:
    loaded: LoadedState = field(default_factory=LoadedState)
    stored: list[dict[str, Any]] = field(default_factory=list)

    def load(self) -> LoadedState:
        return self.loaded

    async def store(self, checkpoint: int, **given: Any) -> int:
        self.stored.append({"checkpoint": checkpoint, **given})
        return 10


@dataclass
class FakeLife:
    cluster: str = "life-1"
    over: bool = False

    async def check(self) -> None:
        if self.over:
            raise Fatal("another life")


class Bench:
    """A runner among fakes, and what it acknowledged."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, loaded: LoadedState | None = None) -> None:
        self.rules, self.producer, self.life = Rules(), FakeProducer(), FakeLife()
        self.store = FakeStore(loaded or LoadedState())
        self.codec = Codec(FixedRegistry())
        self.acknowledged: list[int] = []
        self.runner = Runner(
            self.rules,
            store=self.store,  # type: ignore[arg-type]
            producer=self.producer,  # type: ignore[arg-type]
            codec=self.codec,
            clock=ManualClock(),
            settings=WorkerSettings(events_unacknowledged_max=5),
            life=self.life,  # type: ignore[arg-type]
            tenant="default",
            bootstrap_servers="nowhere",
        )
        monkeypatch.setattr(runner_module, "read_to_end", self._read)
        monkeypatch.setattr(runner_module, "as_input", lambda raw: raw)

    async def handle(self, *messages: InputMessage) -> None:
        for one in messages:

            async def acknowledge(offset: int = one.offset) -> None:
                self.acknowledged.append(offset)

            await self.runner.handle(one, acknowledge)

    def letters(self) -> list[DeadLetter]:
        return [
            self.codec.decode(DeadLetter, value)
            for topic, value in self.producer.sent
            if topic == "dead-letter.normalise"
        ]

    @staticmethod
    def _read(servers: str, starts: dict[tuple[str, int], int]) -> Iterable[InputMessage]:
        del servers
        yield from (message(offset) for first in starts.values() for offset in range(first, 10))


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


async def test_runner_acknowledges_only_after_the_checkpoint(bench: Bench) -> None:
    await bench.handle(message(0), message(1))
    assert (bench.acknowledged, bench.store.stored) == ([], [])
    await bench.runner.checkpoint_if_due()
    assert bench.acknowledged == [0, 1]
    (stored,) = bench.store.stored
    assert stored["input_offsets"] == {PLACE: 2}
    assert stored["refill_offsets"] == {PLACE: 0}
    assert stored["vouch_offsets"] == {PLACE: 2, "entities-0": 2}


async def test_runner_stores_a_checkpoint_when_too_many_events_wait(bench: Bench) -> None:
    await bench.handle(*(message(offset) for offset in range(5)))
    assert bench.acknowledged == [0, 1, 2, 3, 4]


async def test_runner_goes_on_from_its_own_position_whatever_the_group_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = LoadedState(input_offsets={PLACE: 4}, refill_offsets={PLACE: 2}, vouch_offsets={"entities-0": 9})
    loaded.checkpoint = 7
    bench = Bench(monkeypatch, loaded)
    await bench.runner.start({PLACE: 6})
    assert bench.rules.refilled == [2, 3]
    assert bench.rules.seen == [4, 5]
    await bench.handle(message(3), message(6), message(9))
    assert bench.rules.seen == [4, 5, 6, 7, 8, 9]
    await bench.runner.checkpoint()
    assert bench.acknowledged == [3, 6, 9]
    assert bench.store.stored[-1]["vouch_offsets"] == {PLACE: 10, "entities-0": 9}
    assert bench.store.stored[0]["checkpoint"] == 8


async def test_runner_says_that_an_output_rests_on_the_message_it_came_from(bench: Bench) -> None:
    await bench.handle(InputMessage("raw.tmdb", 2, 0, None, b"good"), message(0), message(1, b"poison"))
    assert bench.producer.rests_on == [
        RestsOn("life-1", {"raw.tmdb-2": 1}),
        RestsOn("life-1", {PLACE: 1}),
        RestsOn("life-1", {PLACE: 2}),
    ]


async def test_runner_says_that_an_output_rests_on_all_before_it_when_the_rules_keep_state(
    bench: Bench,
) -> None:
    bench.rules.keeps_state = True
    await bench.handle(InputMessage("raw.tmdb", 2, 0, None, b"good"), message(0))
    assert bench.producer.rests_on == [
        RestsOn("life-1", {"raw.tmdb-2": 1}),
        RestsOn("life-1", {"raw.tmdb-2": 1, PLACE: 1}),
    ]


async def test_runner_dead_letters_poison_and_bugs_and_goes_on(bench: Bench) -> None:
    await bench.handle(message(0, b"poison"), message(1, b"bug"), message(2))
    assert [letter.found for letter in bench.letters()] == ["poison", "ZeroDivisionError: "]
    assert [letter.value for letter in bench.letters()] == [b"poison", b"bug"]
    assert bench.rules.seen == [2]


async def test_runner_dead_letters_a_message_whose_record_avro_refuses(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = bench.codec.encode

    def refuse(topic: str, record: Any) -> bytes:
        if topic == "entities":
            raise Poison("a record that Avro refuses")
        return encode(topic, record)

    monkeypatch.setattr(bench.codec, "encode", refuse)
    await bench.handle(message(0))
    assert [letter.found for letter in bench.letters()] == ["a record that Avro refuses"]


async def test_runner_dead_letters_the_cause_of_an_output_that_the_broker_refuses(bench: Bench) -> None:
    too_large = Poison("too large")
    bench.producer.refusals = [None, too_large, too_large]
    await bench.handle(message(0), message(1, b"a very long one"))
    await bench.runner.checkpoint()
    # the first letter was refused, too, and came again without the bytes
    (letter,) = bench.letters()
    assert (letter.offset, letter.found, letter.value) == (1, "too large", b"")
    assert bench.acknowledged == [0, 1]


async def test_runner_tries_again_and_stores_checkpoints_meanwhile(bench: Bench) -> None:
    await bench.handle(message(0))
    bench.rules.away = 3
    handling = asyncio.create_task(bench.handle(message(1)))
    await asyncio.sleep(0.05)
    await bench.runner.checkpoint()
    assert bench.store.stored[0]["input_offsets"] == {PLACE: 1}
    await handling
    assert bench.rules.seen == [0, 1]


async def test_runner_stores_nothing_after_an_output_was_not_acknowledged(bench: Bench) -> None:
    bench.producer.refusals = [Transient("no acknowledgement")]
    await bench.handle(message(0))
    with pytest.raises(Transient):
        await bench.runner.checkpoint()
    with pytest.raises(Fatal, match="broke off"):
        await bench.runner.checkpoint()
    with pytest.raises(Fatal, match="broke off"):
        await bench.handle(message(1))
    assert (bench.store.stored, bench.acknowledged) == ([], [])


async def test_runner_stores_nothing_in_another_life_of_the_broker(bench: Bench) -> None:
    await bench.handle(message(0))
    bench.life.over = True
    with pytest.raises(Fatal, match="another life"):
        await bench.runner.checkpoint()
    assert (bench.store.stored, bench.acknowledged) == ([], [])


async def test_runner_ends_when_the_rules_say_that_nothing_can_go_on(bench: Bench) -> None:
    with pytest.raises(Fatal, match="no further"):
        await bench.handle(message(0, b"fatal"))
    assert bench.producer.sent == []


async def test_runner_notices_checkpoints_of_another_process(bench: Bench) -> None:
    await bench.handle(message(0))
    await bench.runner.checkpoint()
    bench.store.loaded.checkpoint = 0
    assert not await bench.runner.was_overtaken()
    bench.store.loaded.checkpoint = 1
    assert await bench.runner.was_overtaken()


async def test_until_done_raises_what_is_not_transient() -> None:
    async def work() -> None:
        raise Poison("for good")

    with pytest.raises(Poison):
        await until_done(work)
