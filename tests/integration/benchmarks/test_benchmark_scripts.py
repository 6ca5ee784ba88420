"""The benchmarks run, and a run whose rows are not exactly the expected ones has no figure."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import home, pipeline, run
from benchmarks.pipeline_runs import Database
from benchmarks.processes import BenchmarkFailed
from benchmarks.workload import MEASUREMENTS_PER_PAGE, SOURCE, check_batches, expected, map_page, raw_events
from schemas.records import ObservationBatch
from streams.normalise.logic import observation_batch

REPOSITORY = Path(run.__file__).resolve().parent.parent
SECONDS_MAX = 300


def batches(events: int) -> list[ObservationBatch]:
    made = [observation_batch(event, map_page(event)) for event in raw_events(events)]
    return [batch for batch in made if batch is not None]


def test_pipeline_counts_every_row_of_our_worker_and_our_sink() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pipeline", "--quick", "--only-ours", "--parts", "end-to-end"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    rows = pipeline.QUICK_EVENTS * MEASUREMENTS_PER_PAGE
    assert f"Every run: {rows:,} observations counted, none missing, none twice" in done.stdout
    assert pipeline.WORKERS[pipeline.OUR_WORKER] in done.stdout


def test_batches_are_refused_when_one_is_missing_double_or_changed() -> None:
    right = batches(30)
    changed = [*right[:-1], replace(right[-1], value=[value + 1 for value in right[-1].value])]

    assert check_batches(right, expected(30)) == []
    for wrong in (right[:-1], [*right, right[0]], changed):
        assert check_batches(wrong, expected(30))


class _Counted(Database):
    """A database whose queries answer what is given."""

    def __init__(self, *answers: tuple[float, ...]) -> None:
        self._answers = iter(answers)

    def _row(self, sql: str, **parameters: str) -> tuple[float, ...]:
        return next(self._answers)


def test_database_is_refused_when_a_row_is_missing_or_double_or_a_rollup_differs() -> None:
    wanted = expected(20)
    events, rows, value_sum = wanted.events, wanted.observations, wanted.value_sum
    right = (rows, value_sum)

    _Counted((events, rows, value_sum, rows), right, right, right).check(wanted, rollups=True)
    for answers in (
        [(events, rows - 1, value_sum, rows - 1), right, right, right],
        [(events, rows, value_sum, rows - 1), right, right, right],
        [(events, rows, value_sum, rows), right, (rows + 1, value_sum), right],
    ):
        with pytest.raises(BenchmarkFailed, match="expected"):
            _Counted(*answers).check(wanted, rollups=True)


def test_page_keeps_the_sections_that_are_not_measured_again() -> None:
    first, second = run.BENCHMARKS[:2]
    old = {
        first.name: run.section(first, "## A\n\nold", others=0.0, minutes=1.0),
        second.name: run.section(second, "| b |", others=0.9, minutes=1.0),
    }

    again = run.read_sections(run.page(old))

    assert again == old
    assert "### A" in again[first.name]
    assert "machine was busy" in again[second.name]
    assert "machine was busy" not in again[first.name]


def test_home_latency_is_refused_when_an_observation_is_there_twice() -> None:
    class TwiceHome(home.Home):
        def __init__(self) -> None: ...

        def rows(self, sql: str) -> list[list[object]]:
            return [[10, 9]]

    with pytest.raises(BenchmarkFailed, match="9 are distinct"):
        home.check_rows(TwiceHome())


def test_workload_is_the_same_each_time_and_every_value_is_a_whole_number() -> None:
    once, again = batches(40), batches(40)

    assert once == again
    assert {batch.source for batch in once} == {SOURCE}
    assert all(value == int(value) for batch in once for value in batch.value)
