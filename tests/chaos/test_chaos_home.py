"""A seeded schedule of faults on a whole home: after it the tables equal those of a run in which nothing went wrong.

``CROSSCURRENT_TEST_FAULTS`` says how many (7 if not set, one of each kind; `make chaos` makes it hundreds) and
``CROSSCURRENT_TEST_SEED`` which. What happened is printed as it happens, so a run that failed can be read and repeated.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS, schedule
from tests.e2e.watched_hours import Snapshot, differences, undisturbed_run, watched

pytestmark = pytest.mark.integration

COUNT = int(os.environ.get("CROSSCURRENT_TEST_FAULTS", str(len(FAULTS))))
SEED = int(os.environ.get("CROSSCURRENT_TEST_SEED", "1"))
# the first window closes after 32 hours, and the detectors have warmed up after 64
HOURS = 38 if COUNT < 20 else max(96, COUNT)
BEFORE_SECONDS = 0.8


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return undisturbed_run(tmp_path_factory.mktemp("calm") / "home", HOURS)


def test_tables_equal_those_of_a_run_without_faults(undisturbed: Snapshot, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    planned = schedule(chance, HOURS, COUNT)
    happened: list[str] = []
    with watched(tmp_path / "home") as disturbed:
        for hour in range(HOURS):
            for name in planned.get(hour, ()):
                time.sleep(chance.uniform(0, BEFORE_SECONDS))
                happened.append(f"hour {hour}: {FAULTS[name][0](disturbed.home, chance)}")
                print(happened[-1], flush=True)
            disturbed.watch(hour)
        found = disturbed.finish()
        audit = disturbed.home.command("audit")
        apart = differences(undisturbed, found)
        assert not apart, f"{apart} after {happened}; the audit says: {audit.stdout}"
        assert audit.returncode == 0, f"{happened}\n{audit.stdout}{audit.stderr}"
    assert len(happened) == COUNT
