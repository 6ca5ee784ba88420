"""The audit sees whatever is removed, doubled or altered behind the sink's back, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from crosscurrent.clock import SystemClock
from schemas.records import ObservationBatch
from sinks.clickhouse.audit.checksums import check_checksums
from sinks.clickhouse.audit.continuity import check_continuity
from sinks.clickhouse.audit.coverage import Coverage
from sinks.clickhouse.audit.duplicates import check_duplicates
from sinks.clickhouse.audit.finding import CheckResult
from sinks.clickhouse.audit.provenance import check_provenance
from sinks.clickhouse.audit.rollup_recount import check_rollups
from sinks.clickhouse.audit.scope import Scope
from sinks.clickhouse.audit.stretches import check_rows
from sinks.clickhouse.tables import SCHEMAS
from tests.integration.sink import sample
from tests.integration.sink.conftest import Bench, make_settings

pytestmark = pytest.mark.integration

NO_BROKER = Coverage({}, {}, {})
CHECKS: tuple[Callable[[Scope], CheckResult], ...] = (
    lambda scope: check_continuity(scope, NO_BROKER, "nobody asks"),
    check_rows,
    check_duplicates,
    check_checksums,
    check_rollups,
    check_provenance,
)
TABLES = (
    "raw_events",
    "entities",
    "observations",
    "observations_1m_data",
    "observations_1h_data",
    "observations_1d_data",
    "correlations",
    "anomalies",
    "dead_letters",
    "connector_runs",
    "ingest_ledger",
)
NOW = "SETTINGS mutations_sync = 2"
DELETE_ENTITIES = f"ALTER TABLE entities DELETE WHERE _offset = 3 {NOW}"
A_BUCKET = (
    "(tenant, source, measure, entity_id, unit, kind, series_id, bucket_start, count, sum, min, max, first, last, "
    "first_at, last_at) SELECT tenant, source, measure, entity_id, unit, kind, series_id"
)


def findings(scope: Scope) -> dict[str, list[str]]:
    results = [check(scope) for check in CHECKS]
    return {
        result.name: [f"{finding.where}: {finding.found}" for finding in result.findings]
        for result in results
        if result.findings_total
    }


@pytest.fixture(scope="module")
def full(clickhouse_url: str) -> Iterator[Bench]:
    """Every topic, in two lives, with duplicates, empty messages, late data and dead letters."""
    bench = Bench(make_settings(clickhouse_url))
    raw = [sample.raw_event(number) for number in range(6)]
    bench.write("raw.github", [*raw[:4], b"junk"])
    bench.write("raw.github", raw[4:], first=5)
    bench.write("entities", [sample.entities(number) for number in range(4)])
    bench.write("observations", [sample.observations(0), sample.observation_batch([], number=1)])
    bench.write("observations", [sample.observations(2), sample.observations(0)], first=2)
    bench.write("observations", [late_batch()], first=4)
    bench.write("correlations", [sample.correlation_window(0), sample.correlation_window(1)])
    bench.write("anomalies", [sample.anomaly(0), sample.anomaly(1)])
    bench.write("connector-state", [sample.connector_state(1), sample.connector_state(2)])
    bench.write("processor-state", [sample.processor_state("aa", 1), sample.processor_state("aa", 2)])
    bench.restart()
    bench.write("raw.github", [*raw[3:], sample.raw_event(6)], life="life-2")
    bench.write("observations", [sample.observations(2), sample.observations(3)], life="life-2")
    bench.write("raw.github", [b"junk"], first=4, life="life-2")
    for table in TABLES:
        bench.client.command(f"CREATE TABLE kept_{table} AS {table}")
        bench.client.command(f"INSERT INTO kept_{table} SELECT * FROM {table}")
    yield bench
    bench.client.command(f"DROP DATABASE {bench.client.database}")
    bench.client.close()


def late_batch() -> ObservationBatch:
    day_ms = 86_400_000
    points = [
        (0, sample.START_MS + 5, 1e6),
        (1, sample.START_MS - 3 * day_ms, -5.0),
        (2, -day_ms * 365 * 30 - 1, 7.0),
        (3, -1, 0.5),
    ]
    return sample.observation_batch(points, number=4)


@pytest.fixture
def scope(full: Bench) -> Scope:
    return Scope(full.client)


@contextmanager
def tampered(scope: Scope, *statements: str) -> Iterator[None]:
    """Do something to tables that the audit does not know of, and undo it at the end."""
    for statement in statements:
        scope.client.command(statement)
    yield
    for statement in statements:
        table = statement.split()[2]
        scope.client.command(f"TRUNCATE TABLE {table}")
        scope.client.command(f"INSERT INTO {table} SELECT * FROM kept_{table}")


def test_audit_finds_nothing_when_the_sink_alone_wrote(scope: Scope) -> None:
    assert findings(scope) == {}
    assert findings(Scope(scope.client, SystemClock().now_utc() - timedelta(hours=1))) == {}


def another_raw_event(column: str, value: str) -> str:
    names = SCHEMAS["raw_events"].names
    changed = {"record_id": "generateUUIDv4()", column: value}
    values = ", ".join(changed.get(name, name) for name in names)
    return f"INSERT INTO raw_events ({', '.join(names)}) SELECT {values} FROM raw_events LIMIT 1"


DELETE_MIDDLE = "DELETE WHERE _topic = 'raw.github' AND first_offset = 0 AND startsWith(_cluster, 'life-1')"


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (
            f"ALTER TABLE raw_events DELETE WHERE _offset = 2 {NOW}",
            {"rows": "4 rows: 1 missing", "provenance": "observations, raw_record_id"},
        ),
        (
            "INSERT INTO raw_events SELECT * FROM raw_events WHERE _offset = 1 AND startsWith(_cluster, 'life-1')",
            {"rows": "1 too many", "duplicates": "2 rows with one record_id"},
        ),
        (f"ALTER TABLE raw_events UPDATE payload = 'x' WHERE _offset = 0 {NOW}", {"checksums": "raw_events"}),
        (f"ALTER TABLE raw_events UPDATE _offset = 4 WHERE _offset = 5 {NOW}", {"rows": "1 missing"}),
        (DELETE_ENTITIES, {"rows": "6 rows: 2 missing"}),
        (
            f"ALTER TABLE observations DELETE WHERE value = 1000000 {NOW}",
            {"rows": "3 rows: 1 missing", "rollups": "a count of"},
        ),
        (
            "INSERT INTO observations SELECT * FROM observations WHERE value = 1000000",
            {"rows": "1 too many", "duplicates": "stars:org/0 at", "rollups": "a count of"},
        ),
        (
            f"ALTER TABLE observations UPDATE value = 999999 WHERE value = 1000000 {NOW}",
            {"checksums": "observations", "rollups": "other extremes"},
        ),
        (f"ALTER TABLE correlations UPDATE q_value = 0 WHERE 1 {NOW}", {"checksums": "correlations"}),
        (f"ALTER TABLE anomalies DELETE WHERE _offset = 1 {NOW}", {"rows": "1 rows: 1 missing"}),
        (f"ALTER TABLE connector_runs DELETE WHERE _offset = 1 {NOW}", {"rows": "1 rows: 1 missing"}),
        (f"ALTER TABLE dead_letters DELETE WHERE 1 {NOW}", {"rows": "is not in dead_letters"}),
        (
            another_raw_event("_offset", "99"),
            {"rows": "1 rows that no ledger line speaks of"},
        ),
        (
            another_raw_event("_topic", "'alien'"),
            {"rows": "come from topic 'alien'"},
        ),
        (
            f"ALTER TABLE ingest_ledger {DELETE_MIDDLE} {NOW}",
            {"continuity": "no ledger line for offsets 0 to 4", "rows": "that no ledger line speaks of"},
        ),
        (
            f"ALTER TABLE ingest_ledger DELETE WHERE _topic = 'observations' AND first_offset = 4 {NOW}",
            {"rows": "4 rows that no ledger line speaks of"},
        ),
        (
            "INSERT INTO ingest_ledger SELECT * REPLACE (1 AS first_offset, 2 AS last_offset, 0 AS messages, "
            "0 AS rows_written) FROM ingest_ledger WHERE _topic = 'entities'",
            {"continuity": "two ledger lines for offsets 1 to 2", "rows": "missing"},
        ),
        (
            f"ALTER TABLE ingest_ledger UPDATE rows_written = 5 WHERE _topic = 'anomalies' {NOW}",
            {"rows": "3 missing"},
        ),
        (
            f"ALTER TABLE ingest_ledger UPDATE empty_offsets = [] WHERE _topic = 'observations' {NOW}",
            {"rows": "1 messages are rows"},
        ),
        (
            f"ALTER TABLE observations_1m_data DELETE WHERE count = 3 {NOW}",
            {"rollups": "observations_1m, github.stars:org/"},
        ),
        (f"ALTER TABLE observations_1d_data UPDATE sum = sum + 1 WHERE 1 {NOW}", {"rollups": "a sum of"}),
        (f"ALTER TABLE observations_1h_data UPDATE max = 7 WHERE 1 {NOW}", {"rollups": "other extremes"}),
        (
            f"INSERT INTO observations_1h_data {A_BUCKET}, bucket_start + INTERVAL 5 DAY, 9, sum, min, max, first, "
            "last, first_at, last_at FROM observations_1h_data LIMIT 1",
            {"rollups": "a bucket of 9"},
        ),
        (
            f"INSERT INTO observations_1m_data {A_BUCKET}, bucket_start, 99, sum, min, max, first, last, first_at, "
            "last_at FROM observations_1m_data LIMIT 1",
            {"rollups": "a count of 99"},
        ),
    ],
)
def test_audit_names_what_was_done_behind_its_back(
    scope: Scope, tamper: str, expected: dict[str, str]
) -> None:
    with tampered(scope, tamper):
        found = findings(scope)
    assert set(found) == set(expected)
    for check, part in expected.items():
        assert any(part in text for text in found[check]), found[check]


def test_audit_looks_only_at_what_came_in_since(scope: Scope) -> None:
    later = Scope(scope.client, SystemClock().now_utc() + timedelta(hours=1))
    with tampered(scope, DELETE_ENTITIES, f"ALTER TABLE raw_events UPDATE payload = 'x' WHERE 1 {NOW}"):
        assert findings(later) == {}
        assert set(findings(scope)) == {"rows", "checksums"}


def test_audit_looks_at_large_partitions_in_slices(scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.clickhouse.audit.stretches._PAGE_MESSAGES_MAX", 1)
    assert findings(scope) == {}
    with tampered(scope, DELETE_ENTITIES):
        assert set(findings(scope)) == {"rows"}
