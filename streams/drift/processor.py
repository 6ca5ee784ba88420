"""Learns the shape of every payload; what changes in it is published. Raw events in, schema drift out.

It never stops the flow: what it cannot read is the normaliser's to dead-letter.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

import orjson
from prometheus_client import Counter

from crosscurrent.errors import Poison
from crosscurrent.settings import DriftSettings
from schemas.codec import Codec
from schemas.identity import record_id
from schemas.records import RawEvent, SchemaDrift
from schemas.topics import RAW, SCHEMA_DRIFT, message_key, topic_name
from streams.drift.finding import Finding
from streams.drift.sequential import Terms
from streams.drift.shape import Shape
from streams.drift.snapshot import ShapeName, decode_name, encode, fill
from streams.processor.message import InputMessage, Output

PAYLOAD_BYTES_MAX = 16 * 1024 * 1024
SHAPES_MAX = 1000

_PAYLOADS = Counter("drift_payloads_total", "Payloads by what was done with them", ["outcome"])
_FINDINGS = Counter("drift_findings_total", "Changes of shape", ["source", "kind"])
_OK = 200
_MILLISECONDS = 1000.0
_POSITIONS = "positions"

Maps = Mapping[str, Mapping[str, Collection[str]]]
"""Source to endpoint to the paths of objects whose field names are data."""


class DriftProcessor:
    """Keeps one shape for each tenant, source, endpoint and partition of the raw topic.

    Args:
        codec: decodes raw events.
        sources: names of the sources.
        settings: warm-up and rate of false alarms.
        maps: objects whose field names are data; others are recognised after a while.
    """

    name = "drift"

    def __init__(
        self, codec: Codec, sources: Iterable[str], settings: DriftSettings, maps: Maps | None = None
    ) -> None:
        self._codec = codec
        self.inputs = tuple(topic_name(RAW, source) for source in sorted(sources))
        self._terms = Terms(settings.warm_up_payloads, math.log(settings.payloads_per_false_alarm))
        self._maps = maps or {}
        self._shapes: dict[ShapeName, Shape] = {}
        self._dirty: set[ShapeName] = set()

    def process(self, message: InputMessage) -> list[Output]:
        """Return a record for each change that a payload shows.

        Raises:
            Transient: the schema registry is away.
        """
        try:
            event = self._codec.decode(RawEvent, message.value)
        except Poison:
            _PAYLOADS.labels("not_readable").inc()
            return []
        payload = _payload(event)
        if payload is None:
            return []
        name = ShapeName(event.tenant, event.source, event.endpoint, message.partition)
        shape = self._shape(name)
        if shape is None:
            _PAYLOADS.labels("shapes_exceeded").inc()
            return []
        if shape.has_seen(event.record_id):
            _PAYLOADS.labels("repeated").inc()
            return []
        _PAYLOADS.labels("learned").inc()
        self._dirty.add(name)
        at_ms = round(event.observed_at.timestamp() * _MILLISECONDS)
        findings = shape.look(payload, event.record_id, at_ms)
        for finding in findings:
            _FINDINGS.labels(event.source, finding.kind).inc()
        return [_output(event, finding) for finding in findings]

    def refill(self, message: InputMessage) -> None:
        """Do nothing: each shape's state is stored whole."""

    def refill_offset(self, topic: str, partition: int, position: int) -> int:
        """Return the position: there are no windows to refill."""
        del topic, partition
        return position

    def take_dirty(self) -> Iterable[tuple[str, bytes]]:
        """Return the state of each shape that changed since the last call."""
        dirty, self._dirty = self._dirty, set()
        return [(name.key, encode(name, self._shapes[name])) for name in sorted(dirty, key=lambda n: n.key)]

    def positions_payload(self) -> bytes:
        """Return nothing: the offsets say it all."""
        return b""

    def restore(self, key: str, payload: bytes) -> None:
        """Take back the state of a shape.

        Raises:
            Fatal: it cannot be read.
        """
        if key == _POSITIONS:
            return
        name, state = decode_name(payload)
        shape = self._new_shape(name)
        fill(shape, state)
        self._shapes[name] = shape

    def _shape(self, name: ShapeName) -> Shape | None:
        shape = self._shapes.get(name)
        if shape is None and len(self._shapes) < SHAPES_MAX:
            shape = self._shapes[name] = self._new_shape(name)
        return shape

    def _new_shape(self, name: ShapeName) -> Shape:
        return Shape(self._terms, self._maps.get(name.source, {}).get(name.endpoint, ()))


def _payload(event: RawEvent) -> object:
    """Return the decoded payload; None if there is none to learn from."""
    if event.status != _OK:
        _PAYLOADS.labels("error_status").inc()
        return None
    if len(event.payload) > PAYLOAD_BYTES_MAX:
        _PAYLOADS.labels("too_large").inc()
        return None
    try:
        payload: object = orjson.loads(event.payload)
    except orjson.JSONDecodeError:
        _PAYLOADS.labels("not_json").inc()
        return None
    return payload


def _output(event: RawEvent, finding: Finding) -> Output:
    drift = SchemaDrift(
        tenant=event.tenant,
        record_id=record_id(
            event.tenant, "schema-drift", event.record_id, event.endpoint, finding.kind, finding.path
        ),
        source=event.source,
        endpoint=event.endpoint,
        path=finding.path,
        kind=finding.kind,
        expected=finding.expected,
        found=finding.found,
        example=finding.example,
        chance=finding.chance,
        payloads_before=finding.payloads_before,
        payloads_changed=finding.payloads_changed,
        first_seen_at=datetime.fromtimestamp(finding.first_at_ms / _MILLISECONDS, UTC),
        first_raw_record_id=finding.first_id,
        observed_at=event.observed_at,
        request_key=event.request_key,
        raw_record_id=event.record_id,
    )
    return Output(
        topic=topic_name(SCHEMA_DRIFT),
        key=message_key(event.tenant, event.source, event.endpoint),
        record=drift,
        record_id=drift.record_id,
        time_utc=event.observed_at,
    )
