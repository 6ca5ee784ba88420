"""PokéAPI (GraphQL): all creatures, species, items and generations, many rows a request.

Source: https://graphql.pokeapi.co, https://github.com/PokeAPI/pokeapi/tree/master/graphql
"""

from __future__ import annotations

from connectors.kit.auth import NoAuth
from connectors.kit.declaration import Connector
from connectors.kit.graphql import GraphqlFailures
from connectors.kit.quota import DocumentedRate
from connectors.pokeapi_graphql.endpoints import NOT_MEASURED, POLLED, endpoint_of
from connectors.pokeapi_graphql.mapping import TABLE, map_payload
from connectors.pokeapi_graphql.requests import polls

# Hasura's codes for a query that its schema does not know, or does not let us ask
_REFUSED = frozenset({"validation-failed", "parse-failed", "not-supported", "access-denied"})

POKEAPI_GRAPHQL = Connector(
    name="pokeapi_graphql",
    title="PokéAPI GraphQL",
    base_url="https://graphql.pokeapi.co",
    auth=NoAuth(),
    # the vendor's proxy refills one request a minute after a burst of 200
    quota=DocumentedRate(60, 3600.0, description="one request a minute by the vendor's proxy, after a burst"),
    interval_seconds=86_400.0,
    endpoints=POLLED,
    polls=polls,
    targets_default=POLLED,
    targets_help="kinds of things: " + ", ".join(POLLED),
    map_payload=map_payload,
    table=TABLE,
    endpoint_of=endpoint_of,
    not_measured=NOT_MEASURED,
    failure_in=GraphqlFailures("pokeapi_graphql", _REFUSED),
    concurrency_max=2,
    account_help="no account: PokéAPI is open",
    no_history="its data are reference data without times",
)
