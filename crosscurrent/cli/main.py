"""The ``crosscurrent`` command: its parts, and how errors become exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from crosscurrent.cli.output import print_error
from crosscurrent.errors import CrosscurrentError, WrongUse
from crosscurrent.exit_codes import EXIT_DONE, EXIT_INTERRUPTED, EXIT_WRONG_USE, exit_code_of

# command or group -> module of crosscurrent.cli; only what was asked for is imported, because every process of the
# home starts here and none needs what all of them need together
_COMMANDS = {
    "demo": "demo",
    "up": "up",
    "down": "up",
    "status": "up",
    "doctor": "doctor",
    "tail": "tail",
    "correlate": "statistics",
    "detect": "statistics",
    "sql": "sql",
    "audit": "audit",
    "replay": "replay",
    "backfill": "backfill",
}
_GROUPS = {
    "run": "run",
    "dead-letters": "dead_letters",
    "schemas": "schemas",
    "sources": "sources",
    "topics": "topics",
    "world": "world",
}

app = typer.Typer(
    name="crosscurrent",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def crosscurrent() -> None:
    """Data from unrelated web APIs in one event stream: what moves together and what just broke."""


def register(words: Sequence[str]) -> None:
    """Add the command that a command line names; all of them if it names none, as help and completion need."""
    asked = words[0] if words else ""
    known = asked in _COMMANDS or asked in _GROUPS
    for name, module in _COMMANDS.items():
        if name == asked or not known:
            function = getattr(import_module(f"crosscurrent.cli.{module}"), name.replace("-", "_"))
            app.command(name)(function)
    for name, module in _GROUPS.items():
        if name == asked or not known:
            app.add_typer(import_module(f"crosscurrent.cli.{module}").app, name=name)


def main() -> None:
    """Run the command line; ends the process with 0 done, 1 a check failed, 2 wrong use, 3 a server is away."""
    try:
        register(sys.argv[1:])
        code = app(standalone_mode=False)
    except CrosscurrentError as error:
        print_error(error)
        sys.exit(exit_code_of(error))
    except typer.TyperException as error:
        # typer has printed the help itself where no command was named, and says so by an empty message
        if error.format_message():
            print_error(
                WrongUse(error.format_message(), todo="see `crosscurrent --help`, or the command's own")
            )
        sys.exit(EXIT_WRONG_USE)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # `crosscurrent tail | head` is ordinary use; the reader has what it wanted
        sys.stderr.close()
        sys.exit(EXIT_DONE)
    sys.exit(code if isinstance(code, int) else EXIT_DONE)
