"""Runs stream processors in this process: Faust brings the messages, a ``Runner`` keeps the promise."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Sequence

import faust
import structlog
import uvloop
from prometheus_client import Gauge

from crosscurrent.clock import SystemClock
from crosscurrent.errors import CrosscurrentError, Fatal, Transient
from crosscurrent.kafka import NewTopic, Producer, ensure_topics, high_watermarks, make_producer
from crosscurrent.metrics import ProcessServer
from crosscurrent.settings import Settings
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from schemas.topics import PROCESSOR_STATE, all_topics, topic_name
from streams.app import consumer_group, make_app
from streams.processor.checkpoint import CheckpointStore
from streams.processor.committed import committed_offsets
from streams.processor.life import BrokerLife
from streams.processor.message import InputMessage
from streams.processor.protocol import Processor
from streams.processor.runner import Runner
from streams.processor.stall import StallWatch

_LOG = structlog.get_logger()
_CHECKPOINT_LOOK_SECONDS = 0.1
_LIFE_LOOK_SECONDS = 2.0
_LAST_CHECKPOINT_SECONDS_MAX = 5.0
# Faust's stop waits for threads of its own that may never answer (robinhood/faust issues 484 and 684).
_STOP_SECONDS_MAX = 15.0

_LAG_MESSAGES = Gauge(
    "stream_lag_messages",
    "Messages between the next one to process and the end",
    ["processor", "topic", "partition"],
)

MakeProcessor = Callable[[Codec], Processor]


def run(makers: Sequence[MakeProcessor], sources: tuple[str, ...], settings: Settings) -> None:
    """Run the processors until SIGTERM or SIGINT.

    Args:
        makers: each makes a processor, given the codec.
        sources: names of the sources whose topics must exist.
        settings: addresses and bounds.

    Raises:
        ServerAway: the broker does not answer at the start.
        CrosscurrentError: a processor failed for good; the supervisor starts the process again.
    """
    uvloop.run(_run(makers, sources, settings))


async def _run(makers: Sequence[MakeProcessor], sources: tuple[str, ...], settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    workers = [_Worker(make, settings) for make in makers]
    server = ProcessServer(
        settings.metrics.host,
        settings.metrics.port,
        lambda: [reason for w in workers for reason in w.not_ready()],
    )
    server.start()
    producer = None
    try:
        await asyncio.to_thread(_ensure_topics, sources, settings)
        producer = make_producer(settings)
        inputs = dict.fromkeys(topic for worker in workers for topic in worker.inputs)
        topics = [*inputs, topic_name(PROCESSOR_STATE)]
        life = await asyncio.to_thread(BrokerLife, settings.brokers, topics)
        await asyncio.gather(*(worker.start(producer, life) for worker in workers))
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(_until_over(life))]
        ends += [asyncio.create_task(worker.failed()) for worker in workers]
        done, running = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()
        for task in done:
            task.result()
    finally:
        _end_in_time()
        await asyncio.gather(*(worker.stop() for worker in workers))
        if producer is not None:
            await asyncio.to_thread(producer.close)
        server.close()
    for worker in workers:
        worker.raise_failure()


async def _until_over(life: BrokerLife) -> None:
    """Raise once the life of the broker is over."""
    while True:
        await asyncio.sleep(_LIFE_LOOK_SECONDS)
        over = await life.is_over()
        if over is not None:
            raise over


def _ensure_topics(sources: tuple[str, ...], settings: Settings) -> None:
    ensure_topics(
        settings.brokers,
        [NewTopic.of(topic.name, settings.kafka, compacted=topic.compacted) for topic in all_topics(sources)],
        partitions=settings.kafka.partitions,
        replication_factor=settings.kafka.replication_factor,
    )


def _end_in_time() -> None:
    """See to it that the process ends, even if a thread does not: what was not stored is done again."""

    def end() -> None:
        _LOG.error("worker_killed", reason=f"it did not stop within {_STOP_SECONDS_MAX:g} s")
        os._exit(1)

    timer = threading.Timer(_STOP_SECONDS_MAX, end)
    timer.daemon = True
    timer.start()


class _Worker:
    """One processor with its Faust app.

    State is loaded when partitions are assigned, not before: until then another process may still store newer state.
    """

    def __init__(self, make: MakeProcessor, settings: Settings) -> None:
        self._settings = settings
        self._codec = Codec(ConfluentRegistry(settings.registry_url))
        self._processor = make(self._codec)
        self._app = make_app(self._processor.name, settings)
        self._runner: Runner | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._opening: asyncio.Task[None] | None = None
        self._started = False
        self._opened = False
        self._open = asyncio.Event()
        self._stopping = asyncio.Event()
        self._failure: asyncio.Future[BaseException] | None = None
        self._standing = "has not joined its consumer group yet"
        self._watch = StallWatch(
            self._processor.name, settings.worker.stall_seconds_max, SystemClock(), self._behind
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        """The topics it reads."""
        return self._processor.inputs

    async def start(self, producer: Producer, life: BrokerLife) -> None:
        self._failure = asyncio.get_running_loop().create_future()
        self._runner = self._make_runner(life, producer)
        self._attach_agent(self._runner)
        self._app.finalize()
        self._started = True
        await self._app.start()
        self._ticking = asyncio.create_task(self._tick(self._runner))

    async def stop(self) -> None:
        self._stopping.set()
        if self._ticking is not None:
            # not cancelled: a checkpoint that is under way is finished
            await asyncio.wait([self._ticking], timeout=_LAST_CHECKPOINT_SECONDS_MAX)
        if self._runner is not None and self._opened and not self._has_failed():
            await self._guard(
                asyncio.wait_for(self._runner.checkpoint(), timeout=_LAST_CHECKPOINT_SECONDS_MAX)
            )
        if self._opening is not None:
            self._opening.cancel()
        if self._started:
            await self._app.stop()
        if self._runner is not None:
            self._runner.close()

    async def failed(self) -> None:
        """Return when the processor cannot go on."""
        assert self._failure is not None
        await asyncio.shield(self._failure)

    def raise_failure(self) -> None:
        if self._failure is not None and self._failure.done():
            raise self._failure.result()

    def not_ready(self) -> list[str]:
        return [] if self._open.is_set() else [f"{self._processor.name}: {self._standing}"]

    def _make_runner(self, life: BrokerLife, producer: Producer) -> Runner:
        clock = SystemClock()
        tenant, servers = self._settings.tenant, self._settings.brokers
        store = CheckpointStore(
            self._processor.name,
            tenant=tenant,
            bootstrap_servers=servers,
            cluster=life.cluster,
            producer=producer,
            codec=self._codec,
            clock=clock,
        )
        return Runner(
            self._processor,
            store=store,
            producer=producer,
            codec=self._codec,
            clock=clock,
            settings=self._settings.worker,
            life=life,
            tenant=tenant,
            bootstrap_servers=servers,
        )

    def _attach_agent(self, runner: Runner) -> None:
        topic = self._app.topic(
            *self._processor.inputs,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
        )

        async def agent(stream: faust.Stream) -> None:
            async for event in stream.noack().events():
                await self._open.wait()
                self._watch.begin()
                if not await self._guard(runner.handle(_input(event), _acknowledger(event))):
                    await asyncio.Event().wait()  # nothing further may be taken in; the process ends
                self._watch.end()

        self._app.agent(topic, name=self._processor.name, concurrency=1)(agent)

        async def assigned(_sender: object, partitions: set[faust.types.TP], **_: object) -> None:
            self._assign(runner, {tp for tp in partitions if tp.topic in self._processor.inputs})

        async def revoked(_sender: object, _partitions: object, **_: object) -> None:
            await self._revoke(runner)

        self._app.on_partitions_assigned.connect(assigned, weak=False)
        self._app.on_partitions_revoked.connect(revoked, weak=False)

    def _assign(self, runner: Runner, partitions: set[faust.types.TP]) -> None:
        """Open the gate for messages once the state fits the partitions that this process got."""
        if not partitions:
            self._standing = "stands by: another worker holds the partitions"
            if self._opened:
                self._fail(_given_away(self._processor.name))
            return
        self._standing = "state is being restored"
        # in a task: the group waits for the answer to an assignment no longer than the session's time
        self._opening = asyncio.create_task(self._reopen(self._opening, runner, len(partitions)))

    async def _revoke(self, runner: Runner) -> None:
        if not self._open.is_set() or self._has_failed():
            return
        self._open.clear()
        self._standing = "waits for its partitions"
        timeout = self._settings.kafka.session_timeout_seconds / 2
        try:
            # shielded: half a checkpoint would be the last
            await asyncio.wait_for(asyncio.shield(self._guard(runner.checkpoint())), timeout)
        except TimeoutError:
            _LOG.warning("checkpoint_left_out", processor=self._processor.name, seconds=timeout)

    async def _reopen(self, previous: asyncio.Task[None] | None, runner: Runner, partitions: int) -> None:
        if previous is not None:
            await previous
        opened = not self._has_failed() and await self._guard(self._open_gate(runner, partitions))
        if opened and asyncio.current_task() is self._opening:  # a later assignment opens for itself
            self._watch.restart()
            self._open.set()

    async def _open_gate(self, runner: Runner, partitions: int) -> None:
        servers, inputs = self._settings.brokers, self._processor.inputs
        committed = await asyncio.to_thread(
            committed_offsets, servers, consumer_group(self._processor.name), inputs
        )
        if partitions < len(committed):
            # members of a life that is over may still be counted in
            await runner.check_life()
            raise _divided(self._processor.name, partitions, len(committed))
        if not self._opened:
            await runner.start(committed)
            self._opened = True
        elif await runner.was_overtaken():
            raise _given_away(self._processor.name)

    async def _tick(self, runner: Runner) -> None:
        while not self._stopping.is_set():
            if self._app.crashed:
                self._fail(_faust_crashed(self._processor.name, self._app.crash_reason))
            if self._opened and not await self._guard(runner.checkpoint_if_due()):
                return
            if self._open.is_set() and not await self._guard(self._watch.check()):
                return
            self._observe_lag(runner)
            await asyncio.sleep(_CHECKPOINT_LOOK_SECONDS)

    def _observe_lag(self, runner: Runner) -> None:
        """Measure how far the processor is behind, by what fetches say: that is right on every broker."""
        if not self._open.is_set():
            return
        consumer = self._app.consumer
        for place in consumer.assignment():
            # none before the first fetch of a partition
            end = consumer.highwater(place) if place.topic in self._processor.inputs else None
            if end is not None:
                lag = max(0, end - runner.position(place.topic, place.partition))
                _LAG_MESSAGES.labels(self._processor.name, place.topic, str(place.partition)).set(lag)

    async def _behind(self) -> list[str]:
        """Return the partitions that hold more than Faust's consumer has read."""
        ends = await asyncio.to_thread(high_watermarks, self._settings.brokers, self._processor.inputs)
        behind = []
        for (topic, partition), end in sorted(ends.items()):
            position = await self._app.consumer.position(faust.types.TP(topic, partition))
            if end > (position or 0):
                behind.append(f"{topic}-{partition}")
        return behind

    async def _guard(self, work: Awaitable[None]) -> bool:
        """Return whether the work was done; a failure ends the process, which starts from its checkpoint again."""
        try:
            await work
            return True
        except Exception as error:  # noqa: BLE001 - the run loop: Faust would drop the message and go on
            self._fail(error)
            return False

    def _fail(self, error: Exception) -> None:
        if self._failure is None or self._failure.done():
            return
        if isinstance(error, CrosscurrentError):
            _LOG.error("processor_stopped", processor=self._processor.name, error=str(error))
        else:
            _LOG.error("processor_stopped", processor=self._processor.name, exc_info=error)
        self._failure.set_result(error)

    def _has_failed(self) -> bool:
        return self._failure is not None and self._failure.done()


def _given_away(processor: str) -> Transient:
    return Transient(
        f"the partitions of {processor} went to another worker",
        expected="one worker for a processor",
        todo="start this one again to let it stand by; `crosscurrent up` does",
        processor=processor,
    )


def _divided(processor: str, held: int, count: int) -> Fatal:
    return Fatal(
        f"this worker got {held} of the {count} partitions of {processor}'s topics, another one has the rest",
        expected="all partitions at one worker, as its state is not divided",
        todo=f"run one worker for {processor}",
        processor=processor,
    )


def _faust_crashed(processor: str, reason: BaseException | None) -> Transient:
    return Transient(
        f"the Faust app of {processor} crashed: {type(reason).__name__} {reason}",
        expected="a consumer that goes on",
        todo="check the broker; the worker starts from its last checkpoint again",
        processor=processor,
    )


def _input(event: faust.Event) -> InputMessage:
    message = event.message
    headers = message.headers or {}
    pairs = headers.items() if isinstance(headers, dict) else headers
    return InputMessage(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value or b"",
        headers={name: value or b"" for name, value in pairs},
    )


def _acknowledger(event: faust.Event) -> Callable[[], Awaitable[None]]:
    async def acknowledge() -> None:
        event.ack()

    return acknowledge
