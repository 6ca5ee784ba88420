"""Migrations on empty and on full databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosscurrent.errors import Fatal
from sinks.clickhouse.migrate import Migration, load_migrations, migrate
from tests.integration.sink import sample
from tests.integration.sink.conftest import Bench

pytestmark = pytest.mark.integration


def test_migrations_run_once_and_are_recorded(bench: Bench) -> None:
    recorded = bench.rows("SELECT number, digest FROM schema_migrations FINAL ORDER BY number")
    assert recorded == [{"number": m.number, "digest": m.digest} for m in load_migrations()]
    assert migrate(bench.client) == []


def test_migrations_keep_the_rows_when_they_run_again_on_a_full_database(bench: Bench) -> None:
    bench.write("observations", [sample.observations(0)])
    bench.write("raw.github", [sample.raw_event(0)])
    bench.client.command("TRUNCATE TABLE schema_migrations")
    assert migrate(bench.client) == [migration.number for migration in load_migrations()]
    assert (bench.count("observations"), bench.count("raw_events")) == (12, 1)


def test_migrations_add_to_a_full_database_when_a_new_one_comes(bench: Bench) -> None:
    bench.write("anomalies", [sample.anomaly(0)])
    number = len(load_migrations()) + 1
    sql = "ALTER TABLE anomalies ADD COLUMN IF NOT EXISTS note String DEFAULT 'none';\n"
    assert migrate(bench.client, [*load_migrations(), Migration(number, "note", sql)]) == [number]
    assert bench.rows("SELECT note FROM anomalies") == [{"note": "none"}]


def test_migrations_refuse_a_database_that_a_newer_version_wrote(bench: Bench) -> None:
    migrations = load_migrations()
    newest = f"{migrations[-1].number:04}_{migrations[-1].name}"
    with pytest.raises(Fatal, match=f"does not know: {newest}"):
        migrate(bench.client, migrations[:-1])


def test_migrations_refuse_a_database_when_one_was_altered(bench: Bench) -> None:
    migrations = load_migrations()
    with pytest.raises(Fatal, match="0001_raw_events in the database differs"):
        migrate(bench.client, [replace(migrations[0], sql="SELECT 1;\n"), *migrations[1:]])
