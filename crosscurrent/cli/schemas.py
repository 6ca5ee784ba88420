"""``crosscurrent schemas``: the contracts."""

from __future__ import annotations

from typing import Annotated

import typer

from crosscurrent.cli.output import CONSOLE, print_json, print_table
from crosscurrent.exit_codes import EXIT_CHECK_FAILED
from crosscurrent.settings import load_settings
from schemas.check import check_history
from schemas.registry import ConfluentRegistry, register_all
from schemas.subjects import subjects

app = typer.Typer(help="The contracts of the topics.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("list")
def list_schemas(as_json: JsonOption = False) -> None:
    """List every topic with its subject and schema."""
    rows = [
        {"topic": s.topic, "subject": s.subject, "schema": s.schema, "versions": s.versions}
        for s in subjects()
    ]
    if as_json:
        print_json(rows)
        return
    print_table("Contracts", ["topic", "subject", "schema", "versions"], [list(row.values()) for row in rows])


@app.command("check")
def check(as_json: JsonOption = False) -> None:
    """Compare the schemas with their committed history; exit 1 on a change that would break a subscriber."""
    problems = check_history()
    if as_json:
        print_json([{"schema": p.schema, "path": p.path, "message": p.message} for p in problems])
    else:
        for problem in problems:
            CONSOLE.print(f"{problem.schema} {problem.path}: {problem.message}", markup=False)
        if not problems:
            CONSOLE.print("every schema can read all that its earlier versions wrote")
    if problems:
        raise typer.Exit(EXIT_CHECK_FAILED)


@app.command("register")
def register() -> None:
    """Register the schemas of all topics."""
    settings = load_settings()
    registered = register_all(ConfluentRegistry(settings.registry_url))
    print_table("Registered", ["subject", "id"], [list(item) for item in registered.items()])
