"""Keeps the budget of one credential for all processes of a machine: a SQLite file in the home, and no server.

A change is one transaction of well under a millisecond. SQLite's locks are the kernel's, so a process that is killed
lets go at once, and the next one finds the budget as it was before or after, never in between. What a dead process
had under way is left out as soon as it stands in somebody's way. The file knows the credential by a digest only.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from connectors.kit.budget import Budget
from crosscurrent.errors import Transient

FOLDER: Final = "quota"
"""Below the home."""

_LOCK_SECONDS_MAX = 0.05  # it blocks the event loop; whoever needs longer comes again
_PERMISSIONS = 0o600
_PRIVATE_FOLDER = 0o700
_KEY_BYTES = 10
_TABLE_SQL = (
    "CREATE TABLE IF NOT EXISTS budget (only INTEGER PRIMARY KEY CHECK (only = 1), state BLOB NOT NULL)"
)
_WRITE_SQL = (
    "INSERT INTO budget (only, state) VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET state = excluded.state"
)

_LOG = structlog.get_logger()


class LedgerBusy(Transient):
    """Another process holds the file at this moment."""


def budget_key(source: str, base_url: str, credential: str) -> str:
    """Return the name of a budget: the credential goes into it as a digest.

    Args:
        source: name of the source.
        base_url: who is asked: a played vendor has a budget of its own.
        credential: token or key, or the id of an app; empty for none, which vendors count by address.
    """
    text = "\n".join((source, base_url.rstrip("/"), credential))
    return f"{source}-{hashlib.blake2b(text.encode(), digest_size=_KEY_BYTES).hexdigest()}"


def open_ledger(home: Path | None, key: str) -> Ledger:
    """Return the ledger of a budget.

    Where the home cannot be written, as in a container without a volume, the budget is this process's own.

    Args:
        home: data directory; ``None`` for a budget that is not shared.
        key: as ``budget_key`` gives it.
    """
    if home is None:
        return Ledger(None)
    path = home / FOLDER / f"{key}.sqlite"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, _PERMISSIONS))
        return Ledger(path)
    except (OSError, sqlite3.Error) as error:
        _LOG.warning("quota_not_shared", budget=key, reason=type(error).__name__)
        return Ledger(None)


class Ledger:
    """One budget, changed by one process at a time. Used by one thread; ``close`` it at the end.

    Args:
        path: the file; ``None`` for a budget of this process alone.

    Raises:
        sqlite3.Error: the file cannot be opened.
    """

    def __init__(self, path: Path | None) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}"
        self._path = path
        self._own = Budget()
        self._connection = None if path is None else _connected(path)

    @contextmanager
    def changing(self) -> Iterator[Budget]:
        """Give the budget to be changed; nobody else reads or writes it meanwhile.

        Raises:
            LedgerBusy: another process holds it.
        """
        if self._connection is None:
            yield self._own
            return
        budget = self._begin(self._connection)
        try:
            yield budget
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute(_WRITE_SQL, (budget.to_json(),))
        self._connection.execute("COMMIT")

    def gone(self, budget: Budget) -> dict[str, bool]:
        """Return which of those who have requests under way are processes of this machine that have ended."""
        owners = {flight.owner for flight in budget.flights.values()}
        return {owner: owner != self.owner and _is_gone(owner) for owner in owners}

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    def _begin(self, connection: sqlite3.Connection) -> Budget:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise LedgerBusy(
                f"the budget in {self._path} is held by another process",
                expected="a process that holds it for less than a millisecond",
                todo="nothing: it is tried again; if it lasts, look for a stopped crosscurrent process",
            ) from error
        row = connection.execute("SELECT state FROM budget").fetchone()
        if row is None:
            return Budget()
        try:
            return Budget.from_json(row[0])
        except (ValueError, TypeError, KeyError, AttributeError):
            # another version wrote it: what the vendor says is learned again
            _LOG.warning("quota_forgotten", path=str(self._path))
            return Budget()


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_LOCK_SECONDS_MAX, isolation_level=None)
    try:
        # commits do not wait for the disk; a crash of the machine may lose the last, and spoils nothing
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(_TABLE_SQL)
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError:
        # not a database any more
        connection.close()
        path.unlink()
        return _connected(path)
    return connection


def _is_gone(owner: str) -> bool:
    host, _, number = owner.rpartition(":")
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
