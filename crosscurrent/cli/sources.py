"""``crosscurrent sources``: what can be collected, whether it works, and keeping what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from connectors.declared.directory import read_source
from connectors.kit.check import CheckResult, check_source
from connectors.kit.coverage import Coverage
from connectors.kit.declaration import Connector
from connectors.kit.record import record_source
from connectors.kit.wiring import interval_of, missing
from connectors.registry import CONNECTORS, all_sources, connector_named
from crosscurrent.cli.output import CONSOLE, ERRORS, print_error, print_json, print_table
from crosscurrent.cli.played_vendors import settings_beside_home
from crosscurrent.errors import CrosscurrentError, WrongUse
from crosscurrent.exit_codes import EXIT_CHECK_FAILED, EXIT_SERVER_AWAY
from crosscurrent.settings import Settings, load_settings
from crosscurrent.telemetry import configure_logging

app = typer.Typer(help="What can be collected.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
_PATHS_NAMED_MAX = 12
NameArgument = Annotated[str, typer.Argument(help="Source, as in `crosscurrent sources list`.")]


@app.command("list")
def list_sources(as_json: JsonOption = False) -> None:
    """List the sources: endpoints, credential, quota, and what is missing to poll them."""
    settings = load_settings()
    sources = all_sources(settings.sources_directory)
    files = {name: str(file) for name, file in sources.files.items()}
    rows = [_row(connector, settings, files.get(name)) for name, connector in sources.connectors.items()]
    for error in sources.refused:
        print_error(error)
    if as_json:
        print_json(rows)
        return
    columns = ["source", "enabled", "every", "targets", "missing"]
    print_table("Sources", columns, [_cells(row) for row in rows])
    for row in rows:
        CONSOLE.print(f"\n{row['title']} ({', '.join(row['endpoints'])})", markup=False, soft_wrap=True)
        for name in ("auth", "account_help", "quota", "targets_help", "declared_in"):
            if row[name] is not None:
                CONSOLE.print(f"  {name.removesuffix('_help')}: {row[name]}", markup=False, soft_wrap=True)


@app.command("check")
def check(name: NameArgument, as_json: JsonOption = False) -> None:
    """Ask a source once: exit 1 if the credential, the quota or the mapping fails, 3 if it does not answer."""
    settings = settings_beside_home()
    # what is tried again would be told on the way; the last word is enough
    configure_logging("error", process=f"sources.{name}", secrets=settings.secrets())
    result = check_source(connector_named(name, settings.sources_directory), settings)
    if as_json:
        print_json(_result(result))
    elif result.error is None:
        CONSOLE.print(_sentence(result), markup=False)
        if result.coverage is not None:
            CONSOLE.print(_covered(result.coverage), markup=False, soft_wrap=True)
    else:
        print_error(result.error)
    if result.advice and not as_json:
        (ERRORS if result.error else CONSOLE).print(result.advice, markup=False, soft_wrap=True)
    if result.error is not None:
        raise typer.Exit(EXIT_SERVER_AWAY if result.away else EXIT_CHECK_FAILED)


@app.command("record")
def record(
    name: NameArgument,
    directory: Annotated[Path, typer.Argument(help="Directory for the exchanges; made if it is not there.")],
) -> None:
    """Keep the real exchanges of one round of polls, without secrets; play them with `demo --recordings`."""
    settings = load_settings()
    configure_logging(settings.log_level, process=f"sources.{name}", secrets=settings.secrets())
    written = record_source(connector_named(name, settings.sources_directory), settings, directory)
    CONSOLE.print(f"{len(written)} exchanges of {name} are in {directory}", markup=False)


@app.command("validate")
def validate(
    file: Annotated[Path, typer.Argument(help="File that declares a source, named after it.", exists=True)],
    as_json: JsonOption = False,
) -> None:
    """Read a file that declares a source, without asking anyone: exit 1 if something is wrong with it."""
    # only this command needs the models, which the others load where there is a file
    from connectors.declared.problems import WrongDeclaration

    try:
        connector = read_source(file, CONNECTORS)
        connector.polls(connector.targets_default)
    except WrongUse as error:
        problems = [*error.each()] if isinstance(error, WrongDeclaration) else [error]
        if as_json:
            print_json({"file": str(file), "ok": False, "errors": [_error(problem) for problem in problems]})
        else:
            for problem in problems:
                print_error(problem)
        raise typer.Exit(EXIT_CHECK_FAILED) from None
    if as_json:
        print_json({"file": str(file), "ok": True, "errors": []})
    else:
        asked = ", ".join(connector.endpoints)
        CONSOLE.print(f"{file} declares the source {connector.name}: {asked}", markup=False)


@app.command("schema")
def schema() -> None:
    """Print the JSON schema of a file that declares a source, for an editor."""
    from connectors.declared.json_schema import schema_text

    typer.echo(schema_text(), nl=False)


def _row(connector: Connector, settings: Settings, file: str | None) -> dict[str, Any]:
    source = settings.source(connector.name)
    lacking = missing(connector, source)
    return {
        "source": connector.name,
        "title": connector.title,
        "base_url": connector.base_url,
        "endpoints": list(connector.endpoints),
        "auth": connector.auth.description,
        "auth_required": connector.auth.required,
        "quota": connector.quota.description,
        "poll_interval_seconds": interval_of(connector, source),
        "targets": list(source.targets or connector.targets_default),
        "targets_help": connector.targets_help,
        "enabled": source.enabled,
        "configured": not lacking,
        "missing": lacking,
        "declared_in": file,
        "account_help": connector.account_help,
    }


def _cells(row: dict[str, Any]) -> list[object]:
    return [
        row["source"],
        "yes" if row["enabled"] else "no",
        f"{row['poll_interval_seconds']:g} s",
        ", ".join(row["targets"]),
        ", ".join(row["missing"]) or "-",
    ]


def _result(result: CheckResult) -> dict[str, object]:
    error = result.error
    return {
        "source": result.source,
        "ok": error is None,
        "request_url": result.request_url,
        "status": result.status,
        "quota_remaining": result.quota_remaining,
        "entities": result.entities,
        "observations": result.observations,
        "payload": _payload(result.coverage),
        "away": result.away,
        "lacking": list(result.lacking),
        "advice": result.advice,
        "error": error and _error(error),
    }


def _error(error: CrosscurrentError) -> dict[str, str]:
    return {"found": error.found, "expected": error.expected, "todo": error.todo}


def _payload(coverage: Coverage | None) -> dict[str, object] | None:
    if coverage is None:
        return None
    return {
        "mapped_share": coverage.mapped_share,
        "mapped": list(coverage.mapped),
        "ignored": dict(coverage.ignored or {}),
        "unknown": list(coverage.unknown),
    }


def _covered(coverage: Coverage) -> str:
    said = (
        f"of the {coverage.paths} paths in its payload {len(coverage.mapped)} are mapped "
        f"({coverage.mapped_share:.0%}), {len(coverage.ignored or {})} left out for a stated reason, "
        f"{len(coverage.unknown)} not known to the mapping"
    )
    if not coverage.unknown:
        return said
    named = ", ".join(coverage.unknown[:_PATHS_NAMED_MAX])
    more = len(coverage.unknown) - _PATHS_NAMED_MAX
    return f"{said}: {named}" + (f" and {more} more (all with --json)" if more > 0 else "")


def _sentence(result: CheckResult) -> str:
    left = (
        "no word on the quota"
        if result.quota_remaining is None
        else f"{result.quota_remaining} requests left"
    )
    return (
        f"{result.source} answers {result.status} for {result.request_url}: {left}, "
        f"{result.entities} entities, {result.observations} observations"
    )
