"""Whether the ledger's stretches follow each other without gap or overlap, in every life."""

from __future__ import annotations

from crosscurrent.kafka_access import Brokers
from sinks.clickhouse.audit.coverage import Coverage
from sinks.clickhouse.audit.finding import CheckResult, Finding
from sinks.clickhouse.audit.scope import Scope, result
from sinks.clickhouse.subscription import first_offsets_kept

NAME = "continuity"

_BREAKS_MAX = 1000
_BREAKS_SQL = f"""
SELECT _cluster, _topic, _partition, first_offset, last_offset, messages, before FROM
(
    SELECT
        _cluster, _topic, _partition, first_offset, last_offset, messages,
        lagInFrame(last_offset, 1, -1)
            OVER (PARTITION BY _cluster, _topic, _partition ORDER BY first_offset, last_offset) AS before
    FROM ingest_ledger FINAL
)
WHERE first_offset != before + 1 OR last_offset < first_offset OR messages > last_offset - first_offset + 1
ORDER BY _cluster, _topic, _partition, first_offset
LIMIT {_BREAKS_MAX}
"""
_ADVICE = (
    "look in ingest_ledger at this life and partition; what the broker still has is read again after its "
    "ledger lines are put right and the sink is started anew"
)


def check_continuity(scope: Scope, coverage: Coverage, bootstrap_servers: Brokers) -> CheckResult:
    """Return a finding for each gap and each overlap.

    A ledger may begin after offset 0 only where the broker keeps nothing before.

    Raises:
        ServerAway: no broker answers.
        Transient: ClickHouse does not answer or is in trouble.
    """
    breaks = [row for row in scope.query(_BREAKS_SQL) if not _is_first_kept(row, coverage, bootstrap_servers)]
    return result(
        NAME,
        "ledger stretches follow each other, in every life of the broker",
        scope.count("SELECT count() FROM ingest_ledger FINAL"),
        "stretches",
        [_finding(row) for row in breaks],
    )


def _is_first_kept(row: dict[str, object], coverage: Coverage, bootstrap_servers: Brokers) -> bool:
    place = (str(row["_topic"]), int(str(row["_partition"])))
    if row["before"] != -1 or coverage.lives.get(place[0]) != row["_cluster"]:
        return False
    first_offset = int(str(row["first_offset"]))
    return 0 < first_offset <= first_offsets_kept(bootstrap_servers, [place])[place]


def _finding(row: dict[str, object]) -> Finding:
    first, last, before = (int(str(row[name])) for name in ("first_offset", "last_offset", "before"))
    where = f"{row['_topic']}-{row['_partition']} in life {row['_cluster']}"
    if first > before + 1:
        found = f"no ledger line for offsets {before + 1} to {first - 1}"
    elif first <= before:
        found = f"two ledger lines for offsets {first} to {min(before, last)}"
    else:
        found = f"a ledger line from {first} to {last} with {row['messages']} messages"
    return Finding(NAME, where, found, f"a stretch that begins at offset {before + 1}", _ADVICE)
