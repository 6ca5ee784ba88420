"""The played PokéAPI GraphQL: one address, POST only, errors with status 200, and a proxy that counts requests.

Source: https://github.com/PokeAPI/pokeapi/tree/master/graphql (the proxy's configuration for v1beta).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import orjson

from crosscurrent.embedded.world.creatures import creatures
from crosscurrent.embedded.world.exchange import Answer, Call, json_answer
from crosscurrent.embedded.world.graphql_query import NotAQuery, operation_of
from crosscurrent.embedded.world.graphql_tables import NotInSchema, answered
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.pokeapi_graphql_rows import tables
from crosscurrent.embedded.world.scenario import Scenario

PATH = "/v1beta2"
CACHE_HEADERS = {"cache-control": "public, max-age=1800"}
INVALID = "validation-failed"

_TOO_MANY = b"<html><head><title>429 Too Many Requests</title></head><body></body></html>"


@dataclass(frozen=True, slots=True)
class PokeApiGraphqlTerms:
    """How the vendor's proxy treats a caller.

    Attributes:
        burst: requests that may come at once.
        refill_seconds: real seconds until one more may come.
    """

    burst: int = 200
    refill_seconds: float = 60.0


class PokeApiGraphql:
    """Answers queries; all callers of a world count as one address.

    Args:
        scenario: its seed decides the creatures and the items.
        terms: of the proxy.
        movements: of the series that the scenario moves in a way of its own.
    """

    def __init__(
        self, scenario: Scenario, terms: PokeApiGraphqlTerms, movements: MovementModel | None = None
    ) -> None:
        self._scenario = scenario
        self._movements = movements or MovementModel(scenario.seed, 0, ())
        self._creatures = creatures(scenario.seed, scenario.creature_count)
        self._edits: tuple[float | None, ...] = ()
        self._tables: dict[str, object] = {}
        self._terms = terms
        self._left = float(terms.burst)
        self._counted_at: float | None = None

    def answer(self, call: Call) -> Answer:
        """Return the response to a request."""
        if not self._may(call.real_seconds):
            return Answer(429, _TOO_MANY, "text/html")
        if call.path.rstrip("/") != PATH:
            return Answer(404, b"Not Found", "text/plain; charset=utf-8")
        if call.method != "POST":
            return Answer(405, orjson.dumps({"message": "Method Not Allowed"}), headers={"allow": "POST"})
        self._bring_to(call)
        return json_answer(self._result(call.body)).with_headers(CACHE_HEADERS)

    def _bring_to(self, call: Call) -> None:
        hour = int((call.now_seconds - self._scenario.start_seconds) // 3600)
        edits = tuple(
            self._movements.value("pokeapi_graphql", "base_experience", one.name, hour)
            for one in self._creatures
        )
        if edits == self._edits:
            return
        edited = [
            one if value is None else replace(one, base_experience=round(value))
            for one, value in zip(self._creatures, edits, strict=True)
        ]
        self._edits, self._tables = edits, tables(self._scenario.seed, edited)

    def _may(self, real_seconds: float) -> bool:
        passed = 0.0 if self._counted_at is None else real_seconds - self._counted_at
        self._counted_at = real_seconds
        self._left = min(float(self._terms.burst), self._left + passed / self._terms.refill_seconds)
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True

    def _result(self, body: bytes) -> dict[str, object]:
        try:
            request = orjson.loads(body)
            variables = request.get("variables") or {}
            operation = operation_of(request["query"])
        except (ValueError, TypeError, KeyError, AttributeError, NotAQuery):
            return _error("not a valid graphql query", "$.query", INVALID)
        for name in operation.required:
            if variables.get(name) is None:
                message = f"expecting a value for non-nullable variable: '{name}'"
                return _error(message, "$.variableValues", INVALID)
        try:
            return {"data": answered(operation.selection, self._tables, variables)}
        except NotInSchema as error:
            return _error(str(error), error.path, INVALID)
        except (KeyError, TypeError, ValueError):
            return _error("database query error", "$", "unexpected")


def _error(message: str, path: str, code: str) -> dict[str, object]:
    return {"errors": [{"message": message, "extensions": {"path": path, "code": code}}]}
