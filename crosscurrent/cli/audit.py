"""``crosscurrent audit``: whether everything that was published is in the tables, once and unaltered."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from crosscurrent.cli.output import CONSOLE, ERRORS, print_json, print_table
from crosscurrent.clock import SystemClock
from crosscurrent.exit_codes import EXIT_CHECK_FAILED
from crosscurrent.settings import load_settings
from sinks.clickhouse.audit import AuditReport, Finding, parse_since
from sinks.clickhouse.audit import audit as run_audit


def audit(
    since: Annotated[
        str | None,
        typer.Option(help="Only what came in since: a moment (ISO 8601) or a duration such as 6h."),
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds that the sink may take to reach the end of the topics.")
    ] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Count every offset of every topic against the rows; exit 1 on a gap, a duplicate, or a differing aggregate."""
    settings = load_settings()
    moment = parse_since(since, SystemClock().now_utc()) if since else None
    report = run_audit(
        settings,
        since=moment,
        wait_seconds=wait,
        say=lambda text: ERRORS.print(Text(text, style="dim")),
    )
    if as_json:
        print_json(report.to_json())
    else:
        _show(report)
    if not report.passed:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _show(report: AuditReport) -> None:
    print_table(
        "Topics, over all lives of the broker",
        ["topic", "messages", "rows", "twice", "filtered", "dead", "due", "ledger"],
        [
            (t.topic, t.messages, t.rows, t.duplicates, t.filtered, t.dead_letters, t.pending, t.state)
            for t in report.topics
        ],
    )
    CONSOLE.print()
    print_table(
        "Checks",
        ["check", "what must hold", "looked at", "", "findings"],
        [(c.name, c.subject, c.examined, c.unit, c.findings_total) for c in report.checks],
    )
    CONSOLE.print()
    for check in report.checks:
        for finding in check.findings:
            _show_finding(finding)
        hidden = check.findings_total - len(check.findings)
        if hidden > 0:
            CONSOLE.print(Text(f"… and {hidden} more of {check.name}"))
    verdict = (
        "nothing is missing, double or altered" if report.passed else "not everything is as it should be"
    )
    CONSOLE.print(Text(verdict, style="bold green" if report.passed else "bold red"))


def _show_finding(finding: Finding) -> None:
    CONSOLE.print(Text(f"{finding.check}: ", style="bold red") + Text(f"{finding.where}: {finding.found}"))
    CONSOLE.print(Text("  expected: ", style="bold") + Text(finding.expected))
    CONSOLE.print(Text("  to do:    ", style="bold") + Text(finding.todo))
