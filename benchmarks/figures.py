"""Figures of repeated runs, and how they are written in a table."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median


def rate(values: Sequence[float]) -> str:
    """Return the median with the least and the greatest, whole numbers with thousands separated."""
    return f"{median(values):,.0f} ({min(values):,.0f}–{max(values):,.0f})"


def seconds(values: Sequence[float]) -> str:
    """Return the median with the least and the greatest, in seconds."""
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def ratio(values: Sequence[float], others: Sequence[float]) -> str:
    """Return how many times the others' median the values' median is."""
    return f"{median(values) / median(others):.2f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table: text in the first column, figures on the right in the others."""
    lines = [_line(head), "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *(_line(row) for row in rows)])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
