"""Runs the sink with the tests' registry; ``--die-before-ledger`` kills it between the rows and the ledger."""

from __future__ import annotations

import os
import signal
import sys
import threading

from crosscurrent.settings import load_settings
from crosscurrent.telemetry import configure_logging
from schemas.codec import Codec
from sinks.clickhouse import writer
from sinks.clickhouse.sink import ClickHouseSink
from tests.integration.sink.fixed_registry import FixedRegistry


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    configure_logging(os.environ.get("CROSSCURRENT_LOG_LEVEL", "warning"), process="sink")
    if "--die-before-ledger" in sys.argv:
        setattr(writer, "write_ledger", die)  # noqa: B010 - the name is not exported
    if "--die-before-rollups" in sys.argv:
        setattr(writer, "recompute_rollups", die)  # noqa: B010 - the name is not exported
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    ClickHouseSink(load_settings(), Codec(FixedRegistry())).run(stop)
