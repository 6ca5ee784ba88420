"""Runs the benchmarks and writes what they print to ``docs/benchmarks.md``.

make bench                                 all of them, a quarter of an hour or more
make bench ARGS="--only pipeline home"     these; the other sections of the page stay as they are
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import busy_share, facts, revision
from benchmarks.verdicts import NotJudged, misses

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "benchmarks.md"
BUSY_SHARE_MAX = 0.15  # of the processor; above it others take a noticeable part of the machine

FAILED = "**Failed**"

_HEAD = """# Benchmarks

Written by `make bench`; every figure was measured on one machine, in one run with the peer beside it. Ratios carry
over to other machines better than absolute figures do. What a table compares, and what it leaves out, stands in the
docstring of its script in `benchmarks/`.

"""
_HEADING = re.compile(r"^(#+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A script that makes a section of the page.

    Attributes:
        name: of the script, without its ending; what ``--only`` takes.
        title: heading of the section.
        targets: what we want of it.
        arguments: how it is run here.
    """

    name: str
    title: str
    targets: tuple[str, ...]
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command as a reader types it."""
        return " ".join(("python -m", f"benchmarks.{self.name}", *self.arguments))


BENCHMARKS = (
    Benchmark(
        "pipeline",
        "Normalise → observations → sink",
        ("at least 60,000 observations a second through one Faust worker on one core, in batches of 100",),
    ),
    Benchmark(
        "clickhouse_http",
        "Embedded ClickHouse over HTTP beside chDB in process",
        ("inserts and reads at no less than half of in-process chDB", "p50 of `SELECT 1` under 3 ms"),
    ),
    Benchmark(
        "home",
        "The idle home",
        (
            "`crosscurrent up` ready in under 10 s with a warm cache",
            "resident memory of the whole idle home under 1.5 GB",
            "payload to row in under 2 s at rest (p99)",
        ),
    ),
    Benchmark(
        "polls",
        "A thousand polls at once",
        (
            "1,000 concurrent polls in one process under 300 MB",
            "each host's limits kept, and none answered 429",
        ),
    ),
    Benchmark(
        "cost",
        "A day of watching: requests that count",
        (
            "500 repositories and 50 playlists of which 2% change an hour, at a tenth of the counted requests of a plain "
            "poller and of dlt, at equal or better freshness",
        ),
    ),
    Benchmark(
        "scenarios",
        "Every scenario on the production path",
        (
            "at least 1,000 faults of every kind over all scenarios, and nothing lost: audit clean, every answer and "
            "every raw event accounted for",
            "in each scenario with couplings at least one of them found",
        ),
        ("--jobs", "2"),
    ),
    Benchmark(
        "honesty",
        "How often unrelated series are called related",
        (
            "a false pair in at most one replicate of twenty (more than chance explains at 1%)",
            "at most 5% of the couplings announced over a stream are false, on average over its runs",
        ),
        ("--replicates", "20", "--stream-windows", "1000"),
    ),
    Benchmark(
        "correlate_speed",
        "A tick of the rolling correlation",
        (
            "1,000 series in under 1 s and 10,000 series in under 30 s a tick, lags ±12, with all guards",
            "under 2 GB",
            "20 times as fast as `pandas`' rolling correlation",
        ),
    ),
    Benchmark(
        "alarm_rate",
        "How often ordinary points are called anomalies",
        ("alarms within a factor of 1.5 of what was asked for (further off than chance explains at 1%)",),
        ("--series", "6", "--points", "8766", "--rounds", "2"),
    ),
    Benchmark(
        "nab",
        "Numenta Anomaly Benchmark",
        (
            "at least 60 with the threshold fixed in advance at 1 alarm in 1,000 points, at least 65 tuned",
            "a score above each of River's detectors, tuned in the same way",
        ),
        ("NAB",),
    ),
    Benchmark(
        "detect_speed",
        "Observations scored a second",
        (
            "at least 100,000 observations a second on one core with 1,000 series in batches",
            "stored state under 40 kB a series",
        ),
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=str(names))
    parser.add_argument(
        "--nab",
        type=Path,
        default=REPOSITORY.parent / "shared" / "nab",
        help="a NAB checkout; that section stays as it is if there is none",
    )
    arguments = parser.parse_args()
    sections = read_sections(PAGE.read_text()) if PAGE.exists() else {}
    failed = []
    for benchmark in BENCHMARKS:
        if benchmark.name not in arguments.only:
            continue
        if benchmark.name == "nab" and not arguments.nab.is_dir():
            print(f"nab left out: no directory {arguments.nab}; give --nab DIR", file=sys.stderr)
            continue
        print(benchmark.command, file=sys.stderr, flush=True)
        section, succeeded = measure(benchmark, arguments.nab)
        sections[benchmark.name] = section
        if not succeeded:
            failed.append(benchmark.name)
        PAGE.write_text(page(sections))
    if failed:
        print(f"failed: {', '.join(failed)}; see {PAGE.name}", file=sys.stderr)
    return 1 if failed else 0


def measure(benchmark: Benchmark, nab: Path) -> tuple[str, bool]:
    """Run a benchmark and return its section of the page, and whether it succeeded."""
    given = [str(nab) if argument == "NAB" else argument for argument in benchmark.arguments]
    before, began = busy_share(), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{benchmark.name}", *given],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    sys.stderr.write(done.stderr)
    minutes = (time.monotonic() - began) / 60
    succeeded = done.returncode == 0
    output = done.stdout if succeeded else f"{done.stdout}\n\n{FAILED} (exit code {done.returncode})."
    others = max(before, busy_share())
    return section(benchmark, output, others=others, minutes=minutes), succeeded


def section(benchmark: Benchmark, output: str, *, others: float, minutes: float) -> str:
    """Return the section that a benchmark's output makes."""
    targets = "\n".join(f"- {target}" for target in benchmark.targets)
    lines = [
        f"## {benchmark.title}",
        f"`{benchmark.command}`, {datetime.now(UTC):%Y-%m-%d}, revision {revision()}, {max(minutes, 1):.0f} min. "
        f"{_others_note(others)}",
        f"Targets:\n\n{targets}",
        verdict(benchmark.name, output),
        deeper(output.strip()),
    ]
    return "\n\n".join(lines)


