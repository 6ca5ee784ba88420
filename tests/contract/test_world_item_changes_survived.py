"""Items that come late, hide or go while lists are paged: connectors lose nothing, double nothing, and tell what is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import httpx
import orjson

from connectors.github.connector import GITHUB
from connectors.kit.declaration import Connector
from connectors.kit.presence import VANISHED
from connectors.notion.connector import NOTION
from connectors.spotify.connector import SPOTIFY
from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.notion_api import NotionTerms
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.scenario_file import parse_scenario
from crosscurrent.embedded.world.spotify_catalogue import music_id
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from schemas.records import RawEvent
from streams.normalise.logic import entity_batch
from tests.contract.connector_bench import BASE_URL, Bench, bench

REPOSITORY = "quillfen-works/sailbench"
LOG = id_of("data source", 0)
PLAYLIST = music_id("playlist", 0)
SEVERAL_PAGES_HOURS = 150
"""After so long a pause a repository has three pages of changed issues."""


class Watched:
    """A connector on a world in which something happens to items, polled in hours of one's choice."""

    def __init__(self, connector: Connector, target: str, endpoints: Iterable[str], items: str = "") -> None:
        self._connector = connector
        self._target = target
        self._endpoints = set(endpoints)
        scenario = parse_scenario(f'name = "mine"\n{items}', "mine.toml")
        self._clock = ManualClock()
        time = VirtualTime(scenario.start_seconds, self._clock, speed=1)
        self.world = World(scenario, time, WorldTerms(notion=NotionTerms(limit=1_000_000)))
        self.events: list[RawEvent] = []

    def polled_at(self, hours: Iterable[float]) -> Watched:
        """Poll in these hours after the start, and keep what was published."""
        asyncio.run(self._poll(hours))
        return self

    async def _poll(self, hours: Iterable[float]) -> None:
        transport = httpx.ASGITransport(create_app(self.world))
        async with bench(
            self._connector,
            transport,
            base_url=f"{BASE_URL}/{self._connector.name}",
            targets=[self._target],
            clock=self._clock,
        ) as own:
            now = 0.0
            for hour in hours:
                self._clock.advance((hour - now) * 3600)
                now = hour
                await self._round(own)
            self.events = own.broker.events()

    async def _round(self, own: Bench) -> None:
        waiting = list(own.asking.polls)
        while waiting:
            poll = waiting.pop(0)
            if poll.endpoint not in self._endpoints:
                continue
            polled = await own.poll(poll)
            # a page that begins at a row that is gone is refused, and the next poll begins anew
            assert polled.error is None or "start_cursor" in str(polled.error)
            if self._connector.poll_for is not None:
                waiting += [self._connector.poll_for(*found) for found in polled.standing.state.found]

    def versions(self, *kinds: str) -> set[tuple[str, ...]]:
        """Key and version of everything that was published."""
        return {
            (thing.entity_id, str(thing.attributes.get("state")), str(thing.version))
            for event in self.events
            for thing in self._connector.map_payload(event).things
            if thing.entity_type in kinds
        }

    def keys(self, kind: str) -> set[str]:
        """Keys of everything of a kind that was published as being there."""
        return {key for key, *_ in self.versions(kind)}

    def gone(self) -> list[list[str]]:
        """What was told to be gone, time by time."""
        payloads = [orjson.loads(one.payload) for one in self.events if one.endpoint == VANISHED]
        return [sorted(row["entity_id"] for row in payload["gone"]) for payload in payloads]

    def changed(self) -> list[str]:
        """The items that the scenario changes, as entities."""
        return sorted(one["id"] for change in self.world.changed_items() for one in change["entities"])  # type: ignore[attr-defined]

    def entity_ids(self) -> list[str]:
        """The ids of the records of all things, event by event."""
        batches = [entity_batch(one, self._connector.map_payload(one).things) for one in self.events]
        return [entity.record_id for batch in batches if batch for entity in batch.entities]


def items(list_name: str, change: str, **said: object) -> str:
    given = {"list": list_name, "change": change, **said}
    return "\n".join(
        ["[[items]]", *(f"{name} = {orjson.dumps(value).decode()}" for name, value in given.items())]
    )


