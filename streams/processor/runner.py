"""Runs a processor's rules with the delivery promise around them.

The order is everything: outputs are acknowledged by the broker, then the state that rests on them, then the
inputs. A crash between two of these repeats work and loses none; repeated outputs carry the same ids.

Our own positions decide what comes next, never the consumer group's: what the group delivers again is passed over,
what it leaves out is read from the topic.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from prometheus_client import Counter, Histogram

from crosscurrent.clock import Clock
from crosscurrent.errors import Fatal, Poison, Transient
from crosscurrent.kafka import Acknowledged, Producer, RestsOn, cloud_event_headers, read_to_end
from crosscurrent.kafka.headers import child_traceparent
from crosscurrent.kafka_access import Brokers
from crosscurrent.settings import WorkerSettings
from schemas.codec import Codec
from streams.processor.checkpoint import CheckpointStore
from streams.processor.life import BrokerLife
from streams.processor.message import InputMessage, Output, SetAside
from streams.processor.patience import until_done
from streams.processor.poison import dead_letter
from streams.processor.protocol import Processor

_LOG = structlog.get_logger()
_MESSAGES = Counter("stream_messages_total", "Messages taken in", ["processor", "outcome"])
_OUTPUTS = Counter("stream_outputs_total", "Records published", ["processor", "topic"])
_CHECKPOINTS = Counter("stream_checkpoints_total", "Checkpoints stored", ["processor"])
_CHECKPOINT_BYTES = Counter("stream_checkpoint_bytes_total", "Bytes of state stored", ["processor"])
_SECONDS = Histogram("stream_process_seconds", "Time in the processor's rules for a message", ["processor"])


@dataclass(frozen=True, slots=True)
class _Published:
    """A record under way: its acknowledgement to come, and the message it follows from."""

    acknowledged: asyncio.Future[Acknowledged]
    cause: InputMessage


class Runner:
    """Feeds one processor and keeps its checkpoints.

    All methods run on one event loop; ``handle`` is called by one task, in the order of the offsets of each
    partition. The rules run in a thread of their own, one call at a time, so that neither a window of many series nor
    a registry that does not answer stops the loop.

    Args:
        processor: the rules.
        store: where state goes.
        producer: publishes outputs.
        codec: encodes outputs.
        clock: the time.
        settings: bounds and intervals.
        life: the life of the broker, outside of which nothing is stored.
        tenant: tenant of dead letters.
        bootstrap_servers: the brokers, for refilling windows.
    """

    def __init__(
        self,
        processor: Processor,
        *,
        store: CheckpointStore,
        producer: Producer,
        codec: Codec,
        clock: Clock,
        settings: WorkerSettings,
        life: BrokerLife,
        tenant: str,
        bootstrap_servers: Brokers,
    ) -> None:
        self._processor = processor
        self._store = store
        self._producer = producer
        self._codec = codec
        self._clock = clock
        self._settings = settings
        self._life = life
        self._tenant = tenant
        self._bootstrap_servers = bootstrap_servers
        self._lock = asyncio.Lock()
        self._rules = ThreadPoolExecutor(1, thread_name_prefix=f"rules-{processor.name}")
        self._acknowledge: list[Callable[[], Awaitable[None]]] = []
        self._published: list[_Published] = []
        self._taken = 0
        self._broken = False
        self._positions: dict[str, int] = {}
        self._vouched: dict[str, int] = {}
        self._checkpoint = 0
        self._next_checkpoint_at = 0.0

    async def start(self, committed: Mapping[str, int]) -> None:
        """Load the stored state, refill the windows, and process what the consumer group would leave out.

        Args:
            committed: ``topic-partition`` to the offset from which the consumer group will deliver.

        Raises:
            ServerAway: the broker does not answer.
            Fatal: the stored state cannot be read.
        """
        loaded = await asyncio.to_thread(self._store.load)
        for key, payload in loaded.items.items():
            self._processor.restore(key, payload)
        self._positions = dict(loaded.input_offsets)
        self._vouched = dict(loaded.vouch_offsets)
        self._checkpoint = loaded.checkpoint + 1
        await until_done(lambda: asyncio.to_thread(self._refill, loaded.refill_offsets))
        _LOG.info("state_restored", items=len(loaded.items), positions=self._positions)
        for place, offset in committed.items():
            await self._catch_up(place, offset)

    async def was_overtaken(self) -> bool:
        """Return whether another process has stored checkpoints of this processor since this one did."""
        loaded = await asyncio.to_thread(self._store.load)
        return loaded.checkpoint >= self._checkpoint

    async def check_life(self) -> None:
        """Return if the life of the broker goes on.

        Raises:
            Fatal: it is over.
            ServerAway: the broker does not answer.
        """
        await self._life.check()

    def position(self, topic: str, partition: int) -> int:
        """Return the next offset of a partition that will be processed."""
        return self._positions.get(f"{topic}-{partition}", 0)

    async def handle(self, message: InputMessage, acknowledge: Callable[[], Awaitable[None]]) -> None:
        """Process a message; ``acknowledge`` is called after the checkpoint that contains it."""
        await self._catch_up(_place(message), message.offset)
        await self._take(message)
        async with self._lock:
            self._acknowledge.append(acknowledge)
        await self._checkpoint_if_full()

    async def checkpoint_if_due(self) -> None:
        """Store a checkpoint if something waits for one and it is time."""
        if self._waits() and self._clock.monotonic_seconds() >= self._next_checkpoint_at:
            await self.checkpoint()

    async def checkpoint(self) -> None:
        """Store a checkpoint now if something waits for one."""
        async with self._whole():
            if self._waits():
                await self._store_checkpoint()

    async def _checkpoint_if_full(self) -> None:
        if max(self._taken, len(self._acknowledge)) >= self._settings.events_unacknowledged_max:
            await self.checkpoint()

    @asynccontextmanager
    async def _whole(self, *harmless: type[Exception]) -> AsyncIterator[None]:
        """Hold the lock for a step that is done wholly or is the last: half of one must never be stored."""
        async with self._lock:
            if self._broken:
                raise Fatal(
                    f"{self._processor.name} broke off in the middle of a step",
                    expected="nothing further from it",
                    todo="start the worker again; it goes on from its last checkpoint",
                )
            try:
                yield
            except harmless:
                raise
            except BaseException:
                self._broken = True
                raise

    def close(self) -> None:
        """Let the thread of the rules end after its present call."""
        self._rules.shutdown(wait=False, cancel_futures=True)

    def _waits(self) -> bool:
        return bool(self._acknowledge) or self._taken > 0

    # messages

    async def _catch_up(self, place: str, offset: int) -> None:
        """Process what lies between our position and an offset at which the consumer group goes on.

        A committed offset that is ahead, as after a lost checkpoint, and messages that were fetched before a
        rebalance and come after it, would leave these out.
        """
        position = self._positions.get(place, 0)
        if position >= offset:
            return
        _LOG.warning("messages_left_out", place=place, position=position, offset=offset)
        topic, _, partition = place.rpartition("-")
        messages = read_to_end(self._bootstrap_servers, {(topic, int(partition)): position})
        try:
            while (raw := await asyncio.to_thread(next, messages, None)) is not None:
                message = as_input(raw)
                if message.offset >= offset:
                    break
                await self._take(message)
                await self._checkpoint_if_full()
        finally:
            await asyncio.to_thread(messages.close)  # type: ignore[attr-defined]

    async def _take(self, message: InputMessage) -> None:
        """Process a message once, however long its turn takes; checkpoints go on meanwhile."""

        async def attempt() -> None:
            async with self._whole(Transient):  # raised by the rules, before they change anything
                await self._process(message)

        await until_done(attempt)

    async def _process(self, message: InputMessage) -> None:
        place = _place(message)
        if message.offset < self._positions.get(place, 0):
            _MESSAGES.labels(self._processor.name, "seen").inc()
            return
        with _SECONDS.labels(self._processor.name).time():
            encoded, outcome = await self._outputs(message)
        for output, value in encoded:
            await self._publish(output, value, message)
        self._positions[place] = message.offset + 1
        self._taken += 1
        _MESSAGES.labels(self._processor.name, outcome).inc()

    async def _outputs(self, message: InputMessage) -> tuple[list[tuple[Output, bytes]], str]:
        """Return what follows from a message, encoded; its dead letter if it cannot be processed.

        Raises:
            Transient: the registry is away; the state is as before.
            Fatal: nothing can be processed.
        """
        loop = asyncio.get_running_loop()
        try:
            outputs, encoded = await loop.run_in_executor(self._rules, self._apply, message)
            return encoded if encoded is not None else await self._encoded(outputs), "processed"
        except (Transient, Fatal):
            raise
        except Poison as error:
            poison = error
        except Exception as error:  # noqa: BLE001 - the run loop: one bad message must not stop the others
            _LOG.exception("message_failed", topic=message.topic, offset=message.offset)
            poison = Poison(
                f"{type(error).__name__}: {error}",
                expected=f"a message that {self._processor.name} can process",
                todo="report this with the dead letter; replay it after the fix",
            )
        return await self._encoded([self._dead_letter(message, poison)]), "dead_lettered"

    def _apply(self, message: InputMessage) -> tuple[list[Output], list[tuple[Output, bytes]] | None]:
        """Return what follows from a message, and the same encoded; ``None`` if the registry is away for that.

        Both in one visit to the thread: each visit costs as much as the rules of a small batch.
        """
        outputs = [
            self._dead_letter(message, one.reason) if isinstance(one, SetAside) else one
            for one in self._processor.process(message)
        ]
        try:
            return outputs, self._encode(outputs)
        except Transient:
            return outputs, None

    async def _encoded(self, outputs: list[Output]) -> list[tuple[Output, bytes]]:
        # the rules have run, so that this may be repeated but they may not
        loop = asyncio.get_running_loop()
        return await until_done(lambda: loop.run_in_executor(self._rules, self._encode, outputs))

    def _encode(self, outputs: list[Output]) -> list[tuple[Output, bytes]]:
        return [(output, self._codec.encode(output.topic, output.record)) for output in outputs]

    def _dead_letter(self, message: InputMessage, error: Poison, *, with_value: bool = True) -> Output:
        _LOG.warning("message_dead_lettered", topic=message.topic, offset=message.offset, found=error.found)
        return dead_letter(
            message,
            error,
            stage=self._processor.name,
            tenant=self._tenant,
            cluster=self._life.cluster,
            now_utc=self._clock.now_utc(),
            with_value=with_value,
        )

    async def _publish(self, output: Output, value: bytes, cause: InputMessage) -> None:
        headers = cloud_event_headers(
            record_id=output.record_id,
            source=f"/streams/{self._processor.name}",
            event_type=f"crosscurrent.{type(output.record).__name__}",
            time_utc=output.time_utc,
            traceparent=child_traceparent(cause.headers),
            rests_on=self._rests_on(cause),
            logic=output.logic,
        )
        _OUTPUTS.labels(self._processor.name, output.topic).inc()
        future = await self._producer.enqueue(output.topic, key=output.key, value=value, headers=headers)
        self._published.append(_Published(future, cause))

    def _rests_on(self, cause: InputMessage) -> RestsOn:
        """Return which messages must be rows before what follows from the cause is one."""
        offsets = dict(self._positions) if self._processor.keeps_state else {}
        offsets[_place(cause)] = max(offsets.get(_place(cause), 0), cause.offset + 1)
        return RestsOn(self._life.cluster, offsets)

    # checkpoints

    async def _store_checkpoint(self) -> None:
        await self._confirm_outputs()
        await self._life.check()
        written = await self._store.store(
            self._checkpoint,
            items=await asyncio.to_thread(lambda: list(self._processor.take_dirty())),
            positions_payload=self._processor.positions_payload(),
            input_offsets=dict(self._positions),
            refill_offsets=self._refill_offsets(),
            vouch_offsets=self._vouch_offsets(),
        )
        for acknowledge in self._acknowledge:
            await acknowledge()
        self._acknowledge.clear()
        self._taken = 0
        self._checkpoint += 1
        _CHECKPOINTS.labels(self._processor.name).inc()
        _CHECKPOINT_BYTES.labels(self._processor.name).inc(written)
        pause = max(
            self._settings.checkpoint_interval_seconds,
            written / self._settings.checkpoint_bytes_per_second_max,
        )
        self._next_checkpoint_at = self._clock.monotonic_seconds() + pause

    async def _confirm_outputs(self) -> None:
        """Wait until the broker has all outputs; what it refuses for what it is becomes a dead letter of its cause.

        A dead letter that it refuses, too, is sent once more without the bytes.
        """
        for with_value in (True, False):
            refused = await self._unacknowledged()
            letters = [self._dead_letter(one.cause, why, with_value=with_value) for one, why in refused]
            self._published = []
            for (one, _), letter in zip(refused, letters, strict=True):
                for output, value in await self._encoded([letter]):
                    await self._publish(output, value, one.cause)
        for _, why in await self._unacknowledged():
            raise why
        self._published = []

    async def _unacknowledged(self) -> list[tuple[_Published, Poison]]:
        """Take note of where the broker put the outputs; return those that it refused and why.

        Raises:
            Transient: it did not acknowledge one in time.
        """
        refused: list[tuple[_Published, Poison]] = []
        if self._published:
            await asyncio.wait([one.acknowledged for one in self._published])
        for one in self._published:
            error = one.acknowledged.exception()
            if isinstance(error, Poison):
                refused.append((one, error))
            elif error is not None:
                raise error
            else:
                answer = one.acknowledged.result()
                place = f"{answer.topic}-{answer.partition}"
                self._vouched[place] = max(self._vouched.get(place, 0), answer.offset + 1)
        return refused

    def _vouch_offsets(self) -> dict[str, int]:
        """Return up to where outputs and inputs must be safe for this state to hold.

        Inputs, too: those that are not would come again, and a state that contains them would refuse them.
        """
        places = self._positions.keys() | self._vouched.keys()
        return {one: max(self._positions.get(one, 0), self._vouched.get(one, 0)) for one in sorted(places)}

    def _refill_offsets(self) -> dict[str, int]:
        offsets = {}
        for place, position in self._positions.items():
            topic, _, partition = place.rpartition("-")
            offsets[place] = self._processor.refill_offset(topic, int(partition), position)
        return offsets

    def _refill(self, refill_offsets: dict[str, int]) -> None:
        starts = {}
        for place, offset in refill_offsets.items():
            topic, _, partition = place.rpartition("-")
            if offset < self._positions.get(place, 0):
                starts[(topic, int(partition))] = offset
        for message in read_to_end(self._bootstrap_servers, starts) if starts else ():
            taken = as_input(message)
            # what lies at or behind the position comes again as an ordinary message
            if taken.offset < self._positions[_place(taken)]:
                try:
                    self._processor.refill(taken)
                except Poison:
                    continue  # it was dead-lettered when it was first processed


def _place(message: InputMessage) -> str:
    return f"{message.topic}-{message.partition}"


def as_input(message: object) -> InputMessage:
    """Return a librdkafka message as a processor takes it."""
    headers = message.headers() or []  # type: ignore[attr-defined]
    return InputMessage(
        topic=message.topic(),  # type: ignore[attr-defined]
        partition=message.partition(),  # type: ignore[attr-defined]
        offset=message.offset(),  # type: ignore[attr-defined]
        key=message.key(),  # type: ignore[attr-defined]
        value=message.value() or b"",  # type: ignore[attr-defined]
        headers={name: value or b"" for name, value in headers},
    )
