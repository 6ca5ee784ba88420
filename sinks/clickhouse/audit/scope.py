"""What a check is given: ClickHouse, and from when on it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.topics import (
    ANOMALIES,
    CONNECTOR_STATE,
    CORRELATIONS,
    DEAD_LETTER,
    ENTITIES,
    OBSERVATIONS,
    RAW,
    SCHEMA_DRIFT,
)
from sinks.clickhouse.audit.finding import FINDINGS_SHOWN_MAX, CheckResult, Finding
from sinks.clickhouse.client import ClickHouse, Rows

DEAD_LETTERS_TABLE = "dead_letters"
RECORD_TABLES = (
    "raw_events",
    "entities",
    "entity_links",
    "correlation_windows",
    "correlations",
    "anomalies",
    "schema_drift",
    DEAD_LETTERS_TABLE,
    "connector_runs",
)
ROW_TABLES = (*RECORD_TABLES, "observations")

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_SPILL_BYTES = 256 * 1024 * 1024
_SETTINGS: dict[str, object] = {
    "readonly": 2,
    "enable_extended_results_for_datetime_functions": 1,
    "max_bytes_before_external_group_by": _SPILL_BYTES,
    "max_bytes_before_external_sort": _SPILL_BYTES,
    "join_use_nulls": 0,
}
_PLAIN_TABLES = {
    ENTITIES: ("entities", "entity_links"),
    OBSERVATIONS: ("observations",),
    CORRELATIONS: ("correlation_windows", "correlations"),
    ANOMALIES: ("anomalies",),
    SCHEMA_DRIFT: ("schema_drift",),
    CONNECTOR_STATE: ("connector_runs",),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where and from when on a check looks.

    Attributes:
        client: ClickHouse.
        since: rows and ledger lines that came in before are left out; None for all.
    """

    client: ClickHouse
    since: datetime | None = None

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> Rows:
        """Return the rows of a query that may use ``{since:DateTime64(3, 'UTC')}``.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
        """
        given = {"since": self.since or _BEGINNING, **(parameters or {})}
        return self.client.query(sql, given, settings=_SETTINGS)

    def count(self, sql: str) -> int:
        """Return the number that a query answers.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
        """
        return int(next(iter(self.query(sql)[0].values())))


def rows_since(scope: Scope, tables: Sequence[str]) -> int:
    """Return how many rows of these tables came in since the moment from which on is looked.

    Raises:
        Transient: ClickHouse does not answer or is in trouble.
    """
    counts = " UNION ALL ".join(
        f"SELECT count() AS rows FROM {table} WHERE ingested_at >= {{since:DateTime64(3, 'UTC')}}"
        for table in tables
    )
    return scope.count(f"SELECT sum(rows) AS rows FROM ({counts})")


def tables_of(topic: str) -> tuple[str, ...]:
    """Return the tables that the rows of a topic go to; none for processor states, whose rows replace each other."""
    if topic.startswith(f"{RAW}."):
        return ("raw_events",)
    if topic.startswith(f"{DEAD_LETTER}."):
        return (DEAD_LETTERS_TABLE,)
    return _PLAIN_TABLES.get(topic, ())


def result(
    name: str, subject: str, examined: int, unit: str, findings: Sequence[Finding], total: int | None = None
) -> CheckResult:
    """Return a check's result with no more findings than are shown."""
    shown = tuple(findings[:FINDINGS_SHOWN_MAX])
    return CheckResult(name, subject, examined, unit, shown, len(findings) if total is None else total)
