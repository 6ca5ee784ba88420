"""What a batch leaves in ClickHouse, whatever happened before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.identity import observation_id, record_id, series_id
from sinks.clickhouse.batch import Withdrawn
from sinks.clickhouse.tables import SCHEMAS
from tests.integration.sink import sample
from tests.integration.sink.conftest import Bench

pytestmark = pytest.mark.integration

TABLES = (
    "raw_events",
    "entities",
    "observations",
    "observations_1m",
    "observations_1h",
    "observations_1d",
    "correlation_windows",
    "correlations",
    "anomalies",
    "connector_runs",
)
RECOUNT = """
SELECT series_id, {begin}(observed_at) AS bucket_start, count() AS count, sum(value) AS sum, min(value) AS min,
       max(value) AS max, argMin(value, observed_at) AS first, argMax(value, observed_at) AS last
FROM observations GROUP BY series_id, bucket_start ORDER BY series_id, bucket_start
SETTINGS enable_extended_results_for_datetime_functions = 1, prefer_column_name_to_alias = 1
"""


def rollups_equal_recount(bench: Bench) -> bool:
    for name, begin in (("1m", "toStartOfMinute"), ("1h", "toStartOfHour"), ("1d", "toStartOfDay")):
        kept = bench.rows(
            "SELECT series_id, bucket_start, count, sum, min, max, first, last "
            f"FROM observations_{name} ORDER BY series_id, bucket_start"
        )
        if kept != bench.rows(RECOUNT.format(begin=begin)):
            return False
    return True


def contents(bench: Bench) -> dict[str, object]:
    """Everything but the clocks of ClickHouse."""
    return {
        table: bench.rows(
            f"SELECT * EXCEPT ({'computed_at' if table.startswith('observations_') else 'ingested_at'}) "
            f"FROM {table} ORDER BY ALL"
        )
        for table in TABLES
    }


def write_everything(bench: Bench, *, first: int = 0, life: str = "life-1") -> None:
    for topic, make in (
        ("raw.github", sample.raw_event),
        ("entities", sample.entities),
        ("observations", sample.observations),
        ("correlations", sample.correlation_window),
        ("anomalies", sample.anomaly),
        ("connector-state", sample.connector_state),
    ):
        bench.write(topic, [make(number) for number in range(4)], first=first, life=life)


def test_sink_columns_are_those_of_the_tables(bench: Bench) -> None:
    for table, schema in SCHEMAS.items():
        there = {row["name"] for row in bench.rows(f"DESCRIBE TABLE {table}")}
        assert set(schema.names) <= there
        assert there - set(schema.names) <= {"row_checksum", "ingested_at", "version", "series"}


def test_sink_gives_every_column_and_table_a_comment(bench: Bench) -> None:
    database = bench.client.database
    tables = f"SELECT name FROM system.tables WHERE database = '{database}' AND comment = ''"
    columns = (
        f"SELECT c.table, c.name FROM system.columns AS c JOIN system.tables AS t ON t.name = c.table "
        f"AND t.database = c.database WHERE c.database = '{database}' AND c.comment = '' AND t.engine != 'View'"
    )
    assert bench.rows(tables) == []
    assert bench.rows(columns) == []


def test_sink_changes_nothing_when_a_batch_comes_again(bench: Bench) -> None:
    write_everything(bench)
    before = contents(bench)
    bench.restart()
    write_everything(bench)
    assert contents(bench) == before
    assert rollups_equal_recount(bench)


def test_sink_counts_duplicates_when_the_records_come_in_another_life(bench: Bench) -> None:
    write_everything(bench)
    before = contents(bench)
    bench.restart()
    write_everything(bench, life="life-2")
    assert contents(bench) == before
    ledger = bench.rows(
        "SELECT _topic, rows_written, rows_duplicate, duplicate_offsets FROM ingest_ledger FINAL "
        "WHERE startsWith(_cluster, 'life-2/') ORDER BY _topic"
    )
    assert [(row["_topic"], row["rows_written"], row["rows_duplicate"]) for row in ledger] == [
        ("anomalies", 0, 4),
        ("connector-state", 0, 4),
        ("correlations", 0, 12),
        ("entities", 0, 8),
        ("observations", 0, 48),
        ("raw.github", 0, 4),
    ]
    assert all(row["duplicate_offsets"] == [0, 1, 2, 3] for row in ledger)


def test_sink_keeps_the_first_when_a_batch_holds_a_record_twice(bench: Bench) -> None:
    bench.write("raw.github", [sample.raw_event(1), sample.raw_event(2), sample.raw_event(1)])
    bench.write("observations", [sample.observations(0), sample.observations(0)])
    assert bench.rows("SELECT _offset FROM raw_events ORDER BY _offset") == [{"_offset": 0}, {"_offset": 1}]
    assert bench.rows("SELECT DISTINCT _offset FROM observations") == [{"_offset": 0}]
    ledger = bench.rows("SELECT rows_written, rows_duplicate FROM ingest_ledger FINAL ORDER BY _topic DESC")
    assert [(row["rows_written"], row["rows_duplicate"]) for row in ledger] == [(2, 1), (12, 12)]


def test_sink_counts_as_written_what_an_attempt_without_ledger_left(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise Withdrawn

    with monkeypatch.context() as patch:
        patch.setattr("sinks.clickhouse.writer.write_ledger", stopped)
        bench.write("observations", [sample.observations(0), sample.observations(1)])
    assert bench.count("ingest_ledger") == 0
    assert bench.count("observations") == 24
    bench.restart()
    # the next attempt has other bounds: less of the old stretch, then more
    bench.write("observations", [sample.observations(0)])
    bench.write("observations", [sample.observations(1), sample.observations(2)], first=1)
    ledger = bench.rows("SELECT rows_written, rows_duplicate FROM ingest_ledger FINAL ORDER BY first_offset")
    assert [(row["rows_written"], row["rows_duplicate"]) for row in ledger] == [(12, 0), (24, 0)]
    assert bench.count("observations") == 36
    assert rollups_equal_recount(bench)


def test_rollups_are_corrected_when_data_comes_late(bench: Bench) -> None:
    bench.write("observations", [sample.observations(number) for number in range(20)])
    day_ms = 86_400_000
    late = [
        (0, sample.START_MS + 5, 1000.0),  # into a minute that is there
        (1, sample.START_MS - 3 * day_ms, -5.0),  # a day before everything
        (2, -86_400_000 * 365 * 30 - 1, 7.0),  # before 1970
    ]
    bench.write("observations", [sample.observation_batch(late, number=100)], first=20)
    assert rollups_equal_recount(bench)
    bench.restart()
    bench.write("observations", [sample.observation_batch(late, number=100)], first=21)
    assert rollups_equal_recount(bench)
    assert bench.count("observations") == 20 * 12 + 3


def test_observation_id_is_the_one_that_clickhouse_computes(bench: Bench) -> None:
    points = [(0, sample.START_MS, 1.0), (0, -1, 2.0)]
    bench.write("observations", [sample.observation_batch(points, number=0)])
    series = series_id(sample.TENANT, sample.SOURCE, "stars", "org/0", "1")
    rows = bench.rows("SELECT record_id, series_id, series FROM observations ORDER BY observed_at")
    assert [str(row["record_id"]) for row in rows] == [
        observation_id(series, -1),
        observation_id(series, sample.START_MS),
    ]
    assert rows[0]["series"] == "github.stars:org/0"


def test_row_checksum_stays_when_a_row_is_altered(bench: Bench) -> None:
    bench.write("observations", [sample.observations(0)])
    before = bench.rows("SELECT record_id, row_checksum FROM observations ORDER BY record_id")
    bench.client.command("ALTER TABLE observations UPDATE value = 77 WHERE 1 SETTINGS mutations_sync = 2")
    assert bench.rows("SELECT DISTINCT value FROM observations") == [{"value": 77.0}]
    assert bench.rows("SELECT record_id, row_checksum FROM observations ORDER BY record_id") == before


def test_sink_buries_poison_and_writes_the_rest(bench: Bench) -> None:
    far = sample.observation_batch([(0, 99_999_999_999_999, 1.0)], number=1)
    bench.write("observations", [sample.observations(0), b"junk", far, sample.observations(2)])
    assert [message.offset for message, _ in bench.letters.letters] == [1, 2]
    ledger = bench.rows("SELECT messages, rows_written, dead_letter_offsets FROM ingest_ledger FINAL")
    assert ledger == [{"messages": 4, "rows_written": 26, "dead_letter_offsets": [1, 2]}]
    # the letters do not wait for their way through the topic, which may be lost
    letters = bench.rows("SELECT record_id, offset FROM dead_letters ORDER BY offset")
    ids = bench.rows("SELECT arrayJoin(dead_letter_ids) AS record_id FROM ingest_ledger FINAL")
    assert [row["offset"] for row in letters] == [1, 2]
    assert [row["record_id"] for row in letters] == [row["record_id"] for row in ids]


def test_sink_names_messages_without_rows_in_the_ledger(bench: Bench) -> None:
    empty = sample.observation_batch([], number=1)
    bench.write("observations", [sample.observations(0), empty])
    assert bench.rows("SELECT empty_offsets FROM ingest_ledger FINAL") == [{"empty_offsets": [1]}]


def test_current_views_show_the_latest(bench: Bench) -> None:
    bench.write("entities", [sample.entities(number) for number in (3, 1, 2)])
    bench.write("correlations", [sample.correlation_window(number) for number in (1, 2, 0)])
    at = bench.rows("SELECT DISTINCT toString(observed_at) AS at FROM entities_current")
    assert at == [{"at": "2026-03-01 00:03:00.000"}]
    ends = bench.rows("SELECT DISTINCT toString(window_end) AS at FROM correlations_current")
    assert ends == [{"at": "2026-03-01 03:00:00.000"}]
    assert bench.count("correlations_current") == 2


def test_current_views_show_the_latest_revision_of_a_window(bench: Bench) -> None:
    first, other = sample.correlation_window(1), sample.correlation_window(0)
    again = replace(
        first,
        record_id=record_id(sample.TENANT, "window", 1, "revision", 1),
        revision=1,
        # of two pairs one is left, with another coefficient
        pairs=[
            replace(first.pairs[0], record_id=record_id(sample.TENANT, "pair", 1, "again"), coefficient=0.25)
        ],
    )
    bench.write("correlations", [again, first, other])
    assert bench.count("correlation_windows") == 3
    assert bench.rows("SELECT revision FROM correlation_windows_latest ORDER BY window_end") == [
        {"revision": 0},
        {"revision": 1},
    ]
    latest = bench.rows(
        "SELECT revision, coefficient FROM correlations_latest ORDER BY window_end, coefficient"
    )
    assert [(row["revision"], row["coefficient"]) for row in latest] == [(0, 0.5), (0, 0.5), (1, 0.25)]
    # what the correction no longer holds is told by the window before it
    current = bench.rows("SELECT revision, coefficient FROM correlations_current ORDER BY coefficient")
    assert [(row["revision"], row["coefficient"]) for row in current] == [(1, 0.25), (0, 0.5)]
