"""A connector whose broker is silent goes on polling; when the broker is back it has everything, in order."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.kit.process import Runtime, run_until
from connectors.kit.spool import spool_bytes
from connectors.registry import connector_named
from crosscurrent.settings import KafkaSettings, MetricsSettings, Settings, SourceSettings
from schemas.codec import Codec
from tests.integration.connectors.conftest import SAILBENCH, TOKEN, Reader, World, new_tenant, wait_for
from tests.integration.sink.conftest import Broker
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.waiting import free_port

pytestmark = pytest.mark.integration


class SilentBroker(Broker):
    """A broker that can be stopped where it stands, with everything it knows."""

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)


@pytest.fixture
def silent_broker() -> Iterator[SilentBroker]:
    broker = SilentBroker()
    broker.start()
    yield broker
    broker.stop()


def test_connector_keeps_on_disk_what_it_saw_while_the_broker_was_silent(
    world: World, silent_broker: SilentBroker, tmp_path: Path
) -> None:
    reader, tenant = Reader(silent_broker.servers), new_tenant()
    section = {
        "base_url": f"{world.url}/github",
        "token": TOKEN,
        "targets": [SAILBENCH],
        "poll_interval_seconds": 0.2,
    }
    settings = Settings(
        home=tmp_path,
        tenant=tenant,
        kafka=KafkaSettings(bootstrap_servers=silent_broker.servers, delivery_timeout_seconds=1.0),
        metrics=MetricsSettings(port=free_port()),
        sources={"github": SourceSettings.model_validate(section)},
    )
    runtime = Runtime(connector_named("github"), settings, Codec(FixedRegistry()))
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(run_until(stop, [runtime], settings.metrics)), daemon=True
    )
    thread.start()
    try:
        wait_for(lambda: len(reader.read("github", tenant).states) >= 4, "polls")
        silent_broker.signal(signal.SIGSTOP)
        world.advance()
        wait_for(lambda: spool_bytes(tmp_path, tenant).get("github", 0) > 0, "something waits on disk")
        world.advance()
        size = spool_bytes(tmp_path, tenant)["github"]
        wait_for(lambda: spool_bytes(tmp_path, tenant).get("github", 0) > size + 10_000, "more waits on disk")
        assert "wait on disk for the broker" in runtime.not_ready()[0]
        silent_broker.signal(signal.SIGCONT)
        wait_for(lambda: not spool_bytes(tmp_path, tenant), "the disk is drained")
        wait_for(lambda: not runtime.not_ready(), "the connector is ready")
    finally:
        silent_broker.signal(signal.SIGCONT)
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
    read = reader.read("github", tenant)
    reader.close()
    end = max(read.offsets) + 1
    assert all(state.vouch_offsets.get("raw.github-0", 0) <= end for state in read.states)
    hours = {event.observed_at.replace(minute=0, second=0, microsecond=0) for event in read.events}
    assert len(hours) == 3, "each hour was seen, the two without a broker as well"
