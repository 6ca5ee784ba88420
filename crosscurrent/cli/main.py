"""The ``crosscurrent`` command: its parts, and how errors become exit codes."""

from __future__ import annotations

import sys

import click
import typer

from crosscurrent.cli import (
    audit,
    dead_letters,
    demo,
    doctor,
    run,
    schemas,
    sources,
    sql,
    statistics,
    tail,
    up,
)
from crosscurrent.cli.output import EXIT_CHECK_FAILED, EXIT_SERVER_AWAY, EXIT_WRONG_USE, print_error
from crosscurrent.errors import CrosscurrentError, ServerAway, Transient, WrongUse

app = typer.Typer(
    name="crosscurrent",
    help="Data from unrelated web APIs in one event stream: what moves together and what just broke.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("demo")(demo.demo)
app.command("up")(up.up)
app.command("down")(up.down)
app.command("status")(up.status)
app.command("doctor")(doctor.doctor)
app.add_typer(run.app, name="run")
app.add_typer(sources.app, name="sources")
app.command("tail")(tail.tail)
app.command("sql")(sql.sql)
app.command("audit")(audit.audit)
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(schemas.app, name="schemas")
app.command("correlate")(statistics.correlate)
app.command("detect")(statistics.detect)


def main() -> None:
    """Run the command line; ends the process with 0 done, 1 a check failed, 2 wrong use, 3 a server is away."""
    try:
        code = app(standalone_mode=False)
    except WrongUse as error:
        print_error(error)
        sys.exit(EXIT_WRONG_USE)
    except (ServerAway, Transient) as error:
        print_error(error)
        sys.exit(EXIT_SERVER_AWAY)
    except CrosscurrentError as error:
        print_error(error)
        sys.exit(EXIT_CHECK_FAILED)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_WRONG_USE)
    except (KeyboardInterrupt, click.exceptions.Abort):
        sys.exit(130)
    except BrokenPipeError:
        # `crosscurrent tail | head` is ordinary use; the reader has what it wanted
        sys.stderr.close()
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
