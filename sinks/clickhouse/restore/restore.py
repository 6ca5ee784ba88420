"""The restore of a broker that forgot its topics, done after it started and before anyone else uses it.

Raw events that a reader of them has not processed, and observations that the other processors have not processed
or need for their windows, are published again in their old order. Then follow the states of processors, whose
positions are translated to the new offsets, and those of connectors. Every step may be done again: what comes
twice carries the same ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from crosscurrent.errors import ServerAway
from crosscurrent.kafka import NewTopic, Producer, ensure_topics, high_watermarks, make_producer, topic_lives
from crosscurrent.settings import Settings
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from schemas.topics import OBSERVATIONS, RAW, all_topics, topic_name
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.restore.closing import close_books
from sinks.clickhouse.restore.history import History
from sinks.clickhouse.restore.need import Landing, Reader, Segment, needed_from, partition_offsets
from sinks.clickhouse.restore.register import OVER, RESTORED, LifeRegister
from sinks.clickhouse.restore.replay import Replay
from sinks.clickhouse.restore.states import States
from sinks.clickhouse.vouchers import cluster_id

PROCESSORS = ("normalise", "correlate", "detect", "drift")

_READ_RAW = frozenset({"normalise", "drift"})
_RAW_TOPICS_SQL = "SELECT DISTINCT _topic AS topic FROM raw_events"
_REPLAYED_SQL = """
SELECT origin_cluster, origin_partition, min(origin_offset) AS begin FROM replayed_messages
WHERE cluster_id = {life:String} AND topic = {topic:String}
    AND offset >= transform(partition, {partitions:Array(Int32)}, {offsets:Array(Int64)}, toInt64(0))
