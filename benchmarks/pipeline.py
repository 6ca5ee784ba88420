"""Raw events to observations to ClickHouse: our worker and our sink beside their peers, in the same run.

    python -m benchmarks.pipeline --events 3000 --repetitions 3

prints Markdown. Each contender is a process with one core to itself; broker, registry and ClickHouse (the embedded
ones) share another, and so does our sink where it stands behind a worker. Every run has a new broker, filled before,
and a new database; contenders take turns. Time runs from the first message that is taken in to the last result in its
place, and what came out is counted. With ``--poll-interval-seconds 60`` every observation makes a rollup bucket of its
own, as in a backfill.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from benchmarks.figures import rate, ratio, seconds, table
from benchmarks.pipeline_runs import OUR_SINK, Bench, Run
from benchmarks.processes import BenchmarkFailed, divide_cores, embedded
from benchmarks.workload import MEASUREMENTS_PER_PAGE
from crosscurrent.telemetry import configure_logging

OUR_WORKER = "crosscurrent_worker"
WORKERS = {
    OUR_WORKER: "Crosscurrent (Faust worker, checkpoints)",
    "quix_worker": "Quix Streams",
    "bare_worker": "bare confluent-kafka loop",
}
SINKS = {
    OUR_SINK: "Crosscurrent's sink (look-ups, rollups, ledger)",
    "bare_sink": "bare confluent-kafka and clickhouse-connect loop",
}
TARGET_PER_SECOND = 60_000
QUICK_EVENTS = 300

Runs = dict[str, list[Run]]


def repeat(names: Sequence[str], repetitions: int, run: Callable[[str], Run]) -> Runs:
    """Return the runs of each contender, which take turns."""
    runs: Runs = {name: [] for name in names}
    for _ in range(repetitions):
        for name in names:
            runs[name].append(run(name))
    return runs


def report(title: str, runs: Runs, names: dict[str, str], observations: int) -> None:
    """Print a table: rates by the clock, and by the processor time of the contender itself."""
    rates = {name: [observations / run.seconds for run in done] for name, done in runs.items()}
    ours = next(iter(rates.values()))
    processes = list(next(iter(runs.values()))[0].cpu_seconds)
    own = processes[0]
    head = ["", "observations/s", "ours ÷ this", f"per {own} CPU s", *(f"{one} CPU s" for one in processes)]
    rows = [
        [
            names[name],
            rate(rates[name]),
            ratio(ours, rates[name]),
            rate([observations / run.cpu_seconds[own] for run in done]),
            *(seconds([run.cpu_seconds[process] for run in done]) for process in processes),
        ]
        for name, done in runs.items()
    ]
    print(f"### {title}\n\n{table(head, rows)}\n", flush=True)
    if own == "worker":
        print(f"Target {TARGET_PER_SECOND:,} observations/s: {verdict(median(ours))}.\n", flush=True)


def verdict(per_second: float) -> str:
    """Return whether the target is met, in words."""
    if per_second >= TARGET_PER_SECOND:
        return "met"
    return f"**missed** by {1 - per_second / TARGET_PER_SECOND:.0%}"


def measure(arguments: argparse.Namespace, scratch: Path) -> None:
    """Run everything that was asked for and print it."""
    cores = divide_cores()
    workers = [OUR_WORKER] if arguments.only_ours else list(WORKERS)
    sinks = [OUR_SINK] if arguments.only_ours else list(SINKS)
    with embedded("registry", scratch) as (_, registry), embedded("clickhouse", scratch) as clickhouse:
        bench = Bench(
            arguments.events,
            arguments.poll_interval_seconds,
            cores=cores,
            scratch=scratch,
            registry_url=registry,
            clickhouse=clickhouse,
        )
        observations = bench.expected.observations
        print(
            f"{bench.expected.events:,} raw events of {bench.raw_bytes / 1000:.1f} kB with "
            f"{MEASUREMENTS_PER_PAGE} measurements each, {observations:,} observations a run; "
            f"{arguments.repetitions} repetitions, median (least–greatest). Where others used the machine, the figures "
            "by processor time say more than those by the clock.\n"
        )
        parts: dict[str, tuple[str, Callable[[str], Run], list[str], dict[str, str]]] = {
            "stage": ("Normalise: raw events to observations", bench.stage, workers, WORKERS),
            "end-to-end": ("Normalise and our sink: raw events to rows", bench.end_to_end, workers, WORKERS),
            "sink": ("The sink alone: observations to rows", bench.sink, sinks, SINKS),
        }
        for part in arguments.parts:
            title, run, contenders, names = parts[part]
            report(title, repeat(contenders, arguments.repetitions, run), names, observations)
        print(f"Every run: {observations:,} observations counted, none missing, none twice, values as sent.")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = ("stage", "end-to-end", "sink")
    parser.add_argument("--events", type=int, default=3000, help="raw events of a run")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--poll-interval-seconds", type=int, default=1, help="event time between polls")
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts), metavar="PART")
    parser.add_argument("--only-ours", action="store_true", help="leave the peers out")
    parser.add_argument("--quick", action="store_true", help="a smoke test: few events, one repetition")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.events, arguments.repetitions = QUICK_EVENTS, 1
    configure_logging("warning", process="benchmark")
    try:
        with tempfile.TemporaryDirectory(prefix="crosscurrent-benchmark-") as scratch:
            measure(arguments, Path(scratch))
    except BenchmarkFailed as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
