"""What the sink decides without asking anyone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from crosscurrent.errors import Fatal, Poison
from sinks.clickhouse.decode import Decoded, DecodedStretch, cut
from sinks.clickhouse.dedupe import judge_records
from sinks.clickhouse.inbox import Inbox
from sinks.clickhouse.message import SinkMessage, Stretch
from sinks.clickhouse.migrate import Migration, load_migrations, pending_migrations
from sinks.clickhouse.observations import ObservationColumns
from sinks.clickhouse.rollups import minutes_of, touched_buckets
from sinks.clickhouse.rows import record_blocks, record_rows
from tests.integration.sink import sample


def message(offset: int, topic: str = "raw.github") -> SinkMessage:
    return SinkMessage("c/t", topic, 0, offset, b"default|k", b"12345")


def test_rows_hold_a_window_and_its_pairs() -> None:
    rows = record_rows(sample.correlation_window(0, pairs=3))
    assert [table for table, _ in rows] == [
        "correlation_windows",
        "correlations",
        "correlations",
        "correlations",
    ]
    assert rows[0][1]["pairs_published"] == 3
    assert rows[1][1]["window_record_id"] == rows[0][1]["record_id"]


@pytest.mark.parametrize(
    "change", [{"record_id": "not an id"}, {"observed_at": datetime(2300, 1, 1, tzinfo=UTC)}]
)
def test_rows_refuse_a_record_when_clickhouse_could_not_keep_it(change: dict[str, object]) -> None:
    with pytest.raises(Poison):
        record_rows(replace(sample.raw_event(0), **change))  # type: ignore[arg-type]


def test_rows_refuse_an_integer_beyond_its_column() -> None:
    row = record_rows(replace(sample.raw_event(0), status=2**40))[0]
    with pytest.raises(Poison, match="raw_events"):
        record_blocks([(0, message(0), row)])


@pytest.mark.parametrize(
    "change",
    [
        {"value": [1.0]},
        {"value": [float("nan")] * 12},
        {"series_index": [99] * 12},
        {"series_index": [-1] * 12},
        {"observed_at": [10**15] * 12},
    ],
)
def test_observations_refuse_a_batch_whose_columns_do_not_fit(change: dict[str, object]) -> None:
    columns = ObservationColumns()
    with pytest.raises(Poison):
        columns.add(0, message(0), replace(sample.observations(0), **change))  # type: ignore[arg-type]
    assert columns.block() is None


def test_observations_give_each_row_its_series_and_message() -> None:
    columns = ObservationColumns()
    columns.add(3, message(7), sample.observations(0, series=2, rows=2))
    columns.add(5, message(9), sample.observations(1, series=3, rows=1))
    block = columns.block()
    assert block is not None
    assert block.message_index.tolist() == [3, 3, 3, 3, 5, 5, 5]
    assert block.rows.column("_offset").to_pylist() == [7, 7, 7, 7, 9, 9, 9]
    assert block.rows.column("entity_id").to_pylist() == [f"org/{n}" for n in (0, 1, 0, 1, 0, 1, 2)]
    assert [block.series_ids[index] for index in block.series_index] == block.rows.column(
        "series_id"
    ).to_pylist()


def test_dedupe_tells_an_earlier_attempt_from_a_duplicate() -> None:
    rows = [(n, message(n), record_rows(sample.raw_event(n % 3))[0]) for n in range(4)]
    block = record_blocks(rows)[0]
    existing = {
        block.record_ids[0]: {("c/t", "raw.github", 0, 0)},
        block.record_ids[1]: {("other/t", "raw.github", 0, 1)},
    }
    verdict = judge_records(block, existing)
    assert verdict.insert.tolist() == [False, False, True, False]
    assert verdict.written.tolist() == [True, False, True, False]


def test_touched_buckets_are_distinct_and_floored() -> None:
    series, starts = touched_buckets(np.array([0, 0, 1]), np.array([61, 119, -1]), 60)
    assert list(zip(series.tolist(), starts.tolist(), strict=True)) == [(0, 3_600_000), (1, -3_600_000)]


def test_minutes_drop_the_fraction_towards_the_epoch() -> None:
    assert minutes_of(np.array([59_999, 60_000, -1, -60_000, -60_001, -61_000])).tolist() == [
        0,
        1,
        0,
        -1,
        -1,
        -2,
    ]


def test_cut_leaves_no_gap_when_a_stretch_is_divided() -> None:
    messages = [message(offset) for offset in (4, 5, 9)]
    whole = DecodedStretch(Stretch("c/t", "raw.github", 0, 2, messages), [Decoded(m, None) for m in messages])
    parts = [
        [(piece.stretch.first_offset, piece.stretch.last_offset) for piece in part]
        for part in cut([whole], 2)
    ]
    assert parts == [[(2, 5)], [(6, 9)]]


def test_inbox_gives_messages_back_in_order_when_they_are_put_back() -> None:
    inbox = Inbox()
    inbox.open(("raw.github", 0), "c/t", 3)
    assert [inbox.add(message(offset)) for offset in (2, 3, 4, 4)] == [False, True, True, False]
    taken = inbox.take(held=False)[0]
    inbox.add(message(8))
    inbox.put_back(taken, held=True)
    assert inbox.ready_bytes == 0
    assert inbox.take(held=False) == []
    again = inbox.take(held=True)[0]
    assert (again.first_offset, [m.offset for m in again.messages]) == (3, [3, 4, 8])


def test_migrations_are_numbered_without_gaps(tmp_path: Path) -> None:
    assert [migration.number for migration in load_migrations()] == list(range(1, len(load_migrations()) + 1))
    (tmp_path / "0002_late.sql").write_text("SELECT 1;\n")
    with pytest.raises(Fatal, match="without gaps"):
        load_migrations(tmp_path)


def test_pending_migrations_refuse_what_a_newer_version_wrote() -> None:
    first = Migration(1, "first", "SELECT 1;\nSELECT 2;\n")
    assert first.statements == ("SELECT 1", "SELECT 2")
    assert pending_migrations([first], {}) == [first]
    with pytest.raises(Fatal, match="0002_second"):
        pending_migrations([first], {1: ("first", first.digest), 2: ("second", "x")})
    with pytest.raises(Fatal, match="differs"):
        pending_migrations([first], {1: ("first", "x")})
