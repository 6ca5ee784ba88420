"""Every scenario on the production path: what was answered is accounted for, and what was planted is looked for.

python -m benchmarks.scenarios --jobs 4

prints Markdown. Each shipped scenario of the played vendors is run through an embedded home of its own, started by
``crosscurrent up``, with the connectors as ``crosscurrent run connector`` runs them. The connectors' clock runs as fast
as the world's, so that intervals and rests are those of production in the world's time: five minutes after a refusal
are five minutes there. Each vendor is hit by faults of every kind that the world can make. At the end of each
``crosscurrent audit`` must end with 0, every answer must be accounted for (``benchmarks/accounts.py`` says how), and
``crosscurrent world score`` says what was found. The run fails if an answer is lost, if there were fewer faults than
were asked for, if no planted coupling of a scenario was found, or if a deletion that a vendor lets one see was not told.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.figures import table
from benchmarks.processes import BenchmarkFailed
from benchmarks.scenario_run import FAULT_KINDS, Outcome, Pace, run_scenario
from crosscurrent.embedded.world.scenario_file import load_scenario, shipped

FAULTS_TARGET = 1000
FAULTS_EACH = 150
HOURS_AFTER_A_WINDOW = 22
"""Hours of the world after the first window from which on a coupling must have been found."""
QUICK_SCENARIO, QUICK_HOURS, QUICK_FAULTS = "comings-and-goings", 1, 12


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "scenarios", nargs="*", metavar="NAME", help="these only; all that are shipped if none"
    )
    parser.add_argument("--jobs", type=int, default=1, help="scenarios at once, each with a home of its own")
    parser.add_argument("--hours", type=int, help="of the world at most; each scenario's own if not said")
    parser.add_argument(
        "--hour-seconds", type=float, default=1.0, help="that an hour of the world takes at least"
    )
    parser.add_argument("--faults", type=int, default=FAULTS_EACH, help="injected into each scenario")
    parser.add_argument("--window", type=int, default=128, help="hours of a window of the correlations")
    parser.add_argument("--quick", action="store_true", help="a smoke test: one scenario, a few hours")
    arguments = parser.parse_args()
    names, pace = (
        arguments.scenarios or shipped(),
        Pace(arguments.hour_seconds, arguments.hours, arguments.faults, arguments.window),
    )
    if arguments.quick:
        names, pace = (QUICK_SCENARIO,), Pace(arguments.hour_seconds, QUICK_HOURS, QUICK_FAULTS)
    try:
        outcomes = run_all(names, pace, arguments.jobs)
    except BenchmarkFailed as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    asked = len(names) * pace.faults
    whole = not arguments.quick and set(names) == set(shipped())
    print(report(outcomes, faults_target=max(asked, FAULTS_TARGET) if whole else asked))
    return 0 if not problems(outcomes) else 1


def run_all(names: Sequence[str], pace: Pace, jobs: int) -> list[Outcome]:
    """Run scenarios and return what came of them, in their order.

    Raises:
        BenchmarkFailed: of the first that did not come to its end.
    """

    def run(name: str) -> Outcome:
        with tempfile.TemporaryDirectory(prefix="crosscurrent-scenario-") as directory:
            try:
                outcome = run_scenario(name, pace, Path(directory))
            except BenchmarkFailed as error:
                # at once, since the others go on for long
                print(f"{name}: {error}", file=sys.stderr, flush=True)
                raise
        print(
            f"{outcome.scenario}: {outcome.hours} hours in {outcome.seconds:.0f} s",
            file=sys.stderr,
            flush=True,
        )
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        # the long ones first, so that none is left alone at the end
        longest_first = sorted(names, key=lambda name: -load_scenario(name).hours)
        running = {name: pool.submit(run, name) for name in longest_first}
        return [running[name].result() for name in names]


def problems(outcomes: Sequence[Outcome]) -> list[str]:
    """Return what must not be, in words."""
    return [f"{one.scenario}: {problem}" for one in outcomes for problem in _problems(one)]


def _problems(outcome: Outcome) -> Iterator[str]:
    for account in outcome.accounts:
        yield from account.problems
    yield from outcome.lacking
    couplings = outcome.score["couplings"]
    if (
        couplings
        and outcome.hours >= outcome.window_hours + HOURS_AFTER_A_WINDOW
        and not outcome.score["recall"]
    ):
        yield f"none of {len(couplings)} couplings was found"
    for one in outcome.score["items"]:
        if one["missed"]:
            yield f"{one['change']} of {one['list']}: {', '.join(one['missed'])}"


def report(outcomes: Sequence[Outcome], *, faults_target: int) -> str:
    """Return the tables of a run, and what is wrong in it."""
    faults = sum(one.faults_count for one in outcomes)
    found = problems(outcomes)
    if faults < faults_target:
        found.append(f"{faults} faults were injected, {faults_target} were asked for")
    parts = [_accounts(outcomes), _faults(outcomes, faults), _scores(outcomes)]
    parts.append("\n".join(["**Not in order**:", "", *(f"- {one}" for one in found)]) if found else _ORDER)
    return "\n\n".join(parts)


_ORDER = "Every audit ended with 0; every answer is accounted for, and every raw event has its rows or its dead letter."


def _accounts(outcomes: Sequence[Outcome]) -> str:
    head = [
        "scenario",
        "hours",
        "answers with data",
        "raw events",
        "said before",
        "in error",
        "too large",
        "304",
    ]
    rows = []
    for one in outcomes:
        columns = [
            [getattr(account, name) for account in one.accounts]
            for name in ("answered", "events", "unchanged", "failed_inside", "too_large", "not_modified")
        ]
        rows.append([one.scenario, str(one.hours), *(f"{sum(column):,}" for column in columns)])
    return "### Answers and what became of them\n\n" + table(head, rows)


def _faults(outcomes: Sequence[Outcome], total: int) -> str:
    by_kind = {
        kind: sum(kinds.get(kind, 0) for one in outcomes for kinds in one.faults.values())
        for kind in FAULT_KINDS
    }
    told = ", ".join(f"{count} {kind}" for kind, count in by_kind.items() if count)
    return f"### Faults\n\n{total:,} injected: {told}."


def _scores(outcomes: Sequence[Outcome]) -> str:
    head = [
        "scenario",
        "couplings found",
        "recall",
        "precision",
        "breaks found",
        "items in order",
        "dead letters",
    ]
    return "### What was found of what was planted\n\n" + table(head, [_score(one) for one in outcomes])


def _score(outcome: Outcome) -> list[str]:
    score = outcome.score
    reached = [one for one in score["breaks"] if one["reached"]]
    items = [one for one in score["items"] if one["reached"]]
    return [
        outcome.scenario,
        _of(sum(one["found"] for one in score["couplings"]), len(score["couplings"])),
        _percent(score["recall"]),
        _percent(score["precision"]),
        _of(sum(one["found"] for one in reached), len(reached)),
        _of(sum(not one["missed"] for one in items), len(items)),
        f"{outcome.dead_letters:,}",
    ]


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}" if whole else "–"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


if __name__ == "__main__":
    sys.exit(main())
