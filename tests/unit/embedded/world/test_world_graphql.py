"""The played GraphQL vendor: what it answers, and how it refuses."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.exchange import Answer, Call
from crosscurrent.embedded.world.graphql_query import NotAQuery, operation_of
from crosscurrent.embedded.world.pokeapi_graphql_api import PATH, PokeApiGraphql, PokeApiGraphqlTerms

VENDOR = PokeApiGraphql(default_scenario(1), PokeApiGraphqlTerms(burst=100_000))


def call(body: bytes, *, method: str = "POST", real_seconds: float = 0.0, path: str = PATH) -> Call:
    return Call(path, {}, {}, "http://world", 0.0, real_seconds, method, body)


def answer(query: str, variables: dict[str, object] | None = None) -> Answer:
    return VENDOR.answer(call(orjson.dumps({"query": query, "variables": variables})))


def asked(query: str, variables: dict[str, object] | None = None) -> dict[str, Any]:
    result = answer(query, variables)
    assert result.status == 200
    decoded = orjson.loads(result.body)
    assert isinstance(decoded, dict)
    return decoded


def test_query_filters_orders_and_cuts() -> None:
    query = "query q($n: Int!) { p: pokemon(where: {id: {_gt: $n}}, order_by: {id: desc}, limit: 2) { id } }"
    everything = asked("{ pokemon_aggregate { aggregate { count } } }")

    count = everything["data"]["pokemon_aggregate"]["aggregate"]["count"]
    assert asked(query, {"n": 3}) == {"data": {"p": [{"id": count}, {"id": count - 1}]}}


def test_query_filters_by_a_relation_and_finds_by_key() -> None:
    one = asked('{ pokemonspecies(where: {generation: {name: {_eq: "generation-ii"}}}, limit: 1) { id } }')
    keyed = asked("query one($id: Int!) { pokemon_by_pk(id: $id) { id } }", {"id": 99_999})

    assert one["data"]["pokemonspecies"][0]["id"] > 1
    assert keyed == {"data": {"pokemon_by_pk": None}}


def test_aggregate_over_nothing_is_null_but_for_its_count() -> None:
    query = "{ item_aggregate(where: {id: {_lt: 0}}) { aggregate { count avg { cost } max { cost } } } }"

    aggregate = {"count": 0, "avg": {"cost": None}, "max": {"cost": None}}
    assert asked(query) == {"data": {"item_aggregate": {"aggregate": aggregate}}}


@pytest.mark.parametrize(
    ("query", "variables", "path", "code"),
    [
        ("{ pokemon { id ", None, "$.query", "validation-failed"),
        ("query q($n: Int!) { pokemon(limit: $n) { id } }", {}, "$.variableValues", "validation-failed"),
        ("{ pokemon(limit: 1) { wings } }", None, "$.selectionSet.pokemon.selectionSet.wings", "validation-failed"),
        ("{ pokemon(where: {wings: {_eq: 1}}) { id } }", None, "$", "unexpected"),
    ],
)  # fmt: skip
def test_errors_come_with_status_200(query: str, variables: dict[str, object], path: str, code: str) -> None:
    errors = asked(query, variables)["errors"]

    assert errors[0]["extensions"] == {"path": path, "code": code}


def test_proxy_answers_429_after_the_burst_and_lets_one_more_through_a_minute_later() -> None:
    vendor = PokeApiGraphql(default_scenario(1), PokeApiGraphqlTerms(burst=2))
    body = orjson.dumps({"query": "{ generation { id } }"})

    statuses = [vendor.answer(call(body, real_seconds=at)).status for at in (0.0, 0.0, 1.0, 61.0)]
    assert statuses == [200, 200, 429, 200]


def test_get_and_another_address_are_refused() -> None:
    assert VENDOR.answer(call(b"", method="GET")).status == 405
    assert VENDOR.answer(call(b"{}", path="/v2")).status == 404


@pytest.mark.parametrize(
    "text", ["", "{", "{}", "mutation { x }", "{ a(b: ) }", "{ a } b", "{ a(b: ;) }", "{a" * 30]
)
def test_text_that_is_no_query_is_refused(text: str) -> None:
    with pytest.raises(NotAQuery):
        operation_of(text)
