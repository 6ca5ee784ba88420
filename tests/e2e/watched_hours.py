"""A home that watches the hours of a played world one by one, and what its tables say in the end."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.running_home import UNHINDERED, Rows, RunningHome, World, running
from tests.waiting import wait_until

# one page of repositories, and for each city weather, air and forecast
RAW_EVENTS_PER_HOUR = 7
HOUR_SECONDS_MAX = 120.0
HOP = 4

SOURCES = {
    "github": {"TARGETS": json.dumps(["org:quillfen-works"]), "POLL_INTERVAL_SECONDS": "0.05"},
    "openweathermap": {
        "TARGETS": json.dumps(["2179537", "3143244"]),
        # air is asked for every sixth time and the forecast every eighteenth
        "POLL_INTERVAL_SECONDS": "0.02",
        "REQUESTS_PER_MINUTE_MAX": "600000",
    },
}
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
    """A home that watches a world of its own, hour by hour.

    Args:
        home: the home.
        world: its world.
    """

    def __init__(self, home: RunningHome, world: World) -> None:
        self.home = home
        self._world = world
        self._hours = 0

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
        self._hours = hour + 1

    def finish(self) -> Snapshot:
        """Wait until the last window is written, and return what the tables say."""
        # a window closes one and a half steps after its last grid point
        last_window = int((self._hours - 1 - 1.5) // HOP * HOP)
        last = "(SELECT max(window_end) FROM correlation_windows)"
        hours = f"SELECT dateDiff('hour', min(observed_at), {last}) FROM observations"
        wait_until(
            lambda: self.home.rows(hours) == [(last_window,)], "the last window is there", HOUR_SECONDS_MAX
        )
        return steady(self.snapshot)

    def snapshot(self) -> Snapshot:
        """Return what the tables say."""
        return {
            table: self.home.rows(f"SELECT {columns} FROM {table} ORDER BY ALL")
            for table, columns in CONTENTS.items()
        }


@contextmanager
def watched(directory: Path, environment: Mapping[str, str] | None = None) -> Iterator[Watched]:
    """Run a home and its world as long as the context lasts.

    Args:
        directory: where the home lies.
        environment: settings beside ``ENVIRONMENT``.
    """
    world = World(*UNHINDERED)
    try:
        home = RunningHome(directory, world.url, SOURCES, {**ENVIRONMENT, **(environment or {})})
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


def undisturbed_run(directory: Path, hours: int) -> Snapshot:
    """Return what the tables say after so many hours in which nothing went wrong."""
    with watched(directory) as calm:
        for hour in range(hours):
            calm.watch(hour)
        return calm.finish()


def differences(expected: Snapshot, found: Snapshot) -> dict[str, dict[str, Rows]]:
    """Return what tells two runs apart, by table."""
    assert not [table for table in expected if not expected[table] and table != "anomalies"]
    return {table: difference(rows, found[table]) for table, rows in expected.items() if found[table] != rows}


def difference(expected: Rows, found: Rows) -> dict[str, Rows]:
    """Return what tells two tables apart, a few rows of each kind."""
    return {
        "missing": sorted(set(expected) - set(found), key=repr)[:5],
        "extra": sorted(set(found) - set(expected), key=repr)[:5],
        "more than once": [row for row, count in Counter(found).items() if count > 1][:5],
    }
