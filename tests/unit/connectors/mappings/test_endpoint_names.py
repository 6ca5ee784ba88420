"""Which endpoint a request's address or a recording's folder means."""

from __future__ import annotations

from types import ModuleType

import pytest

from connectors.github import endpoints as github
from connectors.musicbrainz import endpoints as musicbrainz
from connectors.openweathermap import endpoints as openweathermap
from connectors.pokeapi import endpoints as pokeapi
from connectors.spotify import endpoints as spotify
from connectors.tmdb import endpoints as tmdb
from tests.unit.connectors.mappings.sample_payloads import TABLES

REPOSITORY = "/repos/Heron/Reed"
PATHS = (
    (github, "/", "root"),
    (github, REPOSITORY, "repository"),
    (github, f"{REPOSITORY}/", "repository"),
    (github, "/repositories/7", "repository"),
    (github, "/orgs/Heron/repos?per_page=100&page=2", "organisation_repositories"),
    (github, "/organizations/7/repos", "organisation_repositories"),
    (github, f"{REPOSITORY}/issues?state=all", "issues"),
    (github, "/repositories/7/issues?page=2", "issues"),
    (github, f"{REPOSITORY}/issues/3", "issue"),
    (github, f"{REPOSITORY}/issues/3/comments", "issue_comments"),
    (github, f"{REPOSITORY}/issues/events", "issue_events"),
    (github, f"{REPOSITORY}/releases", "releases"),
    (github, f"{REPOSITORY}/releases/latest", "release"),
    (github, f"{REPOSITORY}/releases/tags/v1/2", "release"),
    (github, f"{REPOSITORY}/releases/12/assets", "release_assets"),
    (github, f"{REPOSITORY}/releases/assets/12", "release_asset"),
    (github, f"{REPOSITORY}/events", "events"),
    (github, "/events?page=2", "events"),
    (github, "/users/stilt/events/public", "events"),
    (github, f"{REPOSITORY}/commits?since=2020", "commits"),
    (github, f"{REPOSITORY}/commits/abc/check-runs", "check_runs"),
    (github, f"{REPOSITORY}/stats/commit_activity", "commit_activity"),
    (github, f"{REPOSITORY}/traffic/views?per=week", "traffic_views"),
    (github, f"{REPOSITORY}/actions/runs/7/jobs", "workflow_jobs"),
    (github, "/orgs/Heron", "organisation"),
    (github, "/user", "user"),
    (github, "/users/stilt/following", "followers"),
    (github, "/search/issues?q=x", "search_issues"),
    (github, "/gists", "other"),
    (github, f"{REPOSITORY}/moon", "other"),
    (openweathermap, "/data/2.5/weather?id=7&units=metric", "weather"),
    (openweathermap, "/data/2.5/air_pollution?lat=1&lon=2", "air_pollution"),
    (openweathermap, "/data/2.5/air_pollution/history?lat=1", "air_pollution_history"),
    (openweathermap, "/data/2.5/forecast?id=7", "forecast"),
    (openweathermap, "/data/2.5/forecast/daily?id=7", "forecast_daily"),
    (openweathermap, "/data/3.0/onecall?lat=1", "one_call"),
    (openweathermap, "/data/3.0/onecall/timemachine?dt=1", "one_call_timemachine"),
    (openweathermap, "/geo/1.0/direct?q=Lisbon", "geocoding_direct"),
    (openweathermap, "/data/4.0/moon", "other"),
    (musicbrainz, "/ws/2/artist/5b11f4ce?inc=ratings", "artist"),
    (musicbrainz, "/ws/2/release-group/5b11f4ce", "release_group"),
    (musicbrainz, "/ws/2/recording?artist=5b11f4ce&offset=100", "browse_recording"),
    (musicbrainz, "/ws/2/release-group?artist=5b11f4ce", "browse_release_group"),
    (musicbrainz, "/ws/2/artist?fmt=json&query=nirvana", "search_artist"),
    (musicbrainz, "/ws/2/discid/-?toc=&fmt=json", "disc_id"),
    (musicbrainz, "/ws/2/collection?editor=x", "collection"),
    (musicbrainz, "/ws/2/work/5b11f4ce", "other"),
    (musicbrainz, "/ws/1/artist/5b11f4ce", "other"),
    (pokeapi, "/api/v2/pokemon?limit=20&offset=40", "pokemon_list"),
    (pokeapi, "/api/v2/pokemon/25/", "pokemon"),
    (pokeapi, "/api/v2/pokemon/pikachu", "pokemon"),
    (pokeapi, "/api/v2/pokemon/25/encounters", "pokemon_encounters"),
    (pokeapi, "/api/v2/pokemon-species/25", "pokemon_species"),
    (pokeapi, "/api/v2/evolution-chain/10/", "evolution_chain"),
    (pokeapi, "/api/v2/item?limit=50", "resource_list"),
    (pokeapi, "/api/v2/", "root"),
    (pokeapi, "/api/v2/moon/1", "other"),
    (pokeapi, "/api/v1/pokemon/1", "other"),
    (spotify, "/v1/artists/4Z8W", "artist"),
    (spotify, "/v1/artists?ids=4Z8W,0Tn", "artists"),
    (spotify, "/v1/artists/4Z8W/albums?limit=50", "artist_albums"),
    (spotify, "/v1/artists/4Z8W/top-tracks", "artist_top_tracks"),
    (spotify, "/v1/albums/4Z8W/", "album"),
    (spotify, "/v1/albums/4Z8W/tracks?offset=50", "album_tracks"),
    (spotify, "/v1/tracks/4Z8W", "track"),
    (spotify, "/v1/playlists/4Z8W?fields=id", "playlist"),
    (spotify, "/v1/playlists/4Z8W/items?limit=50", "playlist_items"),
    (spotify, "/v1/playlists/4Z8W/tracks", "playlist_items"),
    (spotify, "/v1/browse/new-releases", "new_releases"),
    (spotify, "/v1/browse/categories/toplists/playlists", "featured_playlists"),
    (spotify, "/v1/me/player", "me"),
    (spotify, "/v1/me/playlists", "user_playlists"),
    (spotify, "/v1/shows/4Z8W/episodes", "show_episodes"),
    (spotify, "/v1/moons/4Z8W", "other"),
    (spotify, "/v2/artists/4Z8W", "other"),
    (tmdb, "/3/movie/550?append_to_response=external_ids", "movie"),
    (tmdb, "/3/movie/tt1345836", "movie"),
    (tmdb, "/3/movie/popular?page=2", "movie_list"),
    (tmdb, "/3/movie/changes?start_date=2026-01-01", "movie_changes"),
    (tmdb, "/3/movie/550/changes", "change_items"),
    (tmdb, "/3/movie/550/similar", "movie_list"),
    (tmdb, "/3/movie/550/credits", "details"),
    (tmdb, "/3/tv/1396", "tv"),
    (tmdb, "/3/tv/1396/season/1/episode/1", "season"),
    (tmdb, "/3/person/popular", "person_list"),
    (tmdb, "/3/trending/all/week", "trending"),
    (tmdb, "/3/search/multi?query=x", "trending"),
    (tmdb, "/3/find/tt0088247?external_source=imdb_id", "find"),
    (tmdb, "/4/list/1", "own_list"),
    (tmdb, "/3/moon/1", "other"),
)


