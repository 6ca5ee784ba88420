"""Brings a database to the tables of this version: numbered SQL files, each run once and recorded.

Every statement may be run again, so a migration that was cut short is simply run again, and two sinks that
start together do no harm to each other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import structlog

from crosscurrent.errors import Fatal
from sinks.clickhouse.client import ClickHouse

MIGRATIONS = Path(__file__).with_name("migrations")

_FILE_NAME = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
_RECORDS = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    number UInt32 COMMENT 'Number of the migration, from 1',
    name String COMMENT 'Name of the migration',
    digest String COMMENT 'SHA-256 of its SQL, in hexadecimal digits',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when it was done, UTC'
)
ENGINE = ReplacingMergeTree
ORDER BY number
COMMENT 'Which changes to the tables are done'
"""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Migration:
    """One change to the tables.

    Attributes:
        number: place in the order, from 1 without gaps.
        name: what it does.
        sql: its statements, each ended by a semicolon at the end of a line.
    """

    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256 of the SQL, in hexadecimal digits."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements without their semicolons."""
        return tuple(text for part in re.split(r";[ \t]*(?:\n|$)", self.sql) if (text := part.strip()))


def load_migrations(folder: Path = MIGRATIONS) -> tuple[Migration, ...]:
    """Return the migrations of a folder in their order.

    Raises:
        Fatal: a file's name does not fit, or a number is missing or taken twice.
    """
    migrations = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.match(path.name)
        if match is None:
            raise Fatal(
                f"a migration named {path.name}",
                expected="NNNN_name.sql",
                todo="rename the file",
                path=path.name,
            )
        migrations.append(Migration(int(match[1]), match[2], path.read_text(encoding="utf-8")))
    numbers = [migration.number for migration in migrations]
    if numbers != list(range(1, len(numbers) + 1)):
        raise Fatal(
            f"migrations numbered {numbers}", expected="1, 2, 3, … without gaps", todo="renumber them"
        )
    return tuple(migrations)


def pending_migrations(
    migrations: Sequence[Migration], applied: Mapping[int, tuple[str, str]]
) -> list[Migration]:
    """Return the migrations that are still to be run.

    Args:
        migrations: those of this version.
        applied: number to (name, digest) of those that the database records.

    Raises:
        Fatal: the database was written by a newer version, or by a migration that was changed since.
    """
    known = {migration.number: migration for migration in migrations}
    newer = sorted(set(applied) - set(known))
    if newer:
        names = ", ".join(f"{number:04d}_{applied[number][0]}" for number in newer)
        raise Fatal(
            f"the database records migrations that this version does not know: {names}",
            expected=f"at most migration {len(migrations):04d}",
            todo="run the newer version of crosscurrent that wrote this database, or use another database",
        )
    for number, (name, digest) in sorted(applied.items()):
        if digest != known[number].digest:
            raise Fatal(
                f"migration {number:04d}_{name} in the database differs from this version's",
                expected=f"digest {known[number].digest[:12]}…, found {digest[:12]}…",
                todo="run the version of crosscurrent that wrote this database; a migration is never edited",
            )
    return [migration for migration in migrations if migration.number not in applied]


def migrate(client: ClickHouse, migrations: Sequence[Migration] | None = None) -> list[int]:
    """Create the database where it is missing, run what is pending and return the numbers that were run.

    Raises:
        Fatal: the database was written by a newer version, or a migration was changed since.
        Transient: ClickHouse does not answer or is in trouble.
    """
    client.create_database()
    client.command(_RECORDS)
    rows = client.query("SELECT number, name, digest FROM schema_migrations FINAL")
    applied = {int(row["number"]): (str(row["name"]), str(row["digest"])) for row in rows}
    pending = pending_migrations(load_migrations() if migrations is None else migrations, applied)
    for migration in pending:
        for statement in migration.statements:
            client.command(statement)
        client.insert("schema_migrations", _record(migration))
        _log.info("migration_applied", number=migration.number, name=migration.name)
    return [migration.number for migration in pending]


def _record(migration: Migration) -> pa.Table:
    return pa.table(
        {
            "number": pa.array([migration.number], pa.uint32()),
            "name": [migration.name],
            "digest": [migration.digest],
        }
    )
