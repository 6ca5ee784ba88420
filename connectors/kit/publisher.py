"""Publishes events, dead letters and states; each returns only when the broker has acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import stamina

from connectors.kit.event import DEAD_LETTER_BYTES_CUT, STAGE, cut
from connectors.kit.instruments import DEAD_LETTERS, EVENTS
from crosscurrent.errors import Poison, Transient
from crosscurrent.kafka import Acknowledged, cloud_event_headers
from schemas.codec import Codec, Record
from schemas.records import ConnectorState, DeadLetter, RawEvent
from schemas.topics import CONNECTOR_STATE, DEAD_LETTER, RAW, message_key, topic_name

_REGISTRY_ATTEMPTS = 1_000_000  # a registry that is away is waited for; nothing is polled meanwhile
_REGISTRY_WAIT_SECONDS_MAX = 5.0


class Brings(Protocol):
    """The part of ``crosscurrent.kafka.Producer`` that is needed here."""

    async def publish(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Mapping[str, bytes]
    ) -> Acknowledged:
        """Return where the message is, once the broker has acknowledged it."""
        ...


class Publisher:
    """Publishes for one source.

    Args:
        source: name of the source.
        producer: brings messages to the broker.
        codec: encodes records.
    """

    def __init__(self, source: str, producer: Brings, codec: Codec) -> None:
        self._source = source
        self._producer = producer
        self._codec = codec
        self._registered: set[str] = set()
        self._registry_away: Transient | None = None

    def not_ready(self) -> list[str]:
        """Return why nothing can be published now; none if something can."""
        away = self._registry_away
        return [] if away is None else [f"{self._source}: {away.found}"]

    async def publish_event(self, event: RawEvent) -> Acknowledged:
        """Return where the event is.

        Raises:
            Transient: the broker did not acknowledge in time.
            Poison: the broker refuses the message, as one that is too large.
            Fatal: the schema clashes with the registry's.
        """
        key = message_key(event.tenant, event.source, event.request_key)
        topic = topic_name(RAW, event.source)
        acknowledged = await self._publish(topic, key, event, event.record_id, event.observed_at)
        EVENTS.labels(event.source, event.endpoint).inc()
        return acknowledged

    async def publish_dead_letter(self, letter: DeadLetter) -> Acknowledged:
        """Return where the dead letter is; one that the broker finds too large is cut.

        Raises:
            Transient: the broker did not acknowledge in time.
            Fatal: the schema clashes with the registry's.
        """
        topic = topic_name(DEAD_LETTER, STAGE)
        key = message_key(letter.tenant, STAGE, letter.record_id)
        try:
            acknowledged = await self._publish(topic, key, letter, letter.record_id, letter.failed_at)
        except Poison:
            if len(letter.value) <= DEAD_LETTER_BYTES_CUT:
                raise
            acknowledged = await self._publish(topic, key, cut(letter), letter.record_id, letter.failed_at)
        DEAD_LETTERS.labels(self._source).inc()
        return acknowledged

    async def publish_state(self, state: ConnectorState) -> Acknowledged:
        """Return where the state is.

        Raises:
            Transient: the broker did not acknowledge in time.
            Fatal: the schema clashes with the registry's.
        """
        key = message_key(state.tenant, state.source, state.request_key)
        return await self._publish(CONNECTOR_STATE, key, state, state.record_id, state.started_at)

    async def _publish(
        self, topic: str, key: bytes, record: Record, record_id: str, time_utc: datetime
    ) -> Acknowledged:
        headers = cloud_event_headers(
            record_id=record_id,
            source=f"/connectors/{self._source}",
            event_type=f"crosscurrent.{type(record).__name__}",
            time_utc=time_utc,
        )
        value = await self._encoded(topic, record)
        return await self._producer.publish(topic, key=key, value=value, headers=headers)

    async def _encoded(self, topic: str, record: Record) -> bytes:
        if topic in self._registered:
            return self._codec.encode(topic, record)
        async for attempt in stamina.retry_context(
            on=Transient, attempts=_REGISTRY_ATTEMPTS, timeout=None, wait_max=_REGISTRY_WAIT_SECONDS_MAX
        ):
            with attempt:
                return await self._registering(topic, record)
        raise AssertionError("unreachable: the retry returns or raises")

    async def _registering(self, topic: str, record: Record) -> bytes:
        # the first record of a topic registers its schema, which waits for another server
        try:
            value = await asyncio.to_thread(self._codec.encode, topic, record)
        except Transient as error:
            self._registry_away = error
            raise
        self._registry_away = None
        self._registered.add(topic)
        return value
