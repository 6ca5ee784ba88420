"""Whether what was taken from a raw event can still be traced to it."""

from __future__ import annotations

from sinks.clickhouse.audit.finding import FINDINGS_SHOWN_MAX, CheckResult, Finding
from sinks.clickhouse.audit.scope import Scope, result, rows_since

NAME = "provenance"

_TABLES = ("entities", "entity_links", "observations", "schema_drift")
_IDS_HELD_MAX = 4_000_000  # ids of raw events that are looked for at a time
_ORPHANS_SQL = f"""
SELECT toString(raw_record_id) AS id, count() AS rows, count() OVER () AS total FROM TABLE_NAME
WHERE ingested_at >= {{since:DateTime64(3, 'UTC')}} AND cityHash64(raw_record_id) % {{slices:UInt32}} = {{slice:UInt32}}
    AND raw_record_id NOT IN
        (SELECT record_id FROM raw_events WHERE cityHash64(record_id) % {{slices:UInt32}} = {{slice:UInt32}})
GROUP BY raw_record_id ORDER BY id LIMIT {FINDINGS_SHOWN_MAX}
"""


def check_provenance(scope: Scope) -> CheckResult:
    """Return a finding for each raw event that rows name and that is not there.

    Raises:
        Transient: ClickHouse does not answer or is in trouble.
    """
    slices = 1 + scope.count("SELECT count() FROM raw_events") // _IDS_HELD_MAX
    findings: list[Finding] = []
    total = 0
    for table in _TABLES:
        for number in range(slices):
            parameters = {"slices": slices, "slice": number}
            rows = scope.query(_ORPHANS_SQL.replace("TABLE_NAME", table), parameters)
            total += int(rows[0]["total"]) if rows else 0
            findings += [_finding(table, str(row["id"]), int(row["rows"])) for row in rows]
    return result(
        NAME,
        "the raw event of every entity, link, observation and change of shape stands",
        rows_since(scope, _TABLES),
        "rows",
        findings,
        total,
    )


def _finding(table: str, identity: str, rows: int) -> Finding:
    return Finding(
        NAME,
        f"{table}, raw_record_id {identity}",
        f"{rows} rows taken from a raw event that is not in raw_events",
        "the raw event",
        "bring the raw event back from a backup; if these rows were published by another program, have it "
        "publish what it took them from too",
    )
