"""Every connector there is. A new one is one line here."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from connectors.github.connector import GITHUB
from connectors.kit.declaration import Connector
from connectors.musicbrainz.connector import MUSICBRAINZ
from connectors.notion.connector import NOTION
from connectors.openweathermap.connector import OPENWEATHERMAP
from connectors.pokeapi.connector import POKEAPI
from connectors.pokeapi_graphql.connector import POKEAPI_GRAPHQL
from connectors.spotify.connector import SPOTIFY
from connectors.tmdb.connector import TMDB
from crosscurrent.errors import WrongUse
from schemas.mapping import MapPayload

CONNECTORS: dict[str, Connector] = {
    connector.name: connector
    for connector in (
        GITHUB,
        MUSICBRAINZ,
        NOTION,
        OPENWEATHERMAP,
        POKEAPI,
        POKEAPI_GRAPHQL,
        SPOTIFY,
        TMDB,
    )
}
MAPPINGS: dict[str, MapPayload] = {name: connector.map_payload for name, connector in CONNECTORS.items()}
MAPS: dict[str, Mapping[str, Collection[str]]] = {
    name: connector.table.maps for name, connector in CONNECTORS.items() if connector.table is not None
}
"""Source to endpoint to the objects in its payloads whose field names are data."""


def connector_named(name: str) -> Connector:
    """Return a connector by its name.

    Raises:
        WrongUse: there is none of that name.
    """
    if name not in CONNECTORS:
        raise WrongUse(
            f"no source {name!r}",
            expected="one of " + ", ".join(CONNECTORS),
            todo="see `crosscurrent sources list`",
            source=name,
        )
    return CONNECTORS[name]