def verdict(name: str, output: str) -> str:
    """Return in words which targets a benchmark's output misses."""
    if FAILED in output:
        return "**Not judged**: it did not come to its end."
    try:
        missed = misses(name, output)
    except NotJudged as error:
        return f"**Not judged**: {error}."
    if not missed:
        return "Met in this run."
    return "**Missed** in this run:\n\n" + "\n".join(f"- {miss}" for miss in missed)


def deeper(markdown: str) -> str:
    """Return Markdown whose highest headings stand below a section of the page."""
    levels = [len(hashes) for hashes in _HEADING.findall(markdown)]
    more = max(0, 3 - min(levels, default=3))
    return _HEADING.sub(lambda found: f"{'#' * more}{found[0]}", markdown)


def page(sections: dict[str, str]) -> str:
    """Return the whole page: the machine, then the sections in their order."""
    machine = "\n".join(f"| {what} | {here} |" for what, here in facts())
    parts = [
        f"<!-- begin {benchmark.name} -->\n{sections[benchmark.name]}\n<!-- end {benchmark.name} -->"
        for benchmark in BENCHMARKS
        if benchmark.name in sections
    ]
    return f"{_HEAD}| | |\n|---|---|\n{machine}\n\n" + "\n\n".join(parts) + "\n"


def read_sections(text: str) -> dict[str, str]:
    """Return the sections of a page by the names of their benchmarks."""
    found: Sequence[tuple[str, str]] = re.findall(
        r"<!-- begin (\w+) -->\n(.*?)\n<!-- end \1 -->", text, flags=re.DOTALL
    )
    return dict(found)


def _others_note(share: float) -> str:
    before_and_after = f"before or after it, other work used {share:.0%} of the processor"
    if share <= BUSY_SHARE_MAX:
        return f"The machine was quiet: at most, {before_and_after}."
    return f"**The machine was busy** ({before_and_after}): take the ratios, not the absolute figures."


if __name__ == "__main__":
    sys.exit(main())
