"""Whether rows still say what they said when they came in."""

from __future__ import annotations

from sinks.clickhouse.audit.finding import FINDINGS_SHOWN_MAX, CheckResult, Finding
from sinks.clickhouse.audit.scope import ROW_TABLES, Scope, result, rows_since

NAME = "checksums"

_EXPRESSIONS_SQL = """
SELECT table, default_expression AS expression FROM system.columns
WHERE database = {database:String} AND name = 'row_checksum' AND table IN {tables:Array(String)}
"""
_ALTERED_SQL = f"""
SELECT toString(record_id) AS id, count() OVER () AS total FROM TABLE_NAME
WHERE ingested_at >= {{since:DateTime64(3, 'UTC')}} AND row_checksum != EXPRESSION
ORDER BY id LIMIT {FINDINGS_SHOWN_MAX}
"""


def check_checksums(scope: Scope) -> CheckResult:
    """Return a finding for each row whose checksum is not that of its columns.

    Raises:
        Transient: ClickHouse does not answer or is in trouble.
    """
    parameters = {"database": scope.client.database, "tables": list(ROW_TABLES)}
    findings: list[Finding] = []
    total = 0
    for row in scope.query(_EXPRESSIONS_SQL, parameters):
        table = str(row["table"])
        altered = scope.query(
            _ALTERED_SQL.replace("TABLE_NAME", table).replace("EXPRESSION", str(row["expression"]))
        )
        total += int(altered[0]["total"]) if altered else 0
        findings += [_finding(table, str(found["id"])) for found in altered]
    return result(
        NAME,
        "rows say what they said when they came in",
        rows_since(scope, ROW_TABLES),
        "rows",
        findings,
        total,
    )


def _finding(table: str, identity: str) -> Finding:
    return Finding(
        NAME,
        f"{table}, record_id {identity}",
        "a row whose columns do not give its row_checksum",
        "a row as it was inserted",
        "the row was altered since; its origin names the message that holds what it said, and what it was "
        "made from is in raw_events",
    )
