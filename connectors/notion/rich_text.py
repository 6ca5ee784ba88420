"""Notion's rich text as plain text (pure): an array of runs, of which each says itself in ``plain_text``."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.kit.json_path import PROPERTY_CHARACTERS_MAX, JsonNode


def plain_text(runs: Iterable[JsonNode]) -> str:
    """Return the runs together, cut to a bound; mentions and equations have a plain text too."""
    text = "".join(run.peek_text("plain_text") or run.peek_text("text", "content") or "" for run in runs)
    return text[:PROPERTY_CHARACTERS_MAX]
