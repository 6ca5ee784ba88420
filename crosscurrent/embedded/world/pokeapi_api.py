"""The played PokéAPI: static data with tags, pages by limit and offset, plain-text errors."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import replace

from crosscurrent.embedded.world.creatures import Creature, creatures
from crosscurrent.embedded.world.exchange import Answer, Call, conditioned, json_answer
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.pokeapi_payload import (
    chain_payload,
    list_payload,
    pokemon_payload,
    species_payload,
)
from crosscurrent.embedded.world.scenario import Scenario

LIMIT_DEFAULT = 20
ANSWERS_CACHED_MAX = 512
CACHE_HEADERS = {"cache-control": "public, max-age=86400, s-maxage=86400"}

_PATH = re.compile(
    r"/api/v2/(?P<endpoint>pokemon|pokemon-species|evolution-chain)(?:/(?P<key>[a-z0-9-]+))?/?"
)


class PokeApi:
    """Answers PokéAPI's requests.

    Args:
        scenario: its seed decides the creatures.
        movements: of the series that the scenario moves in a way of its own.
    """

    def __init__(self, scenario: Scenario, movements: MovementModel | None = None) -> None:
        self._movements = movements or MovementModel(scenario.seed, 0, ())
        self._start_seconds = scenario.start_seconds
        self._creatures = creatures(scenario.seed, scenario.creature_count)
        self._by_key = {key: one for one in self._creatures for key in (str(one.id), one.name)}
        self._chains = {
            chain: tuple(one for one in self._creatures if one.chain == chain)
            for chain in sorted({one.chain for one in self._creatures})
        }
        # the data is static but for the edits of one number, so these fix the bytes
        self._answers: OrderedDict[tuple[str, str, str, str, float | None], Answer] = OrderedDict()

    def answer(self, call: Call) -> Answer:
        """Return the response to a request."""
        named = (call.origin, call.path, call.query.get("limit", ""), call.query.get("offset", ""))
        key = (*named, self._edited(call))
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._made(call)
            if len(self._answers) > ANSWERS_CACHED_MAX:
                self._answers.popitem(last=False)
        return conditioned(answer, call)

    def _made(self, call: Call) -> Answer:
        found = _PATH.fullmatch(call.path)
        if found is None:
            return _not_found()
        payload = self._payload(found["endpoint"], found["key"], call)
        return _not_found() if payload is None else json_answer(payload).with_headers(CACHE_HEADERS)

    def _payload(self, endpoint: str, key: str | None, call: Call) -> dict[str, object] | None:
        base = f"{call.origin}/api/v2"
        if key is None:
            limit, offset = (
                _whole(call.query.get("limit"), LIMIT_DEFAULT),
                _whole(call.query.get("offset"), 0),
            )
            return list_payload(self._rows(endpoint), endpoint, base, limit=max(1, limit), offset=offset)
        if endpoint == "evolution-chain":
            stages = self._chains.get(_whole(key, 0))
            return chain_payload(stages[0].chain, stages, base) if stages else None
        one = self._by_key.get(key)
        if one is None:
            return None
        if endpoint == "pokemon":
            edited = self._base_experience(one, call)
            return pokemon_payload(
                one if edited is None else replace(one, base_experience=round(edited)), base
            )
        before = None if one.evolves_from is None else self._by_key[str(one.evolves_from)]
        return species_payload(one, before, base)

    def _edited(self, call: Call) -> float | None:
        found = _PATH.fullmatch(call.path)
        one = self._by_key.get(found["key"]) if found and found["endpoint"] == "pokemon" else None
        return None if one is None else self._base_experience(one, call)

    def _base_experience(self, one: Creature, call: Call) -> float | None:
        hour = int((call.now_seconds - self._start_seconds) // 3600)
        return self._movements.value("pokeapi", "base_experience", one.name, hour)

    def _rows(self, endpoint: str) -> list[tuple[int, str | None]]:
        if endpoint == "evolution-chain":
            return [(chain, None) for chain in self._chains]
        return [(one.id, one.name) for one in self._creatures]


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else otherwise


def _not_found() -> Answer:
    return Answer(404, b"Not Found", "text/plain; charset=utf-8")
