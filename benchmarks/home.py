"""The home on one machine: how soon it is ready, what memory it holds, how long a payload takes to become a row.

python -m benchmarks.home --starts 3 --polls 200

prints Markdown. The home is started by ``crosscurrent up`` in a directory of its own. *Ready* is measured from the
command to its return with ``--detach``, after one start that fills the caches. *Memory* is that of every process of
the home with nothing to do. *Payload to row* is measured with the played OpenWeatherMap, a request or two a second:
from the response complete at the connector (``fetched_at``) until a query over HTTP shows the first row made of it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import psutil

from benchmarks.figures import seconds, table
from benchmarks.processes import HOST, BenchmarkFailed, free_port

PARTS = "broker,registry,clickhouse,sink,normalise,detect,correlate,live,openweathermap"
WORLD = "--speed 3600 --openweathermap-limit 1000000"
REQUESTS_PER_MINUTE = "150"
READY_SECONDS_TARGET = 10.0
MEMORY_BYTES_TARGET = 1.5e9
ROW_SECONDS_TARGET = 2.0
QUICK_STARTS, QUICK_POLLS = 1, 10

_SETTLE_SECONDS = 5.0
_LOOK_SECONDS = 0.01
_POLL_SECONDS_MAX = 3.0  # on average, or the home has stopped polling
_MB = 1e6


class Home:
    """A home in a directory of its own, with ports of its own.

    Args:
        directory: empty directory; also the working directory, so that no one's settings are read.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._clickhouse_port = free_port()
        prefix = "CROSSCURRENT_"
        plain = {name: value for name, value in os.environ.items() if not name.startswith(prefix)}
        own = {
            "HOME": str(directory / "home"),
            "KAFKA__EMBEDDED_PORT": str(free_port()),
            "SCHEMA_REGISTRY__EMBEDDED_PORT": str(free_port()),
            "CLICKHOUSE__EMBEDDED_PORT": str(self._clickhouse_port),
            "LIVE__PORT": str(free_port()),
            "SOURCES__OPENWEATHERMAP__POLL_INTERVAL_SECONDS": "1",
            "SOURCES__OPENWEATHERMAP__REQUESTS_PER_MINUTE_MAX": REQUESTS_PER_MINUTE,
        }
        self._environment = {**plain, **{prefix + name: value for name, value in own.items()}}

    def up(self, *arguments: str) -> float:
        """Start it and return the seconds until the command came back, everything ready.

        Raises:
            BenchmarkFailed: it is not ready.
        """
        began = time.monotonic()
        self._run("up", "--detach", "--json", *arguments)
        return time.monotonic() - began

    def down(self) -> None:
        """Stop it, if it runs."""
        self._run("down", "--json")

    def memory(self) -> list[tuple[str, int, int]]:
        """Return (process, resident bytes, proportional bytes) of every process of the home.

        The resident sizes count memory that processes share once for each; the proportional ones count it once.
        """
        return [(name, *_memory(process)) for name, process in self._processes().items()]

    def cpu_seconds(self) -> float:
        """Return the processor time that the processes of the home have used so far."""
        times = [process.cpu_times() for process in self._processes().values()]
        return float(sum(used.user + used.system for used in times))

    def rows(self, sql: str) -> list[list[Any]]:
        """Return the rows of a query, asked over HTTP as any client would."""
        query = urlencode({"database": "crosscurrent", "query": f"{sql} FORMAT JSONCompactEachRow"})
        with urlopen(f"http://{HOST}:{self._clickhouse_port}/?{query}", timeout=30) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]

    def _processes(self) -> dict[str, psutil.Process]:
        status = json.loads(self._run("status", "--json"))
        pids = {"supervisor": status["pid"]}
        pids |= {name: status.get(f"{name}_pid") for name in ("guard", "fork_server")}
        pids |= {process["name"]: process["pid"] for process in status["processes"]}
        return {name: psutil.Process(pid) for name, pid in pids.items() if pid}

    def _run(self, command: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "crosscurrent", command, *arguments],
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchmarkFailed(
                f"crosscurrent {command} ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
            )
        return done.stdout


def start_again(home: Home, starts: int) -> tuple[list[float], list[float]]:
    """Return of each start after a first one the seconds to ready and the processor seconds; the home runs then."""
    home.up()
    taken, used = [], []
    for _ in range(starts):
        home.down()
        taken.append(home.up())
        used.append(home.cpu_seconds())
    return taken, used


