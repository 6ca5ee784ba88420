"""What a source's mapping gives for one payload: the seam between connectors and the normaliser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from schemas.records import RawEvent

Kind = Literal["gauge", "counter", "count"]
Relation = Literal["same", "refers"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of one series at one time.

    Attributes:
        measure: what is measured, such as ``stargazers``.
        entity_id: natural key of the thing measured, such as ``apache/kafka``.
        unit: SI symbol or UCUM code; ``1`` for pure numbers.
        kind: ``gauge`` (a level), ``counter`` (only grows but for resets) or ``count`` (events in a period).
        observed_at_ms: event time, milliseconds since the epoch, UTC.
        value: finite, in that unit.
    """

    measure: str
    entity_id: str
    unit: str
    kind: Kind
    observed_at_ms: int
    value: float


@dataclass(frozen=True, slots=True)
class Thing:
    """An entity as a payload shows it.

    Attributes:
        entity_type: type, such as ``repository``.
        entity_id: natural key within source and type.
        name: name for people.
        observed_at: when it was seen like this, UTC.
        url: page for people, if there is one.
        attributes: further properties; values are plain JSON data.
        version: the vendor's own word for this version, never used again for another; ``None`` if it has none.
    """

    entity_type: str
    entity_id: str
    name: str
    observed_at: datetime
    url: str | None = None
    attributes: dict[str, object] = field(default_factory=dict)
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """What a payload says that a thing is called elsewhere, or points to.

    Attributes:
        entity_type: type of the thing.
        entity_id: its natural key within source and type.
        relation: ``same``: the id is one of the thing's own; ``refers``: the thing points to what has the id.
        namespace: whose id it is, such as ``isrc`` or ``spotify.artist``.
        external_id: the id, in the one form that its namespace gives it.
        path: where in the payload it stands.
        observed_at: when the payload showed it, UTC.
        score: how sure it is, 0 to 1; 1 for an id that the vendor states.
    """

    entity_type: str
    entity_id: str
    relation: Relation
    namespace: str
    external_id: str
    path: str
    observed_at: datetime
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class MappedPayload:
    """Everything that one payload says."""

    things: list[Thing] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


MapPayload = Callable[[RawEvent], MappedPayload]
"""A source's mapping: pure; raises ``Poison`` naming the path in the payload where it does not fit."""
