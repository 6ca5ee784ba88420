"""One timed run of a part of the pipeline, on a broker and a database of its own, with its rows counted."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect

from benchmarks.kafka_ends import create_topics, fill, read_until
from benchmarks.processes import BenchmarkFailed, Contender, Cores, Process, broker
from benchmarks.workload import SOURCE, Expected, check_batches, expected, map_page, raw_events
from crosscurrent.settings import ClickHouseSettings, Settings
from schemas.codec import Codec
from schemas.records import ObservationBatch
from schemas.registry import ConfluentRegistry
from schemas.topics import OBSERVATIONS, RAW, topic_name
from sinks.clickhouse import ClickHouse, migrate
from streams.normalise import NormaliseProcessor
from streams.processor import InputMessage, outputs_of

RAW_TOPIC = topic_name(RAW, SOURCE)
OUR_SINK = "crosscurrent_sink"
ROLLUPS = ("observations_1m", "observations_1h", "observations_1d")

_RUN_SECONDS_MAX = 300.0
_SESSION_SECONDS = 4.0
_CLICKHOUSE_LOOK_SECONDS = 0.25  # each look costs ClickHouse some milliseconds of what is measured


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took.

    Attributes:
        seconds: from the first message taken in to the last result in its place.
        cpu_seconds: processor time of each process in that while.
    """

    seconds: float
    cpu_seconds: dict[str, float]


class Bench:
    """The servers that live through all runs, and the messages that every run begins with.

    Args:
        events: raw events of a run.
        poll_interval_seconds: event time between polls of the same things.
        cores: where contenders and servers run.
        scratch: directory for logs.
        registry_url: the schema registry.
        clickhouse: the ClickHouse process and its address.
    """

    def __init__(
        self,
        events: int,
        poll_interval_seconds: int,
        *,
        cores: Cores,
        scratch: Path,
        registry_url: str,
        clickhouse: tuple[Process, str],
    ) -> None:
        self._cores = cores
        self._scratch = scratch
        self._registry_url = registry_url
        self._clickhouse, self._clickhouse_url = clickhouse
        self._home = scratch / "home"
        (self._home / "run").mkdir(parents=True, exist_ok=True)
        self._codec = Codec(ConfluentRegistry(registry_url))
        self.expected = expected(events)
        raw = raw_events(events, poll_interval_seconds)
        self._raw = [self._codec.encode(RAW_TOPIC, event) for event in raw]

    @property
    def raw_bytes(self) -> float:
        """Mean size of a raw event."""
        return sum(map(len, self._raw)) / len(self._raw)

    def stage(self, worker: str) -> Run:
        """Time a worker from raw events to acknowledged observations.

        Raises:
            BenchmarkFailed: not exactly the expected observations came out.
        """
        with broker(self._scratch) as (_, servers):
            create_topics(servers, SOURCE)
            fill(servers, RAW_TOPIC, self._raw, SOURCE)
            with self._contender(worker, self._cores.contender, servers, "none") as process:
                values, ended_at = read_until(
                    *(servers, OBSERVATIONS, self.expected.events),
                    seconds=_RUN_SECONDS_MAX,
                    check=process.check,
                )
                cpu_seconds = process.cpu_seconds()
                started_at, cpu_before = process.begun()
        self._check_batches(worker, values)
        return Run(ended_at - started_at, {"worker": cpu_seconds - cpu_before})

    def end_to_end(self, worker: str) -> Run:
        """Time a worker with our sink behind it, from raw events to rows, rollups and ledger.

        The sink has the raw events in ClickHouse before the worker starts.

        Raises:
            BenchmarkFailed: not exactly the expected rows came out.
        """
        with broker(self._scratch) as (broker_process, servers), self._database(migrated=False) as database:
            create_topics(servers, SOURCE)
            fill(servers, RAW_TOPIC, self._raw, SOURCE)
            with self._contender(OUR_SINK, self._cores.servers, servers, database.name) as sink:
                database.wait_for_ledger(RAW_TOPIC, self.expected.events, sink)
                others = {"sink": sink, "ClickHouse": self._clickhouse, "broker": broker_process}
                before = {name: process.cpu_seconds() for name, process in others.items()}
                with self._contender(worker, self._cores.contender, servers, "none") as process:
                    started_at, cpu_before = process.begun()
                    ended_at = database.wait_for_ledger(OBSERVATIONS, self.expected.events, process)
                    used = {"worker": process.cpu_seconds() - cpu_before}
                used |= {name: other.cpu_seconds() - before[name] for name, other in others.items()}
                database.check(self.expected, rollups=True)
        return Run(ended_at - started_at, used)

    def sink(self, sink: str) -> Run:
        """Time a sink from observation batches to rows.

        Raises:
            BenchmarkFailed: not exactly the expected rows came out.
        """
        ours = sink == OUR_SINK
        with broker(self._scratch) as (_, servers), self._database(migrated=not ours) as database:
            create_topics(servers, SOURCE)
            fill(servers, OBSERVATIONS, self._observation_values(), SOURCE)
            before = self._clickhouse.cpu_seconds()
            with self._contender(sink, self._cores.contender, servers, database.name) as process:
                if ours:
                    ended_at = database.wait_for_ledger(OBSERVATIONS, self.expected.events, process)
                else:
                    ended_at = database.wait_for_rows(self.expected.observations, process)
                started_at, cpu_before = process.begun()
                used = {"sink": process.cpu_seconds() - cpu_before}
            used["ClickHouse"] = self._clickhouse.cpu_seconds() - before
            database.check(self.expected, rollups=ours)
        return Run(ended_at - started_at, used)

    @contextmanager
    def _contender(self, module: str, core: int, servers: str, database: str) -> Iterator[Contender]:
        process = Contender(module, core, self._scratch, self._environment(servers, database))
        try:
            yield process
        finally:
            process.stop()

    def _environment(self, servers: str, database: str) -> Mapping[str, str]:
        return {
            "CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS": servers,
            "CROSSCURRENT_SCHEMA_REGISTRY__URL": self._registry_url,
            "CROSSCURRENT_CLICKHOUSE__URL": self._clickhouse_url,
            "CROSSCURRENT_CLICKHOUSE__DATABASE": database,
            "CROSSCURRENT_METRICS__PORT": "0",
            # the embedded broker lets a join wait half of it, before anything is timed
            "CROSSCURRENT_KAFKA__SESSION_TIMEOUT_SECONDS": str(_SESSION_SECONDS),
            "CROSSCURRENT_HOME": str(self._home),
        }

    @contextmanager
    def _database(self, *, migrated: bool) -> Iterator[Database]:
        database = Database(self._clickhouse_url, f"bench_{uuid.uuid4().hex[:8]}", migrated=migrated)
        try:
            yield database
        finally:
            database.drop()

    def _check_batches(self, worker: str, values: Sequence[bytes]) -> None:
        batches = [self._codec.decode(ObservationBatch, value) for value in values]
        if wrong := check_batches(batches, self.expected):
            raise BenchmarkFailed(f"{worker} published something else: {'; '.join(wrong)}")

    def _observation_values(self) -> list[bytes]:
        processor = NormaliseProcessor(self._codec, {SOURCE: map_page})
        messages = (InputMessage(RAW_TOPIC, 0, offset, None, value) for offset, value in enumerate(self._raw))
        return [
            self._codec.encode(output.topic, output.record)
            for message in messages
            for output in outputs_of(processor.process(message))
        ]


