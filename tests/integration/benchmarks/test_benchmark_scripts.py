"""The benchmarks run, and a run whose rows are not exactly the expected ones has no figure."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import home, pipeline, polls, run
from benchmarks.pipeline_runs import Database
from benchmarks.processes import BenchmarkFailed
from benchmarks.stream_honesty import linked, watch
from benchmarks.verdicts import NotJudged, misses
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


HONESTY = """20 replicates a row (5 where there are 200 series), seed 1, FDR 0.05.
| null (16 series, 256 hours, lags ±12) | Crosscurrent | peer |
|---|---|---|
| white | 0.050 | 0.00 |
| bursts | 0.350 | 1.00 |
"""
ALARMS = """| series | asked 0.25 | asked 1 |
|---|---|---|
| white | 0.26 (5) | 0.00 (0) |
| tails | 1.08 (21) | 1.10 (21) |
"""
HTTP = """| what | in-process chDB | over HTTP | ratio |
|---|---|---|---|
| insert, Arrow, rows/s | 3,000,000 | 1,200,000 | 0.40 |
| read, Arrow, rows/s | 3,000,000 | 2,900,000 | 0.97 |
| `SELECT 1`, p50 | 1.00 ms | 3.10 ms | 0.32 |
"""
NAB = """### Crosscurrent, threshold fixed in advance
| alarms asked in 1,000 | standard / low FP / low FN | half A | half B | alarms | µs a point |
|---|---|---|---|---|---|
| 0.25 (default) | 54.16 / 46.07 / 58.52 | 61.7 | 46.8 | 378 | 55.6 |
| 1 | 59.91 / 46.80 / 66.09 | 64.6 | 55.4 | 533 | 41.2 |

### Tuned on this corpus (a choice in hindsight)
| detector | standard / low FP / low FN | with the quiet rule | µs a point |
|---|---|---|---|
| Crosscurrent | 41.96 / 20.68 / 52.68 | 63.02 / 50.31 / 70.46 | 40.9 |
| Crosscurrent, chosen on A, scored on B | | 53.3 | |
| River GaussianScorer(500) | 0.00 / 0.00 / 0.00 | 64.00 / 31.25 / 56.59 | 3.9 |
"""
PIPELINE = "Target 60,000 observations/s: met.\n\nTarget 60,000 observations/s: **missed** by 18%."


@pytest.mark.parametrize(
    ("name", "output", "missed"),
    [
        ("honesty", HONESTY, ["bursts: false pairs in 7 of 20 replicates"]),
        (
            "alarm_rate",
            ALARMS,
            [
                "white: 0.00 alarms in 1,000 points where 1 were asked for",
                "tails: 1.08 alarms in 1,000 points where 0.25 were asked for",
            ],
        ),
        ("clickhouse_http", HTTP, ["insert, Arrow, rows/s: 0.4 of chDB", "`SELECT 1`, p50: 3.1 ms"]),
        (
            "nab",
            NAB,
            [
                "fixed in advance: 59.91",
                "tuned: 63.02",
                "River GaussianScorer(500) scores 64.0, Crosscurrent 63.02",
            ],
        ),
        ("pipeline", PIPELINE, ["Target 60,000 observations/s: **missed** by 18%."]),
    ],
)
def test_verdict_names_what_misses_its_target_and_nothing_else(
    name: str, output: str, missed: list[str]
) -> None:
    assert misses(name, output) == missed


@pytest.mark.parametrize("name", ["honesty", "alarm_rate", "clickhouse_http", "nab"])
def test_verdict_is_refused_when_the_output_is_another(name: str) -> None:
    with pytest.raises(NotJudged):
        misses(name, "| something | else |\n|---|---|\n| a | b |")


def test_page_says_of_a_benchmark_that_failed_that_it_is_not_judged() -> None:
    assert "Not judged" in run.verdict("pipeline", f"{run.FAILED} (exit code 1).")


def test_polls_tell_a_limit_that_was_passed_and_memory_that_was_too_much() -> None:
    kept = polls.Host(under_way_max=polls.AT_ONCE_A_HOST, window_max=polls.REQUESTS_A_WINDOW, requests=9)
    passed = polls.Host(under_way_max=1, window_max=polls.REQUESTS_A_WINDOW + 1, requests=9, refused=1)
    at_once = polls.POLLS_AT_ONCE_MIN

    assert misses("polls", polls.report(60, polls.RESIDENT_BYTES_MAX - 1, 9, at_once, [kept, kept])) == []
    assert len(misses("polls", polls.report(60, polls.RESIDENT_BYTES_MAX, 9, at_once, [kept, passed]))) == 3


def test_vendor_of_the_polls_counts_what_comes_in_any_window() -> None:
    host = polls.Host()
    good = [host.arrived(number * 0.1) for number in range(polls.REQUESTS_A_WINDOW + 1)]

    assert good.count(False) == host.refused == 1
    assert host.arrived(2 * polls.WINDOW_SECONDS)


def test_honesty_is_judged_by_windows_and_by_streams() -> None:
    told = (
        "20 replicates a row (5 where there are 200 series), seed 1\n"
        "| null (16 series) | Crosscurrent | peer |\n|---|---|---|\n| white | 0.050 | 1 |\n| bad | 0.300 | 1 |\n"
        "| coupling among 14 white series | a | b | c | d | e | f | g |\n|---|\n| white | .6 | 1 | 1.0 | 1 | 1 | 0 | 0 |\n"
        "| stream of 16 series | windows | announced | share | b | c | d | e |\n|---|\n"
        "| nulls | 3 x 1000 | 0 | 0.000 | 0.02 |  |  |  |\n| links | 3 x 1000 | 9 | 0.111 | 0.02 | 1 | 0 | 1 |\n"
    )
    assert misses("honesty", told) == [
        "bad: false pairs in 6 of 20 replicates",
        "links: 11% of the couplings announced are false",
    ]


def test_watched_stream_announces_a_link_while_it_lasts_and_nothing_else() -> None:
    rng = np.random.default_rng(81)
    values, links = linked(rng, rng.standard_normal((8, 2400)))
    watched = watch(values, links, 128, 32, 12)
    assert (watched.windows, watched.false, watched.missed) == (72, 0, 0)
    assert watched.announced >= watched.links >= 2
