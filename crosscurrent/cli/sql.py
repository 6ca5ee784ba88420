"""``crosscurrent sql``: ClickHouse SQL from the shell, read-only."""

from __future__ import annotations

import os
import re
import sys
from typing import Annotated

import typer

from crosscurrent.settings import load_settings
from sinks.clickhouse.query import stream_query

_TERMINAL_FORMAT = "PrettyCompact"
_PIPE_FORMAT = "TSVWithNames"
_OWN_FORMAT = re.compile(r"\bFORMAT\s+\w+\s*(SETTINGS\b.*)?$", re.IGNORECASE | re.DOTALL)


def sql(
    query: Annotated[str, typer.Argument(help="One query; - reads it from standard input.")],
    output_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help=f"A format of ClickHouse, such as JSONEachRow; {_TERMINAL_FORMAT} on a terminal, "
            f"{_PIPE_FORMAT} elsewhere.",
        ),
    ] = None,
) -> None:
    """Run a query and write its answer as it comes."""
    text = sys.stdin.read() if query == "-" else query
    settings = load_settings()
    try:
        for piece in stream_query(settings, text.strip().rstrip(";"), format_of(text, output_format)):
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        # `crosscurrent sql … | head` is ordinary use; what is still in the buffer has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def format_of(query: str, asked: str | None) -> str | None:
    """Return the format to ask for, or ``None`` if the query names one itself.

    Args:
        query: the query.
        asked: format named on the command line, which wins over the query's place but not over its own word.
    """
    if _OWN_FORMAT.search(query.strip().rstrip(";").rstrip()):
        return None
    return asked or (_TERMINAL_FORMAT if sys.stdout.isatty() else _PIPE_FORMAT)
