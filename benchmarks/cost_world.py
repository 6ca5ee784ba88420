"""The played GitHub and Spotify of the benchmark of cost: the wire to them, when what changes, and who holds what when.

A *part* is what one address tells of a repository or a playlist; each changes at moments that the world knows. A
contender holds a version of a part from the moment an answer with it came; an answer tells itself which one it is.
"""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx
import orjson

from benchmarks.virtual_loop import LoopClock
from crosscurrent.embedded.world.exchange import Answer
from crosscurrent.embedded.world.github_api import DEFAULT_LIMIT, GithubTerms
from crosscurrent.embedded.world.github_history import GithubHistory
from crosscurrent.embedded.world.issue_list import IssueChoice
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.music_model import PLAYLIST_COUNT, MusicModel
from crosscurrent.embedded.world.repository_model import RepositoryModel
from crosscurrent.embedded.world.scenario import Scenario
from crosscurrent.embedded.world.scenario_file import load_scenario
from crosscurrent.embedded.world.spotify_api import TOKEN_PATH
from crosscurrent.embedded.world.spotify_catalogue import Catalogue, music_id
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.weather_model import WeatherModel
from crosscurrent.embedded.world.world import World, WorldTerms

SCENARIO: Final = "seldom-changes"
ADDRESS: Final = "http://vendors.test"
GITHUB, SPOTIFY = "github", "spotify"
OWNER: Final = "harbourmaster"
"""Whose all of the watched playlists are."""
REPOSITORY, EVENTS, ISSUES, RELEASES = "repository", "events", "issues", "releases"
PLAYLIST, ROWS = "playlist", "rows"
PARTS: Final = {GITHUB: (REPOSITORY, EVENTS, ISSUES), SPOTIFY: (PLAYLIST, ROWS)}
"""Those whose freshness is measured; of releases only the requests are counted."""

_HOUR_SECONDS = 3600
_NOT_MODIFIED = 304
_GOOD = 200

Part = tuple[str, str]
"""Which part, of which repository or playlist."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched.

    Attributes:
        scenario: of the world.
        repositories: full names.
        playlists: ids.
        changes: of each part the moments at which it changes, epoch seconds, the first within the time watched.
    """

    scenario: Scenario
    repositories: tuple[str, ...]
    playlists: tuple[str, ...]
    changes: Mapping[Part, tuple[int, ...]]


@dataclass(slots=True)
class Seen:
    """What came of the requests of one contender.

    Attributes:
        requests: by vendor.
        counted: by vendor, those that count against a quota.
        refused: by vendor, those answered neither with data nor with 304.
        held: of each part the moments at which a newer version came, and the change that it shows, epoch seconds.
    """

    requests: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    held: dict[Part, list[tuple[float, int]]] = field(default_factory=dict)

    def holds(self, part: Part, now: float, change: int) -> None:
        """Take note that a version of a part has come."""
        versions = self.held.setdefault(part, [])
        if not versions or change > versions[-1][1]:
            versions.append((now, change))


def watched(hours: int, *, repositories: int | None = None, playlists: int | None = None) -> Watched:
    """Return what is watched for some hours, and when it changes.

    Args:
        hours: how long.
        repositories: how many; all of the scenario if ``None``.
        playlists: how many.
    """
    scenario = load_scenario(SCENARIO)
    quiet = [one for one in scenario.repositories if one.owner.startswith("wharf-")][:repositories]
    lists = scenario.playlists[:playlists]
    scenario = replace(scenario, repositories=tuple(quiet), playlists=lists)
    numbers = range(PLAYLIST_COUNT, PLAYLIST_COUNT + len(lists))
    return Watched(
        scenario,
        tuple(one.full_name for one in quiet),
        tuple(music_id("playlist", number) for number in numbers),
        {**_github_changes(scenario, hours), **_spotify_changes(scenario, numbers, hours)},
    )


