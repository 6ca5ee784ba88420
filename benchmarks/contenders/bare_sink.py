"""A bare confluent-kafka and clickhouse-connect loop: consume, decode, insert, commit.

It writes the same columns into the same table as our sink, as Arrow, and keeps none of its promises: no ledger, no
look-up of what is already there, no rollups.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
import pyarrow as pa
from confluent_kafka import Consumer, Message

from benchmarks.contenders.mark import Mark, take_place
from benchmarks.contenders.normalise_step import OUTPUT
from crosscurrent.settings import Settings, load_settings
from schemas.codec import Codec
from schemas.records import ObservationBatch
from schemas.registry import ConfluentRegistry

MESSAGES_MAX = 500  # 50,000 rows, as our sink inserts at once
WAIT_SECONDS = 0.5
SERIES_COLUMNS = ("measure", "entity_id", "unit", "kind", "series_id")
ORIGIN_COLUMNS = ("tenant", "source", "raw_record_id", "_cluster", "_topic", "_partition", "_offset")


def main() -> None:
    mark = take_place(__doc__)
    settings = load_settings()
    codec = Codec(ConfluentRegistry(settings.registry_url))
    client = connect(settings)
    consumer = Consumer(
        {
            "bootstrap.servers": settings.bootstrap_servers,
            "broker.address.family": "v4",
            "group.id": "benchmark-bare-sink",
            "session.timeout.ms": int(settings.kafka.session_timeout_seconds * 1000),
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([OUTPUT])
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while not stop.is_set():
        messages = consumer.consume(MESSAGES_MAX, WAIT_SECONDS)
        if messages:
            client.insert_arrow("observations", rows(codec, messages, mark))
            consumer.commit(asynchronous=False)
    consumer.close()


def connect(settings: Settings) -> Any:
    address = urlsplit(settings.clickhouse_url)
    database = settings.clickhouse.database
    return clickhouse_connect.get_client(host=address.hostname, port=address.port, database=database)


def rows(codec: Codec, messages: Sequence[Message], mark: Mark) -> pa.Table:
    """Return the observations of the messages."""
    columns: dict[str, list[Any]] = {
        name: [] for name in (*SERIES_COLUMNS, *ORIGIN_COLUMNS, "observed_at", "value")
    }
    for message in messages:
        if message.error() is not None:
            raise RuntimeError(f"Kafka answers {message.error()}")
        mark.first_message()
        batch = codec.decode(ObservationBatch, message.value())
        for name in SERIES_COLUMNS:
            values = [getattr(series, name) for series in batch.series]
            columns[name] += [values[index] for index in batch.series_index]
        place = ("bare", message.topic(), message.partition(), message.offset())
        for name, value in zip(
            ORIGIN_COLUMNS, (batch.tenant, batch.source, batch.raw_record_id, *place), strict=True
        ):
            columns[name] += [value] * len(batch.value)
        columns["observed_at"] += batch.observed_at
        columns["value"] += batch.value
    times = pa.array(columns.pop("observed_at"), pa.timestamp("ms", "UTC"))
    return pa.table({**columns, "observed_at": times})


if __name__ == "__main__":
    main()
