"""The demo on the played vendors: progress while their time runs, then what was found."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table
from rich.text import Text

from crosscurrent.cli.demo_watch import bar, get_json, post, watch
from crosscurrent.cli.output import CONSOLE
from crosscurrent.demo import Facts, Progress, planted, take_facts, take_progress
from crosscurrent.demo.plan import DemoPlan
from crosscurrent.demo.report import anomaly_lines, pair_lines, planted_lines, volume_lines
from crosscurrent.settings import Settings
from sinks.clickhouse import query_rows
from sinks.clickhouse.audit import audit

_PAIRS_SQL = (
    "SELECT left, right, lag_seconds, coefficient, q_value FROM correlations_current "
    "WHERE significant ORDER BY q_value LIMIT 10"
)


def show_world(settings: Settings, world_url: str, plan: DemoPlan) -> tuple[Facts, bool]:
    """Watch the run to its end, print the report and return the facts and whether the audit found everything in order.

    Args:
        settings: where the demo's servers are.
        world_url: address of the played vendors.
        plan: its pace.

    Raises:
        Fatal: rows still come long after the last poll.
    """
    query = query_rows(settings)
    post(f"{world_url}/_world/release")
    CONSOLE.print(
        f"three played vendors are polled; an hour of theirs takes {plan.hour_seconds:g} s. "
        f"The page http://127.0.0.1:{settings.live.port} shows it live.",
        soft_wrap=True,
    )

    def share(_progress: Progress) -> float:
        return min(1.0, float(get_json(f"{world_url}/_world/state")["elapsed_hours"]) / plan.until_hours)

    watch(lambda: take_progress(query, settings.tenant), share, _picture, _sentence)
    report = audit(settings)
    facts = take_facts(query, settings.tenant)
    truth = planted_lines(facts, *planted(get_json(f"{world_url}/_world/truth")))
    sections = (
        ("What came in", volume_lines(facts)),
        ("What moves together, across sources", pair_lines(facts)),
        ("What broke, largest first", anomaly_lines(facts)),
        ("What was planted in the played world", truth),
    )
    for title, lines in sections:
        print_section(title, lines)
    print_verdict(report.verdict, passed=report.passed)
    return facts, report.passed


def print_section(title: str, lines: list[str]) -> None:
    """Print a title and its lines."""
    CONSOLE.print(Text(f"\n{title}", style="bold"))
    for line in lines:
        CONSOLE.print(Text(f"  {line}"), soft_wrap=True)


def print_verdict(sentence: str, *, passed: bool) -> None:
    """Print what the audit says."""
    CONSOLE.print(Text("\nAre the books in order?", style="bold"))
    CONSOLE.print(Text(f"  {sentence}", style="green" if passed else "bold red"), soft_wrap=True)


def print_next(facts: Facts | None, settings: Settings, home: Path, *, keeps_up: bool) -> None:
    """Print what to type next."""
    CONSOLE.print(Text("\nWhat to type next", style="bold"))
    for command, why in _running(facts, settings, home) if keeps_up else _stopped():
        CONSOLE.print(Text(f"  {command}") + Text(f"   # {why}", style="dim"), soft_wrap=True)


def _stopped() -> list[tuple[str, str]]:
    return [
        ("make demo ARGS=--keep-up", "the same, left running for your questions"),
        ("make up ARGS=--world", "the played vendors at the pace of a day in a minute, until Ctrl-C"),
        (".venv/bin/crosscurrent sources list", "what can be collected for real, and what it needs"),
    ]


def _running(facts: Facts | None, settings: Settings, home: Path) -> list[tuple[str, str]]:
    command = ".venv/bin/crosscurrent"
    named = facts.pairs_across[0].second_name if facts and facts.pairs_across else None
    series = (
        [
            (
                f"{command} sql \"SELECT observed_at, value FROM observations WHERE series = '{named}' "
                'ORDER BY observed_at LIMIT 5"',
                "one series",
            )
        ]
        if named
        else []
    )
    return [
        (f"open http://127.0.0.1:{settings.live.port}", "the page"),
        (f'{command} sql "{_PAIRS_SQL}"', "what moves together"),
        *series,
        (f"{command} tail anomalies --from-beginning --limit 3", "what a Kafka subscriber sees"),
        (f"{command} audit", "every offset against the rows"),
        (f"CROSSCURRENT_HOME={home} {command} down", "the end"),
    ]


def _picture(progress: Progress, share: float) -> Table:
    table = Table.grid(padding=(0, 2))
    when = progress.newest_at.strftime("%Y-%m-%d %H:%M") if progress.newest_at else "…"
    table.add_row("their time", bar(share) + Text(f"  {when}"))
    for name, value in (
        ("polled", f"{progress.requests:,} requests, {progress.not_modified:,} of them 304"),
        ("received", f"{progress.raw_events:,} responses"),
        ("measured", f"{progress.observations:,} observations of {progress.series:,} series"),
        ("correlated", f"{progress.windows:,} windows"),
        ("anomalies", f"{progress.anomalies:,}"),
    ):
        table.add_row(name, value)
    return table


def _sentence(progress: Progress, share: float) -> str:
    return (
        f"{share:4.0%}  {progress.requests:,} requests, {progress.not_modified:,} of them 304; "
        f"{progress.observations:,} observations of {progress.series:,} series; {progress.windows:,} windows; "
        f"{progress.anomalies:,} anomalies"
    )
