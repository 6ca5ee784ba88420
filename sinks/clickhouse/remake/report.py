"""What came of making the rows again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

DIFFERENCES_SHOWN_MAX = 5
"""Of each table and outcome."""
NOT_RECORDED = "not recorded"

EQUAL = "equal"
ELSEWHERE = "elsewhere"
DIFFERENT = "different"
MISSING = "missing"
NOT_MADE = "not made"


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what today's logic makes.

    Attributes:
        table: its table.
        key: what it is about.
        raw_record_id: raw event that it follows from.
        outcome: ``different``, ``missing`` or ``not made``.
        stands: column to what the table says, where it differs.
        made: column to what was made now, where it differs.
        logic: version of the logic that made the row that stands; empty if there is none.
    """

    table: str
    key: str
    raw_record_id: str
    outcome: str
    stands: dict[str, str]
    made: dict[str, str]
    logic: str


@dataclass(slots=True)
class RemakeReport:
    """What was looked at and found.

    Attributes:
        raw_events: raw events from which rows were made again.
        refused: how many of them today's logic refuses.
        outcomes: (table, outcome) to rows.
        versions: (outcome, version that made the rows that stand, today's version) to rows.
        differences: the first rows that differ.
        corrected: rows that were put right.
        published: raw events that were published again, because rows of theirs were missing.
    """

    raw_events: int = 0
    refused: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    versions: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    corrected: int = 0
    published: int = 0

    @property
    def is_equal(self) -> bool:
        """Whether every row is byte for byte what today's logic makes."""
        return not any(
            self.outcomes[key] for key in self.outcomes if key[1] in (DIFFERENT, MISSING, NOT_MADE)
        )

    def note(self, difference: Difference, today: str) -> None:
        """Count a difference, and keep it if it is one of the first."""
        self.outcomes[difference.table, difference.outcome] += 1
        self.versions[difference.outcome, difference.logic or NOT_RECORDED, today or NOT_RECORDED] += 1
        if self.outcomes[difference.table, difference.outcome] <= DIFFERENCES_SHOWN_MAX:
            self.differences.append(difference)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON can hold it."""
        tables: dict[str, dict[str, int]] = {}
        for (table, outcome), count in sorted(self.outcomes.items()):
            tables.setdefault(table, {})[outcome.replace(" ", "_")] = count
        return {
            "equal": self.is_equal,
            "raw_events": self.raw_events,
            "refused": self.refused,
            "tables": tables,
            "versions": [
                {"outcome": outcome.replace(" ", "_"), "made_by": made_by, "today": today, "rows": count}
                for (outcome, made_by, today), count in sorted(self.versions.items())
            ],
            "differences": [
                {name: getattr(one, name) for name in Difference.__slots__} for one in self.differences
            ],
            "corrected": self.corrected,
            "published": self.published,
        }
