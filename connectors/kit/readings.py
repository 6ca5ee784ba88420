"""Gathering the measurements, things and links of one payload (pure)."""

from __future__ import annotations

from datetime import datetime

from connectors.kit.external_ids import ExternalId
from connectors.kit.json_path import JsonNode
from schemas.mapping import Kind, Link, MappedPayload, Measurement, Relation, Thing
from schemas.records import RawEvent

# clocks differ, and a vendor may stamp the end of the interval it measured
FUTURE_MS_MAX = 3_600_000
RETURNED_HEADER = "crosscurrent-returned-at"
"""Of an event that shows again what was told to be gone: when the poll began."""


class Readings:
    """What a mapping has found so far.

    Args:
        event: the payload's event.
    """

    __slots__ = ("_event", "_links", "_measurements", "_things", "now_ms")

    def __init__(self, event: RawEvent) -> None:
        self._event = event
        self.now_ms = round(event.observed_at.timestamp() * 1000)
        self._measurements: list[Measurement] = []
        self._things: list[Thing] = []
        self._links: list[Link] = []

    def measure(
        self,
        measure: str,
        entity_id: str,
        value: float | None,
        *,
        unit: str = "1",
        kind: Kind = "gauge",
        at_ms: int | None = None,
    ) -> None:
        """Add a measurement; None is no value and adds nothing.

        Args:
            measure: what is measured.
            entity_id: natural key of the thing measured.
            value: finite, in ``unit``.
            unit: SI symbol or UCUM code.
            kind: how the statistics must treat it.
            at_ms: event time, milliseconds since the epoch; the vendor's clock if None.
        """
        if value is not None:
            at_ms = self.now_ms if at_ms is None else at_ms
            self._measurements.append(Measurement(measure, entity_id, unit, kind, at_ms, value))

    def thing(
        self,
        entity_type: str,
        entity_id: str,
        name: str | None = None,
        *,
        url: str | None = None,
        attributes: dict[str, object] | None = None,
        version: str | None = None,
    ) -> None:
        """Add a thing as the payload shows it; without a name its key is its name.

        A ``version`` is the vendor's own, which moves with every change: two payloads that show the same version with
        the same properties show one record.
        """
        returned = self._event.headers.get(RETURNED_HEADER)
        if version is not None and returned is not None:
            # the same version as before it was gone, but after that
            version = f"{version} {returned}"
        self._things.append(
            Thing(
                entity_type,
                entity_id,
                name or entity_id,
                self._event.observed_at,
                url,
                attributes or {},
                version,
            )
        )

    def gone(
        self, entity_type: str, entity_id: str, deleted_at: str, *, told_at: datetime | None = None
    ) -> None:
        """Add that a thing is no longer there.

        Args:
            entity_type: type of the thing.
            entity_id: its key.
            deleted_at: since when, as far as known, ISO 8601.
            told_at: when that was told; the event's time if None.
        """
        at = told_at or self._event.observed_at
        attributes: dict[str, object] = {"deleted_at": deleted_at}
        version = f"deleted {deleted_at}"
        self._things.append(Thing(entity_type, entity_id, entity_id, at, None, attributes, version))

    def link(
        self,
        entity_type: str,
        entity_id: str,
        external: ExternalId | None,
        node: JsonNode,
        *steps: str,
        relation: Relation = "same",
    ) -> None:
        """Add what a thing is called elsewhere, or points to; None is no id and adds nothing.

        Args:
            entity_type: type of the thing.
            entity_id: its key.
            external: namespace and id; see ``external_ids``.
            node: the value in the payload that says so, or the one around it.
            steps: from the node to the value.
            relation: ``same`` if the id is one of the thing's own, ``refers`` if it only points there.
        """
        if external is not None:
            path = ".".join((node.path, *steps))
            at = self._event.observed_at
            self._links.append(Link(entity_type, entity_id, relation, *external, path, at))

    def happened_ms(self, row: JsonNode, name: str) -> int:
        """Return the epoch-second field of a row as the event time of an observation, in milliseconds.

        Raises:
            Poison: it is no time, or lies more than ``FUTURE_MS_MAX`` after the vendor's clock: nobody has
                observed that yet, and it would carry the watermark away from all series of the source.
        """
        at_ms = row.epoch_ms(name)
        if at_ms > self.now_ms + FUTURE_MS_MAX:
            stamp = JsonNode(at_ms // 1000, self._event, row, name)
            raise stamp.misfit(f"a time not after the vendor's clock ({self.now_ms // 1000})")
        return at_ms

    def mapped(self) -> MappedPayload:
        """Return what was found."""
        return MappedPayload(self._things, self._measurements, self._links)
