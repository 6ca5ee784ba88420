"""Whether the rollups equal a recount of the observations, a month of buckets at a time."""

from __future__ import annotations

from dataclasses import dataclass

from sinks.clickhouse.audit.finding import FINDINGS_SHOWN_MAX, CheckResult, Finding
from sinks.clickhouse.audit.scope import Scope, result

NAME = "rollups"

# sums are added in another order here than in the sink: relative to the sum of the absolute values
_SUM_TOLERANCE = 1e-9
_MONTHS_MAX = 4800  # 1900 to 2299
_LEVELS = (("1m", "toStartOfMinute"), ("1h", "toStartOfHour"), ("1d", "toStartOfDay"))
_MONTHS_SQL = f"""
SELECT DISTINCT month FROM
(
    SELECT toYYYYMM(BEGIN(observed_at)) AS month FROM observations
    WHERE ingested_at >= {{since:DateTime64(3, 'UTC')}} GROUP BY month
    UNION ALL
    SELECT toYYYYMM(bucket_start) AS month FROM observations_LEVEL
    WHERE computed_at >= {{since:DateTime64(3, 'UTC')}} GROUP BY month
)
ORDER BY month LIMIT {_MONTHS_MAX}
"""
# the fraction of a second is dropped towards the epoch, so a bucket may begin in the month after its observation
_BOTH_SQL = """
SELECT
    tenant, series_id, any(series) AS name, bucket_start,
    countIf(NOT kept) AS counted_rows, countIf(kept) AS kept_rows,
    sumIf(points, NOT kept) AS counted, sumIf(points, kept) AS kept_count,
    sumIf(total, NOT kept) AS counted_sum, sumIf(total, kept) AS kept_sum,
    uniqExact((points, low, high, opening, closing, first_at, last_at, labels)) AS versions, max(scale) AS scale
FROM
(
    SELECT
        tenant, series_id, concat(any(source), '.', any(measure), ':', any(entity_id)) AS series,
        BEGIN(observed_at) AS bucket_start, false AS kept, count() AS points, sum(value) AS total,
        sum(abs(value)) AS scale, min(value) AS low, max(value) AS high,
        argMin(value, observed_at) AS opening, argMax(value, observed_at) AS closing,
        min(observed_at) AS first_at, max(observed_at) AS last_at,
        argMin((source, measure, entity_id, unit, kind), observed_at) AS labels
    FROM observations
    WHERE toYYYYMM(observed_at) IN ({month:UInt32}, {before:UInt32}) AND toYYYYMM(BEGIN(observed_at)) = {month:UInt32}
    GROUP BY tenant, series_id, bucket_start
    UNION ALL
    SELECT
        tenant, series_id, series, bucket_start, true, count, sum, 0, min, max, first, last, first_at, last_at,
        (source, measure, entity_id, unit, kind)
    FROM observations_LEVEL WHERE toYYYYMM(bucket_start) = {month:UInt32}
)
GROUP BY tenant, series_id, bucket_start
"""
_WRONG_SQL = f"""
SELECT *, count() OVER () AS wrong FROM ({_BOTH_SQL})
WHERE counted_rows != 1 OR kept_rows != 1 OR versions != 1
    OR NOT abs(counted_sum - kept_sum) <= {_SUM_TOLERANCE} * scale
ORDER BY series_id, bucket_start LIMIT {FINDINGS_SHOWN_MAX}
"""


@dataclass(slots=True)
class _Sum:
    examined: int = 0
    wrong: int = 0


def check_rollups(scope: Scope) -> CheckResult:
    """Return a finding for each bucket that differs from its observations, or has none, or is missing.

    Raises:
        Transient: ClickHouse does not answer or is in trouble.
    """
    findings: list[Finding] = []
    tally = _Sum()
    for level, begin in _LEVELS:
        for row in scope.query(_named(_MONTHS_SQL, level, begin)):
            findings += _check_month(scope, level, begin, int(row["month"]), tally)
        tally.examined += scope.count(f"SELECT count() FROM observations_{level}")
    return result(
        NAME, "rollups equal a recount of the observations", tally.examined, "buckets", findings, tally.wrong
    )


def _check_month(scope: Scope, level: str, begin: str, month: int, tally: _Sum) -> list[Finding]:
    parameters = {"month": month, "before": month - 1 if month % 100 > 1 else month - 89}
    rows = scope.query(_named(_WRONG_SQL, level, begin), parameters)
    tally.wrong += int(rows[0]["wrong"]) if rows else 0
    return [_finding(level, row) for row in rows]


def _named(sql: str, level: str, begin: str) -> str:
    return sql.replace("BEGIN", begin).replace("LEVEL", level)


def _finding(level: str, row: dict[str, object]) -> Finding:
    if not row["counted_rows"]:
        found, expected = f"a bucket of {row['kept_count']}", "no bucket, for there are no observations"
    elif not row["kept_rows"]:
        found, expected = "no bucket", f"a bucket of {row['counted']} observations"
    elif row["counted"] != row["kept_count"]:
        found, expected = f"a count of {row['kept_count']}", f"{row['counted']} observations"
    elif row["versions"] != 1:
        found, expected = "other extremes, ends or labels than the observations have", "those of a recount"
    else:
        found, expected = f"a sum of {row['kept_sum']}", f"{row['counted_sum']}"
    return Finding(
        NAME,
        f"observations_{level}, {row['name']} at {row['bucket_start']}",
        found,
        expected,
        "recompute the bucket by publishing one of its observations again, or delete its row in "
        f"observations_{level}_data if it has none; if the observations are what is wrong, see the other findings",
    )
