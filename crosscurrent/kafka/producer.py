"""A producer whose publish returns only when the broker has acknowledged."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import Producer as LibrdkafkaProducer

from crosscurrent.errors import CrosscurrentError, Fatal, Poison, Transient
from crosscurrent.kafka.client import FORBIDDEN_CODES, client_config, forbidden
from crosscurrent.kafka_access import Brokers
from crosscurrent.settings import Settings

_LINGER_MS = 5
_QUEUE_MESSAGES_MAX = 100_000
_QUEUE_KBYTES_MAX = 256 * 1024
_MESSAGE_BYTES_MAX = 64 * 1024 * 1024
_POLL_SECONDS = 0.1
_FULL_WAIT_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Where the broker put a message."""

    topic: str
    partition: int
    offset: int


class Producer:
    """An idempotent librdkafka producer for asyncio.

    ``publish`` may be called from one event loop by many tasks. Order within a partition is the order of the
    calls. Memory is bounded by librdkafka's queue: when it is full, ``publish`` waits.

    Args:
        bootstrap_servers: the brokers.
        delivery_timeout_seconds: how long a publish is tried before it raises ``Transient``.
    """

    def __init__(self, bootstrap_servers: Brokers, *, delivery_timeout_seconds: float = 60.0) -> None:
        self._servers = bootstrap_servers
        self._fatal: KafkaError | None = None
        self._producer = LibrdkafkaProducer(
            {
                **client_config(bootstrap_servers),
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": _LINGER_MS,
                "compression.type": "lz4",
                "message.max.bytes": _MESSAGE_BYTES_MAX,
                "queue.buffering.max.messages": _QUEUE_MESSAGES_MAX,
                "queue.buffering.max.kbytes": _QUEUE_KBYTES_MAX,
                "delivery.timeout.ms": int(delivery_timeout_seconds * 1000),
            }
        )
        self._stopped = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="kafka-producer-poll", daemon=True)
        self._poller.start()

    async def publish(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Mapping[str, bytes]
    ) -> Acknowledged:
        """Return where the message is, once the broker has acknowledged it.

        Raises:
            Transient: the broker did not acknowledge in time.
            Poison: the message is too large or otherwise refused for what it is.
            Fatal: this user may not write to the topic, or the client has ended for good.
        """
        return await (await self.enqueue(topic, key=key, value=value, headers=headers))

    async def enqueue(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Mapping[str, bytes]
    ) -> asyncio.Future[Acknowledged]:
        """Return a future of the acknowledgement; waits only while the queue is full.

        The future raises what ``publish`` raises.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Acknowledged] = loop.create_future()

        def delivered(error: Any, message: Any) -> None:
            loop.call_soon_threadsafe(self._settle, future, topic, error, message)

        while True:
            try:
                self._producer.produce(
                    topic, value, key, headers=list(headers.items()), on_delivery=delivered
                )
                return future
            except BufferError:
                await asyncio.sleep(_FULL_WAIT_SECONDS)
            except KafkaException as error:
                self._fail(future, topic, error.args[0])
                return future

    def close(self, timeout_seconds: float = 10.0) -> int:
        """Wait for what is under way and return how many messages were not acknowledged."""
        try:
            left = int(self._producer.flush(timeout_seconds))
        except KafkaException as error:
            self._give_up(error.args[0])
            left = len(self._producer)
        self._stopped.set()
        self._poller.join()
        return left

    def _poll(self) -> None:
        while not self._stopped.is_set():
            try:
                self._producer.poll(_POLL_SECONDS)
            except KafkaException as error:
                self._give_up(error.args[0])

    def _give_up(self, error: KafkaError) -> None:
        """Fail all that is under way: after a fatal error the client sends nothing more, and tells nobody."""
        self._fatal = error
        self._producer.purge()

    def _settle(self, future: asyncio.Future[Acknowledged], topic: str, error: Any, message: Any) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(Acknowledged(message.topic(), message.partition(), message.offset()))
        else:
            self._fail(future, topic, error)

    def _fail(self, future: asyncio.Future[Acknowledged], topic: str, error: KafkaError) -> None:
        reason = self._fatal or error
        if reason.code() in FORBIDDEN_CODES:
            future.set_exception(forbidden(self._servers, reason, f"topic {topic}"))
        elif self._fatal is not None:
            future.set_exception(_ended(topic, self._fatal))
        else:
            future.set_exception(_not_acknowledged(topic, error))


def _not_acknowledged(topic: str, error: KafkaError) -> CrosscurrentError:
    if error.name() in {"MSG_SIZE_TOO_LARGE", "INVALID_MSG", "INVALID_RECORD", "_INVALID_ARG"}:
        return Poison(
            f"the broker refuses a message for {topic}: {error.str()}",
            expected=f"a message of at most {_MESSAGE_BYTES_MAX} bytes",
            todo="look at the dead letter",
            topic=topic,
        )
    return Transient(
        f"a message for {topic} was not acknowledged: {error.str()}",
        expected="an acknowledgement within the delivery timeout",
        todo="check the broker; the message will be sent again",
        topic=topic,
    )


def _ended(topic: str, error: KafkaError) -> Fatal:
    return Fatal(
        f"the Kafka client sends nothing more, a message for {topic} neither: {error.str()}",
        expected="a client that no other process with its identity has pushed out",
        todo="start this process again; if it comes again, look at the brokers' log",
        topic=topic,
    )


def make_producer(settings: Settings) -> Producer:
    """Return a producer as the settings want it.

    Args:
        settings: where the brokers are, how they are reached, and how long a publish is tried.
    """
    return Producer(settings.brokers, delivery_timeout_seconds=settings.kafka.delivery_timeout_seconds)
