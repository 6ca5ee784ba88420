"""A running world: its vendors, its time, its faults and what was asked of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from crosscurrent.embedded.world.exchange import Answer, Call, Vendor, http_date, iso_time
from crosscurrent.embedded.world.faults import REDIRECT_MARK, STALE_HOURS, Fault, Faults, spoilt
from crosscurrent.embedded.world.github_api import GithubApi, GithubTerms
from crosscurrent.embedded.world.github_deliveries import GithubDeliveries
from crosscurrent.embedded.world.github_history import GithubHistory
from crosscurrent.embedded.world.github_lists import GithubLists
from crosscurrent.embedded.world.item_changes import ItemChange, ItemChanges, ItemList, Key, ListName
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.musicbrainz_api import MusicBrainzApi, MusicBrainzTerms
from crosscurrent.embedded.world.notion_api import NotionApi, NotionTerms
from crosscurrent.embedded.world.notion_deliveries import NotionDeliveries
from crosscurrent.embedded.world.openweathermap_api import OpenWeatherMapApi, OpenWeatherMapTerms
from crosscurrent.embedded.world.pokeapi_api import PokeApi
from crosscurrent.embedded.world.pokeapi_graphql_api import PokeApiGraphql, PokeApiGraphqlTerms
from crosscurrent.embedded.world.repository_model import RepositoryModel
from crosscurrent.embedded.world.scenario import Scenario
from crosscurrent.embedded.world.spotify_api import TOKEN_PATH, SpotifyApi, SpotifyTerms
from crosscurrent.embedded.world.tmdb_api import TmdbApi, TmdbTerms
from crosscurrent.embedded.world.vendors import VENDORS
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.weather_model import WeatherModel
from crosscurrent.embedded.world.webhooks import Hooks, Tells

GITHUB_CONCURRENT_DEFAULT = 100

# where vendors are asked by POST too: at this path, and below it if it ends in a slash
_POSTED = {"github": "/", "notion": "/", "pokeapi_graphql": "/", "spotify": TOKEN_PATH}
_UNCONDITIONAL_FAULTS = ("truncate", "truncated-json", "huge", "null-number", "new-field")
_CONDITIONS = ("if-none-match", "if-modified-since")


@dataclass(frozen=True, slots=True)
class WorldTerms:
    """How the vendors treat their callers; see the vendors' own terms.

    Attributes:
        github: GitHub's.
        openweathermap: OpenWeatherMap's.
        musicbrainz: MusicBrainz's.
        notion: Notion's.
        pokeapi_graphql: PokéAPI GraphQL's.
        spotify: Spotify's.
        tmdb: TMDB's.
        github_concurrent: requests to GitHub at once before its secondary limit.
    """

    github: GithubTerms = field(default_factory=GithubTerms)
    openweathermap: OpenWeatherMapTerms = field(default_factory=OpenWeatherMapTerms)
    musicbrainz: MusicBrainzTerms = field(default_factory=MusicBrainzTerms)
    notion: NotionTerms = field(default_factory=NotionTerms)
    pokeapi_graphql: PokeApiGraphqlTerms = field(default_factory=PokeApiGraphqlTerms)
    spotify: SpotifyTerms = field(default_factory=SpotifyTerms)
    tmdb: TmdbTerms = field(default_factory=TmdbTerms)
    github_concurrent: int = GITHUB_CONCURRENT_DEFAULT


class World:
    """The vendors of a scenario at a moving time.

    Args:
        scenario: what there is.
        time: what the time is.
        terms: how callers are treated.
    """

    def __init__(self, scenario: Scenario, time: VirtualTime, terms: WorldTerms | None = None) -> None:
        terms = terms or WorldTerms()
        moved = MovementModel(
            scenario.seed,
            scenario.start_seconds // 3600,
            scenario.movements,
            scenario.links,
            scenario.shifts,
        )
        weather = WeatherModel(scenario, moved)
        self.scenario = scenario
        self.time = time
        self.faults = Faults(VENDORS, scenario.faults)
        history = GithubHistory(scenario, RepositoryModel(scenario, weather, moved))
        self._changes = ItemChanges(scenario.items, scenario.start_seconds)
        lists = GithubLists(history, self._changes)
        notion = NotionApi(scenario, terms.notion, moved, self._changes)
        spotify = SpotifyApi(scenario, terms.spotify, moved, self._changes)
        self._list_of = {"github": lists.of, "notion": notion.list_of, "spotify": spotify.list_of}
        self.tells: dict[str, Tells] = {
            "github": GithubDeliveries(history, lists),
            "notion": NotionDeliveries(scenario.seed, scenario.start_seconds, moved),
        }
        self.hooks = Hooks(self.tells)
        self._github = GithubApi(history, terms.github, lists)
        self._vendors: dict[str, Vendor] = {
            "github": self._github,
            "musicbrainz": MusicBrainzApi(scenario, terms.musicbrainz, moved),
            "notion": notion,
            "openweathermap": OpenWeatherMapApi(scenario, weather, terms.openweathermap),
            "pokeapi": PokeApi(scenario, moved),
            "pokeapi_graphql": PokeApiGraphql(scenario, terms.pokeapi_graphql, moved),
            "spotify": spotify,
            "tmdb": TmdbApi(scenario, terms.tmdb, moved),
        }
        self._github_concurrent = terms.github_concurrent
        self._in_flight: Counter[str] = Counter()
        self._closed = False
        self._requests: dict[str, Counter[int]] = {vendor: Counter() for vendor in VENDORS}
        self._delivered: dict[str, Counter[int]] = {vendor: Counter() for vendor in VENDORS}

    def begin(self, vendor: str, path: str) -> Fault | None:
        """Note that a request has come in and return the fault to make of it, if one is due."""
        self._in_flight[vendor] += 1
        return self.faults.take(vendor, path, self._hours())

    def end(self, vendor: str, status: int, *, path: str = "", cut: bool = False) -> None:
        """Note that a request was answered.

        Args:
            vendor: who was asked.
            status: of the answer.
            path: below the vendor's base address.
            cut: whether the answer was cut short, by a fault or by a caller who hung up.
        """
        self._in_flight[vendor] -= 1
        self._requests[vendor][status] += 1
        if not cut and path != TOKEN_PATH:
            self._delivered[vendor][status] += 1

    def answer(
        self,
        vendor: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        origin: str,
        fault: Fault | None,
        *,
        method: str = "GET",
        body: bytes = b"",
    ) -> Answer:
        """Return the vendor's response to a request, spoilt by the fault if there is one."""
        now_seconds = self.time.now_seconds()
        self.time.asked(f"/{vendor}{path}?{urlencode(sorted(query.items()))}" + body.decode("latin-1"))
        if fault and fault.kind in _UNCONDITIONAL_FAULTS:
            headers = {name: value for name, value in headers.items() if name not in _CONDITIONS}
        if fault and fault.kind == "redirect" and REDIRECT_MARK not in query:
            return _redirect(origin, path, query)
        query = {name: value for name, value in query.items() if name != REDIRECT_MARK}
        if self._is_out(vendor):
            return Answer(503, b"<html><body>Service Unavailable</body></html>", "text/html")
        if fault and fault.kind == "stale":
            # a replica that has not heard of the last hours yet
            now_seconds = max(float(self.scenario.start_seconds), now_seconds - STALE_HOURS * 3600)
        call = Call(path, query, headers, origin, now_seconds, self.time.real_seconds(), method, body)
        if vendor == "github" and self._in_flight[vendor] > self._github_concurrent:
            answer = self._github.too_many_at_once()
        else:
            answer = self._vendors[vendor].answer(call)
        if fault:
            answer = spoilt(answer, fault, vendor)
        return replace(answer, headers={"date": http_date(now_seconds), **answer.headers})

    def list_of(self, name: ListName) -> ItemList | None:
        """Return a list whose items a scenario may change; None if there is none of that name."""
        find = self._list_of.get(name.source)
        return find(name.items, name.entity) if find else None

    def keys_of(self, change: ItemChange) -> tuple[Key, ...]:
        """Return the vendor's keys of the items that a change hits."""
        items = self.list_of(change.list)
        return () if items is None else self._changes.keys(change, items.keys_at)

    def changed_items(self) -> list[dict[str, object]]:
        """Return what happens to single items, and when, as plain JSON data."""
        told = []
        for change in self._changes.all():
            items = self.list_of(change.list)
            assert items is not None, change.list
            entities = map(items.entity_of, self.keys_of(change))
            is_told = change.kind == "delete" and items.tells_deleted
            told.append(self._changes.told(change, list(filter(None, entities))) | {"is_told": is_told})
        return told

    def _hours(self) -> float:
        return (self.time.now_seconds() - self.scenario.start_seconds) / 3600

    def close(self) -> None:
        """Answer every vendor's requests with 503 from now on, so that what was answered before can be counted."""
        self._closed = True

    def _is_out(self, vendor: str) -> bool:
        hours = self._hours()
        return self._closed or any(
            outage.source == vendor and outage.at_hour <= hours < outage.until_hour
            for outage in self.scenario.outages
        )

    def state(self) -> dict[str, object]:
        """Return what the world is doing, as plain JSON data."""
        now_seconds = self.time.now_seconds()
        return {
            "scenario": self.scenario.name,
            "seed": self.scenario.seed,
            "start": iso_time(self.scenario.start_seconds),
            "virtual_time": iso_time(now_seconds),
            "virtual_seconds": now_seconds,
            "elapsed_hours": (now_seconds - self.scenario.start_seconds) / 3600,
            "speed": self.time.speed,
            "held": self.time.held,
            "closed": self._closed,
            "requests": _by_status(self._requests),
            # what a caller has got whole, without the tokens that are granted
            "delivered": _by_status(self._delivered),
            "faults_pending": self.faults.pending(),
            "faults_due": self.faults.due(self._hours()),
            "faults_made": self.faults.made(),
            "webhooks": self.hooks.state(),
        }


def _by_status(counted: Mapping[str, Counter[int]]) -> dict[str, dict[str, int]]:
    return {
        vendor: {str(status): count for status, count in sorted(counts.items())}
        for vendor, counts in counted.items()
    }


def _redirect(origin: str, path: str, query: Mapping[str, str]) -> Answer:
    address = f"{origin}{path}?{urlencode([*query.items(), (REDIRECT_MARK, '1')])}"
    return Answer(302, media_type="", headers={"location": address})


def takes_post(vendor: str, path: str) -> bool:
    """Return whether a vendor is asked by POST too at a path."""
    posted = _POSTED.get(vendor)
    return posted is not None and (path == posted or (posted.endswith("/") and path.startswith(posted)))
