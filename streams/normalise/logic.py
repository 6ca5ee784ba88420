"""What follows from a mapped payload: pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

import orjson

from crosscurrent.errors import Poison
from schemas.identity import record_id, series_id
from schemas.mapping import Kind, Link, MappedPayload, Measurement, Thing
from schemas.records import Entity, EntityBatch, EntityLink, ObservationBatch, RawEvent, Series

_NOTHING_TO_MAP = frozenset({202, 204, 304})
_FIRST_ERROR_STATUS = 300
_SERIES_MAX = 50_000  # series remembered: the same come with every poll, and their ids cost a hash each


def has_payload(event: RawEvent) -> bool:
    """Return whether there is something to map.

    Raises:
        Poison: the vendor answered with an error or a redirect, which says nothing about any thing.
    """
    if event.status in _NOTHING_TO_MAP:
        return False
    if event.status >= _FIRST_ERROR_STATUS:
        raise Poison(
            f"{event.source} answered {event.status} for {event.endpoint}",
            expected="a response with status 200",
            todo="look at the payload: it holds the vendor's reason",
            source=event.source,
            code=event.status,
        )
    return True


def without_future(
    event: RawEvent, mapped: MappedPayload, ahead_seconds_max: float
) -> tuple[MappedPayload, list[Measurement]]:
    """Return what was mapped without the measurements that claim to be from after their arrival, and these.

    They are held against our own clock at the arrival, which the event carries: so a replay leaves out the same.

    Args:
        event: the raw event.
        mapped: what it says.
        ahead_seconds_max: by how much a measurement's time may be after the arrival.
    """
    latest_ms = (event.fetched_at.timestamp() + ahead_seconds_max) * 1000
    future = [one for one in mapped.measurements if one.observed_at_ms > latest_ms]
    if not future:
        return mapped, []
    kept = [one for one in mapped.measurements if one.observed_at_ms <= latest_ms]
    return replace(mapped, measurements=kept), future


def from_the_future(event: RawEvent, future: Sequence[Measurement]) -> Poison:
    """Return the reason why measurements were left out.

    Args:
        event: the raw event.
        future: those measurements; at least one.
    """
    furthest = max(future, key=lambda one: one.observed_at_ms)
    ahead_hours = (furthest.observed_at_ms / 1000 - event.fetched_at.timestamp()) / 3600
    return Poison(
        f"{len(future)} measurements from the future, {event.source}.{furthest.measure} of {furthest.entity_id} "
        f"{ahead_hours:.1f} hours after its arrival",
        expected="measurements made before they arrive; the rest of the payload was taken in",
        todo="look at the vendor's times in the payload, or raise CROSSCURRENT_WORKER__EVENT_AHEAD_SECONDS_MAX "
        "and replay",
        source=event.source,
    )


def observation_batch(event: RawEvent, mapped: MappedPayload) -> ObservationBatch | None:
    """Return the measurements of a payload in columns, or ``None`` if there are none.

    A series measured twice at the same time within a payload is kept once, the first.

    Raises:
        Poison: a value is not finite, or one series has two kinds.
    """
    if not mapped.measurements:
        return None
    series: dict[tuple[str, str, str], int] = {}
    records: list[Series] = []
    seen: set[tuple[int, int]] = set()
    index: list[int] = []
    times: list[int] = []
    values: list[float] = []
    for measurement in mapped.measurements:
        key = (measurement.measure, measurement.entity_id, measurement.unit)
        position = series.get(key)
        if position is None:
            position = series[key] = len(records)
            records.append(_series(event.tenant, event.source, *key, measurement.kind))
        elif records[position].kind != measurement.kind:
            raise _clash(event, measurement, records[position].kind)
        if not math.isfinite(measurement.value):
            raise _not_finite(event, measurement)
        if (position, measurement.observed_at_ms) not in seen:
            seen.add((position, measurement.observed_at_ms))
            index.append(position)
            times.append(measurement.observed_at_ms)
            values.append(float(measurement.value))
    return ObservationBatch(
        tenant=event.tenant,
        record_id=record_id(event.tenant, "observations", event.record_id),
        source=event.source,
        raw_record_id=event.record_id,
        series=records,
        series_index=index,
        observed_at=times,
        value=values,
    )


def entity_batch(event: RawEvent, things: Iterable[Thing], links: Iterable[Link] = ()) -> EntityBatch | None:
    """Return the things of a payload and their links, or ``None`` if there are none; what comes twice is kept once."""
    entities: dict[tuple[str, str], Entity] = {}
    for thing in things:
        entities.setdefault((thing.entity_type, thing.entity_id), _entity(event, thing))
    linked: dict[str, EntityLink] = {}
    for link in links:
        record = _link(event, link)
        linked.setdefault(record.record_id, record)
    if not entities and not linked:
        return None
    return EntityBatch(
        tenant=event.tenant,
        record_id=record_id(event.tenant, "entities", event.record_id),
        source=event.source,
        raw_record_id=event.record_id,
        entities=list(entities.values()),
        links=list(linked.values()),
    )


@lru_cache(_SERIES_MAX)
def _series(tenant: str, source: str, measure: str, entity_id: str, unit: str, kind: Kind) -> Series:
    return Series(
        series_id=series_id(tenant, source, measure, entity_id, unit),
        measure=measure,
        entity_id=entity_id,
        unit=unit,
        kind=kind,
    )


def _entity(event: RawEvent, thing: Thing) -> Entity:
    attributes = {
        name: orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        for name, value in thing.attributes.items()
    }
    return Entity(
        record_id=_entity_id(event, thing, attributes),
        entity_type=thing.entity_type,
        entity_id=thing.entity_id,
        name=thing.name,
        url=thing.url,
        observed_at=thing.observed_at,
        attributes=attributes,
    )


def _entity_id(event: RawEvent, thing: Thing, attributes: dict[str, str]) -> str:
    named = (event.tenant, "entity")
    if thing.version is None:
        return record_id(*named, event.record_id, thing.entity_type, thing.entity_id)
    # the same version, polled again or sent by webhook, is the same record wherever it says the same
    says = orjson.dumps([thing.name, thing.url, sorted(attributes.items())])
    return record_id(
        *named, event.source, thing.entity_type, thing.entity_id, thing.version, sha256(says).hexdigest()
    )


def _link(event: RawEvent, link: Link) -> EntityLink:
    thing = (link.entity_type, link.entity_id)
    external = (link.relation, link.namespace, link.external_id)
    return EntityLink(
        record_id=record_id(event.tenant, "entity-link", event.record_id, *thing, *external),
        entity_type=link.entity_type,
        entity_id=link.entity_id,
        relation=link.relation,
        namespace=link.namespace,
        external_id=link.external_id,
        path=link.path,
        score=link.score,
        observed_at=link.observed_at,
    )


def _not_finite(event: RawEvent, measurement: Measurement) -> Poison:
    return Poison(
        f"{event.source}.{measurement.measure} of {measurement.entity_id} is {measurement.value}",
        expected="a finite number",
        todo="look at the payload in the dead letter; have the mapping leave such a value out",
        source=event.source,
    )


def _clash(event: RawEvent, measurement: Measurement, kind: str) -> Poison:
    return Poison(
        f"{event.source}.{measurement.measure} of {measurement.entity_id} is a {measurement.kind} and a {kind}",
        expected="one kind for a series",
        todo=f"correct the mapping of {event.source} {event.endpoint}",
        source=event.source,
    )
