"""Runs stream processors in this process: Faust brings the messages, a ``Runner`` keeps the promise."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence

import faust
import structlog
import uvloop

from crosscurrent.clock import SystemClock
from crosscurrent.errors import CrosscurrentError, ServerAway
from crosscurrent.kafka import NewTopic, Producer, ensure_topics, topic_lives
from crosscurrent.metrics import ProcessServer
from crosscurrent.settings import Settings
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from schemas.topics import OBSERVATIONS, PROCESSOR_STATE, all_topics
from streams.app import make_app
from streams.processor.checkpoint import CheckpointStore
from streams.processor.message import InputMessage
from streams.processor.protocol import Processor
from streams.processor.runner import Runner

_LOG = structlog.get_logger()
_CHECKPOINT_LOOK_SECONDS = 0.1

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
        settings.metrics.port, lambda: [reason for w in workers for reason in w.not_ready()]
    )
    server.start()
    producer = None
    try:
        await asyncio.to_thread(_ensure_topics, sources, settings)
        producer = Producer(
            settings.bootstrap_servers, delivery_timeout_seconds=settings.kafka.delivery_timeout_seconds
        )
        for worker in workers:
            await worker.start(producer)
        stopping = asyncio.create_task(stop.wait())
        failures = [asyncio.create_task(worker.failed()) for worker in workers]
        await asyncio.wait([stopping, *failures], return_when=asyncio.FIRST_COMPLETED)
        for task in (stopping, *failures):
            task.cancel()
        for worker in workers:
            await worker.stop()
    finally:
        if producer is not None:
            await asyncio.to_thread(producer.close)
        server.close()
    for worker in workers:
        worker.raise_failure()


def _ensure_topics(sources: tuple[str, ...], settings: Settings) -> None:
    ensure_topics(
        settings.bootstrap_servers,
        [NewTopic(topic.name, topic.compacted) for topic in all_topics(sources)],
        partitions=settings.kafka.partitions,
        replication_factor=settings.kafka.replication_factor,
    )


class _Worker:
    """One processor with its Faust app."""

    def __init__(self, make: MakeProcessor, settings: Settings) -> None:
        self._settings = settings
        self._codec = Codec(ConfluentRegistry(settings.registry_url))
        self._processor = make(self._codec)
        self._app = make_app(self._processor.name, settings)
        self._runner: Runner | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._failure: asyncio.Future[BaseException] | None = None
        self._assigned = False

    async def start(self, producer: Producer) -> None:
        self._failure = asyncio.get_running_loop().create_future()
        cluster = await asyncio.to_thread(self._cluster)
        clock = SystemClock()
        tenant, servers = self._settings.tenant, self._settings.bootstrap_servers
        store = CheckpointStore(
            self._processor.name,
            tenant=tenant,
            bootstrap_servers=servers,
            cluster=cluster,
            producer=producer,
            codec=self._codec,
            clock=clock,
        )
        self._runner = Runner(
            self._processor,
            store=store,
            producer=producer,
            codec=self._codec,
            clock=clock,
            settings=self._settings.worker,
            cluster=cluster,
            tenant=tenant,
            bootstrap_servers=servers,
        )
        await self._runner.start()
        self._attach_agent(self._runner)
        self._app.finalize()
        await self._app.start()
        self._ticker = asyncio.create_task(self._tick(self._runner))

    async def stop(self) -> None:
        if self._runner is not None and self._failure is not None and not self._failure.done():
            await self._guard(self._runner.checkpoint())
        if self._ticker is not None:
            self._ticker.cancel()
        await self._app.stop()

    async def failed(self) -> None:
        """Return when the processor cannot go on."""
        assert self._failure is not None
        await asyncio.shield(self._failure)

    def raise_failure(self) -> None:
        if self._failure is not None and self._failure.done():
            raise self._failure.result()

    def not_ready(self) -> list[str]:
        if self._runner is None:
            return [f"{self._processor.name}: state is being restored"]
        if not self._assigned:
            return [f"{self._processor.name}: has not joined its consumer group yet"]
        return []

    def _cluster(self) -> str:
        lives = topic_lives(self._settings.bootstrap_servers, [OBSERVATIONS, PROCESSOR_STATE])
        if OBSERVATIONS not in lives:
            raise ServerAway(
                f"no topic {OBSERVATIONS} on {self._settings.bootstrap_servers}",
                expected="the topics that were just created",
                todo="check the broker",
            )
        return lives[OBSERVATIONS].partition("/")[0]

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
                if not await self._guard(runner.handle(_input(event), _acknowledger(event))):
                    await asyncio.Event().wait()  # nothing further may be taken in; the process ends

        self._app.agent(topic, name=self._processor.name, concurrency=1)(agent)

        async def assigned(_sender: object, **_: object) -> None:
            self._assigned = True

        async def revoked(_sender: object, **_: object) -> None:
            await self._guard(runner.checkpoint())

        self._app.on_partitions_assigned.connect(assigned, weak=False)
        self._app.on_partitions_revoked.connect(revoked, weak=False)

    async def _tick(self, runner: Runner) -> None:
        while True:
            if not await self._guard(runner.checkpoint_if_due()):
                return
            await asyncio.sleep(_CHECKPOINT_LOOK_SECONDS)

    async def _guard(self, work: Awaitable[None]) -> bool:
        """Return whether the work was done; a failure ends the process, which starts from its checkpoint again."""
        try:
            await work
            return True
        except CrosscurrentError as error:
            _LOG.error("processor_stopped", processor=self._processor.name, error=str(error))
            if self._failure is not None and not self._failure.done():
                self._failure.set_result(error)
            return False


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