GROUP BY origin_cluster, origin_partition
"""

_log = structlog.get_logger()


def restore_broker(
    settings: Settings,
    *,
    sources: tuple[str, ...],
    processors: Sequence[str] = PROCESSORS,
    codec: Codec | None = None,
) -> None:
    """Return once the broker has all that processors and connectors need; at once if it has it already.

    Nobody else may use the broker meanwhile.

    Args:
        settings: where Kafka, the registry and ClickHouse are.
        sources: names of the sources, whose topics are created.
        processors: those that will run; one of which no state is known gets everything.
        codec: encodes what is published; by default with the registry of the settings.

    Raises:
        ServerAway: the broker does not answer.
        Transient: ClickHouse, the broker or the registry does not answer; do it again.
        Fatal: the database was written by a newer version, or a server refuses this process.
    """
    client = ClickHouse(settings)
    try:
        migrate(client)
        present = _present_life(settings, sources)
        register = LifeRegister(client)
        if register.begin(present).stage >= RESTORED:
            _log.info("restore_not_needed", cluster_id=present)
            return
        producer = make_producer(settings)
        try:
            used = codec or Codec(ConfluentRegistry(settings.registry_url))
            _Restore(settings, client, producer, used, register, present).run(sources, processors)
        finally:
            producer.close()
        over = register.open_lives(present)
        finished_rows = close_books(client, over)
        for life in over:
            register.advance(life, OVER)
        register.advance(present, RESTORED)
        _log.info("restore_finished", cluster_id=present, rows_brought_to_an_end=finished_rows)
    finally:
        client.close()


def _present_life(settings: Settings, sources: tuple[str, ...]) -> str:
    kafka = settings.kafka
    topics = [NewTopic.of(topic.name, kafka, compacted=topic.compacted) for topic in all_topics(sources)]
    ensure_topics(
        settings.brokers,
        topics,
        partitions=kafka.partitions,
        replication_factor=kafka.replication_factor,
    )
    lives = topic_lives(settings.brokers, [OBSERVATIONS])
    if OBSERVATIONS not in lives:
        raise ServerAway(
            f"no topic {OBSERVATIONS} on {settings.bootstrap_servers}",
            expected="the topics that were just created",
            todo="check the broker",
        )
    return cluster_id(lives[OBSERVATIONS])


@dataclass(frozen=True, slots=True)
class _Standing:
    """A reader, and by topic where its messages land: those from its position on, and those of its windows."""

    reader: Reader
    landings: dict[str, tuple[Landing, Landing]] = field(default_factory=dict)

    def offsets(self, ends: Mapping[tuple[str, int], int]) -> tuple[dict[str, int], dict[str, int]]:
        """Return its positions in the present life, and from where its windows are read back.

        Args:
            ends: topic and partition to the offset after the last message.
        """
        inputs, refills = {}, {}
        for (topic, partition), end in ends.items():
            if topic not in self.landings:
                continue
            position, window = self.landings[topic]
            name = f"{topic}-{partition}"
            inputs[name] = position.first.get(partition, end)
            refills[name] = min(window.first.get(partition, end), inputs[name])
        return inputs, refills


class _Restore:
    """One restore. Call ``run`` once."""

    def __init__(
        self,
        settings: Settings,
        client: ClickHouse,
        producer: Producer,
        codec: Codec,
        register: LifeRegister,
        present: str,
    ) -> None:
        self._settings = settings
        self._client = client
        self._codec = codec
        self._present = present
        self._sequences = register.sequences()
        self._replay = Replay(client, producer, present)
        self._states = States(client, codec, producer, present)

    def run(self, sources: tuple[str, ...], processors: Sequence[str]) -> None:
        """Publish what is needed, then the states."""
        readers = self._readers(processors)
        known = [str(row["topic"]) for row in self._client.query(_RAW_TOPICS_SQL)]
        raw_topics = sorted({*known, *(topic_name(RAW, source) for source in sources)})
        standings = [_Standing(reader) for reader in readers]
        for topic in (*raw_topics, OBSERVATIONS):
            is_raw = topic != OBSERVATIONS
            self._give_again(topic, [s for s in standings if (s.reader.processor in _READ_RAW) == is_raw])
        # nobody else publishes meanwhile, so these are where everything that was given again ends
        ends = high_watermarks(self._settings.brokers, [*raw_topics, OBSERVATIONS])
        for standing in standings:
            reader = standing.reader
            inputs, refills = standing.offsets(ends)
            count = self._states.publish_processor(reader, inputs, refills)
            _log.info("processor_restored", processor=reader.processor, states=count, positions=inputs)
        _log.info("connectors_restored", states=self._states.publish_connectors())

    def _readers(self, processors: Sequence[str]) -> list[Reader]:
        known = self._states.readers()
        names = {(reader.tenant, reader.processor) for reader in known}
        tenant = self._settings.tenant
        return known + [Reader(tenant, name) for name in processors if (tenant, name) not in names]

    def _give_again(self, topic: str, standings: Sequence[_Standing]) -> None:
        """Publish what the readers of a topic need and note where it lands."""
        history = History(self._client, self._codec, topic)
        segments = [s for s in history.segments() if cluster_id(s.cluster) != self._present]
        landings = []
        for standing in standings:
            reader = standing.reader
            position = self._landing(topic, segments, reader, reader.input_offsets)
            window = self._landing(topic, segments, reader, reader.window_offsets())
            standing.landings[topic] = position, window
            landings += [position, window]

        def landed(segment: Segment, origin_offset: int, partition: int, offset: int) -> None:
            for landing in landings:
                landing.note(segment, origin_offset, partition, offset)

        count = 0
        for segment in sorted(segments, key=self._order):
            begins = [landing.needed[segment] for landing in landings if segment in landing.needed]
            if not begins:
                continue
            for page in history.pages(segment, min(begins)):
                if page:
                    self._replay.publish(topic, segment, page, landed)
                    count += len(page)
        _log.info("topic_restored", topic=topic, messages=count)

    def _landing(
        self, topic: str, segments: Sequence[Segment], reader: Reader, offsets: dict[str, int]
    ) -> Landing:
        if not segments:
            return Landing({})
        of_topic = partition_offsets(offsets, topic)
        needed = needed_from(
            segments,
            life=reader.cluster_id,
            offsets=of_topic,
            sequences=self._sequences,
            replayed=self._replayed(topic, reader.cluster_id, of_topic),
        )
        return Landing(needed)

    def _replayed(self, topic: str, life: str, offsets: dict[int, int]) -> dict[Segment, int]:
        parameters = {
            "life": life,
            "topic": topic,
            # an array without a value has no type
            "partitions": [-1, *offsets],
            "offsets": [0, *offsets.values()],
        }
        return {
            Segment(str(row["origin_cluster"]), int(row["origin_partition"])): int(row["begin"])
            for row in self._client.query(_REPLAYED_SQL, parameters)
        }

    def _order(self, segment: Segment) -> tuple[int, str, int]:
        return (
            self._sequences.get(cluster_id(segment.cluster), 0),
            segment.cluster,
            segment.partition,
        )
