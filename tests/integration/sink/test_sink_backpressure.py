"""A slow sink slows its reader: what it holds is bounded, and nothing is lost when it is quick again."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY

from crosscurrent.clock import SystemClock
from schemas.codec import Codec
from sinks.clickhouse import ClickHouse, migrate
from sinks.clickhouse.batch import BatchWriter, Outcome
from sinks.clickhouse.consumer import SinkConsumer
from sinks.clickhouse.message import Stretch
from sinks.clickhouse.vouchers import Vouchers
from tests.integration.sink.conftest import Broker, NoDeadLetters, make_settings
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

MESSAGES = 6000
MESSAGE_BYTES = 1000
BATCH_BYTES_MAX = 200_000
READ_AT_ONCE_MESSAGES = 1000
"""What the consumer takes from the client library in one call, after which it looks at the bound."""


class SlowWriter(BatchWriter):
    """Writes nothing before it is let go, then counts."""

    def __init__(self, client: ClickHouse, codec: Codec) -> None:
        super().__init__(client, codec, NoDeadLetters(), Vouchers(client, SystemClock()), rows_max=50_000)
        self.go = threading.Event()
        self.begun = 0
        self.written = 0

    def write(self, stretches: Sequence[Stretch]) -> Outcome:
        self.begun += sum(len(stretch.messages) for stretch in stretches)
        self.go.wait()
        self.written = self.begun
        return Outcome(written={stretch.place: stretch.last_offset + 1 for stretch in stretches})


def pending_bytes() -> float:
    return REGISTRY.get_sample_value("sink_pending_bytes") or 0.0


def lag_messages() -> float:
    labels = {"topic": "raw.github", "partition": "0"}
    return REGISTRY.get_sample_value("sink_lag_messages", labels) or 0.0


def test_sink_reads_no_more_than_its_bound_while_it_cannot_write_and_everything_after(
    clickhouse_url: str,
) -> None:
    broker = Broker()
    broker.start()
    base = make_settings(clickhouse_url, broker.servers)
    settings = base.model_copy(
        update={"sink": base.sink.model_copy(update={"batch_bytes_max": BATCH_BYTES_MAX})}
    )
    client = ClickHouse(settings)
    migrate(client)
    writer = SlowWriter(client, Codec(FixedRegistry()))
    broker.publish(Codec(FixedRegistry()), [("raw.github", bytes(MESSAGE_BYTES))] * MESSAGES)
    stop = threading.Event()
    consumer = SinkConsumer(settings, client, writer, SystemClock())
    running = threading.Thread(target=consumer.run, args=(stop,))
    running.start()
    try:
        wait_until(lambda: pending_bytes() >= BATCH_BYTES_MAX, "the inbox is full")
        bound = BATCH_BYTES_MAX + READ_AT_ONCE_MESSAGES * (MESSAGE_BYTES + 20)
        told = lag_messages()
        assert pending_bytes() <= bound
        assert 0 < writer.begun * MESSAGE_BYTES <= bound
        assert told > MESSAGES / 2
        writer.go.set()
        wait_until(lambda: writer.written == MESSAGES, "everything is written")
    finally:
        writer.go.set()
        stop.set()
        running.join()
        client.command(f"DROP DATABASE {client.database}")
        client.close()
        broker.stop()
