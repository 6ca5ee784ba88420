"""Running one request's statement on an engine connection, in a thread of its own."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from os import close, pipe, write
from typing import Any

from crosscurrent.embedded.clickhouse.engine import Connection, Engine, quoted_name
from crosscurrent.embedded.clickhouse.failure import Failure
from crosscurrent.embedded.clickhouse.policy import check_statement
from crosscurrent.embedded.clickhouse.processes import (
    CREATE_VIEW,
    ID_SETTING,
    condition_of_kill,
    show_request_ids,
)
from crosscurrent.embedded.clickhouse.request import Request
from crosscurrent.embedded.clickhouse.sql_tokens import quoted, tokens
from crosscurrent.embedded.clickhouse.statement import Kind, Statement

_FORMAT_NAME = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a statement did.

    Attributes:
        body: the answer, where it is not streamed.
        read_rows: rows read from tables.
        read_bytes: their bytes.
        written_rows: rows inserted, views included.
        written_bytes: their bytes.
        result_rows: rows of the result.
        result_bytes: their bytes in memory.
    """

    body: bytes = b""
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0


def prepare(connection: Connection, request: Request) -> None:
    """Give a connection the request's settings, parameters, database and id.

    Raises:
        Failure: a setting or the database is not known, or a value does not fit.
    """
    settings = {name: value for name, value in request.settings.items() if name != "readonly"}
    connection.set(settings)
    if request.database:
        connection.run(f"USE {quoted_name(request.database)}")


def restrict(connection: Connection, request: Request, statement: Statement, *, kept: bool) -> None:
    """Hold a statement to what the request may do.

    Args:
        connection: prepared.
        request: may only read if it is a GET or says ``readonly``.
        statement: what it asks for.
        kept: whether the connection outlives the request; the engine never takes ``readonly`` back, so there
            the statement is judged instead.

    Raises:
        Failure: the statement would write.
    """
    level = request.readonly_level
    if level == 0:
        return
    if not kept:
        connection.set({"readonly": str(level)})
        return
    allowed = {"READ_ONLY", "UNKNOWN"} | (
        {"CONTROL"} if level == 2 and statement.words[:1] == ("SET",) else set()
    )
    makes_temporary = level == 2 and statement.words[:2] == ("CREATE", "TEMPORARY")
    if not makes_temporary and (statement.inserts or connection.kind_of(statement.head) not in allowed):
        raise Failure(164, "Cannot execute query in readonly mode", "READONLY")


def run_statement(
    engine: Engine,
    connection: Connection,
    statement: Statement,
    request: Request,
    rows: Iterable[bytes],
    out_fd: int,
) -> Outcome:
    """Run a statement to its end.

    Args:
        engine: stops the statement where its rows break off.
        connection: prepared for the request.
        statement: what is run.
        request: names the format where the statement does not.
        rows: the bytes that follow the statement, if it is an insert.
        out_fd: where a streamed result is written.

    Raises:
        Failure: the engine refuses the statement or the rows.
    """
    format_name = statement.format or request.default_format
    if not _FORMAT_NAME.fullmatch(format_name):
        raise Failure(73, f"Unknown format {format_name}", "UNKNOWN_FORMAT")
    if statement.kind is Kind.INSERT_DATA:
        return _stream_in(connection, statement, rows)
    if statement.kind is Kind.INSERT_INPUT:
        return _insert_from_input(engine, connection, statement, request.query_id, rows)
    if statement.kind is Kind.SELECT:
        sql = f"{statement.head}\nINTO OUTFILE '/dev/fd/{out_fd}' TRUNCATE FORMAT {format_name} {statement.tail}"
        return outcome_of(connection.run(sql))
    result = connection.run(f"{statement.head}\n{statement.tail}", format_name)
    return outcome_of(result, bytes(result.bytes()))


def with_request_ids(connection: Connection, statement: Statement) -> Statement:
    """Return the statement so that it sees the running ones under their requests' ids.

    Raises:
        Failure: the condition of a ``KILL QUERY`` does not fit.
    """
    kill = condition_of_kill(statement.head)
    shown = show_request_ids(statement.head)
    if kill is None and shown is None:
        return statement
    connection.run(CREATE_VIEW)
    if kill is None:
        return replace(statement, head=shown or statement.head)
    condition, mode = kill
    found = bytes(
        connection.run(f"SELECT query_id FROM `system.processes` WHERE {condition}").bytes()
    ).decode()
    ids = ", ".join(quoted(line) for line in found.splitlines()) or "''"
    # the engine looks at its own table of processes, in which the requests' ids are a setting
    head = f"KILL QUERY WHERE Settings['{ID_SETTING}'] IN ({ids}) OR query_id IN ({ids}) {mode}"
    return replace(statement, head=head)


def checked_tokens(statement: Statement, outer_functions: frozenset[str]) -> None:
    """Return if the statement may run here.

    Raises:
        Failure: it reaches outside or asks for what chDB lacks.
    """
    check_statement(list(tokens(f"{statement.head}\n{statement.tail}")), outer_functions)


def _stream_in(connection: Connection, statement: Statement, rows: Iterable[bytes]) -> Outcome:
    insert = connection.start_insert(statement.head, statement.format or "Values")
    try:
        for piece in rows:
            insert.append(piece)
    except BaseException:
        insert.cancel()
        raise
    return outcome_of(insert.finish())


def _insert_from_input(
    engine: Engine, connection: Connection, statement: Statement, query_id: str, rows: Iterable[bytes]
) -> Outcome:
    """Run an ``INSERT … SELECT`` over ``input('structure')``: chDB reads the rows from a pipe as if it were a file."""
    reading, writing = pipe()
    broken: list[BaseException] = []

    def feed() -> None:
        try:
            for piece in rows:
                write_all(writing, piece)
        except BrokenPipeError:
            # the statement ended before its rows did, and says itself why
            return
        except BaseException as error:  # noqa: BLE001 - it is raised again where the statement ends
            broken.append(error)
            # rows that break off must not look like rows that end
            engine.kill(query_id)
        finally:
            close(writing)

    feeding = threading.Thread(target=feed, name="input")
    feeding.start()
    try:
        result = connection.run(_reading_input(statement, reading))
    finally:
        close(reading)
        feeding.join()
        if broken:
            raise broken[0]
    return outcome_of(result)


def _reading_input(statement: Statement, reading: int) -> str:
    sql = statement.head
    found = list(tokens(sql))
    for index, token in enumerate(found[:-1]):
        if token.keyword == "INPUT" and found[index + 1].text == "(":
            at = found[index + 1].end
            return f"{sql[: token.start]}file('/dev/fd/{reading}', '{statement.format}', {sql[at:]}"
    raise Failure(36, "INSERT … SELECT without input()", "BAD_ARGUMENTS")


def write_all(descriptor: int, piece: bytes) -> None:
    """Write bytes to a pipe, all of them.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    view = memoryview(piece)
    while view:
        view = view[write(descriptor, view) :]


def outcome_of(result: Any, body: bytes = b"") -> Outcome:
    """Return what chDB says a statement did; an insert's rows are those it wrote, a query's those it read."""

    def count(name: str) -> int:
        method = getattr(result, name, None)
        return int(method()) if method is not None else 0

    return Outcome(
        body,
        read_rows=count("storage_rows_read"),
        read_bytes=count("storage_bytes_read"),
        written_rows=count("rows_written"),
        written_bytes=count("bytes_written"),
        result_rows=count("rows_read"),
        result_bytes=count("bytes_read"),
    )
