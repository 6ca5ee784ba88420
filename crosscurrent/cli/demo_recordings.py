"""The demo on recorded exchanges: every one mapped, or dead-lettered for a stated reason."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from connectors.registry import CONNECTORS
from crosscurrent.cli.demo_watch import bar, get_json, watch
from crosscurrent.cli.demo_world import print_section, print_verdict
from crosscurrent.cli.output import CONSOLE, print_table
from crosscurrent.demo import Progress, take_progress
from crosscurrent.demo.recorded import Nothing, Outcome, take_nothing, take_outcomes, take_reasons
from crosscurrent.settings import Settings
from sinks.clickhouse import query_rows
from sinks.clickhouse.audit import audit

_OK = 200


def show_recordings(settings: Settings, player_url: str, sources: Sequence[str]) -> bool:
    """Watch the exchanges go through, print what became of them and return whether all is accounted for.

    Args:
        settings: where the demo's servers are.
        player_url: address of the player.
        sources: whose exchanges.

    Raises:
        Fatal: rows still come long after the last exchange.
    """
    query = query_rows(settings)
    index = {source: len(get_json(f"{player_url}/_recordings/index?source={source}")) for source in sources}
    total = sum(index.values())
    CONSOLE.print(f"{total:,} recorded exchanges of {len(sources)} sources are played, each once")

    def share(progress: Progress) -> float:
        return min(1.0, (progress.raw_events + progress.unpublished) / total)

    last = watch(
        lambda: take_progress(query, settings.tenant),
        share,
        lambda progress, done: _picture(progress, done, total),
        lambda progress, done: _sentence(progress, done, total),
    )
    outcomes = take_outcomes(query, settings.tenant)
    print_table(
        "What became of each exchange",
        ["source", "recorded", "received", "measured", "described", "nothing to map", "dead-lettered"],
        [
            (o.source, index[o.source], o.exchanges, o.measured, o.described, o.nothing, o.dead_lettered)
            for o in outcomes
        ],
    )
    reasons = [
        f"{reason.count:3}  {reason.source}: {reason.text}" for reason in take_reasons(query, settings.tenant)
    ]
    print_section("Why dead-lettered, commonest first", reasons or ["nothing was"])
    nothing = take_nothing(query, settings.tenant)
    print_section("Why nothing to map", [_why(one) for one in nothing] or ["everything had something"])
    report = audit(settings)
    print_verdict(report.verdict, passed=report.passed)
    return report.passed and _complete(outcomes, index, last.unpublished)


def _complete(outcomes: Sequence[Outcome], index: dict[str, int], unpublished: int) -> bool:
    received = {outcome.source: outcome.exchanges for outcome in outcomes}
    missing = {source: count - received.get(source, 0) for source, count in index.items()}
    if sum(missing.values()) == unpublished:
        return True
    print_section("Missing", [f"{source}: {count} exchanges" for source, count in missing.items() if count])
    return False


def _why(nothing: Nothing) -> str:
    stated = CONNECTORS[nothing.source].not_measured.get(nothing.endpoint)
    if nothing.status != _OK:
        stated = f"status {nothing.status} has no content to map"
    return f"{nothing.count:3}  {nothing.source} {nothing.endpoint}: {stated or 'an empty list'}"


def _picture(progress: Progress, share: float, total: int) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("played", bar(share))
    table.add_row("received", f"{progress.raw_events:,} of {total:,} exchanges")
    table.add_row("measured", f"{progress.observations:,} observations of {progress.series:,} series")
    table.add_row("described", f"{progress.entities:,} entities")
    table.add_row("dead letters", f"{progress.dead_letters:,}")
    return table


def _sentence(progress: Progress, share: float, total: int) -> str:
    return (
        f"{share:4.0%}  {progress.raw_events:,} of {total:,} exchanges; {progress.observations:,} observations; "
        f"{progress.entities:,} entities; {progress.dead_letters:,} dead letters"
    )
