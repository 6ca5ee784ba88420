"""Every connector there is. A new one is one line here, or a file in the directory of declared sources."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.declared.directory import declared_files, read_directory, read_source
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


@dataclass(frozen=True, slots=True)
class Sources:
    """Every source of an installation.

    Attributes:
        connectors: name to connector: those that come with Crosscurrent, then those that are declared in files.
        files: name to file, of those that are declared.
        refused: what is wrong with the files that declare nothing good.
    """

    connectors: dict[str, Connector]
    files: dict[str, Path]
    refused: tuple[WrongUse, ...]

    @property
    def mappings(self) -> dict[str, MapPayload]:
        """Name to mapping."""
        return {name: connector.map_payload for name, connector in self.connectors.items()}

    @property
    def maps(self) -> dict[str, Mapping[str, Collection[str]]]:
        """Source to endpoint to the objects in its payloads whose field names are data."""
        tables = {name: connector.table for name, connector in self.connectors.items()}
        return {name: table.maps for name, table in tables.items() if table is not None}


def all_sources(directory: Path) -> Sources:
    """Return every source; a file that is wrong stops no other.

    Args:
        directory: of the declared ones, ``Settings.sources_directory``.
    """
    declared = read_directory(directory, CONNECTORS)
    return Sources({**CONNECTORS, **declared.connectors}, declared.files, declared.refused)


def connector_named(name: str, directory: Path | None = None) -> Connector:
    """Return a connector by its name.

    Args:
        name: of the source.
        directory: of the declared ones; ``None`` for none. Only the file of this name is read.

    Raises:
        WrongUse: there is none of that name, or its file is wrong.
    """
    if name in CONNECTORS:
        return CONNECTORS[name]
    files = declared_files(directory, CONNECTORS) if directory is not None else {}
    if name in files:
        return read_source(files[name], CONNECTORS)
    raise WrongUse(
        f"no source {name!r}",
        expected="one of " + ", ".join((*CONNECTORS, *files)),
        todo=f"see `crosscurrent sources list`{_where_to_declare(directory)}",
        source=name,
    )


def _where_to_declare(directory: Path | None) -> str:
    return f", or declare it in {directory}" if directory is not None else ""
