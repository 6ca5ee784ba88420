"""Sessions: what ``SET`` and ``USE`` said, and temporary tables, from one request to the next.

A session is the list of its ``SET`` and ``USE`` statements, said again on each request's fresh connection. Only a
temporary table ties it to one connection, because the engine keeps such a table there.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from crosscurrent.embedded.clickhouse.engine import Connection
from crosscurrent.embedded.clickhouse.failure import Failure

SESSIONS_MAX = 1000
STATEMENTS_MAX = 256


@dataclass(slots=True)
class Session:
    """One session.

    Attributes:
        statements: its ``SET`` and ``USE`` statements, in order.
        connection: the one that has its temporary tables; ``None`` while it has none.
        busy: whether a request runs in it.
        expiry: ends it.
    """

    statements: list[str] = field(default_factory=list)
    connection: Connection | None = None
    busy: bool = False
    expiry: asyncio.TimerHandle | None = None

    def remember(self, sql: str) -> None:
        """Say a statement again on each later request.

        Raises:
            Failure: the session holds too many.
        """
        if len(self.statements) >= STATEMENTS_MAX:
            raise Failure(
                36, f"a session holds at most {STATEMENTS_MAX} SET and USE statements", "BAD_ARGUMENTS"
            )
        if sql not in self.statements[-1:]:
            self.statements.append(sql)


class Sessions:
    """All sessions, used from the event loop only."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def enter(self, name: str, *, must_exist: bool) -> Session:
        """Return a session for one request alone.

        Raises:
            Failure: another request runs in it; it does not exist and should; there are too many.
        """
        session = self._sessions.get(name)
        if session is None:
            if must_exist:
                raise Failure(372, f"Session {name} not found", "SESSION_NOT_FOUND")
            if len(self._sessions) >= SESSIONS_MAX:
                raise Failure(202, f"more than {SESSIONS_MAX} sessions", "TOO_MANY_SIMULTANEOUS_QUERIES")
            session = self._sessions[name] = Session()
        if session.busy:
            raise Failure(373, f"Session {name} is locked by a concurrent client", "SESSION_IS_LOCKED")
        session.busy = True
        if session.expiry is not None:
            session.expiry.cancel()
        return session

    def leave(self, name: str, *, timeout_seconds: int) -> None:
        """Let the session be, and end it when nobody comes back in time."""
        session = self._sessions[name]
        session.busy = False
        session.expiry = asyncio.get_running_loop().call_later(timeout_seconds, self.end, name)

    def end(self, name: str) -> None:
        """Forget a session and its temporary tables."""
        session = self._sessions.pop(name)
        if session.expiry is not None:
            session.expiry.cancel()
        if session.connection is not None:
            session.connection.close()

    def close(self) -> None:
        """End all sessions."""
        for name in list(self._sessions):
            self.end(name)
