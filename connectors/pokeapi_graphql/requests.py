"""What is asked of PokéAPI's GraphQL for each target (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.kit.declaration import Poll
from connectors.kit.json_request import JsonBody
from connectors.kit.pagination import Offset
from connectors.pokeapi_graphql.endpoints import OPERATION_PARAMETER, PATH, POLLED
from connectors.pokeapi_graphql.queries import QUERIES, ROOTS
from crosscurrent.errors import WrongUse

ROWS_A_PAGE: Final = 100
PAGES_MAX: Final = 100

_VARIABLES: Final = {"limit": "variables.limit", "offset": "variables.offset"}


def polls(targets: Sequence[str]) -> list[Poll]:
    """Return the paged query for each kind of thing.

    Raises:
        WrongUse: a target is no such kind.
    """
    for target in targets:
        if target not in POLLED:
            raise WrongUse(
                f"the PokéAPI GraphQL target {target[:80]!r}",
                expected="one of " + ", ".join(POLLED),
                todo="correct CROSSCURRENT_SOURCES__POKEAPI_GRAPHQL__TARGETS",
                source="pokeapi_graphql",
            )
    return [_poll(target) for target in dict.fromkeys(targets)]


def _poll(endpoint: str) -> Poll:
    root = ROOTS[endpoint]
    return Poll(
        endpoint,
        "",
        PATH,
        {OPERATION_PARAMETER: endpoint},
        pagination=Offset(
            rows=f"data.{root}",
            total_field=f"data.{root}_aggregate.aggregate.count",
            size=ROWS_A_PAGE,
            pages_max=PAGES_MAX,
        ),
        body=JsonBody({"query": QUERIES[endpoint]}, _VARIABLES, frozenset(_VARIABLES)),
    )
