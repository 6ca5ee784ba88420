"""A whole system in one process, step by step, so that a test can end a life of the broker between any two steps."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from datetime import timedelta

import orjson
import pytest

from crosscurrent.clock import SystemClock
from crosscurrent.errors import Poison
from crosscurrent.kafka import Acknowledged, Producer, read_to_end, topic_lives
from crosscurrent.settings import CorrelateSettings, DetectSettings, DriftSettings, Settings
from schemas.codec import Codec, Record
from schemas.identity import record_id
from schemas.mapping import MappedPayload, Measurement, Thing
from schemas.records import RawEvent
from schemas.topics import message_key
from sinks.clickhouse import ClickHouse, migrate
from sinks.clickhouse.batch import BatchWriter, Withdrawn
from sinks.clickhouse.client import Rows
from sinks.clickhouse.ledger import next_offsets
from sinks.clickhouse.message import SinkMessage, Stretch
from sinks.clickhouse.restore import restore_broker
from sinks.clickhouse.subscription import sink_message
from sinks.clickhouse.vouchers import Vouchers
from streams.correlate.agent import CorrelateProcessor
from streams.detect.agent import DetectProcessor
from streams.drift import DriftProcessor
from streams.normalise import NormaliseProcessor
from streams.processor import Processor
from streams.processor.checkpoint import CheckpointStore
from streams.processor.life import BrokerLife
from streams.processor.runner import Runner, as_input
from tests.integration.sink import sample
from tests.integration.sink.conftest import Broker, NoDeadLetters
from tests.integration.sink.fixed_registry import FixedRegistry

EVENTS = 40
POINTS = 12
SERIES = 3
POISON_EVENTS = frozenset({7, 23})
NEW_SHAPE_FROM = 30
STEP_MS = 60_000
SOURCES = ("github",)
SINK_TOPICS = (
    "raw.github",
    "entities",
    "observations",
    "correlations",
    "anomalies",
    "schema-drift",
    "dead-letter.normalise",
    "connector-state",
    "processor-state",
)
CONTENTS = {
    "raw_events": "ingested_at",
    "entities": "ingested_at",
    "observations": "ingested_at",
    "observations_1m": "computed_at",
    "observations_1h": "computed_at",
    "observations_1d": "computed_at",
    "correlation_windows": "ingested_at",
    "correlations": "ingested_at",
    "anomalies": "ingested_at",
    "schema_drift": "ingested_at",
    # when and where it failed is told by the first attempt
    "dead_letters": "ingested_at, failed_at, cluster, partition, offset, headers, row_checksum",
}


def event(number: int) -> RawEvent:
    times = range(number * POINTS, (number + 1) * POINTS)
    more = [{"unannounced": number}] if number >= NEW_SHAPE_FROM else []
    points = [[f"org/{series}", row, level(series, row), *more] for row in times for series in range(SERIES)]
    payload = b"not json" if number in POISON_EVENTS else orjson.dumps(points)
    return RawEvent(
        tenant=sample.TENANT,
        record_id=record_id(sample.TENANT, "raw", number),
        source=sample.SOURCE,
        endpoint="repository",
        request_method="GET",
        request_url=f"https://api.example/{number}",
        request_key="all",
        status=200,
        headers={"etag": str(number)},
        fetched_at=sample.START + timedelta(minutes=number),
        observed_at=sample.START + timedelta(minutes=number),
        page_index=0,
        poll_id=f"poll-{number}",
        cursor=None,
        payload=payload,
    )


def level(series: int, row: int) -> float:
    noise = math.sin(row * 12.9898 + series * 78.233) * 43758.5453
    jump = 400.0 if row in (303 + series, 401) else 0.0
    return 100.0 + 5 * (noise - math.floor(noise)) + jump


def mapping(raw: RawEvent) -> MappedPayload:
    try:
        points = orjson.loads(raw.payload)
    except orjson.JSONDecodeError as error:
        raise Poison("a payload that is not JSON", expected="JSON", todo="look at it") from error
    things = [Thing("repository", name, name, raw.observed_at) for name in sorted({p[0] for p in points})]
    return MappedPayload(
        things,
        [
            Measurement("stars", name, "1", "gauge", sample.START_MS + row * STEP_MS, value)
            for name, row, value, *_ in points
        ],
    )


def mended_mapping(raw: RawEvent) -> MappedPayload:
    """What the mapping is after the fix: there is something to read in what was poison."""
    if raw.payload != b"not json":
        return mapping(raw)
    at_ms = int(raw.observed_at.timestamp() * 1000)
    return MappedPayload([], [Measurement("stars", "org/mended", "1", "gauge", at_ms, 1.0)])


PROCESSORS: dict[str, Callable[[Codec], Processor]] = {
    "normalise": lambda codec: NormaliseProcessor(codec, {sample.SOURCE: mapping}),
    "detect": lambda codec: DetectProcessor(codec, DetectSettings()),
    "correlate": lambda codec: CorrelateProcessor(
        codec, CorrelateSettings(step_seconds=60, window_steps=64, lag_steps_max=2), tenant=sample.TENANT
    ),
    "drift": lambda codec: DriftProcessor(codec, SOURCES, DriftSettings(warm_up_payloads=8)),
}


class SmallWorld:
    """Connector, processors and sink; each method is one step that a crash may follow."""

    def __init__(self, settings: Settings, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = settings
        self.client = ClickHouse(settings)
        self.codec = Codec(FixedRegistry())
        self._broker = broker
        self._patch = monkeypatch
        self._lives = 1
        # one a life: the broker takes a second to give a producer its id
        self._producer = Producer(settings.bootstrap_servers)
        migrate(self.client)

    def begin_life(self) -> None:
        """End the broker, with all that it holds, and begin the next life with a restore."""
        self._lives += 1
        self._broker.stop()
        self._producer.close(0.1)
        self._broker.start(f"life-{self._lives}")
        self._producer = Producer(self.settings.bootstrap_servers)
        self.restore()

    def empty_tables(self) -> None:
        tables = self.client.query(
            "SELECT name FROM system.tables WHERE database = {database:String} AND engine != 'View' "
            "AND name != 'schema_migrations'",
            {"database": self.client.database},
        )
        for table in tables:
            self.client.command(f"TRUNCATE TABLE {table['name']}")

    def close(self) -> None:
        self._producer.close(0.1)
        self.client.close()

    def restore(self) -> None:
        restore_broker(self.settings, sources=SOURCES, codec=self.codec)

    def poll(self, until: int) -> None:
        """Publish the events that are not rows yet, as a connector does whose cursor is what became rows."""
        rows = self.client.query("SELECT toString(record_id) AS id FROM raw_events")
        there = {str(row["id"]) for row in rows}
        wanted = [event(number) for number in range(until)]
        new = [("raw.github", one) for one in wanted if one.record_id not in there]
        key = message_key(sample.TENANT, sample.SOURCE, "all")
        published = self._publish(new, key)
        if published:
            life = topic_lives(self.settings.bootstrap_servers, ["raw.github"])["raw.github"]
            vouch = {"raw.github-0": published[-1].offset + 1}
            state = sample.connector_state(until, cluster=life.partition("/")[0], vouch_offsets=vouch)
            self._publish([("connector-state", state)], key)

    def _publish(self, records: Sequence[tuple[str, Record]], key: bytes) -> list[Acknowledged]:
        async def send() -> list[Acknowledged]:
            values = [(topic, self.codec.encode(topic, record)) for topic, record in records]
            waiting = [
                await self._producer.enqueue(topic, key=key, value=value, headers={})
                for topic, value in values
            ]
            return list(await asyncio.gather(*waiting))

        return asyncio.run(send())

    def process(self, name: str, *, limit: int = 10**9, checkpoint: bool = True) -> None:
        asyncio.run(self._process(PROCESSORS[name](self.codec), limit, checkpoint))

    def process_mended(self) -> None:
        """Normalise with the mended mapping."""
        mended = NormaliseProcessor(self.codec, {sample.SOURCE: mended_mapping})
        asyncio.run(self._process(mended, 10**9, True))

    def sink(self, *, limit: int = 10**9, dies_before: str | None = None) -> int:
        """Write what is there, at most so many messages of each topic; return how many were written."""
        servers = self.settings.bootstrap_servers
        lives = topic_lives(servers, SINK_TOPICS)
        reached = next_offsets(self.client, lives)
        starts = {(topic, 0): reached.get((topic, 0), 0) for topic in SINK_TOPICS}
        messages: dict[str, list[SinkMessage]] = {topic: [] for topic in SINK_TOPICS}
        for raw in read_to_end(servers, starts):
            topic = str(raw.topic())
            messages[topic].append(sink_message(raw, lives[topic]))
        stretches = [
            Stretch(lives[topic], topic, 0, starts[topic, 0], taken[:limit])
            for topic, taken in messages.items()
            if taken
        ]
        vouchers = Vouchers(self.client, SystemClock())
        writer = BatchWriter(self.client, self.codec, NoDeadLetters(), vouchers, rows_max=150)
        with self._patch.context() as patch:
            if dies_before is not None:
                patch.setattr(f"sinks.clickhouse.writer.{dies_before}", _die)
            written = writer.write(stretches).written
        return sum(end - reached.get(place, 0) for place, end in written.items())

    def finish(self) -> None:
        """Take in everything that there is."""
        for name in PROCESSORS:
            self.process(name)
        while self.sink():
            pass

    def contents(self) -> dict[str, Rows]:
        """Everything in the tables but clocks and origins."""
        contents = {}
        for table, clocks in CONTENTS.items():
            origin = "" if table.startswith("observations_") else ", _cluster, _topic, _partition, _offset"
            contents[table] = self.client.query(
                f"SELECT * EXCEPT ({clocks}{origin}) FROM {table} ORDER BY ALL"
            )
        return contents

    async def _process(self, processor: Processor, limit: int, checkpoint: bool) -> None:
        servers, clock = self.settings.bootstrap_servers, SystemClock()
        # what nobody waits for must have its own, that is closed with this step
        producer = self._producer if checkpoint else Producer(servers)
        life = BrokerLife(servers, ("observations", "processor-state"))
        store = CheckpointStore(
            processor.name,
            tenant=sample.TENANT,
            bootstrap_servers=servers,
            cluster=life.cluster,
            producer=producer,
            codec=self.codec,
            clock=clock,
        )
        runner = Runner(
            processor,
            store=store,
            producer=producer,
            codec=self.codec,
            clock=clock,
            settings=self.settings.worker,
            life=life,
            tenant=sample.TENANT,
            bootstrap_servers=servers,
        )
        positions = store.load().input_offsets
        await runner.start({})
        starts = {(topic, 0): positions.get(f"{topic}-0", 0) for topic in processor.inputs}
        for message in list(read_to_end(servers, starts))[:limit]:
            await runner.handle(as_input(message), _acknowledge)
        if checkpoint:
            await runner.checkpoint()
        else:
            await asyncio.to_thread(producer.close)
        runner.close()


async def _acknowledge() -> None:
    """Nobody else keeps positions here."""


def _die(*_: object) -> None:
    raise Withdrawn
