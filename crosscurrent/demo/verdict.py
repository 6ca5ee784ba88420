"""The audit's verdict in one sentence."""

from __future__ import annotations

from typing import Protocol


class TopicCount(Protocol):
    """What is needed of a topic's line."""

    @property
    def messages(self) -> int:
        """Messages accounted for."""
        ...


class Check(Protocol):
    """What is needed of a check's result."""

    @property
    def name(self) -> str:
        """Name of the check."""
        ...

    @property
    def findings_total(self) -> int:
        """How many findings there are."""
        ...


class Report(Protocol):
    """What is needed of an audit."""

    @property
    def topics(self) -> tuple[TopicCount, ...]:
        """One line a topic."""
        ...

    @property
    def checks(self) -> tuple[Check, ...]:
        """One result a check."""
        ...


def verdict(report: Report) -> str:
    """Return what an audit says, in one sentence."""
    failed = [f"{check.name}: {check.findings_total:,}" for check in report.checks if check.findings_total]
    if failed:
        return f"no, the audit has findings ({'; '.join(failed)}): run `crosscurrent audit`"
    messages = sum(topic.messages for topic in report.topics)
    return (
        f"yes: {messages:,} messages on {len(report.topics)} topics are accounted for in the tables, without a gap, "
        "a duplicate or an altered row, and the rollups equal a recount"
    )
