"""What audit, restore, drain and the commands decide without asking anyone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscurrent.cli.dead_letters import readable
from crosscurrent.cli.sql import format_of
from crosscurrent.errors import WrongUse
from schemas.topics import OBSERVATIONS
from sinks.clickhouse.audit import AuditReport, CheckResult, parse_since
from sinks.clickhouse.audit.coverage import Coverage, check_coverage
from sinks.clickhouse.drain import lag
from sinks.clickhouse.late_error import LateError, without_late_error
from sinks.clickhouse.restore.closing import closing_line
from sinks.clickhouse.restore.history import observation_batch
from sinks.clickhouse.restore.need import Landing, Reader, Segment, needed_from, partition_offsets
from sinks.clickhouse.subscription import is_subscribed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, TWO, THREE = (Segment(f"life-{number}/t", 0) for number in (1, 2, 3))
ORDER = {"life-1": 1, "life-2": 2, "life-3": 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("1.5h", NOW - timedelta(minutes=90)),
        ("2d", NOW - timedelta(days=2)),
        ("2026-02-28", datetime(2026, 2, 28, tzinfo=UTC)),
        ("2026-02-28T01:00:00+02:00", datetime(2026, 2, 27, 23, tzinfo=UTC)),
        ("2026-02-28T01:00:00Z", datetime(2026, 2, 28, 1, tzinfo=UTC)),
    ],
)
def test_since_takes_moments_and_durations(text: str, expected: datetime) -> None:
    assert parse_since(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "5 parsecs", "2026-13-01", "9999999999999w"])
def test_since_refuses_anything_else(text: str) -> None:
    with pytest.raises(WrongUse, match="--since"):
        parse_since(text, NOW)


def test_sink_reads_the_topics_of_the_system_alone() -> None:
    assert is_subscribed("raw.github")
    assert is_subscribed("observations")
    assert not is_subscribed("observations.copy")
    assert not is_subscribed("__consumer_offsets")


def needed(life: str, offset: int, replayed: dict[Segment, int]) -> dict[Segment, int]:
    return needed_from([ONE, TWO, THREE], life=life, offsets={0: offset}, sequences=ORDER, replayed=replayed)


def test_need_is_everything_when_nothing_is_known() -> None:
    assert needed("", 0, {}) == {ONE: 0, TWO: 0, THREE: 0}
    assert needed("a life nobody knows", 9, {}) == {ONE: 0, TWO: 0, THREE: 0}


def test_need_begins_at_the_position_in_its_life_and_takes_all_of_later_ones() -> None:
    assert needed("life-2", 5, {}) == {TWO: 5, THREE: 0}


def test_need_reaches_back_to_what_its_life_was_given_again() -> None:
    assert needed("life-2", 5, {ONE: 17}) == {ONE: 17, TWO: 5, THREE: 0}


def test_need_takes_a_partition_of_its_life_from_the_begin_when_the_state_does_not_name_it() -> None:
    other = Segment("life-2/t", 1)
    found = needed_from([TWO, other], life="life-2", offsets={0: 5}, sequences=ORDER, replayed={})
    assert found == {TWO: 5, other: 0}


def test_landing_is_the_first_needed_message_of_each_partition() -> None:
    landing = Landing({ONE: 10})
    for segment, origin, partition, offset in (
        (ONE, 9, 0, 0),
        (ONE, 11, 0, 2),
        (ONE, 10, 0, 1),
        (TWO, 50, 1, 7),
    ):
        landing.note(segment, origin, partition, offset)
    assert landing.first == {0: 1}


def test_reader_needs_its_windows_before_its_position() -> None:
    reader = Reader("t", "correlate", "life-1", {"o-0": 9, "o-1": 4}, {"o-0": 3, "o-1": 8, "o-2": 1})
    assert reader.window_offsets() == {"o-0": 3, "o-1": 4}
    assert partition_offsets({"raw.a-b-0": 4, "raw.a-1": 5}, "raw.a-b") == {0: 4}


def test_batch_is_made_again_from_its_rows() -> None:
    row = {"tenant": "t", "source": "s", "raw_record_id": "r", "measure": "m", "unit": "1", "kind": "gauge"}
    rows = [
        {**row, "series_id": series, "entity_id": series, "observed_at_ms": at_ms, "value": value}
        for series, at_ms, value in (("a", 1, 1.0), ("b", 1, 2.0), ("a", 2, 3.0))
    ]
    batch = observation_batch(rows)
    assert [series.entity_id for series in batch.series] == ["a", "b"]
    assert (batch.series_index, batch.observed_at, batch.value) == ([0, 1, 0], [1, 1, 2], [1.0, 2.0, 3.0])


def test_closing_line_names_what_was_lost_between_rows() -> None:
    line = closing_line(("life/t", "raw.github", 0), 4, {5: 2, 8: 1})
    assert (line["first_offset"], line["last_offset"], line["messages"]) == (4, 8, 5)
    assert (line["rows_written"], line["lost_offsets"]) == (3, [4, 6, 7])


def test_coverage_keeps_states_pending_while_their_rows_are_behind() -> None:
    ends = {("raw.github", 0): 5, ("processor-state", 0): 9}
    behind = Coverage({}, ends, {("raw.github", 0): 3, ("processor-state", 0): 7})
    assert [finding.where for finding in check_coverage(behind).findings] == ["raw.github-0"]
    assert behind.pending == {("processor-state", 0): 2}
    stuck = Coverage({}, ends, {("raw.github", 0): 5, ("processor-state", 0): 7})
    assert [finding.where for finding in check_coverage(stuck).findings] == ["processor-state-0"]


def test_report_passes_only_without_findings() -> None:
    clean, wrong = CheckResult("a", "s", 1, "rows"), CheckResult("b", "s", 1, "rows", (), 3)
    assert AuditReport(None, "c", (), (clean,)).passed
    assert not AuditReport(None, "c", (), (clean, wrong)).passed


def test_lag_names_processors_and_sink() -> None:
    ends = {("raw.github", 0): 3, (OBSERVATIONS, 0): 2}
    positions = {"normalise": {"raw.github-0": 3}, "detect": {"observations-0": 1}}
    lagging = lag(ends, {("raw.github", 0): 3}, positions, ("normalise", "detect"))
    assert lagging == ["detect lacks 1 of observations-0", "the sink lacks 2 of observations-0"]
    positions["detect"]["observations-0"] = 2
    assert lag(ends, ends, positions, ("normalise", "detect")) == []


LATE = b"\r\n__exception__\r\nabcdefgh\r\nCode: 395. It broke.\n20 abcdefgh\r\n__exception__\r\n"


@given(st.binary(max_size=300), st.lists(st.integers(1, 40), min_size=1, max_size=50))
def test_late_error_is_found_however_the_answer_is_divided(data: bytes, sizes: list[int]) -> None:
    def divided(whole: bytes) -> list[bytes]:
        pieces: list[bytes] = []
        begin = 0
        while begin < len(whole):
            size = sizes[len(pieces) % len(sizes)]
            pieces.append(whole[begin : begin + size])
            begin += size
        return pieces

    assert b"".join(without_late_error(divided(data))) == data
    written: list[bytes] = []
    with pytest.raises(LateError, match="It broke"):
        written.extend(without_late_error(divided(data + LATE)))
    assert b"".join(written) == data


def test_late_error_is_told_when_the_connection_breaks_after_it() -> None:
    def broken(*pieces: bytes) -> Iterator[bytes]:
        yield from pieces
        raise ConnectionError("broken")

    with pytest.raises(LateError, match="It broke"):
        list(without_late_error(broken(b"data", LATE)))
    with pytest.raises(ConnectionError):
        list(without_late_error(broken(b"data")))


def test_late_error_is_data_when_it_stands_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.clickhouse.late_error._BLOCK_BYTES_MAX", 100)
    whole = b"a" + LATE + b"b" * 500
    pieces = list(without_late_error([whole[:40], whole[40:300], whole[300:]]))
    assert b"".join(pieces) == whole
    assert b"".join(without_late_error([b"a" + LATE + b"b"])) == b"a" + LATE + b"b"


@pytest.mark.parametrize(
    ("query", "asked", "expected"),
    [
        ("SELECT 1", "CSV", "CSV"),
        ("SELECT 1", None, "TSVWithNames"),
        ("SELECT 1 FORMAT JSON", "CSV", None),
        ("SELECT 1 format Null;\n", None, None),
        ("SELECT 1 FORMAT CSV SETTINGS max_threads = 1", None, None),
        ("SELECT 'x FORMAT y' AS z", None, "TSVWithNames"),
        ("SELECT format FROM t", None, "TSVWithNames"),
    ],
)
def test_sql_leaves_the_format_to_the_query_that_names_one(
    query: str, asked: str | None, expected: str | None
) -> None:
    assert format_of(query, asked) == expected


def test_bytes_are_shown_as_text_or_hexadecimal_digits() -> None:
    assert readable("Größe\n".encode()) == "Größe\n"
    assert readable(b"\x00\x01") == "hex 0001"
    assert readable(b"\xff") == "hex ff"
    assert readable("ä".encode() * 4000).endswith("… and 3904 bytes more")
