"""Whether everything that was published is in the tables, once and unaltered."""

from sinks.clickhouse.audit.audit import audit
from sinks.clickhouse.audit.finding import AuditReport, CheckResult, Finding, TopicLine
from sinks.clickhouse.audit.since import parse_since

__all__ = ["AuditReport", "CheckResult", "Finding", "TopicLine", "audit", "parse_since"]
