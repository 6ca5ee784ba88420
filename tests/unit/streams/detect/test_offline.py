"""``crosscurrent detect``: one row out for each row in, and precise errors."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosscurrent.errors import WrongUse
from streams.detect.detector import SeriesDetector
from streams.detect.offline import ADDED_COLUMNS, DetectReport, detect_file
from streams.detect.settings import DetectorSettings

SETTINGS = DetectorSettings()
START = datetime(2026, 1, 1, tzinfo=UTC)


def run(
    tmp_path: Path, text: str, *, skip_bad_rows: bool = False, progress: list[int] | None = None
) -> tuple[DetectReport, list[list[str]]]:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(text, encoding="utf-8")
    on_progress = None if progress is None else progress.append
    report = detect_file(source, output, SETTINGS, on_progress, skip_bad_rows=skip_bad_rows)
    with output.open(newline="", encoding="utf-8") as file:
        return report, list(csv.reader(file))


def simple_file(count: int, extra: str = "") -> str:
    rng = random.Random(1)
    lines = [f"{START + timedelta(hours=i):%Y-%m-%d %H:%M:%S},{rng.gauss(0, 1)!r}" for i in range(count)]
    return "timestamp,value\n" + "\n".join(lines) + "\n" + extra


def test_detect_file_writes_each_row_in_its_order_with_its_columns_first(tmp_path: Path) -> None:
    text = simple_file(200)
    report, rows = run(tmp_path, text)
    assert rows[0] == ["timestamp", "value", *ADDED_COLUMNS]
    assert [",".join(row[:2]) for row in rows] == text.splitlines()
    assert (report.rows, report.series, report.warm_up) == (200, 1, SETTINGS.warm_up_points)


def test_detect_file_gives_the_scores_of_the_live_detector(tmp_path: Path) -> None:
    _, rows = run(tmp_path, simple_file(200, "2026-01-09 08:00:00,40.5\n"))
    detector = SeriesDetector("gauge", SETTINGS)
    for row in rows[1:]:
        seconds = datetime.fromisoformat(row[0]).replace(tzinfo=UTC).timestamp()
        score = detector.observe(seconds, float(row[1]))
        assert score is not None
        assert float(row[2]) == score.anomaly_score
        assert row[3] == ("true" if score.is_anomaly else "false")
    assert rows[-1][3:5] == ["true", "level"]


def test_detect_file_keeps_series_and_kinds_apart_in_the_long_form(tmp_path: Path) -> None:
    lines = ["series,observed_at,value,kind,note"]
    for index in range(100):
        at = (START + timedelta(hours=index)).isoformat()
        lines += [f"a,{at},{index % 5},gauge,x", f"b,{at},{index * 10},counter,y"]
    report, rows = run(tmp_path, "\n".join(lines))
    assert (report.series, report.kinds) == (2, {"counter": 1, "gauge": 1})
    assert rows[0][:5] == ["series", "observed_at", "value", "kind", "note"]
    assert len(rows) == 201
    assert rows[-1][4] == "y"
    assert float(rows[-1][8]) == pytest.approx(990)


def test_detect_file_scores_rows_whose_time_repeats_and_counts_them(tmp_path: Path) -> None:
    report, rows = run(tmp_path, simple_file(80, "2026-01-01 00:00:00,0.5\n2026-01-01 00:00:00,0.25\n"))
    assert report.not_later == 2
    assert all(row[2] for row in rows)


def test_detect_file_leaves_rows_without_a_value_blank(tmp_path: Path) -> None:
    extra = "2026-02-01,\n2026-02-02,NaN\n2026-02-03,inf\n"
    report, rows = run(tmp_path, simple_file(70, extra))
    assert report.missing == 3
    assert [row[2:] for row in rows[-3:]] == [[""] * 6] * 3


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("2026-02-01,abc\n", r"line 72 has the value 'abc'"),
        ("yesterday,1\n", r"line 72 has the time 'yesterday'"),
        ("2026-02-01\n", r"line 72 has 1 cells.*Expected: 2"),
        ("2026-02-01,1,2\n", r"line 72 has 3 cells"),
        ('2026-02-01,"1\n', r"line \d+ is not CSV"),
    ],
)
def test_detect_file_names_the_line_of_a_bad_row_and_writes_nothing(
    tmp_path: Path, extra: str, message: str
) -> None:
    with pytest.raises(WrongUse, match=message):
        run(tmp_path, simple_file(70, extra))
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_detect_file_leaves_bad_rows_blank_when_told_to_pass_over_them(tmp_path: Path) -> None:
    report, rows = run(tmp_path, simple_file(70, "2026-02-01,abc\n2026-02-02,1\n"), skip_bad_rows=True)
    assert (report.rows, report.bad) == (72, 1)
    assert rows[-2][1:] == ["abc", "", "", "", "", "", ""]
    assert rows[-1][2] != ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 is empty"),
        ("time,value\n1,2\n", "no column for the time"),
        ("timestamp,price\n1,2\n", "no column 'value'"),
        ("timestamp,value,value\n1,2,3\n", "'value' twice"),
        ("timestamp,value,kind\n1,2,level\n", "line 2 has the kind 'level'"),
        ("timestamp,value,kind\n1,2,gauge\n2,2,counter\n", "line 3 calls the series"),
    ],
)
def test_detect_file_says_what_is_wrong_with_a_header_or_kind(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(WrongUse, match=message):
        run(tmp_path, text)


def test_detect_file_refuses_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"timestamp,value\n2026-01-01,\xff\xfe\n")
    with pytest.raises(WrongUse, match="not UTF-8"):
        detect_file(tmp_path / "in.csv", tmp_path / "out.csv", SETTINGS)


def test_detect_file_refuses_an_absent_file_and_its_own_input_as_output(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read"):
        detect_file(tmp_path / "none.csv", tmp_path / "out.csv", SETTINGS)
    (tmp_path / "in.csv").write_text("timestamp,value\n")
    with pytest.raises(WrongUse, match="same file"):
        detect_file(tmp_path / "in.csv", tmp_path / "in.csv", SETTINGS)
    with pytest.raises(WrongUse, match="cannot be written"):
        detect_file(tmp_path / "in.csv", tmp_path / "no" / "out.csv", SETTINGS)


def test_detect_file_reads_times_as_seconds_milliseconds_and_iso(tmp_path: Path) -> None:
    times = [
        "1767225600",
        "1767229200000",
        "2026-01-01T02:00:00Z",
        "2026-01-01T05:00:00+02:00",
        "2026-01-01 04:00",
    ]
    report, _ = run(tmp_path, "timestamp,value\n" + "".join(f"{time},1\n" for time in times))
    assert (report.rows, report.not_later) == (5, 0)


def test_detect_file_reports_progress(tmp_path: Path) -> None:
    progress: list[int] = []
    run(tmp_path, simple_file(100), progress=progress)
    assert progress == [100]


def test_detect_file_scores_parquet_and_jsonl_as_csv(tmp_path: Path) -> None:
    rng = random.Random(2)
    rows = [((START + timedelta(hours=index)).isoformat(), rng.gauss(0, 1)) for index in range(100)]
    _, expected = run(tmp_path, "timestamp,value\n" + "\n".join(f"{at},{value!r}" for at, value in rows))
    (tmp_path / "in.jsonl").write_text(
        "\n".join(json.dumps({"timestamp": at, "value": value}) for at, value in rows)
    )
    pq.write_table(
        pa.table({"timestamp": [at for at, _ in rows], "value": [value for _, value in rows]}),
        tmp_path / "in.parquet",
    )
    for name in ("in.jsonl", "in.parquet"):
        detect_file(tmp_path / name, tmp_path / "other.csv", SETTINGS)
        with (tmp_path / "other.csv").open(newline="", encoding="utf-8") as file:
            assert list(csv.reader(file)) == expected


def test_detect_file_keeps_the_columns_in_place_when_it_passes_over_a_jsonl_row(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"timestamp": 1, "value": 1}\n{"timestamp": 2, "speed": 1}\n')
    report = detect_file(source, tmp_path / "out.csv", SETTINGS, skip_bad_rows=True)
    assert report.bad == 1
    assert (tmp_path / "out.csv").read_text().splitlines()[-1] == ",,,,,,,"
