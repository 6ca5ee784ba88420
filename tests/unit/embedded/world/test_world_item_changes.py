"""Items that a scenario shows late, hides or deletes: when, of which list, and what its truth says of them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.scenario_file import parse_scenario
from crosscurrent.embedded.world.spotify_catalogue import music_id
from crosscurrent.embedded.world.truth import truth
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World
from crosscurrent.errors import WrongUse

ISSUES = "github.issues:quillfen-works/sailbench"
RELEASES = "github.releases:quillfen-works/sailbench"
PLAYLIST = music_id("playlist", 0)
ROWS = f"spotify.playlist_items:{PLAYLIST}"
LOG = id_of("data source", 0)
LOG_ROWS = f"notion.rows:{LOG}"
HEADERS = {"user-agent": "tests", "authorization": "Bearer token", "notion-version": "2025-09-03"}


class Played:
    """A world whose time is moved by hand, with one change in it."""

    def __init__(self, list_name: str, change: str, **said: object) -> None:
        given = {"list": list_name, "change": change, **said}
        lines = [f"{name} = {orjson.dumps(value).decode()}" for name, value in given.items()]
        self.scenario = parse_scenario("\n".join(['name = "mine"', "[[items]]", *lines]), "mine.toml")
        self.time = VirtualTime(self.scenario.start_seconds, ManualClock(), speed=0)
        self.world = World(self.scenario, self.time)
        self._headers = dict(HEADERS)

    def to_hour(self, hour: float) -> None:
        self.time.advance(self.scenario.start_seconds + hour * 3600 - self.time.now_seconds())

    def get(self, vendor: str, path: str, body: bytes = b"", **query: str) -> Any:
        answer = self.world.answer(
            vendor, path, query, self._headers, "http://w", None, method="POST" if body else "GET", body=body
        )
        return orjson.loads(answer.body) if answer.status == 200 else answer.status

    def log_in(self) -> None:
        grant = self.world.answer(
            "spotify",
            "/api/token",
            {},
            {"authorization": f"Basic {base64.b64encode(b'app:secret').decode()}"},
            "http://w",
            None,
            method="POST",
            body=b"grant_type=client_credentials",
        )
        self._headers["authorization"] = f"Bearer {orjson.loads(grant.body)['access_token']}"

    def playlist_pages(self, hour: float) -> list[str]:
        self.log_in()
        self.to_hour(hour)
        path = f"/v1/playlists/{PLAYLIST}/items"
        pages = [self.get("spotify", path, limit="50", offset=str(offset)) for offset in (0, 50, 100)]
        return [row["added_at"] for page in pages for row in page["items"]]

    def playlist_rows(self, hour: float) -> int:
        self.log_in()
        self.to_hour(hour)
        count: int = self.get("spotify", f"/v1/playlists/{PLAYLIST}")["tracks"]["total"]
        return count

    def told(self) -> Mapping[str, Any]:
        (one,) = self.world.changed_items()
        return one

    def issues(self) -> list[int]:
        rows = self.get("github", "/repos/quillfen-works/sailbench/issues", state="all", per_page="100")
        return [row["number"] for row in rows]


def test_deleted_release_is_shown_no_more_and_the_truth_names_it_as_its_entity() -> None:
    played = Played(RELEASES, "delete", at_hour=5, first=1, count=2)
    path = "/repos/quillfen-works/sailbench/releases"
    before = [row["tag_name"] for row in played.get("github", path)]
    played.to_hour(5)
    after = [row["tag_name"] for row in played.get("github", path)]

    assert after == [before[0], *before[3:]]
    names = [f"quillfen-works/sailbench@{tag}" for tag in before[1:3]]
    assert [one["id"] for one in played.told()["entities"]] == names
    assert truth(played.scenario)["items"] == [played.told()]
    assert played.told()["is_told"] is True


def test_hidden_repository_is_as_one_that_is_not_there_until_it_is_shown_again() -> None:
    played = Played("github.repositories:tarnholt", "hide", at_hour=2, until_hour=4, first=1)
    seen = []
    for hour in (1, 3, 5):
        played.to_hour(hour)
        names = [row["name"] for row in played.get("github", "/orgs/tarnholt/repos")]
        seen.append(("millrace" in names, played.get("github", "/repos/tarnholt/millrace") != 404))
    assert seen == [(True, True), (False, False), (True, True)]


def test_late_issue_is_shown_with_the_time_that_it_bears() -> None:
    plain = Played(RELEASES, "delete", at_hour=200)
    plain.to_hour(60)
    known = set(plain.issues())
    played = Played(ISSUES, "late", at_hour=10, until_hour=40)
    played.to_hour(39.9)
    before = set(played.issues())
    played.to_hour(40)
    (late,) = set(played.issues()) - before

    assert played.told()["entities"][0]["id"] == f"quillfen-works/sailbench#{late}"
    assert late in known
    rows = played.get("github", "/repos/quillfen-works/sailbench/issues", state="all", per_page="100")
    (created,) = (row["created_at"] for row in rows if row["number"] == late)
    assert "2026-01-05T10" <= created < "2026-01-05T20"


def test_change_between_pages_waits_for_the_first_page_and_moves_what_is_on_the_second() -> None:
    played = Played(ROWS, "delete", at_hour=3, first=4, between_pages=True)
    undisturbed = Played(ROWS, "delete", at_hour=200)
    read, whole = (one.playlist_pages(3) for one in (played, undisturbed))

    # the row behind the border has moved onto the page that was read before
    assert read == whole[:50] + whole[51:]
    assert played.told()["at"] == "2026-01-05T03:00:00Z"


def test_change_between_pages_happens_an_hour_late_where_nobody_pages() -> None:
    lacking = []
    for hour in (3.0, 3.9, 4.0):
        changed, plain = (
            Played(ROWS, "delete", at_hour=3, between_pages=True),
            Played(ROWS, "delete", at_hour=99),
        )
        lacking.append(plain.playlist_rows(hour) - changed.playlist_rows(hour))
    assert lacking == [0, 0, 1]


def test_deleted_row_of_notion_is_in_the_trash_and_in_no_list() -> None:
    played = Played(LOG_ROWS, "delete", at_hour=1, first=2)
    played.to_hour(1)
    (gone,) = (one["id"] for one in played.told()["entities"])
    rows = played.get("notion", f"/v1/data_sources/{LOG}/query", b"{}")["results"]
    found = played.get("notion", "/v1/search", b'{"page_size": 100}')["results"]

    assert gone not in {row["id"] for row in (*rows, *found)}
    assert played.get("notion", f"/v1/pages/{gone}")["in_trash"] is True


@pytest.mark.parametrize(
    ("list_name", "change", "said", "path"),
    [
        ("github.stars:x", "delete", {}, "items[0].list"),
        ("github.issues:nobody/nothing", "delete", {}, "items[0].list"),
        (ISSUES, "delete", {"until_hour": 3}, "items[0].until_hour"),
        (ISSUES, "hide", {}, "items[0].until_hour"),
        (ISSUES, "hide", {"until_hour": 1}, "items[0].until_hour"),
        (ISSUES, "late", {"until_hour": 3, "first": 2}, "items[0]"),
    ],
)
def test_mistake_in_a_change_of_items_is_told_with_its_path(
    list_name: str, change: str, said: dict[str, object], path: str
) -> None:
    with pytest.raises(WrongUse, match=r"mine\.toml") as caught:
        Played(list_name, change, at_hour=1, **said)
    assert f": {path}" in caught.value.found
