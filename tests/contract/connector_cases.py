"""Every connector with a vendor that plays its part. A new connector is one line in ``CASES``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.types import ASGIApp

from connectors.declared.directory import read_source
from connectors.github.connector import GITHUB
from connectors.kit.declaration import Connector
from connectors.musicbrainz.connector import MUSICBRAINZ
from connectors.notion.connector import NOTION
from connectors.openweathermap.connector import OPENWEATHERMAP
from connectors.pokeapi.connector import POKEAPI
from connectors.pokeapi_graphql.connector import POKEAPI_GRAPHQL
from connectors.spotify.connector import SPOTIFY
from connectors.tmdb.connector import TMDB
from crosscurrent.clock import SystemClock
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.music_catalogue import ARTIST, GROUP, RECORDING, RELEASE, mbid
from crosscurrent.embedded.world.notion_api import NotionTerms
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.notion_payload import TOP_TITLE
from crosscurrent.embedded.world.spotify_catalogue import music_id
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from tests.contract.connector_bench import BASE_URL
from tests.contract.inaturalist import inaturalist

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "docs" / "examples" / "sources.d" / "inaturalist.yaml"


@dataclass(frozen=True)
class Case:
    """A connector and how its vendor is played.

    Attributes:
        connector: what is tested.
        app: makes the vendor, with a clock that stands still.
        targets: that the vendor knows.
        path: of the vendor's base address.
        page: that tells people about it, if it has no README of its own.
    """

    connector: Connector
    app: Callable[[], ASGIApp]
    targets: tuple[str, ...]
    path: str = ""
    page: Path | None = None

    @property
    def readme(self) -> Path:
        return self.page or REPOSITORY / "connectors" / self.connector.name / "README.md"

    @property
    def base_url(self) -> str:
        return BASE_URL + self.path

    def transport(self) -> httpx.AsyncBaseTransport:
        return httpx.ASGITransport(self.app())


def world() -> ASGIApp:
    scenario = default_scenario(1)
    # a round of tests asks faster than three times a second
    terms = WorldTerms(notion=NotionTerms(limit=1_000_000))
    return create_app(World(scenario, VirtualTime(scenario.start_seconds, SystemClock(), speed=0), terms))


GITHUB_TARGETS = (
    "quillfen-works/sailbench",
    "org:tarnholt",
    "counts:quillfen-works/sailbench",
    "counts:tarnholt/peatbog",
    "stars:tarnholt/peatbog",
    "commits:quillfen-works/sailbench",
    "traffic:quillfen-works/sailbench",
    "runs:quillfen-works/sailbench",
    "file:quillfen-works/sailbench:model/weights.bin",
)
SPOTIFY_TARGETS = (
    f"artist:{music_id('artist', 3)}",
    f"album:{music_id('album', 5)}",
    f"track:{music_id('track', 40)}",
    f"playlist:{music_id('playlist', 0)}",
    "user:quayside",
    "new-releases",
)
# every kind of target: an artist with pages of recordings, a release, its group, a recording, and a search of each
MUSICBRAINZ_TARGETS = (
    f"artist:{mbid(ARTIST, 0)}",
    f"release:{mbid(RELEASE, 1, 2)}",
    f"release-group:{mbid(GROUP, 1, 2)}",
    f"recording:{mbid(RECORDING, 1, 2, track=3)}",
    "search:artist:artist:fenwick",
    "search:release:borrowed",
    "search:release-group:borrowed",
    "search:recording:recording:harbour",
)
TMDB_TARGETS = (
    "movie:990001",
    "tv:880002",
    "person:770001",
    "trending:all:day",
    "popular:movie",
    "popular:tv",
    "popular:person",
    "changes:movie",
    "changes:tv:2025-12-01",
    "changes:person",
)
CASES = (
    Case(GITHUB, world, GITHUB_TARGETS, "/github"),
    Case(MUSICBRAINZ, world, MUSICBRAINZ_TARGETS, "/musicbrainz"),
    Case(
        NOTION,
        world,
        ("all", f"page:{id_of('page', TOP_TITLE)}", f"database:{id_of('database', 0)}"),
        "/notion",
    ),
    Case(OPENWEATHERMAP, world, ("2643743", "59.9127,10.7461"), "/openweathermap"),
    Case(POKEAPI, world, ("1", "4"), "/pokeapi"),
    Case(POKEAPI_GRAPHQL, world, POKEAPI_GRAPHQL.targets_default, "/pokeapi_graphql"),
    Case(SPOTIFY, world, SPOTIFY_TARGETS, "/spotify"),
    Case(TMDB, world, TMDB_TARGETS, "/tmdb"),
    Case(read_source(EXAMPLE, ()), inaturalist, ("47219", "8229"), page=EXAMPLE),
)
