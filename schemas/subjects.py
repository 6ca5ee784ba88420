"""Which subject has which schema, with the committed versions of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from schemas.topics import ALERTS, INCIDENTS, all_topics, schema_of

HISTORY_FOLDER = Path(__file__).parent / "history"


@dataclass(frozen=True, slots=True)
class Subject:
    """A topic's contract.

    Attributes:
        topic: topic name; ``<source>`` stands for any source.
        subject: subject in the registry.
        schema: Avro file name without ending.
        versions: how many versions are committed.
    """

    topic: str
    subject: str
    schema: str
    versions: int


def subjects() -> list[Subject]:
    """Return the contract of every topic."""
    names = [topic.name for topic in all_topics(("<source>",))] + [INCIDENTS, ALERTS]
    return [Subject(name, f"{name}-value", schema_of(name), len(versions(schema_of(name)))) for name in names]


def versions(schema: str) -> list[Path]:
    """Return the committed versions of a schema, oldest first."""
    return sorted((HISTORY_FOLDER / schema).glob("*.avsc"), key=lambda path: int(path.stem))
