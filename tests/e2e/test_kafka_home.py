"""A home on Apache Kafka: its broker is killed, it is moved to Tansu, and nothing is missing or double."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosscurrent.errors import WrongUse
from tests.e2e.running_home import UNHINDERED, RunningHome, World, running
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

SOURCES = {"github": {"TARGETS": json.dumps(["org:quillfen-works"]), "POLL_INTERVAL_SECONDS": "0.05"}}
ENVIRONMENT = {
    "CROSSCURRENT_SINK__BATCH_INTERVAL_SECONDS": "0.1",
    "CROSSCURRENT_KAFKA__EMBEDDED_HEAP_BYTES_MAX": str(256 * 1024 * 1024),
}


def count(home: RunningHome, table: str) -> int:
    rows = home.rows(f"SELECT count() FROM {table}")
    return int(str(rows[0][0])) if rows else 0


def wait_for_hours(home: RunningHome, world: World, hours: int) -> None:
    """Let the world go on and wait until each hour's answer was collected and made observations."""
    for _ in range(hours):
        before = count(home, "raw_events")
        world.advance()
        wait_until(lambda before=before: count(home, "raw_events") > before, "another hour is rows", 120)  # type: ignore[misc]


def clusters(home: RunningHome) -> set[str]:
    return {str(row[0]).partition("/")[0] for row in home.rows("SELECT DISTINCT _cluster FROM raw_events")}


def audited(home: RunningHome) -> None:
    audit = home.command("audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr


def test_home_on_kafka_survives_its_broker_and_is_moved_without_loss(tmp_path: Path) -> None:
    world = World(*UNHINDERED)
    home = RunningHome(tmp_path / "home", world.url, SOURCES, ENVIRONMENT, broker="kafka")
    try:
        with running(home):
            wait_until(lambda: count(home, "observations"), "the first hour is observations", 120)
            cluster = clusters(home)
            workers = {name: pid for name, pid in home.pids().items() if name != "broker"}
            home.kill(home.pids()["broker"])
            wait_for_hours(home, world, 2)
            # the log is there again, so it is no other life, and nobody had to begin anew with the broker
            assert clusters(home) == cluster
            assert len(cluster) == 1
            assert {name: pid for name, pid in home.pids().items() if name != "broker"} == workers
        other = RunningHome(tmp_path / "home", world.url, SOURCES, ENVIRONMENT, broker="tansu")
        with pytest.raises(WrongUse, match="has the embedded broker kafka, not tansu"):
            other.start()
        home.move_to("tansu")
        with running(home):
            wait_for_hours(home, world, 1)
            assert len(clusters(home) - cluster) == 1
            audited(home)
        assert (tmp_path / "home" / "broker.moved" / "log").is_dir()
    finally:
        world.close()
