"""Answers of PokéAPI's GraphQL: rows, aggregates, and errors that come with status 200."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from connectors.kit.errors import Refused
from connectors.pokeapi.mapping import map_payload as map_rest
from connectors.pokeapi_graphql.connector import POKEAPI_GRAPHQL
from connectors.pokeapi_graphql.mapping import map_payload
from crosscurrent.errors import CrosscurrentError, Poison, Transient
from schemas.mapping import MappedPayload
from tests.unit.connectors.mappings.sample_payloads import BY_ENDPOINT, event_for

SOURCE = "pokeapi_graphql"


def mapped(answer: object, endpoint: str = "pokemon") -> MappedPayload:
    return map_payload(event_for(SOURCE, endpoint, answer))


def failure(answer: object) -> CrosscurrentError | None:
    assert POKEAPI_GRAPHQL.failure_in is not None
    return POKEAPI_GRAPHQL.failure_in(answer if isinstance(answer, bytes) else orjson.dumps(answer))


def error(code: str = "unexpected") -> dict[str, object]:
    return {"message": "database query error", "extensions": {"path": "$", "code": code}}


def test_creature_is_the_same_thing_with_the_same_measures_as_in_the_rest_api() -> None:
    ours = mapped(BY_ENDPOINT[SOURCE, "pokemon"].payload)
    theirs = map_rest(event_for("pokeapi", "pokemon", BY_ENDPOINT["pokeapi", "pokemon"].payload))

    assert [(t.entity_type, t.entity_id) for t in ours.things] == [
        (t.entity_type, t.entity_id) for t in theirs.things
    ]
    measures = {(m.measure, m.entity_id, m.unit, m.kind, m.value) for m in theirs.measurements}
    assert measures <= {(m.measure, m.entity_id, m.unit, m.kind, m.value) for m in ours.measurements}


def test_number_of_all_rows_is_told_by_the_first_page_only() -> None:
    event = event_for(SOURCE, "pokemon", {"data": {"pokemon_aggregate": {"aggregate": {"count": 7}}}})

    (count,) = map_payload(event).measurements
    assert (count.measure, count.entity_id, count.value) == ("resources", "pokemon", 7.0)
    assert map_payload(replace(event, page_index=1)).measurements == []


def test_aggregate_over_no_rows_counts_nothing_and_measures_nothing_else() -> None:
    nothing = {"count": 0, "avg": {"capture_rate": None}, "min": None, "max": {"capture_rate": None}}
    row = {"name": "tenth", "pokemonspecies_aggregate": {"aggregate": nothing}}

    measurements = mapped({"data": {"generation": [row]}}, "generation").measurements

    assert [(one.measure, one.value) for one in measurements] == [("species", 0.0)]


def test_answer_in_part_maps_what_is_there() -> None:
    answer = {"data": {"pokemon": None, "item": [{"name": "mud", "cost": 3}]}, "errors": [error()]}

    assert failure(answer) is None
    assert [thing.entity_id for thing in mapped(answer).things] == ["mud"]


def test_null_root_without_an_error_is_refused() -> None:
    with pytest.raises(Poison) as caught:
        mapped({"data": {"pokemon": None}})

    assert caught.value.facts["path"] == "$.data.pokemon"


def test_errors_without_data_are_refused_with_the_vendors_words() -> None:
    with pytest.raises(Poison, match="database query error"):
        mapped({"errors": [error()]})


def test_root_that_no_query_of_ours_has_is_refused() -> None:
    with pytest.raises(Poison) as caught:
        mapped({"data": {"berries": []}})

    assert caught.value.facts["path"] == "$.data.berries"


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": {"pokemon": None}}])
def test_errors_without_data_are_a_failure_and_not_a_page(data: dict[str, object]) -> None:
    found = failure({**data, "errors": [error()]})

    assert isinstance(found, Transient)
    assert "database query error" in found.found


def test_query_that_the_schema_does_not_know_is_not_asked_again() -> None:
    found = failure({"errors": [error("validation-failed")]})

    assert isinstance(found, Refused)
    assert "queries.py" in found.todo


@pytest.mark.parametrize(
    "answer", [b'{"errors": []}', b'"errors"', b'{"errors"', b"<html></html>", {"data": {"pokemon": []}}]
)
def test_answer_without_errors_is_no_failure(answer: object) -> None:
    assert failure(answer) is None


@pytest.mark.parametrize("broken", [None, 1, "x", [], {"message": 5}, {"extensions": []}])
def test_error_in_any_shape_is_told_as_one(broken: object) -> None:
    assert isinstance(failure({"errors": [broken]}), Transient)
