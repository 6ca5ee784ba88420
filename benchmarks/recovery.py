"""How long the state of the processors takes to come back after a restart, by number of series.

A real broker (Tansu, on loopback) holds what a worker finds: one state a series of the detector on ``processor-state``,
and for the correlation a whole window of every series on ``observations``. Measured is ``Runner.start`` of a new
process' objects: reading, decoding, and rebuilding, up to where the next message can be taken in. What is left out: the start
of Python and its imports, and the join of the consumer group.

    python -m benchmarks.recovery [--series 10000] [--points 50] [--window-steps 256]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.figures import table
from benchmarks.processes import broker
from crosscurrent.clock import SystemClock
from crosscurrent.kafka import NewTopic, Producer, ensure_topics
from crosscurrent.settings import CorrelateSettings, DetectSettings, WorkerSettings
from schemas.codec import Codec
from schemas.identity import record_id, series_id
from schemas.records import ObservationBatch, Series
from schemas.topics import OBSERVATIONS, PROCESSOR_STATE
from streams.correlate.agent import CorrelateProcessor
from streams.detect.agent import DetectProcessor
from streams.processor import InputMessage, Processor
from streams.processor.checkpoint import CheckpointStore
from streams.processor.life import BrokerLife
from streams.processor.runner import Runner

TENANT = "default"
SERIES_PER_MESSAGE = 1000
STEP_SECONDS = 60.0
START_MS = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
STORED_AT_ONCE = 2000


class Registry:
    """Gives each schema a number."""

    def __init__(self) -> None:
        self._schemas: list[str] = []

    def register(self, subject: str, schema: str) -> int:
        """Return the number of a schema."""
        del subject
        if schema not in self._schemas:
            self._schemas.append(schema)
        return self._schemas.index(schema) + 1

    def schema_by_id(self, schema_id: int) -> str:
        """Return the schema of a number."""
        return self._schemas[schema_id - 1]


class Recovery:
    """What a worker has when it starts.

    Args:
        servers: the broker.
        series: how many series there are.
        window_steps: of the correlation.
    """

    def __init__(self, servers: str, series: int, window_steps: int) -> None:
        self._servers = servers
        self._codec = Codec(Registry())
        self._producer = Producer(servers)
        self._window_steps = window_steps
        self._rng = np.random.default_rng(5)
        self._series = [
            Series(
                series_id=series_id(TENANT, "bench", "level", str(number), "1"),
                measure="level",
                entity_id=str(number),
                unit="1",
                kind="gauge",
            )
            for number in range(series)
        ]
        topics = [NewTopic(OBSERVATIONS), NewTopic(PROCESSOR_STATE)]
        ensure_topics(servers, topics, partitions=1, replication_factor=1)
        self._life = BrokerLife(servers, [OBSERVATIONS, PROCESSOR_STATE])

    def close(self) -> None:
        """Close the producer."""
        self._producer.close()

    def detector(self) -> Processor:
        """Return a detector that knows nothing."""
        return DetectProcessor(self._codec, DetectSettings(series_count_max=2 * len(self._series)))

    def correlation(self) -> Processor:
        """Return a correlation that knows nothing."""
        settings = CorrelateSettings(
            step_seconds=STEP_SECONDS, window_steps=self._window_steps, series_count_max=len(self._series)
        )
        return CorrelateProcessor(self._codec, settings, tenant=TENANT)

    def prepare_detector(self, points: int) -> int:
        """Store the state of every series after some points; return its bytes."""
        rules = self.detector()
        for step in range(points):
            for value in self._messages(step):
                rules.process(InputMessage(OBSERVATIONS, 0, step, None, value))
        return asyncio.run(self._store(rules, list(rules.take_dirty()), {}))

    def prepare_correlation(self) -> int:
        """Publish a window of every series and a checkpoint that needs all of it; return the bytes published."""
        published = asyncio.run(self._publish())
        asyncio.run(self._store(self.correlation(), [], {f"{OBSERVATIONS}-0": self._message_count()}))
        return published

    def start(self, rules: Processor) -> tuple[float, float]:
        """Return the seconds, by the clock and of a processor, until a worker can take in the next message."""

        async def timed() -> tuple[float, float]:
            runner = Runner(
                rules,
                store=self._checkpoints(rules),
                producer=self._producer,
                codec=self._codec,
                clock=SystemClock(),
                settings=WorkerSettings(),
                life=self._life,
                tenant=TENANT,
                bootstrap_servers=self._servers,
            )
            began, used = time.perf_counter(), time.process_time()
            await runner.start({})
            taken = time.perf_counter() - began, time.process_time() - used
            runner.close()
            return taken

        return asyncio.run(timed())

    def _message_count(self) -> int:
        return self._window_steps * -(-len(self._series) // SERIES_PER_MESSAGE)

    def _messages(self, step: int) -> Iterable[bytes]:
        for begin in range(0, len(self._series), SERIES_PER_MESSAGE):
            some = self._series[begin : begin + SERIES_PER_MESSAGE]
            batch = ObservationBatch(
                tenant=TENANT,
                record_id=record_id(TENANT, "bench", step, begin),
                source="bench",
                raw_record_id=record_id(TENANT, "raw", step, begin),
                series=some,
                series_index=list(range(len(some))),
                observed_at=[START_MS + round(step * STEP_SECONDS * 1000)] * len(some),
                value=self._rng.standard_normal(len(some)).tolist(),
            )
            yield self._codec.encode(OBSERVATIONS, batch)

    async def _publish(self) -> int:
        published = 0
        for step in range(self._window_steps):
            waiting = []
            for value in self._messages(step):
                published += len(value)
                waiting.append(
                    await self._producer.enqueue(OBSERVATIONS, key=b"default|bench", value=value, headers={})
                )
            await asyncio.gather(*waiting)
        return published

    def _checkpoints(self, rules: Processor) -> CheckpointStore:
        return CheckpointStore(
            rules.name,
            tenant=TENANT,
            bootstrap_servers=self._servers,
            cluster=self._life.cluster,
            producer=self._producer,
            codec=self._codec,
            clock=SystemClock(),
        )

    async def _store(
        self, rules: Processor, items: list[tuple[str, bytes]], positions: dict[str, int]
    ) -> int:
        store, written = self._checkpoints(rules), 0
        for begin in range(0, max(1, len(items)), STORED_AT_ONCE):
            written += await store.store(
                begin,
                items=items[begin : begin + STORED_AT_ONCE],
                positions_payload=rules.positions_payload(),
                input_offsets=positions,
                refill_offsets=dict.fromkeys(positions, 0),
                vouch_offsets={},
            )
        return written


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument(
        "--points", type=int, default=50, help="points that the detector has seen of each series"
    )
    parser.add_argument("--window-steps", type=int, default=256)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, broker(Path(scratch)) as (_, servers):
        rows = measure(Recovery(servers, given.series, given.window_steps), given.points)
    if given.json:
        print(json.dumps(rows))
    else:
        head = [
            "processor",
            "series",
            "bytes read",
            "seconds until the next message",
            "of them processor time",
        ]
        lines = [
            [name, f"{given.series:,}", f"{size:,}", f"{took:.2f}", f"{used:.2f}"]
            for name, size, took, used in rows
        ]
        print(table(head, lines))
    return 0


def measure(recovery: Recovery, points: int) -> list[tuple[str, int, float, float]]:
    """Return processor, bytes that are read, seconds by the clock, and seconds of a processor."""
    try:
        size = recovery.prepare_detector(points)
        rows = [("detect", size, *recovery.start(recovery.detector()))]
        size = recovery.prepare_correlation()
        rows.append(("correlate", size, *recovery.start(recovery.correlation())))
        return rows
    finally:
        recovery.close()


if __name__ == "__main__":
    raise SystemExit(main())
