"""The ClickHouse sink as a process."""

from __future__ import annotations

import gc
import signal
import threading
from threading import Event

import structlog

from crosscurrent.clock import SystemClock
from crosscurrent.errors import Transient
from crosscurrent.kafka import make_producer
from crosscurrent.metrics import ProcessServer
from crosscurrent.settings import Settings
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from sinks.clickhouse.batch import BatchWriter
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.consumer import SinkConsumer
from sinks.clickhouse.dead_letter import DeadLetters
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.vouchers import Vouchers

# a batch is hundreds of thousands of objects that all live until it is written: with the default thresholds the
# collector goes through them again and again and doubles the time of decoding
_GC_THRESHOLDS = (200_000, 20, 20)
_MIGRATE_AGAIN_SECONDS_MIN = 0.2
_MIGRATE_AGAIN_SECONDS_MAX = 5.0

_log = structlog.get_logger()


def run(settings: Settings, *, stop: Event | None = None) -> None:
    """Write every topic to ClickHouse until stopped, by ``stop``, SIGTERM or Ctrl-C.

    Args:
        settings: all settings.
        stop: ends the sink when set; without it, or beside it, the signals do.

    Raises:
        Fatal: the database was written by a newer version, or a server refuses this process.
        WrongUse: the metrics port is taken, or an address is not one.
    """
    stop = stop or Event()
    _stop_on_signals(stop)
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    sink = ClickHouseSink(settings, Codec(ConfluentRegistry(settings.registry_url)))
    server = ProcessServer(settings.metrics.host, settings.metrics.port, sink.not_ready)
    port = server.start()
    _log.info("sink_started", metrics_port=port, clickhouse=settings.clickhouse_url)
    try:
        sink.run(stop)
    finally:
        server.close()
        _log.info("sink_stopped")


class ClickHouseSink:
    """The sink without its metrics server and signals.

    Args:
        settings: all settings.
        codec: decodes messages and encodes dead letters.
    """

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self._settings = settings
        self._codec = codec
        self._client = ClickHouse(settings)
        self._consumer: SinkConsumer | None = None
        self._trouble: str | None = "the tables are being looked at"

    def not_ready(self) -> list[str]:
        """Return the reasons why rows are not written as they come; none means they are."""
        if self._consumer is None:
            return [self._trouble] if self._trouble else []
        return self._consumer.not_ready()

    def run(self, stop: Event) -> None:
        """Bring the tables up to date, then read and write until stopped.

        Raises:
            Fatal: the database was written by a newer version, or a server refuses this process.
        """
        if not self._migrate(stop):
            return
        settings, clock = self._settings, SystemClock()
        producer = make_producer(settings)
        writer = BatchWriter(
            self._client,
            self._codec,
            DeadLetters(producer, self._codec, clock, tenant=settings.tenant),
            Vouchers(self._client, clock),
            rows_max=settings.sink.batch_rows_max,
        )
        self._consumer = SinkConsumer(settings, self._client, writer, clock)
        try:
            self._consumer.run(stop)
        finally:
            producer.close()
            self._client.close()

    def _migrate(self, stop: Event) -> bool:
        """Bring the tables up to date, however long ClickHouse is away; return whether it was done."""
        again_seconds = _MIGRATE_AGAIN_SECONDS_MIN
        while not stop.is_set():
            try:
                migrate(self._client)
            except Transient as error:
                self._trouble = str(error)
                _log.warning("migration_delayed", reason=str(error), retry_after_seconds=again_seconds)
                stop.wait(again_seconds)
                again_seconds = min(again_seconds * 2, _MIGRATE_AGAIN_SECONDS_MAX)
            else:
                return True
        return False


def _stop_on_signals(stop: Event) -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
