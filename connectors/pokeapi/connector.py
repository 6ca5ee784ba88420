"""PokéAPI (REST): creatures, their species and how they evolve.

Source: https://pokeapi.co/docs/v2
"""

from __future__ import annotations

from connectors.kit.auth import NoAuth
from connectors.kit.declaration import Connector
from connectors.kit.quota import DocumentedRate
from connectors.pokeapi.endpoints import (
    EVOLUTION_CHAIN,
    NOT_MEASURED,
    POKEMON,
    POKEMON_LIST,
    POKEMON_SPECIES,
    endpoint_of,
)
from connectors.pokeapi.mapping import TABLE, map_payload
from connectors.pokeapi.requests import poll_for, polls

POKEAPI = Connector(
    name="pokeapi",
    title="PokéAPI",
    base_url="https://pokeapi.co",
    auth=NoAuth(),
    # the vendor has no limit any more but bans abuse; this was its last one
    quota=DocumentedRate(100, 60.0, description="fair use; 100 requests a minute are not passed"),
    interval_seconds=86_400.0,
    endpoints=(POKEMON_LIST, POKEMON, POKEMON_SPECIES, EVOLUTION_CHAIN),
    polls=polls,
    poll_for=poll_for,
    targets_default=("1", "4", "7", "25", "133"),
    targets_help="names or numbers of creatures, or all",
    map_payload=map_payload,
    table=TABLE,
    endpoint_of=endpoint_of,
    not_measured=NOT_MEASURED,
    concurrency_max=4,
    account_help="no account: PokéAPI is open",
    no_history="its data are reference data without times",
)
