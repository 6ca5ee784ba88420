"""The sink's loop: reads topics, hands batches to the writer, and stays in its group whatever ClickHouse does.

One thread polls Kafka; another does everything that may wait for ClickHouse, one task at a time. A partition
is read only once its position is known from the ledger. While the inbox is full, everything is paused.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from threading import Event
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from crosscurrent.clock import Clock
from crosscurrent.errors import Fatal, ServerAway
from crosscurrent.kafka import topic_lives
from crosscurrent.kafka.client import FORBIDDEN_CODES, forbidden
from crosscurrent.settings import Settings
from sinks.clickhouse.batch import BatchWriter, Outcome, Withdrawn
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.inbox import Inbox
from sinks.clickhouse.instruments import LAG_MESSAGES, PENDING_BYTES
from sinks.clickhouse.message import Stretch, TopicPartitionKey
from sinks.clickhouse.positions import Position, find_positions
from sinks.clickhouse.subscription import TOPICS, make_consumer, sink_message

_CONSUME_MESSAGES_MAX = 1000
_CONSUME_SECONDS = 0.05
_HELD_RETRY_SECONDS = 0.5
_POSITION_RETRY_SECONDS = 1.0
_LAG_INTERVAL_SECONDS = 1.0
_LIFE_INTERVAL_SECONDS = 3.0
_LOW_WATERMARK_TIMEOUT_SECONDS = 5.0
# longer than the longest answer that ClickHouse is waited for
_REVOKE_WAIT_SECONDS = 70.0
_STOP_WAIT_SECONDS = 10.0
_AWAY_CODES = frozenset({KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT})

_log = structlog.get_logger()


class SinkConsumer:
    """Runs until stopped.

    Args:
        settings: brokers and batch bounds.
        client: ClickHouse, for positions.
        writer: writes batches.
        clock: measures ages.
    """

    def __init__(self, settings: Settings, client: ClickHouse, writer: BatchWriter, clock: Clock) -> None:
        self._settings = settings
        self._client = client
        self._writer = writer
        self._clock = clock
        self._inbox = Inbox()
        self._consumer: Consumer = make_consumer(settings, self._on_error)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="sink-writer")
        self._writing: Future[Outcome] | None = None
        self._positioning: Future[dict[TopicPartitionKey, Position]] | None = None
        self._unpositioned: set[TopicPartitionKey] = set()
        self._position_after = 0.0
        self._paused: set[TopicPartitionKey] = set()
        self._oldest_at: float | None = None
        self._held_tried_at = 0.0
        self._lag_at = 0.0
        self._lives_at = 0.0
        self._joined = False
        self._broker_away = False

    def not_ready(self) -> list[str]:
        """Return the reasons why rows are not written as they come; none means they are."""
        reasons = []
        if not self._joined:
            reasons.append("the sink has not been given its partitions yet")
        if self._broker_away:
            reasons.append(f"no Kafka broker answers at {self._settings.brokers}")
        if self._unpositioned:
            names = ", ".join(f"{topic}-{partition}" for topic, partition in sorted(self._unpositioned)[:5])
            reasons.append(f"positions are being looked up for {names}")
        if self._writer.trouble is not None:
            reasons.append(self._writer.trouble)
        return reasons

    def run(self, stop: Event) -> None:
        """Read and write until stopped; what was read and not written is read again next time.

        Raises:
            Fatal: Kafka or ClickHouse refuses this process.
        """
        self._consumer.subscribe(
            TOPICS, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )
        try:
            while not stop.is_set():
                self._take(self._consumer.consume(_CONSUME_MESSAGES_MAX, _CONSUME_SECONDS))
                self._finish_positions()
                self._finish_write()
                self._doubt_lives()
                self._begin_positions()
                self._begin_write()
                self._control_flow()
                self._observe()
            if self._writing is not None:
                wait([self._writing], _STOP_WAIT_SECONDS)
        except KafkaException as error:
            raise Fatal(
                f"Kafka refuses the sink: {error}",
                expected="a consumer that may read the topics",
                todo="check the brokers' rights and log",
            ) from error
        finally:
            self._settle_write()
            self._executor.shutdown()
            self._consumer.close()

    # --- what Kafka tells -----------------------------------------------------------------------------------

    def _on_error(self, error: KafkaError) -> None:
        if error.code() in _AWAY_CODES and not self._broker_away:
            # it may come back as another life, whose offsets mean something else
            self._broker_away = True
            self._lose_positions(self._assigned())

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._joined = True
        starts = [TopicPartition(part.topic, part.partition, 0) for part in partitions]
        consumer.incremental_assign(starts)
        if starts:
            consumer.pause(starts)
        self._lose_positions(_places(partitions))
        _log.info("partitions_assigned", partitions=[f"{p.topic}-{p.partition}" for p in partitions])

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._settle_write()
        places = _places(partitions)
        self._inbox.close(places)
        self._unpositioned -= places
        self._paused -= places
        consumer.incremental_unassign(partitions)
        _log.info("partitions_revoked", partitions=[f"{p.topic}-{p.partition}" for p in partitions])

    def _take(self, messages: Iterable[Message]) -> None:
        for message in messages:
            error = message.error()
            if error is not None:
                self._take_error(message, error)
                continue
            place = (str(message.topic()), int(message.partition() or 0))
            cluster = self._inbox.cluster(place)
            if cluster is None or place in self._unpositioned:
                continue
            if self._inbox.add(sink_message(message, cluster)) and self._oldest_at is None:
                self._oldest_at = self._clock.monotonic_seconds()

    def _take_error(self, message: Message, error: KafkaError) -> None:
        topic, partition = message.topic(), message.partition()
        if error.fatal():
            raise KafkaException(error)
        if error.code() in FORBIDDEN_CODES:
            raise forbidden(self._settings.brokers, error, str(topic))
        if error.code() in {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}:
            place = (str(topic), int(partition or 0))
            _log.warning("offset_not_there", topic=topic, partition=partition, reason=error.str())
            self._lose_positions({place} & self._assigned())

    def _assigned(self) -> set[TopicPartitionKey]:
        return _places(self._consumer.assignment())

    def _lose_positions(self, places: set[TopicPartitionKey]) -> None:
        self._unpositioned |= places
        self._position_after = 0.0

    # --- positions ------------------------------------------------------------------------------------------

    def _doubt_lives(self) -> None:
        """Look every few seconds whether the broker is still in the life whose offsets are being read.

        A broker that begins anew quickly enough is not noticed by the client library.
        """
        now = self._clock.monotonic_seconds()
        if now - self._lives_at < _LIFE_INTERVAL_SECONDS or self._unpositioned:
            return
        self._lives_at = now
        places = self._assigned()
        try:
            lives = topic_lives(self._settings.brokers, {topic for topic, _ in places})
        except ServerAway:
            self._broker_away = True
            self._lose_positions(places)
            return
        self._lose_positions({place for place in places if lives.get(place[0]) != self._inbox.cluster(place)})

    def _begin_positions(self) -> None:
        idle = self._writing is None and self._positioning is None
        if self._unpositioned and idle and self._clock.monotonic_seconds() >= self._position_after:
            find = partial(find_positions, self._client, self._settings.brokers, set(self._unpositioned))
            self._positioning = self._executor.submit(self._writer.persist, find)

    def _finish_positions(self) -> None:
        if self._positioning is None or not self._positioning.done():
            return
        done, self._positioning = self._positioning, None
        try:
            found = done.result()
        except Withdrawn:
            return
        self._broker_away = False
        self._position_after = self._clock.monotonic_seconds() + _POSITION_RETRY_SECONDS
        for place, position in found.items():
            if place in self._unpositioned and self._go_to(place, position):
                self._unpositioned.discard(place)

    def _go_to(self, place: TopicPartitionKey, position: Position) -> bool:
        """Go on with a partition and return whether Kafka did so."""
        if self._inbox.cluster(place) != position.cluster or self._inbox.end(place) < position.next_offset:
            self._inbox.open(place, position.cluster, position.next_offset)
        try:
            start = self._start(place)
            self._consumer.seek(TopicPartition(*place, start))
            self._consumer.resume([TopicPartition(*place)])
        except KafkaException as error:
            # a partition that was assigned a moment ago may not be ready for it
            _log.debug("seek_delayed", topic=place[0], partition=place[1], reason=str(error))
            return False
        self._paused.discard(place)
        return True

    def _start(self, place: TopicPartitionKey) -> int:
        wanted = self._inbox.end(place)
        low: int
        low, _ = self._consumer.get_watermark_offsets(
            TopicPartition(*place), timeout=_LOW_WATERMARK_TIMEOUT_SECONDS
        )
        if low <= wanted:
            return wanted
        # they are gone from the broker; the ledger will show the gap, and the audit finds it
        _log.error(
            "offsets_lost", topic=place[0], partition=place[1], first_offset=wanted, last_offset=low - 1
        )
        self._inbox.open(place, self._inbox.cluster(place) or "", low)
        return low

    # --- writing --------------------------------------------------------------------------------------------

    def _begin_write(self) -> None:
        if self._writing is not None or self._positioning is not None or not self._is_due():
            return
        now = self._clock.monotonic_seconds()
        with_held = now - self._held_tried_at >= _HELD_RETRY_SECONDS
        stretches = self._inbox.take(held=with_held)
        if with_held:
            self._held_tried_at = now
        self._oldest_at = None
        if stretches:
            self._writing = self._executor.submit(self._writer.write, stretches)

    def _is_due(self) -> bool:
        now, sink = self._clock.monotonic_seconds(), self._settings.sink
        if self._inbox.held and now - self._held_tried_at >= _HELD_RETRY_SECONDS:
            return True
        return (
            self._inbox.ready_bytes >= sink.batch_bytes_max
            or self._inbox.ready_messages >= sink.batch_rows_max
            or (self._oldest_at is not None and now - self._oldest_at >= sink.batch_interval_seconds)
        )

    def _finish_write(self) -> None:
        if self._writing is None or not self._writing.done():
            return
        done, self._writing = self._writing, None
        outcome = done.result()
        for place in outcome.written:
            self._inbox.release(place)
        self._put_back(outcome.awaiting, held=True)
        self._put_back(outcome.withdrawn, held=False)
        self._commit(outcome)

    def _put_back(self, stretches: Iterable[Stretch], *, held: bool) -> None:
        for stretch in stretches:
            self._inbox.put_back(stretch, held=held)
            if not held and self._oldest_at is None:
                self._oldest_at = self._clock.monotonic_seconds()

    def _settle_write(self) -> None:
        """End what is under way, so that nothing is written for partitions that are given away."""
        running: list[Future[Any]] = [
            future for future in (self._writing, self._positioning) if future is not None
        ]
        self._writer.withdraw()
        if wait(running, _REVOKE_WAIT_SECONDS).not_done:
            raise Fatal(
                f"a write has not ended in {_REVOKE_WAIT_SECONDS} s after its partitions were taken away",
                expected="an answer or an error from ClickHouse",
                todo="the process ends, so that nobody else writes the same rows; it is started again",
            )
        self._finish_write()
        self._finish_positions()
        self._writer.admit()

    def _commit(self, outcome: Outcome) -> None:
        """Commit to the group too, for tools that show lag; nothing here reads it."""
        offsets = [
            TopicPartition(topic, partition, offset)
            for (topic, partition), offset in outcome.written.items()
            if self._inbox.is_open((topic, partition))
        ]
        if not offsets:
            return
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            _log.debug("commit_failed", reason=str(error))

    # --- flow -----------------------------------------------------------------------------------------------

    def _control_flow(self) -> None:
        """Pause what must not be read now and let go what may: held partitions, or all when the inbox is full."""
        positioned = self._assigned() - self._unpositioned
        full = self._inbox.ready_bytes >= self._settings.sink.batch_bytes_max
        wanted = positioned if full else self._inbox.held & positioned
        to_pause = wanted - self._paused
        to_resume = (self._paused & positioned) - wanted
        if to_pause:
            self._consumer.pause([TopicPartition(*place) for place in to_pause])
        if to_resume:
            self._consumer.resume([TopicPartition(*place) for place in to_resume])
        self._paused = (self._paused | to_pause) - to_resume

    def _observe(self) -> None:
        now = self._clock.monotonic_seconds()
        if now - self._lag_at < _LAG_INTERVAL_SECONDS:
            return
        self._lag_at = now
        PENDING_BYTES.set(self._inbox.ready_bytes)
        for place in self._assigned() - self._unpositioned:
            _, high = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
            lag = max(0, high - self._inbox.begin(place))
            LAG_MESSAGES.labels(place[0], str(place[1])).set(lag)


def _places(partitions: Iterable[TopicPartition]) -> set[TopicPartitionKey]:
    return {(str(part.topic), int(part.partition)) for part in partitions}