def payload_to_row(home: Home, polls: int) -> list[float]:
    """Return for each of so many payloads the seconds from the response to the first row that can be queried.

    Raises:
        BenchmarkFailed: too few came, or a row is there twice or without its raw event.
    """
    recent = "SELECT DISTINCT toString(raw_record_id) FROM observations WHERE ingested_at > now64(3) - 10"
    before = {row[0] for row in home.rows(recent)}
    seen: dict[str, float] = {}
    deadline = time.monotonic() + polls * _POLL_SECONDS_MAX
    while len(seen) < polls:
        if time.monotonic() > deadline:
            raise BenchmarkFailed(f"rows of {len(seen)} payloads after {polls * _POLL_SECONDS_MAX:g} s")
        rows = home.rows(recent)
        at = time.time()
        for (raw_record_id,) in rows:
            if raw_record_id not in before:
                seen.setdefault(raw_record_id, at)
        time.sleep(_LOOK_SECONDS)
    # the newest may still be on its way to raw_events
    time.sleep(_SETTLE_SECONDS)
    check_rows(home)
    fetched = home.rows("SELECT toString(record_id), toUnixTimestamp64Milli(fetched_at) FROM raw_events")
    fetched_at = {record_id: int(ms) / 1000 for record_id, ms in fetched}
    if missing := seen.keys() - fetched_at.keys():
        raise BenchmarkFailed(f"{len(missing)} payloads have rows but no raw event")
    return [at - fetched_at[raw_record_id] for raw_record_id, at in seen.items()]


def check_rows(home: Home) -> None:
    """Count the observations.

    Raises:
        BenchmarkFailed: one is there twice.
    """
    ((rows, distinct),) = home.rows("SELECT count(), uniqExact(record_id) FROM observations")
    if rows != distinct:
        raise BenchmarkFailed(f"{rows} observations of which {distinct} are distinct")


def report_ready(taken: Sequence[float], used: Sequence[float]) -> None:
    """Print how soon the home is ready."""
    met = _verdict(median(taken) < READY_SECONDS_TARGET)
    print(f"### Ready\n\n`crosscurrent up`, {len(taken)} starts: {seconds(taken)} s; target 10 s: {met}.")
    print(f"All its processes together used {seconds(used)} s of processor time for it.\n", flush=True)


def report_memory(processes: Sequence[tuple[str, int, int]]) -> None:
    """Print the memory of each process and of all."""
    resident = sum(size for _, size, _ in processes)
    proportional = sum(size for *_, size in processes)
    whole = ("**the whole home**", resident, proportional)
    rows = [
        [name, f"{rss / _MB:,.0f}", f"{pss / _MB:,.0f}"]
        for name, rss, pss in [*sorted(processes, key=lambda process: -process[1]), whole]
    ]
    print("### Memory\n\n" + table(["", "resident MB", "proportional MB"], rows))
    print(f"\nTarget 1,500 MB resident: {_verdict(resident < MEMORY_BYTES_TARGET)}.\n", flush=True)


def report_latency(latencies: Sequence[float]) -> None:
    """Print the quantiles of the way from payload to row."""
    cuts = quantiles(latencies, n=100, method="inclusive")
    p50, p99 = cuts[49], cuts[98]
    print(
        f"### Payload to row\n\n{len(latencies)} payloads: p50 {p50 * 1000:,.0f} ms, p99 {p99 * 1000:,.0f} ms, "
        f"longest {max(latencies) * 1000:,.0f} ms; target p99 2,000 ms: {_verdict(p99 < ROW_SECONDS_TARGET)}."
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--starts", type=int, default=3, help="timed starts")
    parser.add_argument("--polls", type=int, default=200, help="payloads followed to their rows, 2 or more")
    parser.add_argument("--quick", action="store_true", help="a smoke test: one start, few polls")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.starts, arguments.polls = QUICK_STARTS, QUICK_POLLS
    try:
        with tempfile.TemporaryDirectory(prefix="crosscurrent-benchmark-") as directory:
            measure(Home(Path(directory)), arguments.starts, arguments.polls)
    except BenchmarkFailed as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    return 0


def measure(home: Home, starts: int, polls: int) -> None:
    """Measure everything and print it; the home is stopped at the end."""
    try:
        report_ready(*start_again(home, starts))
        time.sleep(_SETTLE_SECONDS)
        report_memory(home.memory())
        home.down()
        home.up("--world", "--world-arguments", WORLD, "--only", PARTS)
        time.sleep(_SETTLE_SECONDS)
        report_latency(payload_to_row(home, polls))
    finally:
        home.down()


def _memory(process: psutil.Process) -> tuple[int, int]:
    found: Mapping[str, int] = process.memory_full_info()._asdict()
    return found["rss"], found["pss"]


def _verdict(met: bool) -> str:
    return "met" if met else "**missed**"


if __name__ == "__main__":
    sys.exit(main())
