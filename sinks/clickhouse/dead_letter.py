"""Sends what the sink cannot process to ``dead-letter.sink``, and returns when the broker has it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from crosscurrent.clock import Clock
from crosscurrent.errors import Poison
from crosscurrent.kafka import Producer, cloud_event_headers
from schemas.codec import Codec
from schemas.identity import record_id
from schemas.records import DeadLetter
from schemas.topics import DEAD_LETTER, message_key, topic_name
from sinks.clickhouse.message import SinkMessage

STAGE = "sink"


class Burial(Protocol):
    """Takes what cannot be processed."""

    def publish(self, failures: Sequence[tuple[SinkMessage, Poison]]) -> list[DeadLetter]:
        """Return a letter for each failure, once those who follow the dead letters can have them."""
        ...


class DeadLetters:
    """Publishes dead letters of the sink.

    Args:
        producer: publishes them.
        codec: encodes them.
        clock: stamps them.
        tenant: whose they are where the message's key does not say.
    """

    def __init__(self, producer: Producer, codec: Codec, clock: Clock, *, tenant: str) -> None:
        self._producer = producer
        self._codec = codec
        self._clock = clock
        self._tenant = tenant
        self._topic = topic_name(DEAD_LETTER, STAGE)

    def publish(self, failures: Sequence[tuple[SinkMessage, Poison]]) -> list[DeadLetter]:
        """Publish one dead letter for each failure; return them when the broker has acknowledged them all.

        Raises:
            Transient: the broker or the registry does not answer; do it again, the ids stay the same.
        """
        now_utc = self._clock.now_utc()
        letters = [dead_letter(message, error, self._tenant, now_utc) for message, error in failures]
        if letters:
            asyncio.run(self._publish_all(letters))
        return letters

    async def _publish_all(self, letters: Sequence[DeadLetter]) -> None:
        waiting = []
        for letter in letters:
            future = await self._producer.enqueue(
                self._topic,
                key=message_key(letter.tenant, STAGE, letter.record_id),
                value=self._codec.encode(self._topic, letter),
                headers=cloud_event_headers(
                    record_id=letter.record_id,
                    source="/sinks/clickhouse",
                    event_type="crosscurrent.DeadLetter",
                    time_utc=letter.failed_at,
                ),
            )
            waiting.append(future)
        await asyncio.gather(*waiting)


def dead_letter(message: SinkMessage, error: Poison, default_tenant: str, now_utc: datetime) -> DeadLetter:
    """Return the dead letter of a message: its bytes, where it was, and why.

    Args:
        message: what cannot be processed.
        error: why.
        default_tenant: whose it is where the message's key does not say.
        now_utc: when it failed.
    """
    tenant = tenant_of(message.key, default_tenant)
    value = message.value or b""
    return DeadLetter(
        tenant=tenant,
        # from the bytes, not the position: the same message in another life is the same dead letter
        record_id=record_id(tenant, "dead-letter", STAGE, message.topic, hashlib.sha256(value).hexdigest()),
        stage=STAGE,
        cluster=message.cluster,
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        headers=dict(message.headers),
        value=value,
        error=type(error).__name__,
        found=error.found,
        expected=error.expected,
        todo=error.todo,
        failed_at=now_utc,
    )


def tenant_of(key: bytes | None, default: str) -> str:
    """Return the tenant with which a message key begins, or the default where it has none."""
    head = (key or b"").partition(b"|")[0]
    try:
        text = head.decode()
    except UnicodeDecodeError:
        return default
    return text if b"|" in (key or b"") and text else default