def test_issues_that_move_while_pages_are_read_are_not_skipped_when_one_before_them_is_deleted() -> None:
    """Pages by number skipped the first row of the second page, and the look-back did not reach it any more."""
    change = items(
        f"github.issues:{REPOSITORY}",
        "delete",
        at_hour=SEVERAL_PAGES_HOURS,
        first=150,
        count=3,
        between_pages=True,
    )
    hours = [0, SEVERAL_PAGES_HOURS + 0.1, SEVERAL_PAGES_HOURS + 1.1]
    hit = Watched(GITHUB, REPOSITORY, ["issues"], change).polled_at(hours)
    plain = Watched(GITHUB, REPOSITORY, ["issues"]).polled_at(hours)

    seen, there = (one.versions("issue", "pull_request") for one in (hit, plain))
    assert len(there) > 200
    assert {key for key, *_ in there - seen} <= set(hit.changed())
    # a row that stands on the border of two pages is read twice, and is the same record
    assert len(set(hit.entity_ids())) == len(seen)
    assert len({event.record_id for event in hit.events}) == len(hit.events)


def test_issue_that_an_index_shows_within_the_look_back_is_published() -> None:
    change = items(f"github.issues:{REPOSITORY}", "late", at_hour=10, until_hour=11.5)
    hours = [hour / 4 for hour in range(60)]
    late = Watched(GITHUB, REPOSITORY, ["issues"], change).polled_at(hours)
    plain = Watched(GITHUB, REPOSITORY, ["issues"]).polled_at(hours)

    assert late.changed()[0] in late.keys("issue") | late.keys("pull_request")
    assert late.versions("issue", "pull_request") == plain.versions("issue", "pull_request")


def test_release_that_is_deleted_is_told_and_one_that_was_hidden_is_there_again() -> None:
    releases = f"github.releases:{REPOSITORY}"
    change = (
        items(releases, "delete", at_hour=5, first=1)
        + "\n"
        + items(releases, "hide", at_hour=12, until_hour=20)
    )
    seen = Watched(GITHUB, REPOSITORY, ["releases"], change).polled_at(range(30))

    deleted, hidden = (str(one["entities"][0]["id"]) for one in seen.world.changed_items())  # type: ignore[index]
    assert seen.gone() == [[deleted], [hidden]]
    last = [event for event in seen.events if hidden in _shown(seen, event)][-1]
    assert last.observed_at > next(one for one in seen.events if hidden in str(one.payload)).observed_at
    assert len({event.record_id for event in seen.events}) == len(seen.events)


def test_repository_that_is_deleted_is_told_by_its_organisation_and_by_itself() -> None:
    change = items("github.repositories:tarnholt", "delete", at_hour=5, first=5)
    listed = Watched(GITHUB, "org:tarnholt", ["organisation_repositories"], change).polled_at(range(12))
    assert listed.gone() == [["tarnholt/peatbog"]]


def test_row_of_notion_deleted_between_two_pages_is_told_and_the_others_are_all_there() -> None:
    change = items(f"notion.rows:{LOG}", "delete", at_hour=6, first=10, count=2, between_pages=True)
    hours = [hour / 2 for hour in range(40)]
    endpoints = ["data_source", "data_source_query"]
    hit = Watched(NOTION, f"data_source:{LOG}", endpoints, change).polled_at(hours)
    plain = Watched(NOTION, f"data_source:{LOG}", endpoints).polled_at(hours)

    assert sorted(key for keys in hit.gone() for key in keys) == hit.changed()
    assert hit.keys("page") == plain.keys("page")
    assert plain.gone() == []


def test_tracks_of_a_playlist_whose_rows_move_while_it_is_paged_all_come_in() -> None:
    change = items(
        f"spotify.playlist_items:{PLAYLIST}", "delete", at_hour=3, first=4, count=3, between_pages=True
    )
    endpoints = ["playlist", "playlist_items"]
    hit = Watched(SPOTIFY, f"playlist:{PLAYLIST}", endpoints, change).polled_at(range(14))
    plain = Watched(SPOTIFY, f"playlist:{PLAYLIST}", endpoints).polled_at(range(14))

    assert len(plain.keys("track")) > 50
    assert hit.keys("track") == plain.keys("track")
    assert len({event.record_id for event in hit.events}) == len(hit.events)


def _shown(watched: Watched, event: RawEvent) -> set[str]:
    things = watched._connector.map_payload(event).things
    return {thing.entity_id for thing in things if "deleted_at" not in thing.attributes}
