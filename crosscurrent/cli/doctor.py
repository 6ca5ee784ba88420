"""``crosscurrent doctor``: what is wrong with this machine or configuration, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from crosscurrent.cli.output import CONSOLE, print_json
from crosscurrent.clock import SystemClock
from crosscurrent.embedded.home import Layout
from crosscurrent.embedded.home.checks import Finding, check_machine, check_servers
from crosscurrent.errors import WrongUse
from crosscurrent.exit_codes import EXIT_CHECK_FAILED
from crosscurrent.settings import Settings, load_settings

if TYPE_CHECKING:
    from connectors.kit.declaration import Connector

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "wrong": ("✗", "bold red")}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Look at this machine and the configuration and say what to do; exit 1 if something is wrong."""
    findings = examine()
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _show(findings)
    if any(finding.verdict == "wrong" for finding in findings):
        raise typer.Exit(EXIT_CHECK_FAILED)


def examine() -> list[Finding]:
    """Return all findings; settings that cannot be read are the only one, because they say where to look."""
    try:
        settings = load_settings()
    except WrongUse as error:
        return [Finding("settings", "wrong", error.found, error.todo)]
    layout = Layout.of(settings.home)
    return [
        Finding("settings", "ok", "can be read"),
        *check_machine(layout, SystemClock()),
        *check_servers(settings, layout),
        *check_sources(settings),
    ]


def check_sources(settings: Settings) -> list[Finding]:
    """Return the findings about sources: those enabled exist and have what they need."""
    from connectors.registry import all_sources

    sources = all_sources(settings.sources_directory)
    refused = [Finding("declared source", "wrong", error.found, error.todo) for error in sources.refused]
    if "sources_directory" in settings.model_fields_set and not settings.sources_directory.exists():
        found = f"{settings.sources_directory.absolute()} is not there"
        refused.append(Finding("declared sources", "wrong", found, "correct CROSSCURRENT_SOURCES_DIRECTORY"))
    return [*refused, *_check_enabled(settings, sources.connectors)]


def _check_enabled(settings: Settings, connectors: Mapping[str, Connector]) -> list[Finding]:
    from connectors.kit.wiring import missing

    enabled = [name for name, section in settings.sources.items() if section.enabled]
    if not enabled:
        todo = (
            "enable one, such as CROSSCURRENT_SOURCES__GITHUB__ENABLED=true, or use `crosscurrent up --world`"
        )
        return [Finding("sources", "warning", "none is enabled", todo)]
    findings = []
    for name in sorted(enabled):
        if name not in connectors:
            todo = "see `crosscurrent sources list`"
            findings.append(Finding(f"source {name}", "wrong", "there is no such source", todo))
            continue
        lacking = missing(connectors[name], settings.source(name))
        found = f"{', '.join(lacking)} not set" if lacking else "has what it needs"
        todo = f"set {', '.join(lacking)}" if lacking else ""
        findings.append(Finding(f"source {name}", "wrong" if lacking else "ok", found, todo))
    return findings


def _show(findings: list[Finding]) -> None:
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        table.add_row(Text(*_MARKS[finding.verdict]), finding.check, Text(finding.found))
        if finding.todo:
            table.add_row("", "", Text(f"to do: {finding.todo}", style="bold"))
    CONSOLE.print(table)
    wrong = sum(finding.verdict == "wrong" for finding in findings)
    CONSOLE.print("nothing is wrong" if not wrong else f"{wrong} to be put right")
