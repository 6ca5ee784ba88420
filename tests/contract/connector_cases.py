"""Every connector with a vendor that plays its part. A new connector is one line in ``CASES``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
from starlette.types import ASGIApp

from connectors.github.connector import GITHUB
from connectors.kit.declaration import Connector
from connectors.notion.connector import NOTION
from connectors.openweathermap.connector import OPENWEATHERMAP
from connectors.pokeapi.connector import POKEAPI
from connectors.pokeapi_graphql.connector import POKEAPI_GRAPHQL
from crosscurrent.clock import SystemClock
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.notion_api import NotionTerms
from crosscurrent.embedded.world.notion_model import id_of
from crosscurrent.embedded.world.notion_payload import TOP_TITLE
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from tests.contract.connector_bench import BASE_URL


@dataclass(frozen=True)
class Case:
    """A connector and how its vendor is played.

    Attributes:
        connector: what is tested.
        app: makes the vendor, with a clock that stands still.
        targets: that the vendor knows.
        path: of the vendor's base address.
    """

    connector: Connector
    app: Callable[[], ASGIApp]
    targets: tuple[str, ...]
    path: str = ""

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


CASES = (
    Case(GITHUB, world, ("quillfen-works/sailbench", "org:tarnholt"), "/github"),
    Case(
        NOTION,
        world,
        ("all", f"page:{id_of('page', TOP_TITLE)}", f"database:{id_of('database', 0)}"),
        "/notion",
    ),
    Case(OPENWEATHERMAP, world, ("2643743", "59.9127,10.7461"), "/openweathermap"),
    Case(POKEAPI, world, ("1", "4"), "/pokeapi"),
    Case(POKEAPI_GRAPHQL, world, POKEAPI_GRAPHQL.targets_default, "/pokeapi_graphql"),
)
