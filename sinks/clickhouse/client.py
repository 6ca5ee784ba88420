"""The one door to ClickHouse: its HTTP interface by clickhouse_connect, with our errors.

An insert whose answer did not come may still be done by the server. So every insert has a query id, and
``wait_for_inserts`` returns only when none of those that were given up runs any more: what a look-up finds
afterwards is what there is.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError
from clickhouse_connect.driver.external import ExternalData
from urllib3.exceptions import HTTPError

from crosscurrent.clock import Clock, SystemClock
from crosscurrent.errors import Fatal, Poison, ServerAway, Transient, WrongUse
from crosscurrent.settings import Settings
from sinks.clickhouse.client_errors import own_words, refusal, translated
from sinks.clickhouse.late_error import LateError, without_late_error

Rows = list[dict[str, Any]]

_CONNECT_TIMEOUT_SECONDS = 5
_ANSWER_TIMEOUT_SECONDS = 60
_GIVEN_UP_WAIT_SECONDS = 30.0
_GIVEN_UP_POLL_SECONDS = 0.1
_PIECE_BYTES = 256 * 1024
_QUERY_ID_PREFIX = "crosscurrent-sink-"

# what it warns of is raised, too, and told there
logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class External:
    """A small table that is sent along with a query.

    Attributes:
        name: how the query calls it.
        structure: its columns and their ClickHouse types, in the order of the data.
        table: the rows.
    """

    name: str
    structure: tuple[str, ...]
    table: pa.Table


class ClickHouse:
    """Queries and inserts in one database; connects when first used. Safe for use by several threads.

    Args:
        settings: address, user, password and database.
        clock: measures how long a given-up insert is waited for.
        answer_timeout_seconds: how long ClickHouse may be silent before it counts as away.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        answer_timeout_seconds: int = _ANSWER_TIMEOUT_SECONDS,
    ) -> None:
        self._settings = settings
        self._answer_timeout_seconds = answer_timeout_seconds
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._client: Any = None
        self._given_up: set[str] = set()

    @property
    def database(self) -> str:
        """The database in which all names are looked up."""
        return self._settings.clickhouse.database

    def create_database(self) -> None:
        """Create the database if it is not there.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
            Fatal: ClickHouse refuses the user.
        """
        try:
            client = self._connect(None)
            try:
                client.command(f"CREATE DATABASE IF NOT EXISTS {self.database}")
            finally:
                client.close()
        except (ClickHouseError, OSError) as error:
            raise self._translated(error) from error

    def has_table(self, name: str) -> bool:
        """Return whether the database is there and has a table of that name.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
            Fatal: ClickHouse refuses the user.
        """
        sql = "SELECT count() FROM system.tables WHERE database = {database:String} AND name = {name:String}"
        try:
            client = self._connect(None)
            try:
                result = client.query(sql, parameters={"database": self.database, "name": name})
                return bool(result.first_row[0])
            finally:
                client.close()
        except (ClickHouseError, OSError) as error:
            raise self._translated(error) from error

    def command(self, sql: str, *, settings: Mapping[str, object] | None = None) -> None:
        """Run a statement that answers nothing.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
            Poison: the statement's data does not fit.
            Fatal: ClickHouse refuses the user.
        """
        try:
            self._connected().command(sql, settings=dict(settings or {}))
        except (ClickHouseError, OSError) as error:
            raise self._translated(error) from error

    def query(
        self,
        sql: str,
        parameters: Mapping[str, object] | None = None,
        *,
        external: External | None = None,
        settings: Mapping[str, object] | None = None,
        binary: Sequence[str] = (),
    ) -> Rows:
        """Return the rows of a query as dictionaries.

        A text that is not UTF-8 comes as hexadecimal digits, unless its column is named in ``binary``.

        Args:
            sql: the query, with parameters as ``{name:Type}``.
            parameters: their values.
            external: a table sent along.
            settings: ClickHouse settings of this query.
            binary: columns that come as ``bytes``.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
            Poison: a value does not fit its type.
            Fatal: ClickHouse refuses the user.
        """
        try:
            result = self._connected().query(
                sql,
                parameters=dict(parameters or {}),
                external_data=_external_data(external),
                settings=dict(settings or {}),
                column_formats=dict.fromkeys(binary, "bytes"),
            )
            return list(result.named_results())
        except (ClickHouseError, OSError) as error:
            raise self._translated(error) from error

    def query_columns(
        self, sql: str, *, external: External, settings: Mapping[str, object] | None = None
    ) -> pa.Table:
        """Return the rows of a query over a table sent along, in columns.

        Low-cardinality columns come dictionary-encoded, so that a caller handles each text once.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
            Poison: a value does not fit its type.
            Fatal: ClickHouse refuses the user.
        """
        given = {
            "output_format_arrow_string_as_string": 1,
            "output_format_arrow_low_cardinality_as_dictionary": 1,
            **dict(settings or {}),
        }
        try:
            return self._connected().query_arrow(sql, external_data=_external_data(external), settings=given)
        except (ClickHouseError, OSError) as error:
            raise self._translated(error) from error

    def stream(
        self, sql: str, output_format: str | None, *, settings: Mapping[str, object] | None = None
    ) -> Iterator[bytes]:
        """Yield the answer to a query as ClickHouse writes it, piece by piece.

        Args:
            sql: the query.
            output_format: name of the format; ``None`` if the query names it itself.
            settings: ClickHouse settings of this query.

        Raises:
            WrongUse: ClickHouse refuses the query; says so in its own words.
            ServerAway: ClickHouse does not answer.
            Fatal: ClickHouse refuses the user.
        """
        try:
            answer = self._connected().raw_stream(sql, settings=dict(settings or {}), fmt=output_format)
            with answer:
                yield from without_late_error(_pieces(answer))
        except DatabaseError as error:
            raise refusal(error, error.code, self._settings) from error
        except LateError as error:
            raise WrongUse(
                f"ClickHouse gave up in the middle of the answer: {own_words(error.words)}",
                expected="a query that can be answered to its end",
                todo="do not use what was written; correct the query",
            ) from error
        except Transient as error:
            raise ServerAway(error.found, expected=error.expected, todo=error.todo) from error
        except (ClickHouseError, HTTPError, OSError) as error:
            away = self._translated(error)
            raise ServerAway(away.found, expected=away.expected, todo=away.todo) from error

    def insert(self, table: str, rows: pa.Table) -> None:
        """Insert rows whose column names are the table's; columns that are left out get their defaults.

        Raises:
            Transient: ClickHouse does not answer or is in trouble; the rows may or may not be there.
            Poison: a value does not fit its column; no row is there.
            Fatal: ClickHouse refuses the user.
        """
        # a block that spans many months, as a backfill's does, makes one part for each
        settings = {"max_partitions_per_insert_block": 0, "async_insert": 0}
        self._run_insert(
            lambda client, query_id: client.raw_insert(
                table,
                column_names=rows.column_names,
                # the client library sends bytes a second time by itself when a connection breaks, which would
                # double rows that the server has; from a generator it cannot
                insert_block=(chunk for chunk in (_arrow_bytes(rows),)),
                settings={**settings, "query_id": query_id},
                fmt="Arrow",
            )
        )

    def insert_select(
        self, sql: str, *, external: External, settings: Mapping[str, object] | None = None
    ) -> None:
        """Run an ``INSERT … SELECT`` that reads a table sent along.

        Raises:
            Transient: ClickHouse does not answer or is in trouble; the rows may or may not be there.
            Poison: a value does not fit its column.
            Fatal: ClickHouse refuses the user.
        """
        given = {"max_partitions_per_insert_block": 0, **dict(settings or {})}
        self._run_insert(
            lambda client, query_id: client.command(
                sql, external_data=_external_data(external), settings={**given, "query_id": query_id}
            )
        )

    def wait_for_inserts(self) -> None:
        """Return once no insert that we gave up on runs any more.

        Raises:
            Transient: one still runs, or ClickHouse does not answer.
        """
        if not self._given_up:
            return
        self._wait_until_gone(sorted(self._given_up))
        self._given_up.clear()

    def wait_for_other_inserts(self) -> None:
        """Return once the inserts that any sink has under way at this moment are done.

        Raises:
            Transient: one still runs, or ClickHouse does not answer.
        """
        running = self.query(
            "SELECT query_id FROM system.processes WHERE startsWith(query_id, {prefix:String})",
            {"prefix": _QUERY_ID_PREFIX},
        )
        self._wait_until_gone([str(row["query_id"]) for row in running])

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _run_insert(self, run: Any) -> None:
        client = self._connected()
        query_id = f"{_QUERY_ID_PREFIX}{uuid.uuid4()}"
        try:
            run(client, query_id)
        except (ClickHouseError, OSError) as error:
            telling = self._translated(error)
            if isinstance(telling, Transient):
                self._given_up.add(query_id)
            raise telling from error

    def _wait_until_gone(self, query_ids: list[str]) -> None:
        deadline = self._clock.monotonic_seconds() + _GIVEN_UP_WAIT_SECONDS
        pause = threading.Event()
        while query_ids:
            rows = self.query(
                "SELECT query_id FROM system.processes WHERE query_id IN {ids:Array(String)}",
                {"ids": query_ids},
            )
            query_ids = [str(row["query_id"]) for row in rows]
            if query_ids and self._clock.monotonic_seconds() > deadline:
                raise Transient(
                    f"inserts {query_ids} still run in ClickHouse",
                    expected="an insert that was given up to end",
                    todo="nothing, it is looked at again; if it lasts, look at system.processes",
                )
            if query_ids:
                pause.wait(_GIVEN_UP_POLL_SECONDS)

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                try:
                    self._client = self._connect(self.database)
                except (ClickHouseError, OSError) as error:
                    raise self._translated(error) from error
            return self._client

    def _connect(self, database: str | None) -> Any:
        section = self._settings.clickhouse
        address = urlsplit(self._settings.clickhouse_url)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise WrongUse(
                f"CROSSCURRENT_CLICKHOUSE__URL is {self._settings.clickhouse_url!r}",
                expected="http://host:port or https://host:port",
                todo="correct the setting",
            )
        secure = address.scheme == "https"
        return clickhouse_connect.get_client(
            interface=address.scheme,
            host=address.hostname,
            port=address.port or (8443 if secure else 8123),
            username=section.user,
            password=section.password.get_secret_value(),
            database=database or "default",
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            send_receive_timeout=self._answer_timeout_seconds,
            query_retries=0,
            autogenerate_session_id=False,
            client_name="crosscurrent",
            tz_mode="aware",
        )

    def _translated(self, error: Exception) -> Transient | Poison | Fatal:
        return translated(error, error.code if isinstance(error, DatabaseError) else None, self._settings)


def _external_data(external: External | None) -> ExternalData | None:
    if external is None:
        return None
    return ExternalData(
        file_name=external.name,
        data=_arrow_bytes(external.table),
        fmt="Arrow",
        structure=list(external.structure),
    )


def _pieces(answer: Any) -> Iterator[bytes]:
    """Yield an answer as it comes.

    Not ``read``: it keeps what it has when the connection breaks, and with it the error that ClickHouse wrote last.
    """
    while piece := answer.read1(_PIECE_BYTES):
        yield bytes(piece)


def _arrow_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content
