"""Whatever is cut out of a good payload or put into it: it maps, or it is refused; nothing else happens."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload
from schemas.records import RawEvent
from streams.normalise.logic import entity_batch, observation_batch
from tests.unit.connectors.mappings.sample_payloads import SAMPLES, TABLES, Sample, event_for

EXAMPLES = 300
STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["", "12", "a/b", "2026-02-30", "x" * 600, "\x1f", "\x00", [], {}, [[]], [{}], {"name": {}}, 1e308]
    ),
    st.lists(st.integers() | st.none(), max_size=3),
)
DELETE = object()


def places(value: object, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for step, one in inner for place in places(one, (*here, step)))]


def replaced(payload: Any, place: tuple[Any, ...], value: object) -> Any:
    if not place:
        return {} if value is DELETE else value
    inner = payload
    for step in place[:-1]:
        inner = inner[step]
    if value is DELETE:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return payload


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, str, Any]:
    sample = draw(st.sampled_from(SAMPLES))
    payload = copy.deepcopy(sample.payload)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places(payload)))
        payload = replaced(payload, place, draw(STRANGE.map(copy.deepcopy) | st.just(DELETE)))
    return sample.source, sample.endpoint, payload


def outcome(event: RawEvent) -> MappedPayload | Poison:
    try:
        return TABLES[event.source].map_payload(event)
    except Poison as error:
        return error


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoilt())
def test_spoilt_payload_maps_or_is_refused_with_its_path(case: tuple[str, str, Any]) -> None:
    event = event_for(*case)
    found = outcome(event)

    if isinstance(found, Poison):
        assert str(found.facts["path"]).startswith("$")
        assert found.found
        assert found.expected
        assert found.todo
    else:
        # and what it maps to can be written
        records = observation_batch(event, found), entity_batch(event, found.things)
        json.dumps([one and one.to_avro() for one in records], default=str)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SAMPLES), st.binary(max_size=60), st.integers(0, 10_000), st.integers(0, 60))
def test_bytes_overwritten_in_a_payload_map_or_are_refused(
    sample: Sample, noise: bytes, position: int, cut: int
) -> None:
    payload = json.dumps(sample.payload).encode()
    position %= len(payload)
    event = event_for(sample.source, sample.endpoint, payload[:position] + noise + payload[position + cut :])
    found = outcome(event)

    assert isinstance(found, Poison) or entity_batch(event, found.things) or not found.things
