"""Tables that come with a query: each file of the form becomes a temporary table of the connection."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crosscurrent.embedded.clickhouse.engine import Connection, Insert
from crosscurrent.embedded.clickhouse.failure import Failure
from crosscurrent.embedded.clickhouse.form import FormEvent
from crosscurrent.embedded.clickhouse.request import Request

_NAME = re.compile(r"[^\W\d]\w*")
_TABLES_MAX = 100
_FIELD_BYTES_MAX = 4 * 1024 * 1024


def take_form(connection: Connection, request: Request, events: Iterable[FormEvent]) -> dict[str, str]:
    """Fill the tables of a form and return its fields.

    Args:
        connection: gets the tables.
        request: names the structure of each, as the URL does.
        events: the form.

    Raises:
        Failure: a table has no structure, or its rows do not fit.
    """
    fields: dict[str, str] = {}
    insert: Insert | None = None
    text = bytearray()
    try:
        for event in events:
            if event.ended:
                if insert is not None:
                    insert.finish()
                    insert = None
                elif not event.part.is_file:
                    fields[event.part.name] = text.decode(errors="surrogateescape")
                    text.clear()
            elif event.part.is_file:
                if insert is None:
                    insert = _start_table(connection, request.with_fields(fields), event.part.name)
                if event.data:
                    insert.append(event.data)
            else:
                text += event.data
                if len(text) > _FIELD_BYTES_MAX:
                    raise Failure(36, f"field {event.part.name} of the form is too long", "BAD_ARGUMENTS")
    except BaseException:
        if insert is not None:
            insert.cancel()
        raise
    return fields


def _start_table(connection: Connection, request: Request, name: str) -> Insert:
    if not _NAME.fullmatch(name):
        raise Failure(36, f"{name!r} is not a name for an external table", "BAD_ARGUMENTS")
    structure = request.fields.get(f"{name}_structure") or _structure_of_types(request, name)
    connection.run(f"CREATE TEMPORARY TABLE `{name}` ({structure})")
    return connection.start_insert(
        f"INSERT INTO `{name}`", request.fields.get(f"{name}_format") or "TabSeparated"
    )


def _structure_of_types(request: Request, name: str) -> str:
    types = request.fields.get(f"{name}_types", "")
    if not types:
        raise Failure(36, f"Neither structure nor types is given for external table {name}", "BAD_ARGUMENTS")
    # ClickHouse names them so
    return ", ".join(f"_{number} {kind}" for number, kind in enumerate(_split(types), 1))


def _split(types: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, letter in enumerate(types):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append(types[start:index])
            start = index + 1
    return [part.strip() for part in [*parts, types[start:]]]
