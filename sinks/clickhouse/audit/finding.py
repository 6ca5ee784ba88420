"""What an audit says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

FINDINGS_SHOWN_MAX = 20  # of each check; the number of all is told beside them


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        check: name of the check.
        where: table or topic, with the place in it.
        found: what is there.
        expected: what should be there.
        todo: what can be done.
    """

    check: str
    where: str
    found: str
    expected: str
    todo: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found.

    Attributes:
        name: name of the check.
        subject: what it compares, in words.
        examined: how many things were looked at.
        unit: what these things are.
        findings: at most ``FINDINGS_SHOWN_MAX``.
        findings_total: how many there are.
    """

    name: str
    subject: str
    examined: int
    unit: str
    findings: tuple[Finding, ...] = ()
    findings_total: int = 0


@dataclass(frozen=True, slots=True)
class TopicLine:
    """What became of the messages of one topic, over all lives of the broker.

    Attributes:
        topic: the topic.
        messages: messages in the ledger.
        rows: rows that they brought.
        duplicates: rows that were there already.
        filtered: messages that hold no rows.
        dead_letters: messages that went to the dead letters.
        pending: messages of the present life that are not in the ledger yet.
        state: ``complete``, ``pending`` (states that wait for the rows they rest on) or ``behind``.
    """

    topic: str
    messages: int
    rows: int
    duplicates: int
    filtered: int
    dead_letters: int
    pending: int
    state: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The whole audit.

    Attributes:
        since: only what came in since then was looked at; None for everything.
        cluster_id: present life of the broker.
        topics: one line a topic.
        checks: one result a check.
    """

    since: datetime | None
    cluster_id: str
    topics: tuple[TopicLine, ...]
    checks: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not any(check.findings_total for check in self.checks)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all checks."""
        return tuple(finding for check in self.checks for finding in check.findings)

    @property
    def verdict(self) -> str:
        """What it comes to, in one sentence."""
        failed = [f"{check.name}: {check.findings_total:,}" for check in self.checks if check.findings_total]
        if failed:
            return f"no, the audit has findings ({'; '.join(failed)}): run `crosscurrent audit`"
        messages = sum(topic.messages for topic in self.topics)
        return (
            f"yes: {messages:,} messages on {len(self.topics)} topics are accounted for in the tables, without a gap, "
            "a duplicate or an altered row, and the rollups equal a recount"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {"passed": self.passed, **asdict(self)}
