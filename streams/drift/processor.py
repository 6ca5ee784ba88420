"""Learns the shape of every payload; what changes in it is published. Raw events in, schema drift out.

It never stops the flow: what it cannot read is the normaliser's to dead-letter.

A shape changes with every payload and is a few kilobytes, so it is stored only now and then; what came since is learned
again from the topic, without telling it again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import structlog
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
# both bound what is learned again after a restart; the second must stay below the ids that a shape remembers
STORED_AFTER_PAYLOADS = 16
STORED_AFTER_MESSAGES = 256

_LOG = structlog.get_logger()
_PAYLOADS = Counter("drift_payloads_total", "Payloads by what was done with them", ["outcome"])
_FINDINGS = Counter("drift_findings_total", "Changes of shape", ["source", "kind"])
_OK = 200
_MILLISECONDS = 1000.0
_POSITIONS = "positions"

Maps = Mapping[str, Mapping[str, Collection[str]]]
"""Source to endpoint to the paths of objects whose field names are data."""


@dataclass(slots=True)
class _Unsaved:
    """What a shape has learned since it was stored.

    Attributes:
        topic: raw topic of its payloads.
        first_offset: of the first of them.
        payloads: how many there are.
        is_due: whether it is stored with the next checkpoint in any case.
    """

    topic: str
    first_offset: int
    payloads: int = 0
    is_due: bool = False


class DriftProcessor:
    """Keeps one shape for each tenant, source, endpoint and partition of the raw topic.

    Args:
        codec: decodes raw events.
        sources: names of the sources.
        settings: warm-up and rate of false alarms.
        maps: objects whose field names are data; others are recognised after a while.
    """

    name = "drift"
    keeps_state = True

    def __init__(
        self, codec: Codec, sources: Iterable[str], settings: DriftSettings, maps: Maps | None = None
    ) -> None:
        self._codec = codec
        self.inputs = tuple(topic_name(RAW, source) for source in sorted(sources))
        self._terms = Terms(settings.warm_up_payloads, math.log(settings.payloads_per_false_alarm))
        self._maps = maps or {}
        self._shapes: dict[ShapeName, Shape] = {}
        self._unsaved: dict[ShapeName, _Unsaved] = {}
        self._last_offsets: dict[tuple[str, int], int] = {}

    def process(self, message: InputMessage) -> list[Output]:
        """Return a record for each change that a payload shows.

        Raises:
            Transient: the schema registry is away.
        """
        self._last_offsets[message.topic, message.partition] = message.offset
        try:
            event = self._codec.decode(RawEvent, message.value)
        except Poison:
            _PAYLOADS.labels("not_readable").inc()
            return []
        findings, outcome = self._learn(message, event)
        _PAYLOADS.labels(outcome).inc()
        for finding in findings:
            _FINDINGS.labels(event.source, finding.kind).inc()
        return [_output(event, finding) for finding in findings]

    def refill(self, message: InputMessage) -> None:
        """Learn a payload again that came after its shape was stored; what it changed was told."""
        self._last_offsets[message.topic, message.partition] = message.offset
        self._learn(message, self._codec.decode(RawEvent, message.value))

    def refill_offset(self, topic: str, partition: int, position: int) -> int:
        """Return the offset of the first payload that is in no stored shape."""
        here = [
            unsaved.first_offset
            for name, unsaved in self._unsaved.items()
            if name.partition == partition and unsaved.topic == topic
        ]
        return min(here, default=position)

    def take_dirty(self) -> Iterable[tuple[str, bytes]]:
        """Return the state of each shape that has learned enough since it was stored, or from too long ago."""
        due = sorted((n for n, unsaved in self._unsaved.items() if self._is_due(n, unsaved)), key=_key)
        for name in due:
            del self._unsaved[name]
        return [(name.key, encode(name, self._shapes[name])) for name in due]

    def positions_payload(self) -> bytes:
        """Return nothing: the offsets say it all."""
        return b""

    def restore(self, key: str, payload: bytes) -> None:
        """Take back the state of a shape; one that cannot be read is learned anew, for nothing else rests on it."""
        if key == _POSITIONS:
            return
        try:
            name, state = decode_name(payload)
            shape = self._new_shape(name)
            fill(shape, state)
        except ValueError as error:
            _LOG.warning("shape_forgotten", state_key=key, reason=str(error))
            return
        self._shapes[name] = shape

    def _learn(self, message: InputMessage, event: RawEvent) -> tuple[list[Finding], str]:
        """Return what a payload changes, and in a word what was done with it."""
        payload, why_not = _payload(event)
        if why_not:
            return [], why_not
        name = ShapeName(event.tenant, event.source, event.endpoint, message.partition)
        shape = self._shape(name)
        if shape is None:
            return [], "shapes_exceeded"
        if shape.has_seen(event.record_id):
            return [], "repeated"
        digest, findings, outcome = _digest(event), list[Finding](), "same_answer"
        if shape.has_answer(digest):
            shape.look_again(event.record_id)
        else:
            at_ms = round(event.observed_at.timestamp() * _MILLISECONDS)
            findings, outcome = shape.look(payload, event.record_id, at_ms, digest), "learned"
        unsaved = self._unsaved.setdefault(name, _Unsaved(message.topic, message.offset))
        unsaved.payloads += 1
        unsaved.is_due |= bool(findings)
        return findings, outcome

    def _is_due(self, name: ShapeName, unsaved: _Unsaved) -> bool:
        if unsaved.is_due or unsaved.payloads >= STORED_AFTER_PAYLOADS:
            return True
        last = self._last_offsets[unsaved.topic, name.partition]
        return last - unsaved.first_offset >= STORED_AFTER_MESSAGES

    def _shape(self, name: ShapeName) -> Shape | None:
        shape = self._shapes.get(name)
        if shape is None and len(self._shapes) < SHAPES_MAX:
            shape = self._shapes[name] = self._new_shape(name)
        return shape

    def _new_shape(self, name: ShapeName) -> Shape:
        return Shape(self._terms, self._maps.get(name.source, {}).get(name.endpoint, ()))


def _digest(event: RawEvent) -> int:
    """Return the answer as a number of 40 bits: the same answer to the same request gives the same."""
    text = event.request_key.encode() + b"\0" + event.payload
    return int.from_bytes(hashlib.blake2b(text, digest_size=5).digest(), "big")


def _key(name: ShapeName) -> str:
    return name.key


def _payload(event: RawEvent) -> tuple[object, str]:
    """Return the decoded payload, and in a word why there is none to learn from; empty if there is."""
    if event.status != _OK:
        return None, "error_status"
    if len(event.payload) > PAYLOAD_BYTES_MAX:
        return None, "too_large"
    try:
        return orjson.loads(event.payload), ""
    except orjson.JSONDecodeError:
        return None, "not_json"


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
