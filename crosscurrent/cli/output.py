"""How commands speak: tables for people, JSON for programs, errors in three parts."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crosscurrent.errors import CrosscurrentError

# a line that is piped to another program is not broken at the 80 columns of a terminal that is not there
_PIPED_WIDTH = 200

CONSOLE = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)
ERRORS = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else _PIPED_WIDTH)


def print_json(value: object) -> None:
    """Write a value as one line of JSON to standard output."""
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table for people; numbers stand right-aligned."""
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        # what names the row and numbers stay whole: words give way
        table.add_column(
            column,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=numeric or index == 0,
        )
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    if CONSOLE.measure(table).maximum > CONSOLE.width:
        table.padding = (0, 1, 0, 0)
    CONSOLE.print(table)


def print_error(error: CrosscurrentError) -> None:
    """Write an error in its three parts to standard error."""
    ERRORS.print(Text("error: ", style="bold red") + Text(error.found))
    if error.expected:
        ERRORS.print(Text("  expected: ", style="bold") + Text(error.expected))
    if error.todo:
        ERRORS.print(Text("  to do:    ", style="bold") + Text(error.todo))


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def _plain(value: object) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
