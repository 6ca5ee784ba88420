"""What the payloads of a declared source say (pure)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from connectors.declared.document import Entity, Observation, ObservedAt, Resource, SourceDocument
from connectors.declared.expression import FieldPath, Row, TextForm
from connectors.declared.paging import body_paths
from connectors.kit.json_path import JsonNode
from connectors.kit.mapping_table import MapEndpoint, MappingTable
from connectors.kit.readings import FUTURE_MS_MAX, Readings
from crosscurrent.errors import Poison
from schemas.records import RawEvent

TargetOf = Callable[[str, str], str | None]
"""What a request asked about, by its endpoint and address."""


def table_of(source: str, declared: SourceDocument, target_of: TargetOf) -> MappingTable:
    """Return the mappings of a source's endpoints.

    Args:
        source: name of the source.
        declared: what its file says.
        target_of: reads a target from an address.
    """
    resources = declared.resources
    mappings: dict[str, MapEndpoint] = {
        resource.name: _ResourceMapping(resource, target_of) for resource in resources
    }
    selectors = {resource.name: resource.endpoint.data_selector or "" for resource in resources}
    # where the fields of an object are rows, a new one is no drift
    maps = {
        name: ("$." + selector.removesuffix("*").rstrip(".")).rstrip(".")
        for name, selector in selectors.items()
        if selector.endswith("*")
    }
    return MappingTable(
        source,
        mappings,
        {},
        maps={name: (path,) for name, path in maps.items()},
        ignored=declared.ignored | _read_by_the_kit(declared),
    )


def _read_by_the_kit(declared: SourceDocument) -> dict[str, str]:
    """Return the paths that no row holds and that are read all the same, to the reason."""
    paginators = [resource.endpoint.paginator for resource in declared.resources]
    paths = [path for paginator in (declared.client.paginator, *paginators) for path in body_paths(paginator)]
    return {f"$.{path}": "leads from page to page" for path in paths}


class _ResourceMapping:
    def __init__(self, resource: Resource, target_of: TargetOf) -> None:
        self._name = resource.name
        self._rows = _Rows(resource.endpoint.data_selector or "")
        self._entity = _EntityForm(resource.entity)
        self._observed_at = resource.observed_at and _Moment(resource.observed_at)
        self._numbers = [_Number(observation) for observation in resource.observations]
        self._target_of = target_of

    def __call__(self, body: JsonNode, event: RawEvent, readings: Readings) -> None:
        target = partial(self._target, body, event)
        for key, node in self._rows.of(body):
            self._map(Row(node, body, key, target), readings)

    def _map(self, row: Row, readings: Readings) -> None:
        entity_id = self._entity.add(row, readings)
        at_ms = self._observed_at.ms(row, readings.now_ms) if self._observed_at else None
        for number in self._numbers:
            said = number.said
            readings.measure(
                said.measure, entity_id, number.value(row), unit=said.unit, kind=said.kind, at_ms=at_ms
            )

    def _target(self, body: JsonNode, event: RawEvent) -> str:
        target = self._target_of(self._name, event.request_url)
        if target is None:
            raise body.misfit(
                "an address that says what was asked about", found=f"the answer of {event.request_url}"
            )
        return target


class _Rows:
    def __init__(self, selector: str) -> None:
        self._fields = selector.endswith("*")
        self._steps = [step for step in selector.split(".") if step and step != "*"]

    def of(self, body: JsonNode) -> Iterator[tuple[str, JsonNode]]:
        node = body
        for step in self._steps:
            node = node.member(step)
        if self._fields:
            yield from node.fields()
        elif isinstance(node.value, list):
            yield from (("", row) for row in node.rows())
        elif isinstance(node.value, dict):
            yield "", node
        else:
            raise node.misfit("an array of rows, or an object that is one")


class _EntityForm:
    def __init__(self, entity: Entity) -> None:
        self._type = entity.type
        self._key = TextForm.of(entity.primary_key)
        self._name = TextForm.of(entity.name) if entity.name else None
        self._url = TextForm.of(entity.url) if entity.url else None
        self._attributes: Mapping[str, FieldPath] = {path: FieldPath.of(path) for path in entity.attributes}

    def add(self, row: Row, readings: Readings) -> str:
        """Add the thing that a row shows, if it shows one, and return its key."""
        key = self._key.text(row)
        if self._type is None:
            return key
        readings.thing(
            self._type,
            key,
            self._name.nullable_text(row) if self._name else None,
            url=self._url.nullable_text(row) if self._url else None,
            attributes=self._properties(row),
        )
        return key

    def _properties(self, row: Row) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, path in self._attributes.items():
            node = path.node(row)
            if not node.missing:
                # cut to the bounds that all sources keep, and left out where it is no plain value
                found |= JsonNode({name: node.value}, node.event).plain(name)
        return found


class _Moment:
    def __init__(self, said: ObservedAt) -> None:
        self._path = FieldPath.of(said.path)
        self._format = said.format

    def ms(self, row: Row, now_ms: int) -> int:
        """Return the event time of a row, milliseconds since the epoch.

        Raises:
            Poison: it is no time, or lies more than ``FUTURE_MS_MAX`` after the vendor's clock.
        """
        node = self._path.node(row)
        at_ms = self._read(node)
        if at_ms > now_ms + FUTURE_MS_MAX:
            raise node.misfit("a time not after the vendor's clock")
        return at_ms

    def _read(self, node: JsonNode) -> int:
        if self._format == "iso8601":
            return node.as_moment_ms()
        if self._format == "epoch_seconds":
            return node.as_epoch_ms()
        seconds = JsonNode(node.as_number() / 1000, node.event)
        try:
            return seconds.as_epoch_ms()
        except Poison:
            raise node.misfit("epoch milliseconds between 1970 and 2100") from None


_EXPECTED: Final = {
    "gauge": "a number",
    "counter": "a number of 0 or more",
    "count": "a whole number of 0 or more",
}


class _Number:
    def __init__(self, said: Observation) -> None:
        self.said = said
        self._path = FieldPath.of(said.path)

    def value(self, row: Row) -> float | None:
        """Return the number in its unit, None if there is none and there need not be one.

        Raises:
            Poison: it is missing where it may not be, or no number of its kind.
        """
        node = self._path.node(row)
        if node.missing and self.said.nullable:
            return None
        value = self._from_text(node) if self.said.text else node.as_number()
        kind = self.said.kind
        if (kind != "gauge" and value < 0) or (kind == "count" and not value.is_integer()):
            raise node.misfit(_EXPECTED[kind])
        scaled = value * self.said.scale
        if not math.isfinite(scaled):
            raise node.misfit(f"a number that is still finite times {self.said.scale:g}")
        return scaled

    def _from_text(self, node: JsonNode) -> float:
        expected = _EXPECTED[self.said.kind] + ", written as a text"
        if not isinstance(node.value, str):
            raise node.misfit(expected)
        try:
            value = float(node.value)
        except ValueError:
            raise node.misfit(expected) from None
        if not math.isfinite(value):
            raise node.misfit(expected)
        return value