def _github_changes(scenario: Scenario, hours: int) -> dict[Part, tuple[int, ...]]:
    moved = MovementModel(scenario.seed, scenario.start_seconds // _HOUR_SECONDS, ())
    history = GithubHistory(scenario, RepositoryModel(scenario, WeatherModel(scenario, moved), moved))
    span = range(scenario.start_seconds, scenario.start_seconds + hours * _HOUR_SECONDS)
    changes: dict[Part, tuple[int, ...]] = {}
    everything = IssueChoice("all", ascending=True)
    for place in history.places.values():
        name = place.repository.full_name
        counts = [history.counts(place, hour) for hour in range(hours + 2)]
        issues = history.issues(place, hours + 1, everything)
        of_issues = [one.created_seconds for one in issues] + [one.closed_seconds or 0 for one in issues]
        events = history.events(place, hours + 1)
        for part, found in (
            (REPOSITORY, [one.updated_seconds for one in counts]),
            (EVENTS, [epoch_seconds(orjson.loads(one)["created_at"]) for one in events]),
            (ISSUES, of_issues),
        ):
            changes[part, name] = tuple(sorted({one for one in found if one in span}))
    return changes


def _spotify_changes(scenario: Scenario, numbers: Iterable[int], hours: int) -> dict[Part, tuple[int, ...]]:
    model = MusicModel(Catalogue(scenario.seed), None, scenario.playlists)
    changes: dict[Part, tuple[int, ...]] = {}
    for number in numbers:
        found = tuple(scenario.start_seconds + one for one in model.playlist_changes_seconds(number, hours))
        within = tuple(one for one in found if one < scenario.start_seconds + hours * _HOUR_SECONDS)
        changes[PLAYLIST, music_id("playlist", number)] = within
        changes[ROWS, music_id("playlist", number)] = within
    return changes


class Wire(httpx.AsyncBaseTransport):
    """The way of one contender to a world of its own, which runs as fast as the loop's time.

    Args:
        what: is watched.
        github_limit: requests an hour that GitHub answers.
    """

    def __init__(self, what: Watched, github_limit: int = DEFAULT_LIMIT) -> None:
        self.seen = Seen()
        terms = WorldTerms(github=GithubTerms(limit=github_limit))
        time = VirtualTime(what.scenario.start_seconds, LoopClock(), speed=1.0)
        self._world = World(what.scenario, time, terms)
        self._changes_of_playlist = {
            key: changes for (part, key), changes in what.changes.items() if part == PLAYLIST
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of httpx."""
        answer = self.answer(request.method, str(request.url), request.headers, await request.aread())
        return httpx.Response(answer.status, headers=headers_of(answer), stream=_Body(answer.body))

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return a vendor's answer and take note of what it tells."""
        parts = urlsplit(url)
        vendor, _, path = parts.path.removeprefix("/").partition("/")
        lower = {name.lower(): value for name, value in headers.items()}
        fault = self._world.begin(vendor, f"/{path}")
        origin = f"{ADDRESS}/{vendor}"
        answer = self._world.answer(
            vendor, f"/{path}", dict(parse_qsl(parts.query)), lower, origin, fault, method=method, body=body
        )
        self._world.end(vendor, answer.status)
        if f"/{path}" != TOKEN_PATH:
            self._note(vendor, path, answer)
        return answer

    def _note(self, vendor: str, path: str, answer: Answer) -> None:
        unchanged = answer.status == _NOT_MODIFIED
        self.seen.requests[vendor] += 1
        self.seen.counted[vendor] += not (unchanged and vendor == GITHUB)
        if answer.status == _GOOD:
            payload = orjson.loads(answer.body)
            for part, change in self._told(vendor, path.split("/"), payload):
                self.seen.holds(part, self._world.time.now_seconds(), change)
        elif not unchanged:
            self.seen.refused[vendor] += 1

    def _told(self, vendor: str, steps: list[str], payload: Any) -> list[tuple[Part, int]]:
        """Return which parts an answer shows as of which change."""
        if vendor == SPOTIFY:
            return self._told_of_playlist(steps, payload)
        name, what = "/".join(steps[1:3]), "/".join(steps[3:])
        if not what:
            return [((REPOSITORY, name), epoch_seconds(payload["updated_at"]))]
        field_name = {"events": "created_at", "issues": "updated_at"}.get(what)
        # an empty list is as new as nothing
        return (
            [((what, name), max((epoch_seconds(row[field_name]) for row in payload), default=0))]
            if field_name
            else []
        )

    def _told_of_playlist(self, steps: list[str], payload: Any) -> list[tuple[Part, int]]:
        key = steps[2]
        shown = payload["items"] if steps[1] == "users" else [payload] if len(steps) == 3 else []
        if shown:
            return [((PLAYLIST, one["id"]), self._change_shown(one)) for one in shown]
        return [((ROWS, key), max((epoch_seconds(row["added_at"]) for row in payload["items"]), default=0))]

    def _change_shown(self, playlist: Any) -> int:
        last_row = int(b64decode(playlist["snapshot_id"]).split(b",")[0])
        return self._change_of(playlist["id"], last_row)

    def _change_of(self, key: str, last_row: int) -> int:
        number = last_row - _FIRST_LAST_ROW
        return self._changes_of_playlist[key][number - 1] if number else 0


# the last row of a playlist before its first change
_FIRST_LAST_ROW = 134


class _Body(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._content = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


def epoch_seconds(text: str) -> int:
    """Return a moment as JSON APIs write it."""
    return int(datetime.fromisoformat(text).timestamp())


def headers_of(answer: Answer) -> dict[str, str]:
    """Return the headers of an answer, as the world's server sends them."""
    kind = {"content-type": answer.media_type} if answer.media_type else {}
    return {**kind, **answer.headers}


@dataclass(frozen=True, slots=True)
class Freshness:
    """How current what a contender holds is.

    Attributes:
        changes: how many there were.
        delays_seconds: from each change until it was held, or to the end if it never was.
        stale_seconds: of each time in which what was held was not current, its length.
        watched_seconds: of all parts together.
    """

    changes: int
    delays_seconds: tuple[float, ...]
    stale_seconds: tuple[float, ...]
    watched_seconds: float

    def delay_seconds(self, share: float) -> float:
        """Return the delay that a share of all changes does not pass."""
        ranked = sorted(self.delays_seconds)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0

    def age_seconds(self, share: float) -> float:
        """Return the age that is not passed in a share of all time of all parts; 0 where that is current.

        The age of what is held is the time since the first change that it does not show.

        Source: Cho and Garcia-Molina, "Effective page refresh policies for web crawlers", ACM TODS 28(4), 2003.
        """
        allowed = (1 - share) * self.watched_seconds
        low, high = 0.0, max(self.stale_seconds, default=0.0)
        for _ in range(40):
            middle = (low + high) / 2
            if sum(max(0.0, span - middle) for span in self.stale_seconds) > allowed:
                low = middle
            else:
                high = middle
        return 0.0 if high < 1e-3 else high

    @property
    def stale_share(self) -> float:
        """Share of all time of all parts in which what is held is not current."""
        return sum(self.stale_seconds) / self.watched_seconds


def freshness(what: Watched, seen: Seen, parts: Iterable[str], seconds: float) -> Freshness:
    """Return how current the versions of some parts are that a contender held.

    Args:
        what: is watched.
        seen: by the contender.
        parts: which.
        seconds: watched.
    """
    begin = what.scenario.start_seconds
    end = begin + seconds
    delays: list[float] = []
    stale: list[float] = []
    wanted, count = set(parts), 0
    for part, changes in what.changes.items():
        if part[0] not in wanted:
            continue
        count += 1
        versions = seen.held.get(part, [])
        current_from = 0.0
        for change in changes:
            held_at = next((at for at, version in versions if version >= change), end)
            delays.append(held_at - change)
            if held_at > current_from:
                # changes that one answer brings are one time of being stale, from the first of them
                stale.append(held_at - change)
            current_from = max(current_from, held_at)
    return Freshness(len(delays), tuple(delays), tuple(stale), count * seconds)
