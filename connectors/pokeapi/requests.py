"""What is asked of PokéAPI for each target (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.kit.declaration import Found, Poll
from connectors.kit.pagination import Offset
from connectors.pokeapi.endpoints import EVOLUTION_CHAIN, POKEMON, POKEMON_LIST, POKEMON_SPECIES
from crosscurrent.errors import WrongUse

ALL = "all"

_BASE = "/api/v2"
_TARGET = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PATHS = {POKEMON: "pokemon", POKEMON_SPECIES: "pokemon-species", EVOLUTION_CHAIN: "evolution-chain"}
_LIST_PAGES = Offset(size=500, pages_max=20)


def polls(targets: Sequence[str]) -> list[Poll]:
    """Return the requests for creatures by name or number, or for ``all``; the list of all is always asked for.

    Raises:
        WrongUse: a target is none of these.
    """
    everything = ALL in targets
    names = [target for target in targets if target != ALL]
    for name in names:
        if not _TARGET.fullmatch(name):
            raise WrongUse(
                f"the PokéAPI target {name[:80]!r}",
                expected="a name in small letters, a number, or all",
                todo="correct CROSSCURRENT_SOURCES__POKEAPI__TARGETS",
                source="pokeapi",
            )
    find = find_creatures if everything else None
    listed = Poll(POKEMON_LIST, "", f"{_BASE}/pokemon", pagination=_LIST_PAGES, find=find)
    return [listed, *(poll_for(POKEMON, name) for name in names)]


def poll_for(endpoint: str, target: str) -> Poll:
    """Return the request for one resource."""
    finds = {POKEMON: find_species, POKEMON_SPECIES: find_chain}
    return Poll(endpoint, target, f"{_BASE}/{_PATHS[endpoint]}/{target}/", find=finds.get(endpoint))


def find_creatures(payload: object) -> list[Found]:
    """Return every creature of a page of the list."""
    rows = payload.get("results") if isinstance(payload, dict) else None
    names = [_last_part(row) for row in rows] if isinstance(rows, list) else []
    return [(POKEMON, name) for name in names if name]


def find_species(payload: object) -> list[Found]:
    """Return the species of a creature."""
    name = _last_part(payload.get("species")) if isinstance(payload, dict) else None
    return [(POKEMON_SPECIES, name)] if name else []


def find_chain(payload: object) -> list[Found]:
    """Return the evolution chain of a species."""
    number = _last_part(payload.get("evolution_chain")) if isinstance(payload, dict) else None
    return [(EVOLUTION_CHAIN, number)] if number else []


def _last_part(link: object) -> str | None:
    url = link.get("url") if isinstance(link, dict) else None
    part = url.rstrip("/").rpartition("/")[2] if isinstance(url, str) else ""
    return part if _TARGET.fullmatch(part) else None
