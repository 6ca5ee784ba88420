"""One request with a statement, from its body to its answer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import structlog

from crosscurrent.embedded.clickhouse.answer import Answer
from crosscurrent.embedded.clickhouse.body import Body
from crosscurrent.embedded.clickhouse.content_encoding import Encoder
from crosscurrent.embedded.clickhouse.engine import Connection, Engine
from crosscurrent.embedded.clickhouse.external import take_form
from crosscurrent.embedded.clickhouse.failure import Failure
from crosscurrent.embedded.clickhouse.form import read_form
from crosscurrent.embedded.clickhouse.native_revision import (
    REVISION_WITH_CUSTOM_SERIALIZATION,
    NativeRevision,
)
from crosscurrent.embedded.clickhouse.pipe import open_pipe, read_pipe
from crosscurrent.embedded.clickhouse.policy import INNER_TABLE_FUNCTIONS
from crosscurrent.embedded.clickhouse.processes import ID_SETTING
from crosscurrent.embedded.clickhouse.query import (
    Outcome,
    checked_tokens,
    prepare,
    restrict,
    run_statement,
    with_request_ids,
)
from crosscurrent.embedded.clickhouse.request import Request
from crosscurrent.embedded.clickhouse.sessions import Session, Sessions
from crosscurrent.embedded.clickhouse.statement import Kind, Statement, parse_statement

STATEMENT_BYTES_MAX = 16 * 1024 * 1024
HEAD_BYTES_MAX = 256 * 1024  # ClickHouse looks for an insert's rows in the first max_query_size bytes
RUNNING_MAX = 32
_CONTENT_TYPE_DEFAULT = "text/plain; charset=UTF-8"

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Job:
    """What a request's thread and its task tell each other.

    Attributes:
        request: with the fields of its form once they are read.
        statement: once it is known.
        pinned: whether the session keeps the connection.
    """

    request: Request
    statement: Statement | None = None
    pinned: bool = False


class Handler:
    """Runs statements, each in a thread, and at most ``RUNNING_MAX`` at once.

    Args:
        engine: runs the statements.
        sessions: all sessions.
    """

    def __init__(self, engine: Engine, sessions: Sessions) -> None:
        self._engine = engine
        self._sessions = sessions
        self._threads = ThreadPoolExecutor(RUNNING_MAX, thread_name_prefix="query")
        self._killing = ThreadPoolExecutor(1, thread_name_prefix="kill")
        self._running: set[str] = set()
        self._content_types = _content_types(engine)
        self._outer_functions = _outer_functions(engine)

    async def handle(self, request: Request, body: Body, answer: Answer) -> None:
        """Run the request's statement and answer.

        Raises:
            Failure: the statement fails; what was answered so far is in ``answer``.
            ClientGone: nobody waits for the answer.
        """
        if len(self._running) >= RUNNING_MAX:
            raise Failure(
                202, f"Too many simultaneous queries. Maximum: {RUNNING_MAX}", "TOO_MANY_SIMULTANEOUS_QUERIES"
            )
        if request.query_id in self._running:
            raise Failure(
                216,
                f"Query with id = {request.query_id} is already running",
                "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
            )
        self._running.add(request.query_id)
        try:
            await self._in_session(request, body, answer)
        finally:
            self._running.discard(request.query_id)

    def close(self) -> None:
        """Stop what runs and wait for its end."""
        for query_id in list(self._running):
            self._engine.kill(query_id)
        self._killing.shutdown()
        self._threads.shutdown()

    async def _in_session(self, request: Request, body: Body, answer: Answer) -> None:
        name = request.fields.get("session_id", "")
        if not name:
            await self._run(request, None, body, answer)
            return
        timeout_seconds = request.session_timeout_seconds
        session = self._sessions.enter(name, must_exist=request.flag("session_check"))
        try:
            await self._run(request, session, body, answer)
        finally:
            self._sessions.leave(name, timeout_seconds=timeout_seconds)
            if request.flag("close_session"):
                self._sessions.end(name)

    async def _run(self, request: Request, session: Session | None, body: Body, answer: Answer) -> None:
        job = Job(request)
        if not request.is_form:
            job.statement = await _read_statement(request, body)
        loop = asyncio.get_running_loop()
        reading, writing = open_pipe()
        work = loop.run_in_executor(self._threads, self._work, job, session, body, writing)
        watch = asyncio.create_task(self._stop_when_gone(job, body))
        try:
            described = False
            while piece := await read_pipe(reading):
                if not described:
                    self._describe(job, answer)
                    described = True
                await answer.write(piece)
            outcome = await work
            if not described:
                self._describe(job, answer)
            if outcome.body:
                await answer.write(outcome.body)
            await answer.end(outcome)
        except BaseException:
            await self._give_up(request.query_id, reading, work)
            raise
        finally:
            watch.cancel()
            os.close(reading)

    async def _give_up(self, query_id: str, reading: int, work: asyncio.Future[Outcome]) -> None:
        """Stop the statement and take what it still writes, so that its thread comes to an end."""
        if work.done():
            return
        await asyncio.get_running_loop().run_in_executor(self._killing, self._engine.kill, query_id)
        while await read_pipe(reading):
            pass
        await asyncio.wait([work])
        work.exception()

    async def _stop_when_gone(self, job: Job, body: Body) -> None:
        """Stop a statement that only reads once its client is gone; one that writes goes on, as in ClickHouse."""
        await body.gone()
        statement = job.statement
        if statement is None or statement.kind is not Kind.SELECT:
            return
        query_id = job.request.query_id
        _log.info("query_cancelled", query_id=query_id, reason="client gone")
        await asyncio.get_running_loop().run_in_executor(self._killing, self._engine.kill, query_id)

    def _describe(self, job: Job, answer: Answer) -> None:
        statement = job.statement
        if statement is None or statement.inserts:
            answer.describe("", _CONTENT_TYPE_DEFAULT)
            return
        name = statement.format or job.request.default_format
        content_type = self._content_types.get(name.lower(), _CONTENT_TYPE_DEFAULT)
        answer.describe(name, content_type, _reshaping(name, job.request))

    def _work(self, job: Job, session: Session | None, body: Body, writing: int) -> Outcome:
        """Run the statement; called in a thread."""
        connection = None
        try:
            connection, job.pinned = self._open(job.request.query_id, session)
            return self._on_connection(job, session, connection, body, writing)
        finally:
            os.close(writing)
            if session is not None and connection is session.connection and connection is not None:
                self._settle(job, session, connection)
            elif connection is not None:
                # the answer need not wait for it
                self._threads.submit(connection.close)

    def _open(self, query_id: str, session: Session | None) -> tuple[Connection, bool]:
        if session is not None and session.connection is not None:
            session.connection.set({ID_SETTING: query_id})
            return session.connection, True
        connection = self._engine.connect(query_id)
        if session is not None:
            for sql in session.statements:
                connection.run(sql)
        return connection, False

    def _on_connection(
        self, job: Job, session: Session | None, connection: Connection, body: Body, writing: int
    ) -> Outcome:
        prepare(connection, job.request)
        if job.request.is_form:
            self._take_form(job, connection, body)
        statement = job.statement
        assert statement is not None, "it was read before, or came in the form"
        checked_tokens(statement, self._outer_functions)
        restrict(connection, job.request, statement, kept=session is not None)
        statement = with_request_ids(connection, statement)
        outcome = run_statement(self._engine, connection, statement, job.request, body.pieces(), writing)
        if session is not None:
            _remember(job, session, connection)
        return outcome

    def _take_form(self, job: Job, connection: Connection, body: Body) -> None:
        events = read_form(job.request.headers["content-type"], body.pieces())
        fields = take_form(connection, job.request, events)
        job.request = job.request.with_fields(fields)
        prepare(connection, job.request)
        text = job.request.fields.get("query", "")
        if not text.strip():
            raise Failure(62, "Syntax error: Empty query", "SYNTAX_ERROR")
        job.statement = parse_statement(text)

    def _settle(self, job: Job, session: Session, connection: Connection) -> None:
        """Make a session's own connection ready for its next request."""
        # the settings of one request are not those of the next
        for name in job.request.settings:
            connection.reset(name)
        connection.set(self._engine.defaults)
        connection.run("USE default")
        for sql in session.statements:
            connection.run(sql)


