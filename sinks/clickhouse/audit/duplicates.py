"""Whether each ``record_id`` stands once."""

from __future__ import annotations

from sinks.clickhouse.audit.finding import FINDINGS_SHOWN_MAX, CheckResult, Finding
from sinks.clickhouse.audit.scope import RECORD_TABLES, ROW_TABLES, Scope, result, rows_since

NAME = "duplicates"

_RECORDS_SQL = f"""
SELECT toString(record_id) AS id, count() AS rows, count() OVER () AS total
FROM TABLE_NAME
GROUP BY record_id HAVING rows > 1 AND max(ingested_at) >= {{since:DateTime64(3, 'UTC')}}
ORDER BY id LIMIT {FINDINGS_SHOWN_MAX}
"""
# in the order of the table's key, so that no more than one group is held at a time
_OBSERVATIONS_SQL = f"""
SELECT concat(any(source), '.', any(measure), ':', any(entity_id), ' at ', toString(observed_at)) AS id,
       count() AS rows, count() OVER () AS total
FROM observations
GROUP BY tenant, series_id, observed_at
HAVING rows > 1 AND max(ingested_at) >= {{since:DateTime64(3, 'UTC')}}
ORDER BY id LIMIT {FINDINGS_SHOWN_MAX}
SETTINGS optimize_aggregation_in_order = 1
"""


def check_duplicates(scope: Scope) -> CheckResult:
    """Return a finding for each id that stands more than once.

    Raises:
        Transient: ClickHouse does not answer or is in trouble.
    """
    findings: list[Finding] = []
    total = 0
    queries = {table: _RECORDS_SQL.replace("TABLE_NAME", table) for table in RECORD_TABLES}
    for table, sql in {**queries, "observations": _OBSERVATIONS_SQL}.items():
        rows = scope.query(sql)
        total += int(rows[0]["total"]) if rows else 0
        findings += [_finding(table, str(row["id"]), int(row["rows"])) for row in rows]
    return result(NAME, "each record_id stands once", rows_since(scope, ROW_TABLES), "rows", findings, total)


def _finding(table: str, identity: str, rows: int) -> Finding:
    return Finding(
        NAME,
        f"{table}, {identity}",
        f"{rows} rows with one record_id",
        "one",
        "look at their origin (_cluster, _topic, _partition, _offset): the sink writes each id once, so "
        "somebody inserted past it",
    )
