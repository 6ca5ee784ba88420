"""chDB in this process: connections, each with settings of its own, to one data directory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chdb import _chdb as _typed_chdb

from crosscurrent.embedded.clickhouse.failure import Failure, failure_from_engine
from crosscurrent.embedded.clickhouse.processes import ID_SETTING, kill_statement
from crosscurrent.embedded.clickhouse.sql_tokens import quoted

_UNKNOWN_SETTING = 115
# its stubs leave the connections out
_chdb: Any = _typed_chdb


class Connection:
    """One chDB connection: runs one statement at a time, and keeps its settings and temporary tables."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def run(self, sql: str, format_name: str = "TabSeparated") -> Any:
        """Return chDB's result of a statement, all of it in memory.

        Raises:
            Failure: the engine refuses it.
        """
        try:
            result = self._raw.query(sql, format_name)
        except RuntimeError as error:
            raise failure_from_engine(str(error)) from None
        if result.has_error():
            raise failure_from_engine(result.error_message())
        return result

    def set(self, settings: Mapping[str, str]) -> None:
        """Set settings for the statements that follow.

        Raises:
            Failure: a setting is not known, or its value does not fit.
        """
        if settings:
            assignments = ", ".join(
                f"{quoted_name(name)} = {quoted(value)}" for name, value in settings.items()
            )
            self.run(f"SET {assignments}")

    def reset(self, name: str) -> None:
        """Set one setting back; a parameter stays, and so does a name the engine never knew."""
        try:
            self.run(f"SET {quoted_name(name)} = DEFAULT")
        except Failure as failure:
            if failure.code != _UNKNOWN_SETTING:
                raise

    def kind_of(self, sql: str) -> str:
        """Return ``READ_ONLY``, ``MUTATING``, ``CONTROL`` or, if it does not parse, ``UNKNOWN``."""
        return str(self._raw.classify_query(sql)["query_class"].name)

    def start_insert(self, sql: str, format_name: str) -> Insert:
        """Begin an insert whose rows are given piece by piece.

        Raises:
            Failure: the engine refuses it.
        """
        try:
            return Insert(self._raw, self._raw.send_insert(sql, format_name))
        except RuntimeError as error:
            raise failure_from_engine(str(error)) from None

    def close(self) -> None:
        """Give the connection back; its temporary tables go with it."""
        self._raw.close()


class Insert:
    """An insert that is under way on a connection."""

    def __init__(self, raw: Any, handle: Any) -> None:
        self._raw = raw
        self._handle = handle

    def append(self, piece: bytes) -> None:
        """Give the next bytes of the rows.

        Raises:
            Failure: they do not parse, or the insert was cancelled.
        """
        try:
            self._raw.insert_append(self._handle, piece)
        except RuntimeError as error:
            raise failure_from_engine(str(error)) from None

    def finish(self) -> Any:
        """Return chDB's result once every row is there.

        Raises:
            Failure: the rows do not parse or cannot be written.
        """
        try:
            return self._raw.insert_done(self._handle)
        except RuntimeError as error:
            raise failure_from_engine(str(error)) from None

    def cancel(self) -> None:
        """Write nothing more. An insert that failed already has ended by itself, so its complaint says nothing new."""
        try:
            self._raw.insert_cancel(self._handle)
        except RuntimeError as error:
            failure_from_engine(str(error))


class Engine:
    """The engine on one directory. It lives until ``close``.

    Args:
        data: directory of the engine; it must belong to this process alone.
        server_settings: of the whole engine, such as the sizes of caches.
        defaults: settings of every connection.
    """

    def __init__(self, data: Path, server_settings: Mapping[str, str], defaults: Mapping[str, str]) -> None:
        options = "&".join(
            f"{name}={quote(value)}" for name, value in {**server_settings, **defaults}.items()
        )
        self._address = f"{data}?{options}"
        self._lock = threading.Lock()
        self.defaults = dict(defaults)
        # chDB stops the engine with its last connection, so one stays
        self._anchor = Connection(_chdb.connect(self._address))

    def connect(self, query_id: str) -> Connection:
        """Return a connection with the default settings, whose statements run under an id.

        Args:
            query_id: in the address it costs nothing, where a ``SET`` would be a statement more for each request.
        """
        return Connection(_chdb.connect(f"{self._address}&{ID_SETTING}={quote(query_id, safe='')}"))

    def ask(self, sql: str) -> str:
        """Return the answer of a small query of the server's own, tab-separated.

        Raises:
            Failure: the engine refuses it.
        """
        with self._lock:
            return bytes(self._anchor.run(sql).bytes()).decode()

    def kill(self, query_id: str) -> None:
        """Stop the statement that runs under the id; it ends with code 394."""
        self.ask(kill_statement(query_id))

    def close(self) -> None:
        """Stop the engine; what was written is on disk."""
        with self._lock:
            self._anchor.close()


def quoted_name(name: str) -> str:
    """Return an identifier in quotes."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
