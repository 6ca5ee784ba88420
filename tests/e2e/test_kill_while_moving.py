"""Whatever is killed while the vendors' answers move on: what stands in the tables hangs together.

Time does not wait here, so that a poll that is made again gets another answer, and there is no undisturbed run to
compare with. Instead the tables are held against what is in them: every measurement must follow from the raw event
that it names, every raw event must have given all that follows from it, and the audit must find nothing.
``CROSSCURRENT_TEST_KILLS`` says how often (50 takes about eight minutes).
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from connectors.registry import MAPPINGS
from schemas.records import RawEvent
from sinks.clickhouse import ClickHouse
from streams.normalise.logic import has_payload, observation_batch
from tests.e2e.running_home import UNHINDERED, RunningHome, World, running
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

KILLS = int(os.environ.get("CROSSCURRENT_TEST_KILLS", "2"))
SEED = int(os.environ.get("CROSSCURRENT_TEST_SEED", "1"))
QUIET_SECONDS = (0.2, 3.0)
# a kill soon after the start comes while the home still restores what it holds
HURRIED_SHARE = 0.3
SETTLED_SECONDS = 60.0

SOURCES = {
    "github": {"TARGETS": '["org:quillfen-works"]', "POLL_INTERVAL_SECONDS": "0.2"},
    "openweathermap": {
        "TARGETS": '["2179537", "3143244"]',
        "POLL_INTERVAL_SECONDS": "0.2",
        "REQUESTS_PER_MINUTE_MAX": "600000",
    },
}
ENVIRONMENT = {
    "CROSSCURRENT_CORRELATE__WINDOW_STEPS": "32",
    "CROSSCURRENT_CORRELATE__HOP_STEPS": "4",
    "CROSSCURRENT_CORRELATE__LAG_STEPS_MAX": "4",
    "CROSSCURRENT_SINK__BATCH_INTERVAL_SECONDS": "0.1",
}
RAW_SQL = """
SELECT tenant, toString(record_id) AS record_id, source, endpoint, request_method, request_url, request_key, status,
       headers, fetched_at, observed_at, page_index, poll_id, cursor, payload
FROM raw_events ORDER BY fetched_at
"""
MEASURED_SQL = """
SELECT toString(raw_record_id) AS raw, series_id, toUnixTimestamp64Milli(observed_at) AS at, value FROM observations
"""

Point = tuple[str, int]
Founded = dict[str, dict[Point, float]]


def test_rows_hang_together_when_answers_move_between_kills(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    world = World(*UNHINDERED, speed=3600.0)
    try:
        home = RunningHome(tmp_path / "home", world.url, SOURCES, ENVIRONMENT)
        with running(home):
            killed = kill_again_and_again(home, chance)
            events = home.rows("SELECT count() FROM raw_events")
            wait_until(
                lambda: home.rows("SELECT count() FROM raw_events") > events, "new events are rows", 120
            )
            audit = home.command("audit")
            assert audit.returncode == 0, f"{killed}\n{audit.stdout}{audit.stderr}"
            client = ClickHouse(home.settings)
            founded = expected(client)
            wait_until(
                lambda: not lacking(client, founded), f"what follows is there after {killed}", SETTLED_SECONDS
            )
            assert not unfounded(client, founded), killed
            client.close()
    finally:
        world.close()


def kill_again_and_again(home: RunningHome, chance: random.Random) -> list[str]:
    """Kill, with pauses of chance between; return what was killed."""
    killed = []
    for number in range(KILLS):
        if chance.random() >= HURRIED_SHARE:
            time.sleep(chance.uniform(*QUIET_SECONDS))
        killed.append(home.kill_something(chance))
        print(f"kill {number}: {killed[-1]}", flush=True)
    return killed


def expected(client: ClickHouse) -> Founded:
    """Return the measurements that follow from each raw event."""
    found: Founded = {}
    for row in client.query(RAW_SQL, binary=("payload",)):
        event = RawEvent(**{**row, "payload": bytes(row["payload"]), "headers": dict(row["headers"])})
        batch = observation_batch(event, MAPPINGS[event.source](event)) if has_payload(event) else None
        points = zip(batch.series_index, batch.observed_at, batch.value, strict=True) if batch else ()
        found[event.record_id] = {
            (batch.series[index].series_id, at): value for index, at, value in points if batch
        }
    return found


def unfounded(client: ClickHouse, founded: Founded) -> list[tuple[object, ...]]:
    """Return measurements that do not follow from the raw event that they name."""
    return [
        (row["raw"], row["series_id"], row["at"], row["value"])
        for row in client.query(MEASURED_SQL)
        if row["raw"] in founded
        and founded[row["raw"]].get((str(row["series_id"]), int(row["at"]))) != row["value"]
    ]


def lacking(client: ClickHouse, founded: Founded) -> list[Point]:
    """Return what follows from raw events and was measured for none of them."""
    wanted = {point for points in founded.values() for point in points}
    there = {(str(row["series_id"]), int(row["at"])) for row in client.query(MEASURED_SQL)}
    return sorted(wanted - there)
