"""Whatever is killed, and whenever: the tables equal those of a run that nobody disturbed.

Two homes watch the same played hours. One is left alone; in the other, at random moments, a random process is
killed, or everything at once. ``CROSSCURRENT_TEST_KILLS`` says how often (50 takes about ten minutes).
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.running_home import UNHINDERED, Rows, RunningHome, World, running
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

KILLS = int(os.environ.get("CROSSCURRENT_TEST_KILLS", "2"))
SEED = int(os.environ.get("CROSSCURRENT_TEST_SEED", "1"))
# the first window closes after 32 hours, and the detectors have warmed up after 64
HOURS = max(38, 2 * KILLS) if KILLS < 20 else max(96, 2 * KILLS)
# one page of repositories, and for each city weather, air and forecast
RAW_EVENTS_PER_HOUR = 7
KILL_WITHIN_SECONDS = 0.8
HOUR_SECONDS_MAX = 120.0

SOURCES = {
    "github": {"TARGETS": json.dumps(["org:quillfen-works"]), "POLL_INTERVAL_SECONDS": "0.05"},
    "openweathermap": {
        "TARGETS": json.dumps(["2179537", "3143244"]),
        # air is asked for every sixth time and the forecast every eighteenth
        "POLL_INTERVAL_SECONDS": "0.02",
        "REQUESTS_PER_MINUTE_MAX": "600000",
    },
}
HOP = 4
# a window closes one and a half steps after its last grid point
LAST_WINDOW = int((HOURS - 1 - 1.5) // HOP * HOP)
ENVIRONMENT = {
    "CROSSCURRENT_CORRELATE__WINDOW_STEPS": "32",
    "CROSSCURRENT_CORRELATE__HOP_STEPS": str(HOP),
    "CROSSCURRENT_CORRELATE__LAG_STEPS_MAX": "4",
    "CROSSCURRENT_SINK__BATCH_INTERVAL_SECONDS": "0.1",
}

# what a row says, without when and by which way it came; the checksum is over all that its message said
CONTENTS = {
    "raw_events": "record_id, endpoint, payload",
    "entities": "record_id, row_checksum",
    "observations": "record_id, observed_at, value, row_checksum",
    "correlation_windows": "record_id, window_end, row_checksum",
    "correlations": "record_id, window_end, coefficient, row_checksum",
    "anomalies": "record_id, observed_at, row_checksum",
    "observations_1h": "series_id, bucket_start, count, sum, min, max, first, last",
    "observations_1d": "series_id, bucket_start, count, sum, min, max, first, last",
}
Snapshot = dict[str, Rows]


class Watched:
    """A home that watches a world of its own, hour by hour."""

    def __init__(self, home: RunningHome, world: World) -> None:
        self.home = home
        self._world = world

    def watch(self, hour: int) -> None:
        """Wait until everything of an hour is rows, and go on to the next."""
        events = RAW_EVENTS_PER_HOUR * (hour + 1)
        done = f"""
            SELECT uniqExact(record_id) = {events},
                countIf(endpoint != 'forecast' AND record_id NOT IN (SELECT raw_record_id FROM observations)) = 0
            FROM raw_events
        """
        wait_until(lambda: self.home.rows(done) == [(1, 1)], f"hour {hour} is rows", HOUR_SECONDS_MAX)
        self._world.advance()

    def finish(self) -> Snapshot:
        """Wait until the last window is written, and return what the tables say."""
        last = "(SELECT max(window_end) FROM correlation_windows)"
        hours = f"SELECT dateDiff('hour', min(observed_at), {last}) FROM observations"
        wait_until(
            lambda: self.home.rows(hours) == [(LAST_WINDOW,)], "the last window is there", HOUR_SECONDS_MAX
        )
        return steady(self.snapshot)

    def snapshot(self) -> Snapshot:
        """Return what the tables say."""
        return {
            table: self.home.rows(f"SELECT {columns} FROM {table} ORDER BY ALL")
            for table, columns in CONTENTS.items()
        }


@contextmanager
def watched(directory: Path) -> Iterator[Watched]:
    world = World(*UNHINDERED)
    try:
        home = RunningHome(directory, world.url, SOURCES, ENVIRONMENT)
        with running(home):
            yield Watched(home, world)
    finally:
        world.close()


def steady(look: Callable[[], Snapshot], seconds: float = 2.0) -> Snapshot:
    """Return the tables once they have not changed for a while."""
    last, since = look(), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.2)
        present = look()
        if present != last:
            last, since = present, time.monotonic()
    return last


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    with watched(tmp_path_factory.mktemp("undisturbed") / "home") as calm:
        for hour in range(HOURS):
            calm.watch(hour)
        return calm.finish()


def test_tables_equal_those_of_an_undisturbed_run(undisturbed: Snapshot, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    doomed = set(chance.sample(range(2, HOURS - 1), KILLS))
    killed = []
    with watched(tmp_path / "home") as disturbed:
        for hour in range(HOURS):
            if hour in doomed:
                time.sleep(chance.uniform(0, KILL_WITHIN_SECONDS))
                killed.append((hour, disturbed.home.kill_something(chance)))
                print(f"hour {hour}: killed {killed[-1][1]}", flush=True)
            disturbed.watch(hour)
        found = disturbed.finish()
        audit = disturbed.home.command("audit")
        assert not [table for table in undisturbed if not undisturbed[table] and table != "anomalies"]
        differences = {
            table: difference(expected, found[table])
            for table, expected in undisturbed.items()
            if found[table] != expected
        }
        assert not differences, f"{differences} after {killed}; the audit says: {audit.stdout}"
        assert audit.returncode == 0, audit.stdout + audit.stderr


def difference(expected: Rows, found: Rows) -> dict[str, Rows]:
    """Return what tells two tables apart, a few rows of each kind."""
    return {
        "missing": sorted(set(expected) - set(found), key=repr)[:5],
        "extra": sorted(set(found) - set(expected), key=repr)[:5],
        "more than once": [row for row, count in Counter(found).items() if count > 1][:5],
    }
