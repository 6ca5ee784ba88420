"""The commands ``correlate`` and ``detect``: what they print, write and exit with."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from crosscurrent.cli import main as command_line

START = datetime(2026, 1, 1, tzinfo=UTC)


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["crosscurrent", *words])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return int(ended.value.code or 0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rng = np.random.default_rng(51)
    lead = rng.standard_normal(130)
    lines = ["series,observed_at,value"]
    for index in range(128):
        at = (START + timedelta(hours=index)).isoformat()
        lines += [f"lead,{at},{lead[index + 2]}", f"follow,{at},{lead[index] + 0.2 * rng.standard_normal()}"]
    path = tmp_path / "in.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_correlate_writes_the_pair_and_tells_what_it_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    words = ["--window", "128", "--max-lag", "4", "--fdr", "0.05", "--output", str(output)]
    assert call(monkeypatch, "correlate", str(file), *words) == 0
    (line,) = output.read_text().splitlines()
    assert json.loads(line)["lag_steps"] == -2
    told = capsys.readouterr().out
    assert "1 of 1 tests of pairs are significant" in told
    assert "kinds inferred, as no column says them: 2 gauge" in told


def test_correlate_reports_in_json_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path
) -> None:
    words = ["--window", "64", "--step", "3600", "--hop", "64", "--all", "--json", "--max-lag", "4"]
    assert call(monkeypatch, "correlate", str(file), *words, "--output", str(tmp_path / "o.jsonl")) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["windows"], report["rows"], report["kinds"]) == (
        2,
        256,
        {"follow": "gauge", "lead": "gauge"},
    )


def test_detect_writes_a_row_for_each_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.csv"
    assert call(monkeypatch, "detect", str(file), "--output", str(output)) == 0
    rows = list(csv.reader(output.open()))
    assert rows[0] == [
        *("series", "observed_at", "value"),
        *("anomaly_score", "is_anomaly", "kind", "expected", "lower", "upper"),
    ]
    assert len(rows) == 257
    assert "in 256 rows of 2 series (2 gauge)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["correlate", "none.csv"], "none.csv cannot be read"),
        (["correlate", "IN", "--window", "256"], "IN is 128 steps of 3600 s long"),
        (["correlate", "IN", "--max-lag", "100"], "a largest lag of 100 steps"),
        (["correlate", "IN", "--window", "many"], "valid integer"),
        (["correlate", "IN", "--step", "-5"], "a step of -5.0 seconds"),
        (["detect", "none.csv"], "none.csv cannot be read"),
        (["detect", "bad.csv"], "bad.csv, line 2 has the value 'x'"),
        (["detect", "IN", "--alarms-per-1000-points", "0"], "not above 0"),
        (["detect", "IN.xml"], "ends in '.xml'"),
    ],
)
def test_wrong_use_of_a_command_ends_with_2_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: Path,
    tmp_path: Path,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    file.rename(tmp_path / "IN.csv")
    (tmp_path / "bad.csv").write_text("timestamp,value\n1,x\n")
    given = [word.replace("IN", "IN.csv") if word == "IN" else word for word in words]
    assert call(monkeypatch, *given, "--output", "out") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert message.replace("IN is", "IN.csv is") in said
    assert not (tmp_path / "out").exists()
