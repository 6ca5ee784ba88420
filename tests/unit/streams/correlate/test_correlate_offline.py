"""``crosscurrent correlate``: the pairs in a file, precise errors, and grids for series of different cadence."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosscurrent.errors import WrongUse
from streams.correlate.offline import CorrelateOptions, CorrelateReport, correlate_file
from streams.correlate.series import Series
from streams.correlate.window import correlate_window

START = datetime(2026, 1, 1, 0, 7, tzinfo=UTC)
OPTIONS = CorrelateOptions(window_steps=64, max_lag_steps=4, fdr=0.05)
FIELDS = [
    *("left", "right", "lag_steps", "lag_seconds", "coefficient", "n_effective", "p_value", "q_value"),
    *("significant", "window_start", "window_end"),
]

Rows = list[tuple[str, datetime, float]]


def coupled(count: int, *, lag: int = 3, sign: int = 1, minutes: int = 60) -> Rows:
    """``b`` follows ``a`` after ``lag`` steps; ``c`` goes its own way."""
    rng = np.random.default_rng([41, count])
    a = rng.standard_normal(count + lag)
    rows: Rows = []
    for index in range(count):
        at = START + timedelta(minutes=minutes * index)
        rows.append(("a", at, float(a[index + lag])))
        rows.append(("b", at, float(sign * a[index] + 0.3 * rng.standard_normal())))
        rows.append(("c", at, float(rng.standard_normal())))
    return rows


def text(rows: Iterable[tuple[str, datetime, object]]) -> str:
    lines = [f"{series},{at.isoformat()},{value}" for series, at, value in rows]
    return "series,observed_at,value\n" + "\n".join(lines) + "\n"


def run(
    tmp_path: Path, content: str, options: CorrelateOptions = OPTIONS, name: str = "in.csv"
) -> tuple[CorrelateReport, list[dict[str, Any]]]:
    source, output = tmp_path / name, tmp_path / "out.jsonl"
    source.write_text(content, encoding="utf-8")
    report = correlate_file(source, output, options)
    return report, [json.loads(line) for line in output.read_text().splitlines()]


@pytest.mark.parametrize("sign", [-1, 1])
def test_correlate_file_finds_the_planted_pair_with_its_lag_and_sign(tmp_path: Path, sign: int) -> None:
    report, (line,) = run(tmp_path, text(coupled(64, sign=sign)))
    assert list(line) == FIELDS
    assert (line["left"], line["right"], line["lag_steps"], line["lag_seconds"]) == ("a", "b", 3, 10_800.0)
    assert np.sign(line["coefficient"]) == sign
    assert line["significant"] is True
    assert (line["window_start"], line["window_end"]) == ("2026-01-01T00:07:00Z", "2026-01-03T15:07:00Z")
    assert (report.windows, report.tests, report.significant) == (1, 3, 1)
    assert report.kinds == {"a": "gauge", "b": "gauge", "c": "gauge"}
    assert report.kinds_inferred == ["a", "b", "c"]


def test_correlate_file_gives_the_numbers_of_the_window_function(tmp_path: Path) -> None:
    rows = coupled(64)
    _, lines = run(tmp_path, text(rows), CorrelateOptions(64, 4, 0.05, every_pair=True))
    series = [
        Series(
            name,
            None,
            np.array([at.timestamp() for one, at, _ in rows if one == name]),
            np.array([value for one, _, value in rows if one == name]),
        )
        for name in "abc"
    ]
    whole = correlate_window(
        series,
        window_end=rows[-1][1].timestamp(),
        step_seconds=3600.0,
        window_steps=64,
        max_lag_steps=4,
        fdr=0.05,
    )
    assert [(line["coefficient"], line["p_value"]) for line in lines] == [
        (pair.coefficient, pair.p_value) for pair in whole.pairs
    ]


def test_correlate_file_gives_one_window_a_hop(tmp_path: Path) -> None:
    report, lines = run(tmp_path, text(coupled(64 + 20)), CorrelateOptions(64, 4, 0.05))
    assert report.windows == 3
    assert [line["window_start"][:13] for line in lines] == [
        "2026-01-01T00",
        "2026-01-01T08",
        "2026-01-01T16",
    ]
    report, _ = run(tmp_path, text(coupled(64 + 20)), CorrelateOptions(64, 4, 0.05, hop_steps=5))
    assert report.windows == 5


def test_correlate_file_writes_the_same_for_unsorted_and_repeated_rows(tmp_path: Path) -> None:
    rows = coupled(90)
    _, expected = run(tmp_path, text(rows))
    rng = np.random.default_rng(42)
    order = [*rng.permutation(len(rows)).tolist(), *rng.integers(0, len(rows), 50).tolist()]
    _, lines = run(tmp_path, text(rows[index] for index in order))
    assert lines == expected


def test_correlate_file_takes_the_largest_of_several_values_at_one_time(tmp_path: Path) -> None:
    rows = coupled(64)
    _, expected = run(tmp_path, text(rows))
    lower = [(name, at, value - 5) for name, at, value in rows]
    _, lines = run(tmp_path, text([*lower, *rows]))
    assert lines == expected


def test_correlate_file_reads_parquet_and_jsonl_as_csv(tmp_path: Path) -> None:
    rows = coupled(64)
    _, expected = run(tmp_path, text(rows))
    objects = [{"series": name, "observed_at": at.isoformat(), "value": value} for name, at, value in rows]
    _, lines = run(tmp_path, "\n".join(json.dumps(one) for one in objects), name="in.jsonl")
    assert lines == expected
    for times in ([at for _, at, _ in rows], [at.timestamp() for _, at, _ in rows]):
        columns = {"series": [r[0] for r in rows], "observed_at": times, "value": [r[2] for r in rows]}
        pq.write_table(pa.table(columns), tmp_path / "in.parquet")
        correlate_file(tmp_path / "in.parquet", tmp_path / "out.jsonl", OPTIONS)
        assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()] == expected


def test_correlate_file_correlates_a_pair_on_the_grid_of_its_slower_series(tmp_path: Path) -> None:
    rng = np.random.default_rng(43)
    fast = rng.standard_normal(4 * 100)
    at = [START + timedelta(minutes=15 * index) for index in range(400)]
    rows = [(name, time, value) for name in ("f", "g") for time, value in zip(at, fast, strict=True)]
    rows += [("h", time, value) for time, value in zip(at[::4], fast[::4], strict=True)]
    noisy = [(name, time, float(value + 0.2 * rng.standard_normal())) for name, time, value in rows]
    report, lines = run(tmp_path, text(noisy), CorrelateOptions(64, 4, 0.05, hop_steps=64))
    assert [(one.step_seconds, one.series, one.windows) for one in report.grids] == [
        (900, 2, 6),
        (3600, 3, 1),
    ]
    assert {(line["left"], line["right"], line["lag_steps"]) for line in lines} == {
        *(("f", "g", 0), ("f", "h", 0), ("g", "h", 0)),
    }
    report, lines = run(tmp_path, text(noisy), CorrelateOptions(64, 4, 0.05, step_seconds=3600))
    assert [one.step_seconds for one in report.grids] == [3600]
    assert {line["lag_seconds"] for line in lines} == {0}


def test_correlate_file_leaves_out_constants_gaps_and_infinities_and_says_so(tmp_path: Path) -> None:
    rows: list[tuple[str, datetime, object]] = [*coupled(64)]
    for index in range(64):
        at = START + timedelta(hours=index)
        rows += [("still", at, 3), ("wild", at, "inf" if index == 9 else index % 7), ("mute", at, "NaN")]
    report, lines = run(tmp_path, text(rows))
    assert len(lines) == 1
    assert {name: reason.split(":")[0] for name, reason in report.refused.items()} == {
        "still": "constant",
        "wild": "not finite",
        "mute": "too few points",
    }
    assert report.missing == 64


def test_correlate_file_reads_the_kind_that_a_column_says(tmp_path: Path) -> None:
    rng = np.random.default_rng(44)
    lines = ["series,observed_at,value,kind"]
    for index in range(64):
        at = (START + timedelta(hours=index)).isoformat()
        lines += [f"n,{at},{int(rng.poisson(9))},count", f"g,{at},{rng.standard_normal()},gauge"]
    report, _ = run(tmp_path, "\n".join(lines))
    assert (report.kinds, report.kinds_inferred) == ({"g": "gauge", "n": "count"}, [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1 is empty"),
        ("series,observed_at,value\n", "holds no observation"),
        ("timestamp,value\n1,2\n", "no column 'series'"),
        ("series,observed_at,price\na,1,2\n", "no column 'value'"),
        ("series,value\na,2\n", "no column for the time"),
        ("series,observed_at,value\na,1,2\nb,1,two\n", "line 3 has the value 'two'"),
        ("series,observed_at,value\na,1,2\nb,soon,2\n", "line 3 has the time 'soon'"),
        ("series,observed_at,value\na,1,2\nb,1.7e18,2\n", "line 3 has the time '1.7e18'"),
        ("series,observed_at,value\na,1,2\nb,1\n", "line 3 has 2 cells"),
        ("series,observed_at,value\na,1,2\n,1,2\n", "line 3 has an empty series"),
        ("series,observed_at,value\na,1,2\na,3600,2\n", "holds one series, 'a'"),
        ("series,observed_at,value\na,1,2\nb,1,2\n", "no series with two different times"),
        ("series,observed_at,value,kind\na,1,2,gauge\na,2,2,count\n", "line 3 calls the series 'a' count"),
        ("series,observed_at,value,kind\na,1,2,speed\n", "line 2 has the kind 'speed'"),
        (text(coupled(3)), "is 3 steps of 3600 s long"),
        (text(coupled(63)), "is 63 steps of 3600 s long.*Expected: a window or more, 64 steps"),
    ],
)
def test_correlate_file_says_what_is_wrong_with_a_file_and_writes_nothing(
    tmp_path: Path, content: str, message: str
) -> None:
    with pytest.raises(WrongUse, match=message) as caught:
        run(tmp_path, content)
    assert caught.value.expected
    assert caught.value.todo
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.xlsx", "x", "ends in '.xlsx'.*Expected: a file that ends in .csv"),
        ("in", "x", "has no ending"),
        ("in.parquet", "not Parquet", "is not Parquet"),
        ("in.jsonl", "", "line 1 is empty"),
        ("in.jsonl", '{"series": "a"\n', "line 1 is not JSON"),
        ("in.jsonl", "[1, 2]\n", "line 1 is a JSON list"),
        (
            "in.jsonl",
            '{"series":"a","observed_at":1,"value":1}\n{"series":"a","observed_at":2,"value":true}\n',
            "line 2 has the value 'True'",
        ),
        (
            "in.jsonl",
            '{"series":"a","observed_at":1,"value":1}\n{"series":"a","observed_at":2,"val":1}\n',
            "line 2 has the key 'val'",
        ),
    ],
)
def test_correlate_file_says_what_is_wrong_with_a_format(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    with pytest.raises(WrongUse, match=message):
        run(tmp_path, content, name=name)


def test_correlate_file_refuses_an_absent_file_and_its_own_input_as_output(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read: No such file"):
        correlate_file(tmp_path / "none.csv", tmp_path / "out.jsonl", OPTIONS)
    (tmp_path / "in.csv").write_text(text(coupled(64)))
    with pytest.raises(WrongUse, match="same file"):
        correlate_file(tmp_path / "in.csv", tmp_path / "in.csv", OPTIONS)
    with pytest.raises(WrongUse, match="cannot be written"):
        correlate_file(tmp_path / "in.csv", tmp_path / "no" / "out.jsonl", OPTIONS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (CorrelateOptions(16, 4, 0.05), "a window of 16 steps"),
        (CorrelateOptions(64, 40, 0.05), "a largest lag of 40"),
        (CorrelateOptions(64, 4, 1.5), "a false-discovery rate of 1.5"),
        (CorrelateOptions(64, 4, 0.05, step_seconds=0), "a step of 0"),
        (CorrelateOptions(64, 4, 0.05, hop_steps=0), "a hop of 0"),
    ],
)
def test_correlate_file_refuses_options_before_it_reads(
    tmp_path: Path, options: CorrelateOptions, message: str
) -> None:
    with pytest.raises(WrongUse, match=message):
        correlate_file(tmp_path / "none.csv", tmp_path / "out.jsonl", options)


def test_correlate_file_says_when_series_never_meet(tmp_path: Path) -> None:
    rows = [(name, at + timedelta(days=100 * (name == "b")), value) for name, at, value in coupled(64)]
    with pytest.raises(WrongUse, match="no window in which two series"):
        run(tmp_path, text(row for row in rows if row[0] != "c"))
