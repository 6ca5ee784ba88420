"""Runs a processor's rules with the delivery promise around them.

The order is everything: outputs are acknowledged by the broker, then the state that rests on them, then the
inputs. A crash between two of these repeats work and loses none; repeated outputs carry the same ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import stamina
import structlog
from prometheus_client import Counter, Histogram

from crosscurrent.clock import Clock
from crosscurrent.errors import Poison, Transient
from crosscurrent.kafka import Acknowledged, Producer, cloud_event_headers, read_to_end
from crosscurrent.kafka.headers import child_traceparent
from crosscurrent.settings import WorkerSettings
from schemas.codec import Codec
from streams.processor.checkpoint import CheckpointStore
from streams.processor.message import InputMessage, Output
from streams.processor.poison import dead_letter
from streams.processor.protocol import Processor

_LOG = structlog.get_logger()
_MESSAGES = Counter("stream_messages_total", "Messages taken in", ["processor", "outcome"])
_OUTPUTS = Counter("stream_outputs_total", "Records published", ["processor", "topic"])
_CHECKPOINTS = Counter("stream_checkpoints_total", "Checkpoints stored", ["processor"])
_CHECKPOINT_BYTES = Counter("stream_checkpoint_bytes_total", "Bytes of state stored", ["processor"])
_SECONDS = Histogram("stream_process_seconds", "Time in the processor's rules for a message", ["processor"])

_RETRY_ATTEMPTS = 1_000_000  # a registry that is away is waited for; the broker keeps what we have not taken
_RETRY_WAIT_SECONDS_MAX = 5.0
_RETRY_WAIT_SECONDS_INITIAL = 0.1


class Runner:
    """Feeds one processor and keeps its checkpoints.

    All methods run on one event loop; ``handle`` is called by one task, in the order of the offsets of each
    partition.

    Args:
        processor: the rules.
        store: where state goes.
        producer: publishes outputs.
        codec: encodes outputs.
        clock: the time.
        settings: bounds and intervals.
        cluster: life of the broker.
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
        cluster: str,
        tenant: str,
        bootstrap_servers: str,
    ) -> None:
        self._processor = processor
        self._store = store
        self._producer = producer
        self._codec = codec
        self._clock = clock
        self._settings = settings
        self._cluster = cluster
        self._tenant = tenant
        self._bootstrap_servers = bootstrap_servers
        self._lock = asyncio.Lock()
        self._acknowledge: list[Callable[[], Awaitable[None]]] = []
        self._unconfirmed: list[asyncio.Future[Acknowledged]] = []
        self._positions: dict[str, int] = {}
        self._vouched: dict[str, int] = {}
        self._checkpoint = 0
        self._next_checkpoint_at = 0.0

    async def start(self) -> None:
        """Load the stored state and refill the windows.

        Raises:
            ServerAway: the broker does not answer.
        """
        loaded = await asyncio.to_thread(self._store.load)
        for key, payload in loaded.items.items():
            self._processor.restore(key, payload)
        self._positions = dict(loaded.input_offsets)
        self._checkpoint = loaded.checkpoint + 1
        await asyncio.to_thread(self._refill, loaded.refill_offsets)
        _LOG.info("state_restored", items=len(loaded.items), positions=self._positions)

    async def handle(self, message: InputMessage, acknowledge: Callable[[], Awaitable[None]]) -> None:
        """Process a message; ``acknowledge`` is called after the checkpoint that contains it."""
        async with self._lock:
            place = f"{message.topic}-{message.partition}"
            if message.offset < self._positions.get(place, 0):
                _MESSAGES.labels(self._processor.name, "seen").inc()
            else:
                await self._process(message)
                self._positions[place] = message.offset + 1
            self._acknowledge.append(acknowledge)
            if len(self._acknowledge) >= self._settings.events_unacknowledged_max:
                await self._store_checkpoint()

    async def checkpoint_if_due(self) -> None:
        """Store a checkpoint if something waits for one and it is time."""
        async with self._lock:
            if self._acknowledge and self._clock.monotonic_seconds() >= self._next_checkpoint_at:
                await self._store_checkpoint()

    async def checkpoint(self) -> None:
        """Store a checkpoint now if something waits for one."""
        async with self._lock:
            if self._acknowledge:
                await self._store_checkpoint()

    async def _process(self, message: InputMessage) -> None:
        with _SECONDS.labels(self._processor.name).time():
            try:
                outputs = await self._outputs(message)
                outcome = "processed"
            except Poison as error:
                outputs = [self._dead_letter(message, error)]
                outcome = "dead_lettered"
            except Exception as error:  # noqa: BLE001 - the run loop: one bad message must not stop the others
                _LOG.exception("message_failed", topic=message.topic, offset=message.offset)
                unknown = Poison(
                    f"{type(error).__name__}: {error}",
                    expected=f"a message that {self._processor.name} can process",
                    todo="report this with the dead letter; replay it after the fix",
                )
                outputs = [self._dead_letter(message, unknown)]
                outcome = "dead_lettered"
        _MESSAGES.labels(self._processor.name, outcome).inc()
        for output in outputs:
            self._unconfirmed.append(await self._publish(output, message))

    async def _outputs(self, message: InputMessage) -> list[Output]:
        async for attempt in stamina.retry_context(
            on=Transient,
            attempts=_RETRY_ATTEMPTS,
            timeout=None,
            wait_initial=_RETRY_WAIT_SECONDS_INITIAL,
            wait_max=_RETRY_WAIT_SECONDS_MAX,
        ):
            with attempt:
                return self._processor.process(message)
        raise AssertionError("unreachable: the retry returns or raises")

    def _dead_letter(self, message: InputMessage, error: Poison) -> Output:
        _LOG.warning("message_dead_lettered", topic=message.topic, offset=message.offset, found=error.found)
        return dead_letter(
            message,
            error,
            stage=self._processor.name,
            tenant=self._tenant,
            cluster=self._cluster,
            now_utc=self._clock.now_utc(),
        )

    async def _publish(self, output: Output, cause: InputMessage) -> asyncio.Future[Acknowledged]:
        headers = cloud_event_headers(
            record_id=output.record_id,
            source=f"/streams/{self._processor.name}",
            event_type=f"crosscurrent.{type(output.record).__name__}",
            time_utc=output.time_utc,
            traceparent=child_traceparent(cause.headers),
        )
        value = await self._encode(output)
        _OUTPUTS.labels(self._processor.name, output.topic).inc()
        return await self._producer.enqueue(output.topic, key=output.key, value=value, headers=headers)

    async def _encode(self, output: Output) -> bytes:
        async for attempt in stamina.retry_context(
            on=Transient,
            attempts=_RETRY_ATTEMPTS,
            timeout=None,
            wait_initial=_RETRY_WAIT_SECONDS_INITIAL,
            wait_max=_RETRY_WAIT_SECONDS_MAX,
        ):
            with attempt:
                return self._codec.encode(output.topic, output.record)
        raise AssertionError("unreachable: the retry returns or raises")

    async def _store_checkpoint(self) -> None:
        for acknowledged in await asyncio.gather(*self._unconfirmed):
            place = f"{acknowledged.topic}-{acknowledged.partition}"
            self._vouched[place] = max(self._vouched.get(place, 0), acknowledged.offset + 1)
        self._unconfirmed.clear()
        written = await self._store.store(
            self._checkpoint,
            items=self._processor.take_dirty(),
            positions_payload=self._processor.positions_payload(),
            input_offsets=dict(self._positions),
            refill_offsets=self._refill_offsets(),
            vouch_offsets=dict(self._vouched),
        )
        for acknowledge in self._acknowledge:
            await acknowledge()
        self._acknowledge.clear()
        self._checkpoint += 1
        _CHECKPOINTS.labels(self._processor.name).inc()
        _CHECKPOINT_BYTES.labels(self._processor.name).inc(written)
        pause = max(
            self._settings.checkpoint_interval_seconds,
            written / self._settings.checkpoint_bytes_per_second_max,
        )
        self._next_checkpoint_at = self._clock.monotonic_seconds() + pause

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
            if taken.offset < self._positions[f"{taken.topic}-{taken.partition}"]:
                try:
                    self._processor.refill(taken)
                except Poison:
                    continue  # it was dead-lettered when it was first processed


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