@pytest.mark.parametrize(("module", "path", "endpoint"), PATHS)
def test_address_means_its_endpoint(module: ModuleType, path: str, endpoint: str) -> None:
    assert module.endpoint_of("GET", path, "whatever") == endpoint


@pytest.mark.parametrize(
    ("module", "kind", "endpoint"),
    [
        (github, "repos-over-time", "repository"),
        (openweathermap, "current", "weather"),
        (openweathermap, "forecast5", "forecast"),
        (pokeapi, "pokemon-species", "pokemon_species"),
        (pokeapi, "lists", "resource_list"),
        (github, "moon", "other"),
        (musicbrainz, "artist-2014", "artist"),
        (musicbrainz, "browse-release-group", "browse_release_group"),
        (openweathermap, "errors", "other"),
        (pokeapi, "errors", "other"),
        (spotify, "playlist-items-pages", "playlist_items"),
        (spotify, "auth", "token"),
        (spotify, "errors", "other"),
    ],
)
def test_folder_decides_where_the_address_is_unknown(module: ModuleType, kind: str, endpoint: str) -> None:
    assert module.endpoint_of("GET", None, kind) == endpoint


@pytest.mark.parametrize("module", [github, musicbrainz, openweathermap, pokeapi, spotify, tmdb])
def test_request_that_changes_something_is_none_of_ours(module: ModuleType) -> None:
    for path in (f"{REPOSITORY}/issues", "/data/3.0/stations", "/api/v2/pokemon/1", "/v1/tracks/1"):
        assert module.endpoint_of("post", path, "whatever") == "other"


@pytest.mark.parametrize(("module", "path", "endpoint"), PATHS)
def test_endpoint_of_an_address_is_known_to_the_mapping(module: ModuleType, path: str, endpoint: str) -> None:
    table = TABLES[module.__name__.split(".")[1]]

    assert endpoint in table.mappings.keys() | table.nothing_in.keys()


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (github, ("repository", "organisation_repositories", "issues", "releases", "events")),
        (openweathermap, ("weather", "air_pollution", "forecast")),
        (pokeapi, ("pokemon_list", "pokemon", "pokemon_species", "evolution_chain")),
        (spotify, ("artist", "album", "track", "playlist", "playlist_items", "new_releases")),
    ],
)
def test_polled_endpoint_keeps_its_name(module: ModuleType, names: tuple[str, ...]) -> None:
    assert {getattr(module, name.upper()) for name in names} == set(names)
