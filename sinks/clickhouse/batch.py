"""Writes whole batches: causes first, then what rests on them; tries until it succeeds or is withdrawn."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TypeVar

import structlog

from crosscurrent.errors import Poison, Transient
from crosscurrent.kafka import RestsOn
from schemas.codec import Codec
from schemas.records import ConnectorState, ProcessorState
from schemas.topics import CONNECTOR_STATE, ENTITIES, OBSERVATIONS, PROCESSOR_STATE, RAW
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.dead_letter import Burial
from sinks.clickhouse.decode import Decoded, DecodedStretch, cut, decode_message
from sinks.clickhouse.instruments import LOST, RETRIES
from sinks.clickhouse.message import Stretch, TopicPartitionKey
from sinks.clickhouse.vouchers import Voucher, Vouchers
from sinks.clickhouse.writer import PartWriter

_PART_ROWS_MAX = 500_000  # above it, an observation's series and time no longer fit one integer
_BACK_OFF_SECONDS_MIN = 0.1
_BACK_OFF_SECONDS_MAX = 5.0
_STATE_TOPICS = (CONNECTOR_STATE, PROCESSOR_STATE)
_MADE_FROM_RAW = (ENTITIES, OBSERVATIONS)

_T = TypeVar("_T")
_log = structlog.get_logger()


class Withdrawn(Exception):
    """The batch is not wanted any more: its partitions go to another process, or this one stops."""


@dataclass(slots=True)
class Outcome:
    """What became of a batch.

    Attributes:
        written: partition to the offset after the last one that is in the ledger now.
        awaiting: messages that wait for those they rest on.
        withdrawn: messages that were not written because the batch was withdrawn.
    """

    written: dict[TopicPartitionKey, int] = field(default_factory=dict)
    awaiting: list[Stretch] = field(default_factory=list)
    withdrawn: list[Stretch] = field(default_factory=list)


class BatchWriter:
    """Writes one batch at a time, from a thread of its own.

    Call ``write`` from one thread. ``withdraw`` may be called from another: the write under way then ends at
    its next step. ``trouble`` may be read by anyone.

    Args:
        client: ClickHouse.
        codec: decodes messages.
        dead_letters: takes what cannot be processed.
        vouchers: knows what may be written.
        rows_max: rows of one insert; a single message may have more.
    """

    def __init__(
        self,
        client: ClickHouse,
        codec: Codec,
        dead_letters: Burial,
        vouchers: Vouchers,
        *,
        rows_max: int,
    ) -> None:
        self._codec = codec
        self._vouchers = vouchers
        self._rows_max = min(rows_max, _PART_ROWS_MAX)
        self._withdrawn = threading.Event()
        self._parts = PartWriter(client, dead_letters, self._guard)
        self.trouble: str | None = None

    def withdraw(self) -> None:
        """Make the write under way end at its next step, and every later one until ``admit``."""
        self._withdrawn.set()

    def admit(self) -> None:
        """Let writes be done again, from what ClickHouse has then."""
        self._withdrawn.clear()
        self._parts.forget()

    def write(self, stretches: Sequence[Stretch]) -> Outcome:
        """Write a batch and return what became of it."""
        outcome = Outcome()
        todo = sorted(stretches, key=_rank)
        try:
            for _, group in groupby(todo, key=_rank):
                decoded = self.persist(partial(self._decode, list(group)))
                ready, awaiting = self.persist(partial(self._vouched, decoded))
                self._write_parts(ready, outcome)
                outcome.awaiting += awaiting
        except Withdrawn:
            outcome.withdrawn = _rest(todo, outcome)
            outcome.awaiting = []
        return outcome

    def persist(self, attempt: Callable[[], _T]) -> _T:
        """Return what the attempt returns, trying again for as long as a server does not answer.

        Raises:
            Withdrawn: the batch was withdrawn meanwhile.
        """
        back_off_seconds = _BACK_OFF_SECONDS_MIN
        while True:
            self._guard()
            try:
                result = attempt()
            except (Transient, Poison) as error:
                self.trouble = str(error)
                RETRIES.inc()
                _log.warning("batch_delayed", reason=str(error), retry_after_seconds=back_off_seconds)
                self._withdrawn.wait(back_off_seconds * random.uniform(0.5, 1.0))
                back_off_seconds = min(back_off_seconds * 2, _BACK_OFF_SECONDS_MAX)
            else:
                self.trouble = None
                return result

    def _guard(self) -> None:
        if self._withdrawn.is_set():
            raise Withdrawn

    def _decode(self, stretches: Sequence[Stretch]) -> list[DecodedStretch]:
        return [
            DecodedStretch(stretch, [decode_message(self._codec, message) for message in stretch.messages])
            for stretch in stretches
        ]

    def _write_parts(self, decoded: Sequence[DecodedStretch], outcome: Outcome) -> None:
        for part in cut(decoded, self._rows_max):
            self.persist(partial(self._parts.write, part))
            for piece in part:
                self._vouchers.ledger_written(piece.stretch)
                outcome.written[piece.stretch.place] = piece.stretch.last_offset + 1

    def _vouched(self, decoded: Sequence[DecodedStretch]) -> tuple[list[DecodedStretch], list[Stretch]]:
        """Return of each stretch the messages before the first that has to wait, and the others."""
        ready: list[DecodedStretch] = []
        awaiting: list[Stretch] = []
        for whole in decoded:
            count = self._vouched_count(whole.decoded)
            stretch = whole.stretch
            head, tail = stretch.messages[:count], stretch.messages[count:]
            if head:
                begin = Stretch(stretch.cluster, stretch.topic, stretch.partition, stretch.first_offset, head)
                ready.append(DecodedStretch(begin, whole.decoded[:count]))
            if tail:
                first_offset = head[-1].offset + 1 if head else stretch.first_offset
                awaiting.append(
                    Stretch(stretch.cluster, stretch.topic, stretch.partition, first_offset, tail)
                )
        return ready, awaiting

    def _vouched_count(self, decoded: Sequence[Decoded]) -> int:
        for count, message in enumerate(decoded):
            try:
                rests_on = _rests_on(message)
                if rests_on is None:
                    continue
                voucher = self._vouchers.judge(rests_on, message.message.cluster)
            except Poison as error:
                message.error = error
                continue
            if voucher is Voucher.AWAITED:
                return count
            message.lost = voucher is Voucher.LOST
            if message.lost:
                LOST.labels(message.message.topic).inc()
                _log.warning("message_lost", topic=message.message.topic, offset=message.message.offset)
        return len(decoded)


def _rank(stretch: Stretch) -> int:
    """Return when a topic's turn is: causes come before what follows from them."""
    if stretch.topic.startswith(f"{RAW}."):
        return 0
    if stretch.topic in _STATE_TOPICS:
        return 3
    return 1 if stretch.topic in _MADE_FROM_RAW else 2


def _rests_on(message: Decoded) -> RestsOn | None:
    record = message.record
    if isinstance(record, ConnectorState | ProcessorState):
        return RestsOn(record.cluster, record.vouch_offsets)
    return RestsOn.from_headers(message.message.headers)


def _rest(stretches: Sequence[Stretch], outcome: Outcome) -> list[Stretch]:
    rest = []
    for stretch in stretches:
        first_offset = outcome.written.get(stretch.place, stretch.first_offset)
        messages = [message for message in stretch.messages if message.offset >= first_offset]
        if messages:
            rest.append(Stretch(stretch.cluster, stretch.topic, stretch.partition, first_offset, messages))
    return rest