class Database:
    """A database for one run.

    Args:
        url: address of ClickHouse.
        name: its name.
        migrated: whether the tables are made here, for a contender that does not.
    """

    def __init__(self, url: str, name: str, *, migrated: bool) -> None:
        self.name = name
        address = urlsplit(url)
        self._client: Any = clickhouse_connect.get_client(host=address.hostname, port=address.port)
        self._has_tables = migrated
        if migrated:
            settings = Settings(clickhouse=ClickHouseSettings(url=url, database=name))
            migrate(ClickHouse(settings))

    def wait_for_ledger(self, topic: str, offset: int, process: Process) -> float:
        """Return when the ledger reaches an offset of a topic, by the monotonic clock.

        Raises:
            BenchmarkFailed: the process ended, or it does not come in time.
        """
        sql = "SELECT max(last_offset) + 1 FROM {database}.ingest_ledger WHERE _topic = {topic:String}"
        return self._wait(lambda: self._number(sql, topic=topic) >= offset, f"ledger of {topic}", process)

    def wait_for_rows(self, rows: int, process: Process) -> float:
        """Return when there are so many observations, by the monotonic clock.

        Raises:
            BenchmarkFailed: the process ended, or they do not come in time.
        """
        sql = "SELECT count() FROM {database}.observations"
        return self._wait(lambda: self._number(sql) >= rows, f"{rows} rows", process)

    def check(self, wanted: Expected, *, rollups: bool) -> None:
        """Count every row.

        Raises:
            BenchmarkFailed: there are more, fewer or others than wanted.
        """
        sql = "SELECT uniqExact(_offset), count(), sum(value), uniqExact(record_id) FROM {database}.observations"
        events, rows, value_sum, ids = self._row(sql)
        found = [Expected(events, rows, value_sum), Expected(events, ids, value_sum)]
        for table in ROLLUPS if rollups else ():
            count, value_sum = self._row(f"SELECT sum(count), sum(sum) FROM {{database}}.{table}")
            found.append(Expected(events, count, value_sum))
        if set(found) != {wanted}:
            raise BenchmarkFailed(f"in ClickHouse is {found}, expected {wanted} each time")

    def drop(self) -> None:
        """Remove it."""
        self._client.command(f"DROP DATABASE IF EXISTS {self.name} SYNC")
        self._client.close()

    def _wait(self, condition: Any, what: str, process: Process) -> float:
        deadline = time.monotonic() + _RUN_SECONDS_MAX
        while not condition():
            process.check()
            if time.monotonic() > deadline:
                raise BenchmarkFailed(f"not within {_RUN_SECONDS_MAX:g} s: {what}")
            time.sleep(_CLICKHOUSE_LOOK_SECONDS)
        return time.monotonic()

    def _number(self, sql: str, **parameters: str) -> int:
        if not self._has_tables:
            names = (
                "SELECT count() FROM system.tables WHERE database = {name:String} AND name = 'ingest_ledger'"
            )
            self._has_tables = bool(self._row(names, name=self.name)[0])
        return int(self._row(sql, **parameters)[0]) if self._has_tables else 0

    def _row(self, sql: str, **parameters: str) -> tuple[Any, ...]:
        query = sql.replace("{database}", self.name)
        row: tuple[Any, ...] = self._client.query(query, parameters=parameters).result_rows[0]
        return row
