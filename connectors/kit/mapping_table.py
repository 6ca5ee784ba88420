"""Choosing a payload's mapping by its endpoint, the same for every source (pure)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from connectors.kit.coverage import Coverage, coverage_of, noting
from connectors.kit.json_path import JsonNode, read_json
from connectors.kit.presence import VANISHED, map_vanished
from connectors.kit.readings import Readings
from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload
from schemas.records import RawEvent

MapEndpoint = Callable[[JsonNode, RawEvent, Readings], None]
"""Reads a payload and adds what it says to the readings; raises ``Poison`` where it does not fit."""


@dataclass(frozen=True, slots=True)
class MappingTable:
    """What to do with the payloads of each endpoint of a source.

    Attributes:
        source: name of the source.
        mappings: endpoint to its mapping.
        nothing_in: endpoints whose payloads give nothing, and so are not even decoded, to the reason.
        maps: endpoint to the paths of objects whose field names are data, such as ``$.properties``.
        ignored: what the mapping leaves out knowingly, as a pattern of paths (``*`` stands for anything), to the
            reason.
    """

    source: str
    mappings: Mapping[str, MapEndpoint]
    nothing_in: Mapping[str, str]
    maps: Mapping[str, Collection[str]] = field(default_factory=dict)
    ignored: Mapping[str, str] = field(default_factory=dict)

    def map_payload(self, event: RawEvent) -> MappedPayload:
        """Return what a payload says.

        Raises:
            Poison: the endpoint is not in the table, or the payload does not fit; names the path in it.
        """
        if event.endpoint == VANISHED:
            # the kit's own event, the same for every source
            readings = Readings(event)
            map_vanished(read_json(event), readings)
            return readings.mapped()
        mapping = self.mappings.get(event.endpoint)
        if mapping is None:
            if event.endpoint in self.nothing_in:
                return MappedPayload()
            raise self._unknown(event)
        readings = Readings(event)
        mapping(read_json(event), event, readings)
        return readings.mapped()

    def coverage(self, event: RawEvent) -> Coverage:
        """Return which paths of a payload are mapped, which are left out for a reason, and which are not known.

        Raises:
            Poison: as for ``map_payload``.
        """
        mapping, nothing = self.mappings.get(event.endpoint), self.nothing_in.get(event.endpoint)
        if mapping is None and nothing is None:
            raise self._unknown(event)
        value = noting(read_json(event).value)
        if mapping is not None:
            mapping(JsonNode(value, event), event, Readings(event))
        ignored = self.ignored if mapping is not None else {"*": nothing or ""}
        return coverage_of(value, maps=self.maps.get(event.endpoint, ()), ignored=ignored)

    def _unknown(self, event: RawEvent) -> Poison:
        return Poison(
            f"a payload of {self.source} from endpoint {event.endpoint!r}",
            expected="one of " + ", ".join(sorted(self.mappings.keys() | self.nothing_in.keys())),
            todo=f"add the endpoint to connectors/{self.source}/mapping.py, or correct the producer",
            source=event.source,
            endpoint=event.endpoint,
        )


def nothing_in(mappings: Mapping[str, MapEndpoint], not_measured: Mapping[str, str]) -> dict[str, str]:
    """Return the endpoints that are neither measured nor mapped to things, to the reason."""
    return {endpoint: reason for endpoint, reason in not_measured.items() if endpoint not in mappings}
