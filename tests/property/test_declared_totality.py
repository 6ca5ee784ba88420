"""Whatever is cut out of a good payload or put into it, a declared mapping maps it or refuses it with its path."""

from __future__ import annotations

import copy
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.declared.connector_of import connector_of
from connectors.declared.document import SourceDocument
from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload
from schemas.records import RawEvent
from streams.normalise.logic import entity_batch, observation_batch
from tests.contract.inaturalist import sighting_row, taxon_row
from tests.property.test_mapping_totality import DELETE, STRANGE, places, replaced
from tests.unit.connectors.declared.declared_sources import NOW, document, event_of, gauges

EXAMPLES = 80
TAXON = {"total_results": 1, "results": [taxon_row(1) | {"at": 1_767_600_000, "level": "12.5"}]}
SIGHTING = {"results": [sighting_row("1", 0, NOW)], "rates": {"EUR": 1.5, "USD": 2}}
DECLARED = connector_of(
    "rivers",
    SourceDocument.model_validate_json(
        orjson.dumps(
            document(
                gauges(
                    name="taxa",
                    endpoint={"path": "/taxa", "data_selector": "results"},
                    entity={
                        "type": "taxon",
                        "primary_key": "{rank}/{id}",
                        "name": "name",
                        "url": "wikipedia_url",
                    },
                    observed_at={"path": "at", "format": "epoch_seconds"},
                    observations=[
                        {"measure": "sightings", "path": "observations_count", "kind": "count"},
                        {
                            "measure": "level",
                            "path": "level",
                            "kind": "counter",
                            "text": True,
                            "scale": 1e300,
                        },
                        {"measure": "ancestor", "path": "ancestor_ids.1", "kind": "gauge", "nullable": True},
                    ],
                ),
                gauges(
                    name="sightings",
                    endpoint={"path": "/sightings", "data_selector": "results"},
                    entity={
                        "type": "sighting",
                        "primary_key": "uuid",
                        "attributes": ["taxon.id", "location"],
                    },
                    observed_at={"path": "updated_at"},
                    observations=[{"measure": "taxon", "path": "taxon.id", "kind": "gauge"}],
                ),
                gauges(
                    name="rates",
                    endpoint={"path": "/rates", "data_selector": "rates.*"},
                    entity={"type": "rate", "primary_key": "@key"},
                    observations=[{"measure": "rate", "path": "@", "kind": "gauge"}],
                ),
            )
        )
    ),
)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, Any]:
    endpoint, payload = draw(st.sampled_from([("taxa", TAXON), ("sightings", SIGHTING), ("rates", SIGHTING)]))
    payload = copy.deepcopy(payload)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places(payload)))
        payload = replaced(payload, place, draw(STRANGE.map(copy.deepcopy) | st.just(DELETE)))
    return endpoint, payload


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoilt())
def test_spoilt_payload_of_a_declared_source_maps_or_is_refused_with_its_path(case: tuple[str, Any]) -> None:
    endpoint, payload = case
    try:
        text = orjson.dumps(payload)
    except TypeError:
        return  # a number that no JSON of orjson has
    event = event_of(orjson.loads(text), endpoint=endpoint)
    found = outcome(event)

    if isinstance(found, Poison):
        assert str(found.facts["path"]).startswith("$")
        assert found.expected
        assert found.todo
    else:
        # and what it maps to can be written
        entity_batch(event, found.things)
        observation_batch(event, found)


def outcome(event: RawEvent) -> MappedPayload | Poison:
    try:
        return DECLARED.map_payload(event)
    except Poison as error:
        return error
