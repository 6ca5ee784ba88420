"""The audit: every check, and once more where something was under way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from crosscurrent.clock import Clock, SystemClock
from crosscurrent.settings import Settings
from sinks.clickhouse.audit.checksums import check_checksums
from sinks.clickhouse.audit.continuity import check_continuity
from sinks.clickhouse.audit.coverage import Coverage, Say, check_coverage, wait_for_coverage
from sinks.clickhouse.audit.duplicates import check_duplicates
from sinks.clickhouse.audit.finding import AuditReport, CheckResult, TopicLine
from sinks.clickhouse.audit.provenance import check_provenance
from sinks.clickhouse.audit.rollup_recount import check_rollups
from sinks.clickhouse.audit.scope import Scope
from sinks.clickhouse.audit.stretches import check_rows
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.presence import require_tables

WAIT_SECONDS = 30.0

_ANSWER_TIMEOUT_SECONDS = 600
# a batch that is being written looks wrong until it is done: what stays is found again, unchanged
_AGAIN_AFTER_SECONDS = (1.0, 3.0)
_TOPICS_SQL = """
SELECT _topic AS topic, sum(messages) AS messages, sum(rows_written) AS rows, sum(rows_duplicate) AS duplicates,
       sum(length(empty_offsets)) AS filtered, sum(length(dead_letter_offsets)) AS dead_letters
FROM ingest_ledger FINAL WHERE ingested_at >= {since:DateTime64(3, 'UTC')}
GROUP BY _topic ORDER BY _topic
"""


def audit(
    settings: Settings,
    *,
    since: datetime | None = None,
    wait_seconds: float = WAIT_SECONDS,
    say: Say = lambda _: None,
    clock: Clock | None = None,
) -> AuditReport:
    """Return what is to be said about everything that was published.

    Args:
        settings: where Kafka and ClickHouse are.
        since: leave out what came in before; None for everything.
        wait_seconds: how long the sink is waited for at most.
        say: told, in words, what is waited for.
        clock: measures the wait.

    Raises:
        ServerAway: no broker answers.
        Transient: ClickHouse does not answer or is in trouble.
        Fatal: ClickHouse has no tables, or refuses the user.
    """
    client = ClickHouse(settings, answer_timeout_seconds=_ANSWER_TIMEOUT_SECONDS)
    try:
        require_tables(client)
        scope = Scope(client, since)
        coverage = wait_for_coverage(
            scope,
            settings.brokers,
            wait_seconds=wait_seconds,
            clock=clock or SystemClock(),
            say=say,
        )
        servers = settings.brokers
        checks = (
            check_coverage(coverage),
            _persisting(lambda: check_continuity(scope, coverage, servers)),
            _persisting(lambda: check_rows(scope)),
            _persisting(lambda: check_duplicates(scope)),
            _persisting(lambda: check_checksums(scope)),
            _persisting(lambda: check_rollups(scope)),
            _persisting(lambda: check_provenance(scope)),
        )
        return AuditReport(since, coverage.cluster_id, _topics(scope, coverage), checks)
    finally:
        client.close()


def _persisting(check: Callable[[], CheckResult]) -> CheckResult:
    """Return the check's result without the findings that are gone or different a little later."""
    first = check()
    pause = threading.Event()
    for seconds in _AGAIN_AFTER_SECONDS:
        if not first.findings:
            break
        pause.wait(seconds)
        again = check()
        kept = tuple(finding for finding in again.findings if finding in first.findings)
        first = replace(again, findings=kept, findings_total=again.findings_total if kept else 0)
    return first


def _topics(scope: Scope, coverage: Coverage) -> tuple[TopicLine, ...]:
    lacking: dict[str, int] = {}
    for (topic, _), count in coverage.lacking.items():
        lacking[topic] = lacking.get(topic, 0) + count
    waiting = {topic for topic, _ in coverage.pending}
    counted = {str(row.pop("topic")): row for row in scope.query(_TOPICS_SQL)}
    return tuple(
        TopicLine(
            topic=topic,
            **{name: int(counted.get(topic, {}).get(name, 0)) for name in _COUNTS},
            pending=lacking.get(topic, 0),
            state="complete" if topic not in lacking else "pending" if topic in waiting else "behind",
        )
        for topic in sorted({*counted, *(topic for topic, _ in coverage.ends)})
    )


_COUNTS = ("messages", "rows", "duplicates", "filtered", "dead_letters")
