"""Each endpoint's payload gives what the source's README says; none is forgotten."""

from __future__ import annotations

import math
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload
from streams.normalise.logic import entity_batch, observation_batch
from tests.unit.connectors.mappings.sample_payloads import (
    BY_ENDPOINT,
    NOW_MS,
    SAMPLE_IDS,
    SAMPLES,
    TABLES,
    Sample,
    event_for,
)

REPOSITORY = Path(__file__).resolve().parents[4]


def mapped(sample: Sample) -> MappedPayload:
    return TABLES[sample.source].map_payload(event_for(sample.source, sample.endpoint, sample.payload))


@pytest.mark.parametrize("sample", SAMPLES, ids=SAMPLE_IDS)
def test_sample_gives_its_measurements_and_things(sample: Sample) -> None:
    found = mapped(sample)

    assert len(found.measurements) == sample.measurements
    assert Counter(thing.entity_type for thing in found.things) == Counter(sample.things)


@pytest.mark.parametrize("sample", SAMPLES, ids=SAMPLE_IDS)
def test_sample_becomes_records(sample: Sample) -> None:
    event, found = event_for(sample.source, sample.endpoint, sample.payload), mapped(sample)

    batch = observation_batch(event, found)
    entities = entity_batch(event, found.things)

    assert (len(batch.value) if batch else 0) == sample.measurements
    assert (len(entities.entities) if entities else 0) == len(sample.things)
    assert all(math.isfinite(one.value) and one.observed_at_ms <= NOW_MS for one in found.measurements)


@pytest.mark.parametrize("source", TABLES)
def test_every_mapped_endpoint_has_a_sample(source: str) -> None:
    sampled = {sample.endpoint for sample in SAMPLES if sample.source == source}

    assert sampled == TABLES[source].mappings.keys()


@pytest.mark.parametrize("source", TABLES)
def test_endpoint_without_measurements_states_its_reason(source: str) -> None:
    not_measured = import_module(f"connectors.{source}.endpoints").NOT_MEASURED
    unmeasured = {
        sample.endpoint for sample in SAMPLES if sample.source == source and not sample.measurements
    }

    assert unmeasured <= not_measured.keys()
    measured = {sample.endpoint for sample in SAMPLES if sample.source == source and sample.measurements}
    assert not measured & not_measured.keys()


@pytest.mark.parametrize("source", TABLES)
def test_endpoint_that_gives_nothing_is_not_even_decoded(source: str) -> None:
    for endpoint in TABLES[source].nothing_in:
        assert TABLES[source].map_payload(event_for(source, endpoint, b"\xff<html>")) == MappedPayload()


@pytest.mark.parametrize("source", TABLES)
def test_unknown_endpoint_is_refused_with_the_known_ones(source: str) -> None:
    with pytest.raises(Poison) as caught:
        TABLES[source].map_payload(event_for(source, "moon_phases", b"{}"))

    assert "moon_phases" in caught.value.found
    assert all(endpoint in caught.value.expected for endpoint in TABLES[source].mappings)


@pytest.mark.parametrize("source", TABLES)
def test_readme_has_every_measure(source: str) -> None:
    text = (REPOSITORY / "connectors" / source / "README.md").read_text("utf-8")
    measures = {
        one.measure for sample in SAMPLES if sample.source == source for one in mapped(sample).measurements
    }

    assert [name for name in sorted(measures) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("source", TABLES)
def test_readme_has_every_endpoint(source: str) -> None:
    text = (REPOSITORY / "connectors" / source / "README.md").read_text("utf-8")
    endpoints = TABLES[source].mappings.keys() | TABLES[source].nothing_in.keys()

    assert [name for name in sorted(endpoints) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("sample", SAMPLES, ids=SAMPLE_IDS)
def test_new_field_changes_nothing(sample: Sample) -> None:
    if not isinstance(sample.payload, dict) or sample.endpoint == "languages":
        return
    newer = Sample(sample.source, sample.endpoint, {**sample.payload, "moon": {"x": [1]}}, 0, ())

    assert mapped(newer) == mapped(sample)


def test_samples_are_found_by_endpoint() -> None:
    assert len(BY_ENDPOINT) == len(SAMPLES)
