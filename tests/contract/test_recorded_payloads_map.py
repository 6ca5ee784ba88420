"""Every recorded exchange of these sources maps, or is dead-lettered for a reason that is stated here."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.github import endpoints as github_endpoints
from connectors.github import mapping as github_mapping
from connectors.kit.event import Origin, raw_event
from connectors.musicbrainz import endpoints as musicbrainz_endpoints
from connectors.musicbrainz import mapping as musicbrainz_mapping
from connectors.notion import endpoints as notion_endpoints
from connectors.notion import mapping as notion_mapping
from connectors.openweathermap import endpoints as openweathermap_endpoints
from connectors.openweathermap import mapping as openweathermap_mapping
from connectors.pokeapi import endpoints as pokeapi_endpoints
from connectors.pokeapi import mapping as pokeapi_mapping
from connectors.pokeapi_graphql import endpoints as pokeapi_graphql_endpoints
from connectors.pokeapi_graphql import mapping as pokeapi_graphql_mapping
from connectors.spotify import endpoints as spotify_endpoints
from connectors.spotify import mapping as spotify_mapping
from connectors.tmdb import endpoints as tmdb_endpoints
from connectors.tmdb import mapping as tmdb_mapping
from crosscurrent.embedded.recordings.directory import read_body, read_exchanges
from crosscurrent.embedded.recordings.exchange import RecordedExchange
from crosscurrent.errors import Poison
from schemas.mapping import MapPayload
from schemas.records import RawEvent
from streams.normalise.logic import entity_batch, has_payload, observation_batch

RECORDINGS = Path(
    os.environ.get("CROSSCURRENT_RECORDINGS")
    or Path(__file__).resolve().parents[2].parent / "shared/payloads"
)
FETCHED_AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
FIRST_ERROR_STATUS = 300
SPOILT_KINDS = frozenset({"errors", "malformed"})

# an exchange's request is unknown, so its units count as the vendor's default, kelvin
CELSIUS = (
    "recorded with units=metric, but the address that would say so is not known; 27 is no temperature in K"
)
LEGACY = "the shape of an endpoint the vendor retired in 2021, in the folder of the one that took its place"
NO_MBID = "a variant whose every value is null: without an MBID nobody knows what it is"
BROWSED = "a page of a browse in the folder of lookups, and its address is not known"
UNFIT = {
    "musicbrainz/area/picard-country_null": NO_MBID,
    "musicbrainz/artist/picard-artist_null": NO_MBID,
    "musicbrainz/recording/picard-recording_null": NO_MBID,
    "musicbrainz/recording-2014/ruby-200-recording-d6243d55-bb4f-4518-9c1c-d507a5d3843a--fmt-json-inc": (
        "the length is a text, as the vendor sent it in 2014 only"
    ),
    "musicbrainz/release/picard-release_null": NO_MBID,
    "musicbrainz/release-group/picard-release_group_3": BROWSED,
    "musicbrainz/release-group/picard-release_group_4": BROWSED,
    "musicbrainz/release-group/picard-release_group_5": BROWSED,
    "musicbrainz/release-group/picard-release_group_null": BROWSED,
    "openweathermap/air-pollution/pyowm-coindex": LEGACY,
    "openweathermap/air-pollution/pyowm-coindex-2": LEGACY,
    "openweathermap/air-pollution/pyowm-no2index": LEGACY,
    "openweathermap/air-pollution/pyowm-no2index-2": LEGACY,
    "openweathermap/air-pollution/pyowm-so2index": LEGACY,
    "openweathermap/box-city/pyowm-weather_at_places_in_bbox": CELSIUS,
    "openweathermap/current/php-weather_current": CELSIUS,
    "openweathermap/forecast5/derived-16-rows-metric": CELSIUS,
    "openweathermap/forecast5/php-weather_forecast": CELSIUS,
    "openweathermap/onecall/php2-onecall-1": CELSIUS,
    "openweathermap/onecall/swift-onecall-3-0": CELSIUS,
    "tmdb/legacy-tv/tv-season-episode-all": "an episode in the folder of shows, and its address is not known",
    "pokeapi/lists/root": "the index of all lists in the folder of lists, and its address is not known",
    "spotify/playlists/zmb3-get_playlist_opt": "asked for with `fields` that leave out the playlist's id",
}

# no release was recorded with its files, nor any hour of a city's history, nor a map's cities in kelvin; the single
# rows of playlists that were recorded are local files and episodes
NOTHING_RECORDED = frozenset({"release", "history", "box_city", "playlist_item"})


@dataclass(frozen=True)
class Source:
    """A source, its mapping, and for each endpoint the observations that each good payload gives at least.

    The folder is that of its recordings, where it is not called like the source.
    """

    name: str
    base_url: str
    endpoint_of: Callable[[str, str | None, str], str]
    map_payload: MapPayload
    not_measured: dict[str, str]
    observations_min: dict[str, int]
    folder: str = ""


SOURCES = (
    Source(
        "github",
        "https://api.github.com",
        github_endpoints.endpoint_of,
        github_mapping.map_payload,
        github_endpoints.NOT_MEASURED,
        {
            "repository": 4,
            "organisation_repositories": 4,
            "organisation": 0,  # one was recorded as a user's short form, without counts
            "user": 2,
            "languages": 1,
            "milestone": 2,
            "release": 0,  # most have no files
            "release_asset": 1,
            "release_assets": 1,
            "code_frequency": 2,
            "commit_activity": 1,
            "contents": 1,
            "traffic_paths": 2,
            "traffic_referrers": 2,
            "traffic_views": 2,
            "workflow_jobs": 1,
            "check_runs": 1,
        },
    ),
    Source(
        "musicbrainz",
        "https://musicbrainz.org",
        musicbrainz_endpoints.endpoint_of,
        musicbrainz_mapping.map_payload,
        musicbrainz_endpoints.NOT_MEASURED,
        {
            "artist": 0,  # rated only where the request asked for ratings
            "recording": 0,  # the length of some is not known
            "release": 0,  # the older ones were asked for without media
            "release_group": 0,
            "label": 1,
            "browse_artist": 1,
            "browse_recording": 0,  # counted once a list, on its first page; the last page is empty
            "browse_release": 1,
            "browse_release_group": 1,
            "search_artist": 1,
            "search_recording": 1,
            "search_release": 1,
            "search_release_group": 1,
        },
    ),
    Source(
        "openweathermap",
        "https://api.openweathermap.org",
        openweathermap_endpoints.endpoint_of,
        openweathermap_mapping.map_payload,
        openweathermap_endpoints.NOT_MEASURED,
        {
            "weather": 5,
            "group": 5,
            "find": 0,  # one search found nothing
            "history": 0,  # nothing was recorded for that city
            "air_pollution": 8,
            "one_call": 5,
            "one_call_timemachine": 5,
        },
    ),
    Source(
        "pokeapi",
        "https://pokeapi.co",
        pokeapi_endpoints.endpoint_of,
        pokeapi_mapping.map_payload,
        pokeapi_endpoints.NOT_MEASURED,
        {
            "pokemon": 8,
            "pokemon_species": 2,
            "move": 2,
            "item": 0,  # neither every item can be flung, nor has it one price
            "berry": 5,
            "resource_list": 0,  # counted once a list, on its first page
        },
    ),
    Source(
        "notion",
        "https://api.notion.com",
        notion_endpoints.endpoint_of,
        notion_mapping.map_payload,
        notion_endpoints.NOT_MEASURED,
        # numbers, where a page has any; a list is counted where its address is known
        dict.fromkeys((*notion_endpoints.POLLED, "written"), 0),
    ),
    Source(
        "pokeapi_graphql",
        "https://graphql.pokeapi.co",
        pokeapi_graphql_endpoints.endpoint_of,
        pokeapi_graphql_mapping.map_payload,
        pokeapi_graphql_endpoints.NOT_MEASURED,
        {
            "pokemon": 0,  # a page behind the last has no rows
            "pokemon_species": 8,
            "item": 20,
            "generation": 3,
            "aggregate": 1,
        },
        folder="pokeapi-graphql",
    ),
    Source(
        "spotify",
        "https://api.spotify.com",
        spotify_endpoints.endpoint_of,
        spotify_mapping.map_payload,
        spotify_endpoints.NOT_MEASURED,
        {
            "artist": 2,
            "album": 2,
            "track": 1,
            "playlist": 1,
            "playlist_items": 0,  # one holds episodes only
            "playlist_item": 0,  # some are episodes
            "albums": 0,  # one asks for unknown albums only
            "artists": 2,
            "artist_top_tracks": 1,
            "audiobook": 1,
            "featured_playlists": 1,
            "recommendations": 1,
            "related_artists": 2,
            "saved_albums": 2,
            "saved_tracks": 1,
            "shows": 0,  # several at once do not say how many episodes they have
            "top_artists": 2,
            "top_tracks": 1,
            "tracks": 0,  # one asks for unknown tracks only
            "user": 1,
            "user_playlists": 1,
        },
    ),
    Source(
        "tmdb",
        "https://api.themoviedb.org",
        tmdb_endpoints.endpoint_of,
        tmdb_mapping.map_payload,
        tmdb_endpoints.NOT_MEASURED,
        {
            "movie": 2,
            "tv": 0,  # a row of a list in the folder of shows has no numbers
            "person": 1,
            "trending": 1,
            "movie_list": 0,  # some lists are empty
            "tv_list": 0,
            "person_list": 0,
            "find": 0,
            "collection": 0,
        },
    ),
)
BY_NAME = {source.name: source for source in SOURCES}


@dataclass(frozen=True)
class Outcome:
    """What became of an exchange."""

    exchange: RecordedExchange
    endpoint: str
    observations: int
    things: int
    poison: Poison | None

    @property
    def place(self) -> str:
        exchange = self.exchange
        return f"{exchange.source}/{exchange.endpoint_kind}/{exchange.name}"

    @property
    def what(self) -> str:
        if self.poison:
            return "dead-lettered"
        if self.observations:
            return "mapped with observations"
        return "things only" if self.things else "nothing"


def event_of(exchange: RecordedExchange, source: Source, endpoint: str) -> RawEvent:
    origin = Origin(
        tenant="default",
        source=source.name,
        endpoint=endpoint,
        request_key=f"{endpoint}:{exchange.name}",
        poll_id="a poll",
        method=exchange.method,
    )
    return raw_event(
        origin,
        url=source.base_url + (exchange.path or exchange.synthetic_path),
        status=exchange.status,
        headers=dict(exchange.headers),
        payload=read_body(exchange),
        page_index=0,
        fetched_at=FETCHED_AT,
    )


def outcomes(source: Source) -> Iterator[Outcome]:
    for exchange in read_exchanges(RECORDINGS):
        if exchange.source == (source.folder or source.name):
            endpoint = source.endpoint_of(exchange.method, exchange.path, exchange.endpoint_kind)
            event = event_of(exchange, source, endpoint)
            observed = things = 0
            poison = None
            try:
                if has_payload(event):
                    mapped = source.map_payload(event)
                    batch, entities = observation_batch(event, mapped), entity_batch(event, mapped.things)
                    observed = len(batch.value) if batch else 0
                    things = len(entities.entities) if entities else 0
            except Poison as error:
                poison = error
            yield Outcome(exchange, endpoint, observed, things, poison)


@pytest.fixture(scope="module")
def walked() -> dict[str, list[Outcome]]:
    if not RECORDINGS.is_dir():
        warnings.warn(
            f"no recordings in {RECORDINGS}: no recorded payload was mapped; set CROSSCURRENT_RECORDINGS",
            stacklevel=2,
        )
        return {source.name: [] for source in SOURCES}
    return {source.name: list(outcomes(source)) for source in SOURCES}


def counted(found: list[Outcome]) -> str:
    counts = Counter(outcome.what for outcome in found)
    return ", ".join(
        [f"{len(found)} exchanges", *(f"{count} {what}" for what, count in counts.most_common())]
    )


@pytest.mark.recordings
@pytest.mark.parametrize("name", BY_NAME)
def test_recorded_exchange_is_dead_lettered_only_for_a_stated_reason(
    name: str, walked: dict[str, list[Outcome]], record_property: Callable[[str, object], None]
) -> None:
    record_property("counts", counted(walked[name]))
    print(f"{name}: {counted(walked[name])}")

    for outcome in walked[name]:
        exchange, poison = outcome.exchange, outcome.poison
        expected = exchange.status >= FIRST_ERROR_STATUS and exchange.status != 304
        excused = expected or exchange.endpoint_kind in SPOILT_KINDS or outcome.place in UNFIT
        assert poison is None or excused, f"{outcome.place}: {poison} ({counted(walked[name])})"
        assert poison is not None or not expected, f"{outcome.place}: status {exchange.status} was mapped"
        assert poison is None or (poison.found and poison.expected and poison.todo)


@pytest.mark.recordings
@pytest.mark.parametrize("name", BY_NAME)
def test_stated_reason_is_taken_back_when_its_exchange_maps(
    name: str, walked: dict[str, list[Outcome]]
) -> None:
    letters = {outcome.place for outcome in walked[name] if outcome.poison}
    stated = {place for place in UNFIT if place.startswith(f"{name}/")}

    assert not walked[name] or stated <= letters


@pytest.mark.recordings
@pytest.mark.parametrize("name", BY_NAME)
def test_recorded_payload_of_a_measured_endpoint_has_its_measurements(
    name: str, walked: dict[str, list[Outcome]]
) -> None:
    source = BY_NAME[name]
    for outcome in walked[name]:
        if outcome.poison or outcome.exchange.status != 200:
            continue
        if outcome.endpoint in source.not_measured:
            assert outcome.observations == 0, f"{outcome.place} is measured after all"
        else:
            least = source.observations_min[outcome.endpoint]
            assert outcome.observations >= least, f"{outcome.place}: {outcome.observations} of {least}"


@pytest.mark.recordings
@pytest.mark.parametrize("name", BY_NAME)
def test_each_measured_endpoint_that_was_recorded_is_measured_somewhere(
    name: str, walked: dict[str, list[Outcome]]
) -> None:
    measured = Counter({outcome.endpoint: 0 for outcome in walked[name] if not outcome.poison})
    for outcome in walked[name]:
        measured[outcome.endpoint] += outcome.observations

    unmeasured = {endpoint for endpoint, count in measured.items() if not count}
    assert unmeasured <= BY_NAME[name].not_measured.keys() | NOTHING_RECORDED


@pytest.mark.recordings
@pytest.mark.parametrize("name", BY_NAME)
def test_recorded_exchange_has_an_endpoint_of_its_own(name: str, walked: dict[str, list[Outcome]]) -> None:
    for outcome in walked[name]:
        good = outcome.exchange.status == 200 and outcome.exchange.endpoint_kind not in SPOILT_KINDS
        # a folder of what no other folder takes
        assert outcome.endpoint != "other" or not good or outcome.exchange.endpoint_kind == "other", (
            outcome.place
        )


@pytest.mark.recordings
def test_successive_polls_of_a_recorded_repository_make_one_series(walked: dict[str, list[Outcome]]) -> None:
    source = BY_NAME["github"]
    stars = []
    for outcome in walked["github"]:
        if outcome.exchange.endpoint_kind == "repos-over-time":
            event = event_of(outcome.exchange, source, outcome.endpoint)
            stars += [one for one in source.map_payload(event).measurements if one.measure == "stargazers"]

    if walked["github"]:
        assert {(one.entity_id, one.kind) for one in stars} == {("hub4j/github-api", "counter")}
        by_time = [one.value for one in sorted(stars, key=lambda one: one.observed_at_ms)]
        assert len(by_time) == 12
        assert by_time == sorted(by_time)