def _remember(job: Job, session: Session, connection: Connection) -> None:
    words = job.statement.words if job.statement is not None else ()
    if words[:1] in {("SET",), ("USE",)}:
        assert job.statement is not None, "its words were just looked at"
        session.remember(job.statement.head)
    elif words[:1] == ("CREATE",) and "TEMPORARY" in words:
        session.connection = connection
        job.pinned = True


def _reshaping(format_name: str, request: Request) -> Sequence[Encoder]:
    """Return what is done to a result before its content encoding."""
    version = request.number("client_protocol_version", 0)
    native = format_name.lower() == "native" and version >= REVISION_WITH_CUSTOM_SERIALIZATION
    return (NativeRevision(),) if native else ()


async def _read_statement(request: Request, body: Body) -> Statement:
    """Read as much of the body as belongs to the statement."""
    text = request.fields.get("query", "").encode(errors="surrogateescape")
    if text:
        text += b"\n"
    statement = _parsed(text)
    while not statement.inserts or not statement.format:
        if len(text) > STATEMENT_BYTES_MAX:
            raise Failure(229, f"a statement of more than {STATEMENT_BYTES_MAX} bytes", "QUERY_IS_TOO_LARGE")
        piece = await body.next()
        if not piece:
            break
        text += piece
        if len(text) <= HEAD_BYTES_MAX:
            statement = _parsed(text)
    else:
        assert statement.data_start is not None, "an insert's rows begin somewhere"
        body.push_back(text[statement.data_start :])
        return _as_text(statement)
    statement = _parsed(text)
    if not statement.words:
        raise Failure(62, "Syntax error: Empty query", "SYNTAX_ERROR")
    if statement.data_start is not None:
        body.push_back(text[statement.data_start :])
    return _as_text(statement)


def _parsed(text: bytes) -> Statement:
    # one letter for each byte, so that places in the text are places in the bytes
    return parse_statement(text.decode("latin-1"))


def _as_text(statement: Statement) -> Statement:
    def decoded(part: str) -> str:
        return part.encode("latin-1").decode(errors="replace")

    return replace(statement, head=decoded(statement.head), tail=decoded(statement.tail))


def _content_types(engine: Engine) -> Mapping[str, str]:
    lines = engine.ask("SELECT lower(name), content_type FROM system.formats WHERE content_type != ''")
    return dict(line.split("\t", 1) for line in lines.splitlines())


def _outer_functions(engine: Engine) -> frozenset[str]:
    names = engine.ask("SELECT lower(name) FROM system.table_functions").split()
    return frozenset(names) - INNER_TABLE_FUNCTIONS
