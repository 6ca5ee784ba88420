"""History of the played GitHub, filled in by a process that is killed: nothing lost, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.github.connector import GITHUB
from connectors.kit.backfill import Progress
from connectors.kit.backfill_job import Wanted
from connectors.kit.backfill_process import alone, estimate_backfill, run_backfill
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings, SourceSettings
from sinks.clickhouse.audit import audit
from sinks.clickhouse.client import Rows
from streams.normalise.processor import NormaliseProcessor
from tests.integration.connectors.conftest import SAILBENCH, TOKEN, World, as_variable
from tests.integration.sink import small_world
from tests.integration.sink.conftest import Broker, make_settings
from tests.integration.sink.fixed_registry import FixedRegistry

pytestmark = pytest.mark.integration

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
FROM_BEGIN = Wanted(BEGIN)
REPOSITORY = Path(__file__).resolve().parents[3]
ENTITIES = (
    "SELECT entity_type, entity_id, name, url, observed_at, attributes FROM entities "
    "WHERE tenant = {tenant:String} ORDER BY ALL"
)


@dataclass(frozen=True)
class System:
    """The played GitHub, a broker, and the steps to the tables."""

    world: World
    tables: small_world.SmallWorld
    home: Path

    def settings(self, tenant: str) -> Settings:
        section = {
            "base_url": f"{self.world.url}/github",
            "token": TOKEN,
            "targets": [SAILBENCH],
            "requests_per_minute_max": 60_000,
        }
        return self.tables.settings.model_copy(
            update={
                "tenant": tenant,
                "home": self.home,
                "sources": {"github": SourceSettings.model_validate(section)},
            }
        )

    def fill(self, tenant: str, wanted: Wanted = FROM_BEGIN) -> Progress:
        settings = self.settings(tenant)
        return run_backfill(GITHUB, settings, wanted, lambda _: None, registry=FixedRegistry())

    def killed(self, tenant: str, dies_at: int) -> int:
        settings = self.settings(tenant)
        prefix = "CROSSCURRENT_SOURCES__GITHUB__"
        section = settings.source("github")
        process = subprocess.run(
            [
                *(sys.executable, "-m", "tests.integration.sink.backfill_process"),
                *("github", BEGIN.isoformat(), str(dies_at)),
            ],
            env={
                **os.environ,
                "CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS": settings.bootstrap_servers,
                "CROSSCURRENT_TENANT": tenant,
                "CROSSCURRENT_HOME": str(self.home),
                f"{prefix}BASE_URL": str(section.base_url),
                f"{prefix}TOKEN": TOKEN,
                f"{prefix}TARGETS": as_variable([SAILBENCH]),
                f"{prefix}REQUESTS_PER_MINUTE_MAX": "60000",
            },
            cwd=REPOSITORY,
            check=False,
        )
        return process.returncode

    def take_in(self) -> None:
        """Normalise and write everything that there is."""
        self.tables.process("normalise")
        while self.tables.sink():
            pass

    def entities(self, tenant: str) -> Rows:
        return self.tables.client.query(ENTITIES, {"tenant": tenant})


@pytest.fixture(scope="module")
def system(clickhouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    broker, world = Broker(), World("--manual", "--github-token", TOKEN, "--github-limit", "1000000")
    broker.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            small_world.PROCESSORS,
            "normalise",
            lambda codec: NormaliseProcessor(codec, {"github": GITHUB.map_payload}),
        )
        tables = small_world.SmallWorld(make_settings(clickhouse_url, broker.servers), broker, patch)
        yield System(world, tables, tmp_path_factory.mktemp("home"))
        tables.client.command(f"DROP DATABASE {tables.client.database}")
        tables.close()
    broker.stop()
    world.close()


def test_backfill_killed_on_its_way_goes_on_and_loses_and_doubles_nothing(system: System) -> None:
    whole = system.fill("undisturbed")
    assert system.killed("killed", 3) == -signal.SIGKILL
    left = system.fill("killed")
    synced = system.fill("killed", Wanted(resync=True))
    system.take_in()

    assert (whole.failed, whole.job.done, whole.polls_done) == ({}, True, 2)
    # what had its state before the kill is not asked for again
    assert (left.job.round, left.pages) == (1, whole.pages - 2)
    # read once more, from a world that stands still: the same versions
    assert (synced.failed, synced.job.done, synced.events > whole.events) == ({}, True, True)
    rows, undisturbed = system.entities("killed"), system.entities("undisturbed")
    assert len(undisturbed) > 300
    filled = {row["entity_type"] for row in undisturbed}
    assert [row for row in rows if row["entity_type"] in filled] == undisturbed
    assert audit(system.tables.settings, wait_seconds=5).passed


def test_dry_run_tells_what_a_backfill_would_take_and_what_is_left(system: System) -> None:
    settings = system.settings("dry")
    estimate = estimate_backfill(GITHUB, settings, Wanted(BEGIN), registry=FixedRegistry())
    filled = system.fill("dry")
    after = estimate_backfill(GITHUB, settings, Wanted(BEGIN, filled.job.span.end), registry=FixedRegistry())

    assert sum(estimate.requests.values()) == pytest.approx(filled.requests, abs=1)
    assert estimate.quota_remaining is not None
    assert 0 < estimate.asked == len(estimate.requests)
    # another end is another round
    assert after.job.round == 2


def test_second_backfill_of_a_source_is_refused_while_one_runs(system: System) -> None:
    with alone(system.settings("two"), "github"), pytest.raises(WrongUse, match="another process"):
        system.fill("two")
