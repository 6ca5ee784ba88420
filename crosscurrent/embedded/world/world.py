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
        self.tells: dict[str, Tells] = {
            "github": GithubDeliveries(history),
            "notion": NotionDeliveries(scenario.seed, scenario.start_seconds, moved),
        }
        self.hooks = Hooks(self.tells)
        self._github = GithubApi(history, terms.github)
        self._vendors: dict[str, Vendor] = {
            "github": self._github,
            "musicbrainz": MusicBrainzApi(scenario, terms.musicbrainz, moved),
            "notion": NotionApi(scenario, terms.notion, moved),
            "openweathermap": OpenWeatherMapApi(scenario, weather, terms.openweathermap),
            "pokeapi": PokeApi(scenario, moved),
            "pokeapi_graphql": PokeApiGraphql(scenario, terms.pokeapi_graphql, moved),
            "spotify": SpotifyApi(scenario, terms.spotify, moved),
            "tmdb": TmdbApi(scenario, terms.tmdb, moved),
        }
        self._github_concurrent = terms.github_concurrent
        self._in_flight: Counter[str] = Counter()
        self._requests: dict[str, Counter[int]] = {vendor: Counter() for vendor in VENDORS}

    def begin(self, vendor: str, path: str) -> Fault | None:
        """Note that a request has come in and return the fault to make of it, if one is due."""
        self._in_flight[vendor] += 1
        return self.faults.take(vendor, path, self._hours())

    def end(self, vendor: str, status: int) -> None:
        """Note that a request was answered."""
        self._in_flight[vendor] -= 1
        self._requests[vendor][status] += 1

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

    def _hours(self) -> float:
        return (self.time.now_seconds() - self.scenario.start_seconds) / 3600

    def _is_out(self, vendor: str) -> bool:
        hours = self._hours()
        return any(
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
            "requests": {
                vendor: {str(status): count for status, count in sorted(counts.items())}
                for vendor, counts in self._requests.items()
            },
            "faults_pending": self.faults.pending(),
            "faults_made": self.faults.made(),
            "webhooks": self.hooks.state(),
        }


def _redirect(origin: str, path: str, query: Mapping[str, str]) -> Answer:
    address = f"{origin}{path}?{urlencode([*query.items(), (REDIRECT_MARK, '1')])}"
    return Answer(302, media_type="", headers={"location": address})


def takes_post(vendor: str, path: str) -> bool:
    """Return whether a vendor is asked by POST too at a path."""
    posted = _POSTED.get(vendor)
    return posted is not None and (path == posted or (posted.endswith("/") and path.startswith(posted)))
