"""Whether everything that was published is taken in: by the processors, and by ClickHouse."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from crosscurrent.clock import Clock, SystemClock
from crosscurrent.errors import Fatal, Poison
from crosscurrent.kafka import high_watermarks, read_to_end, topic_lives
from crosscurrent.kafka_access import Brokers
from crosscurrent.settings import Settings
from schemas.codec import Codec
from schemas.records import ProcessorState
from schemas.registry import ConfluentRegistry
from schemas.topics import OBSERVATIONS, PROCESSOR_STATE, RAW, topic_name
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.ledger import next_offsets
from sinks.clickhouse.message import TopicPartitionKey
from sinks.clickhouse.subscription import subscribed_topics
from sinks.clickhouse.vouchers import cluster_id

PROCESSORS = ("normalise", "correlate", "detect", "drift")
TIMEOUT_SECONDS = 110.0  # the home ends a drain after 120 s

_READ_RAW = frozenset({"normalise", "drift"})
_POSITIONS = "positions"
_LOOK_SECONDS = 0.5
_NAMED_MAX = 6

_log = structlog.get_logger()

Offsets = Mapping[TopicPartitionKey, int]


@dataclass(slots=True)
class Positions:
    """Where each processor stands, as its newest stored checkpoint says.

    Attributes:
        by_processor: processor to ``topic-partition`` to the next offset it will process.
        read_to: partition of the state topic to the next message of it to read.
    """

    by_processor: dict[str, dict[str, int]] = field(default_factory=dict)
    read_to: dict[TopicPartitionKey, int] = field(default_factory=dict)

    def take(self, state: ProcessorState, life: str) -> None:
        """Take note of a state of the present life."""
        if state.state_key == _POSITIONS and state.cluster == life:
            self.by_processor[state.processor] = dict(state.input_offsets)


def wait_until_drained(
    settings: Settings,
    *,
    processors: Sequence[str] = PROCESSORS,
    timeout_seconds: float = TIMEOUT_SECONDS,
    codec: Codec | None = None,
    clock: Clock | None = None,
) -> None:
    """Return once processors and sink have taken in all that was published, seen twice in a row.

    Args:
        settings: where Kafka, the registry and ClickHouse are.
        processors: those that run.
        timeout_seconds: how long that may take.
        codec: decodes states; by default with the registry of the settings.
        clock: measures the time.

    Raises:
        Fatal: it took longer; names what lags.
        ServerAway: the broker does not answer.
        Transient: ClickHouse or the registry does not answer.
    """
    client = ClickHouse(settings)
    used, clock = codec or Codec(ConfluentRegistry(settings.registry_url)), clock or SystemClock()
    deadline = clock.monotonic_seconds() + timeout_seconds
    positions, pause = Positions(), threading.Event()
    before: Offsets | None = None
    try:
        while True:
            ends, lagging = _look(settings, client, used, positions, processors)
            if not lagging and ends == before:
                _log.info("drained", messages=sum(ends.values()))
                return
            before = None if lagging else ends
            if clock.monotonic_seconds() >= deadline:
                raise _not_drained(lagging, timeout_seconds)
            pause.wait(_LOOK_SECONDS)
    finally:
        client.close()


def lag(
    ends: Offsets, ledger: Offsets, positions: Mapping[str, Mapping[str, int]], processors: Sequence[str]
) -> list[str]:
    """Return in words who lacks how many messages of which partition; empty if nobody does.

    Args:
        ends: partition to the offset after its last message.
        ledger: partition to the offset after the last one in the ledger.
        positions: processor to ``topic-partition`` to the next offset to process.
        processors: those that run.
    """
    lagging = []
    for (topic, partition), end in sorted(ends.items()):
        name = f"{topic}-{partition}"
        for processor in processors:
            position = positions.get(processor, {}).get(name, 0)
            if _reads(processor, topic) and position < end:
                lagging.append(f"{processor} lacks {end - position} of {name}")
        reached = ledger.get((topic, partition), 0)
        if reached < end:
            lagging.append(f"the sink lacks {end - reached} of {name}")
    return lagging


def _reads(processor: str, topic: str) -> bool:
    return topic.startswith(f"{RAW}.") if processor in _READ_RAW else topic == OBSERVATIONS


def _look(
    settings: Settings, client: ClickHouse, codec: Codec, positions: Positions, processors: Sequence[str]
) -> tuple[Offsets, list[str]]:
    servers = settings.brokers
    topics = subscribed_topics(servers)
    ends = high_watermarks(servers, topics)
    lives = topic_lives(servers, topics)
    state_topic = topic_name(PROCESSOR_STATE)
    if state_topic in lives:
        _read_positions(servers, codec, positions, cluster_id(lives[state_topic]), ends)
    return ends, lag(ends, next_offsets(client, lives), positions.by_processor, processors)


def _read_positions(servers: Brokers, codec: Codec, positions: Positions, life: str, ends: Offsets) -> None:
    starts = {place: positions.read_to.get(place, 0) for place in ends if place[0] == PROCESSOR_STATE}
    for message in read_to_end(servers, starts) if starts else ():
        place = (str(message.topic()), int(message.partition() or 0))
        positions.read_to[place] = int(message.offset() or 0) + 1
        try:
            positions.take(codec.decode(ProcessorState, _value(message.value())), life)
        except Poison:
            continue  # not ours to judge: the sink dead-letters it


def _value(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _not_drained(lagging: Sequence[str], timeout_seconds: float) -> Fatal:
    named = ", ".join(lagging[:_NAMED_MAX]) or "new messages keep coming"
    more = f" and {len(lagging) - _NAMED_MAX} more" if len(lagging) > _NAMED_MAX else ""
    return Fatal(
        f"after {timeout_seconds:.0f} s {named}{more}",
        expected="processors and sink to have taken in all that was published",
        todo="see with `crosscurrent status` what does not run or is in trouble; what lags is made again from "
        "the tables when the broker starts anew",
    )
