"""One small payload for each endpoint that is mapped, written by us after the vendors' documentation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.github.mapping import TABLE as GITHUB
from connectors.kit.mapping_table import MappingTable
from connectors.musicbrainz.mapping import TABLE as MUSICBRAINZ
from connectors.notion.mapping import TABLE as NOTION
from connectors.openweathermap.mapping import TABLE as OPENWEATHERMAP
from connectors.pokeapi.mapping import TABLE as POKEAPI
from connectors.pokeapi_graphql.mapping import TABLE as POKEAPI_GRAPHQL
from connectors.spotify.mapping import TABLE as SPOTIFY
from connectors.tmdb.mapping import TABLE as TMDB
from schemas.identity import record_id
from schemas.records import RawEvent

OBSERVED_AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
NOW_MS = int(OBSERVED_AT.timestamp() * 1000)
NOW = NOW_MS // 1000
_UUID = "11f2b80c-db82-4282-bb14-a1536c592708"
MBID = "5b11f4ce-a62d-471e-81fc-a69a8278c7da"
_URL = f"https://vendor.example/repos/Heron/Reed?per_page=100&artist={MBID}&query=heron"
_URLS = {
    ("notion", "block_children"): f"https://api.notion.com/v1/blocks/{_UUID}/children?page_size=100",
    ("notion", "comments"): f"https://api.notion.com/v1/comments?block_id={_UUID}&page_size=100",
    ("notion", "data_source_query"): f"https://api.notion.com/v1/data_sources/{_UUID}/query#body-sha256=0",
    ("notion", "search"): "https://api.notion.com/v1/search#body-sha256=0",
    ("notion", "users"): "https://api.notion.com/v1/users?page_size=100",
}
MONDAY = NOW - NOW % 86_400 - 8 * 86_400  # the begin of a week that is over
TABLES: Mapping[str, MappingTable] = {
    table.source: table
    for table in (GITHUB, MUSICBRAINZ, NOTION, OPENWEATHERMAP, POKEAPI, POKEAPI_GRAPHQL, SPOTIFY, TMDB)
}


def event_for(
    source: str,
    endpoint: str,
    payload: object,
    *,
    url: str | None = None,
    observed_at: datetime = OBSERVED_AT,
) -> RawEvent:
    """Return an event; a payload that is not bytes is encoded as JSON."""
    return RawEvent(
        tenant="default",
        record_id=record_id("sample", source, endpoint),
        source=source,
        endpoint=endpoint,
        request_method="GET",
        request_url=url or _URLS.get((source, endpoint), _URL),
        request_key=endpoint,
        status=200,
        headers={},
        fetched_at=observed_at,
        observed_at=observed_at,
        page_index=0,
        poll_id="a poll",
        payload=payload if isinstance(payload, bytes) else json.dumps(payload).encode(),
    )


@dataclass(frozen=True)
class Sample:
    """A payload and what it gives: the number of measurements, the types of the things."""

    source: str
    endpoint: str
    payload: object
    measurements: int
    things: tuple[str, ...]


_API = "https://api.github.com/repos/Heron/Reed"
_REPOSITORY = {
    "id": 7, "full_name": "Heron/Reed", "owner": {"login": "Heron"}, "html_url": "https://github.com/Heron/Reed",
    "stargazers_count": 12, "forks_count": 3, "open_issues_count": 2, "size": 90, "subscribers_count": 4,
    "license": {"spdx_id": "MIT"}, "topics": ["water"], "description": None, "language": "Zig",
}  # fmt: skip
_TOLD = {"action": "edited", "repository": _REPOSITORY}
_ACCOUNT = {
    "login": "Heron",
    "id": 5,
    "type": "Organization",
    "followers": 9,
    "public_repos": 2,
    "name": None,
}
_SHORT_ACCOUNT = {"login": "stilt", "id": 6, "type": "User"}
_ISSUE = {
    "url": f"{_API}/issues/3", "number": 3, "title": "It leaks", "state": "open", "comments": 1,
    "user": {"login": "stilt"}, "labels": [{"name": "bug"}], "milestone": {"number": 1},
}  # fmt: skip
_PULL = {"url": f"{_API}/pulls/4", "number": 4, "title": "Caulk", "state": "open", "head": {"ref": "caulk"}}
_ASSET = {
    "url": f"{_API}/releases/assets/8", "id": 8, "name": "reed.zip", "label": "", "download_count": 40,
    "browser_download_url": "https://github.com/Heron/Reed/releases/download/v1%2F2/reed.zip",
}  # fmt: skip
_RELEASE = {"url": f"{_API}/releases/1", "id": 1, "tag_name": "v1/2", "name": None, "assets": [_ASSET]}
_COMMIT = {
    "url": f"{_API}/commits/abc", "sha": "abc", "author": {"login": "stilt"}, "stats": {"additions": 4},
    "commit": {"message": "Caulk\n\nall of it", "author": {"name": "S", "date": "2026-03-01T00:00:00Z"}},
}  # fmt: skip
_TIMED = {
    "id": 2, "url": f"{_API}/actions/jobs/2", "name": "test (3.11)", "status": "completed",
    "started_at": "2026-03-10T10:00:00Z", "completed_at": "2026-03-10T10:01:30Z", "conclusion": "success",
}  # fmt: skip
_MILESTONE = {
    "url": f"{_API}/milestones/1",
    "number": 1,
    "title": "Dry",
    "open_issues": 2,
    "closed_issues": 5,
}
_DEPLOYMENT = {"url": f"{_API}/deployments/1", "id": 1, "environment": "pond", "ref": "main"}
_DAY = {"timestamp": "2026-03-01T00:00:00Z", "count": 20, "uniques": 6}
_WEATHER = {
    "coord": {"lon": 4.9, "lat": 52.4}, "weather": [{"description": "mist"}], "visibility": 900, "dt": NOW - 60,
    "main": {"temp": 280.5, "pressure": 1009, "humidity": 95, "feels_like": 278.0, "temp_min": 279.9},
    "wind": {"speed": 3.5, "deg": 350, "gust": 6.0}, "clouds": {"all": 75}, "rain": {"1h": 0.4},
    "sys": {"country": "NL"}, "timezone": 3600, "id": 2759794, "name": "Amsterdam",
}  # fmt: skip
_HOUR = {
    "dt": NOW - 60, "temp": 280.5, "pressure": 1009, "humidity": 95, "clouds": 75, "wind_speed": 3.5, "uvi": 1.5,
    "visibility": 900, "weather": [{"description": "mist"}], "snow": {"1h": 0.1},
}  # fmt: skip
_PLACE = {"lat": 52.37, "lon": 4.9, "timezone": "Europe/Amsterdam"}
_CITY = {"id": 2759794, "name": "Amsterdam", "coord": {"lat": 52.4, "lon": 4.9}, "country": "NL"}
_AIR = {
    "coord": {"lon": 4.9, "lat": 52.37},
    "list": [{"dt": NOW - 60, "main": {"aqi": 2}, "components": {"co": 210.3, "no2": 11, "pm2_5": 4.5}}],
}
_NOTION_PAGE = {
    "object": "page", "id": _UUID, "last_edited_time": "2026-03-10T11:00:00.000Z", "parent": {"type": "workspace"},
    "properties": {
        "Name": {"id": "title", "type": "title", "title": [{"plain_text": "Winch"}]},
        "Level": {"id": "lVl%3A", "type": "number", "number": 4.5},
        "Sum": {"id": "s", "type": "formula", "formula": {"type": "number", "number": 2}},
        "All": {"id": "a", "type": "rollup", "rollup": {"type": "number", "number": 3}},
        "Seen": {"id": "x", "type": "checkbox", "checkbox": True},
        "Marks": {"id": "m", "type": "multi_select", "multi_select": [{"name": "early"}]},
        "Who": {"id": "w", "type": "people", "people": []},
        "Kin": {"id": "k", "type": "relation", "relation": [{"id": "other"}], "has_more": False},
        "Files": {"id": "f", "type": "files", "files": []},
    },
}  # fmt: skip
_NOTION_USER = {
    "object": "user",
    "id": _UUID,
    "name": "Ada",
    "type": "person",
    "person": {"email": "a@b.example"},
}
_NOTION_BLOCK = {
    "object": "block",
    "id": _UUID,
    "type": "to_do",
    "has_children": False,
    "to_do": {"checked": True},
}
_NOTION_COMMENT = {"object": "comment", "id": _UUID, "discussion_id": "d", "rich_text": []}
_NOTION_DATABASE = {"object": "database", "id": _UUID, "title": [{"plain_text": "Log"}]}
_NAMED = {"id": 4, "name": "mud-ball", "names": [{"name": "Mud Ball", "language": {"name": "en"}}]}
_POKEMON = _NAMED | {
    "base_experience": None, "height": 7, "weight": 69,
    "stats": [{"base_stat": 45, "effort": 0, "stat": {"name": "special-attack"}}],
}  # fmt: skip
_LIST = {
    "count": 41, "next": None, "previous": None,
    "results": [{"name": "mud-ball", "url": "https://pokeapi.co/api/v2/item/4/"}],
}  # fmt: skip
_CHAIN = {
    "chain": {"species": {"name": "tad"}, "evolves_to": [{"species": {"name": "frog"}, "evolves_to": []}]}
}

_GRAPHQL_POKEMON = {
    "id": 4, "name": "mud-ball", "height": 7, "weight": 69, "base_experience": None, "is_default": True,
    "pokemonstats": [{"base_stat": 45, "stat": {"name": "special-attack"}}],
    "pokemontypes": [{"slot": 1, "type": {"name": "water"}}],
}  # fmt: skip
_GRAPHQL_SPECIES = {
    "id": 4, "name": "mud-ball", "capture_rate": 45, "base_happiness": None, "hatch_counter": 20, "gender_rate": 1,
    "pokemonspeciesnames": [{"name": "Mud Ball", "language": {"name": "en"}}],
}  # fmt: skip
_GRAPHQL_CAPTURE = {"count": 2, "avg": {"capture_rate": 45.5}, "min": {"capture_rate": 3}, "max": None}
_BERRY = _NAMED | {
    "growth_time": 3, "size": 20, "max_harvest": 5, "natural_gift_power": 60, "smoothness": 25, "soil_dryness": 15,
}  # fmt: skip
_SPOTIFY_ARTIST = {
    "id": "a1", "name": "Dry Reed", "type": "artist", "uri": "spotify:artist:a1", "genres": ["reed"], "popularity": 51,
    "external_urls": {"spotify": "https://open.spotify.example/artist/a1"}, "followers": {"href": None, "total": 900},
}  # fmt: skip
_SHORT_ALBUM = {
    "id": "b1", "name": "Silt", "type": "album", "uri": "spotify:album:b1", "album_type": "album", "total_tracks": 9,
    "artists": [{"id": "a1", "name": "Dry Reed"}], "release_date": "1999-05", "release_date_precision": "month",
}  # fmt: skip
_ALBUM = _SHORT_ALBUM | {
    "external_ids": {"upc": "009876543210"}, "label": "Mud", "popularity": 40, "genres": [],
    "tracks": {"items": [{"id": "t1", "name": "Ooze"}], "total": 9, "next": None},
}  # fmt: skip
_TRACK = {
    "id": "t1", "name": "Ooze", "type": "track", "uri": "spotify:track:t1", "popularity": 33, "is_local": False,
    "album": _SHORT_ALBUM, "artists": [{"id": "a1", "name": "Dry Reed"}], "duration_ms": 181000, "explicit": False,
    "external_ids": {"isrc": "XXAAA2600001"}, "disc_number": 1, "track_number": 2,
}  # fmt: skip
_LOCAL = {
    "id": None, "name": "Demo", "type": "track", "uri": "spotify:local:Dry+Reed:Silt:Demo:90", "popularity": 0,
    "is_local": True, "album": {"id": None, "name": "Silt"}, "artists": [{"id": None, "name": "Dry Reed"}],
    "duration_ms": 90000,
}  # fmt: skip
_EPISODE = {
    "id": "e1", "name": "On silt", "type": "episode", "uri": "spotify:episode:e1", "duration_ms": 3000000,
    "release_date": "2026-01-02", "release_date_precision": "day", "show": {"id": "s1", "name": "Mudcast"},
}  # fmt: skip
_PLAYLIST = {
    "id": "p1", "name": "Low tide", "type": "playlist", "uri": "spotify:playlist:p1", "snapshot_id": "MSxh",
    "owner": {"id": "stilt", "display_name": None}, "followers": {"total": 12}, "tracks": {"href": "h", "total": 4},
}  # fmt: skip
_PODCAST = {"id": "s1", "name": "Mudcast", "publisher": "Stilt", "total_episodes": 7}
_ROWS = {
    "items": [
        {"added_at": "2026-01-01T00:00:00Z", "is_local": False, "track": _TRACK},
        {"added_at": None, "is_local": False, "track": None},
        {"added_at": "2026-01-01T00:00:00Z", "is_local": True, "track": _LOCAL},
        {"added_at": "2026-01-01T00:00:00Z", "is_local": False, "item": _EPISODE},
        None,
    ],
    "next": None,
    "total": 5,
}
_ONLY_NAMED = (
    "ability", "generation", "growth_rate", "language", "location", "location_area", "nature", "pokedex",
    "pokemon_form", "region", "stat", "type", "version",
)  # fmt: skip
_RATING = {"rating": {"value": 4.25, "votes-count": 12}}
_ARTIST = _RATING | {
    "id": MBID, "name": "Heron & Reed", "type": "Group", "gender": None, "country": "NL", "ipis": [],
    "life-span": {"begin": "1988-01", "end": None, "ended": False}, "begin-area": {"name": "Leiden"},
    "relations": [
        {"type": "wikidata", "ended": False, "url": {"resource": "https://www.wikidata.org/wiki/Q11649"}},
        {"type": "IMDb", "ended": True, "url": {"resource": "https://www.imdb.com/name/nm1110321/"}},
    ],
}  # fmt: skip
_CREDIT = {"artist-credit": [{"name": "Heron", "joinphrase": "", "artist": {"id": MBID, "name": "Heron"}}]}
_RECORDING = _CREDIT | _RATING | {
    "id": MBID, "title": "Low Water", "length": 125400, "video": False, "isrcs": ["GBAHS1400099"],
    "first-release-date": "2014-06-20",
}  # fmt: skip
_MUSIC_RELEASE = _CREDIT | {
    "id": MBID, "title": "Ebb", "status": "Official", "date": "2014", "barcode": "", "asin": None,
    "media": [{"format": "CD", "track-count": 12}, {"format": "CD", "track-count": 9}],
    "cover-art-archive": {"count": 3}, "release-group": {"id": MBID}, "label-info": [{"label": {"id": MBID}}],
}  # fmt: skip
_RELEASE_GROUP = (
    _CREDIT | _RATING | {"id": MBID, "title": "Ebb", "primary-type": "Album", "secondary-types": []}
)
_HITS = {"created": "2026-03-10T12:00:00Z", "count": 41, "offset": 0}
_POPULAR = {"popularity": 24.17, "vote_average": 8.4, "vote_count": 30717}
_MOVIE = _POPULAR | {
    "id": 550, "title": "Ebb", "release_date": "1999-10-15", "imdb_id": "tt0137523", "adult": False,
    "budget": 0, "revenue": 100853753, "runtime": 139, "status": "Released", "genres": [{"id": 18, "name": "Drama"}],
    "belongs_to_collection": {"id": 9485}, "external_ids": {"imdb_id": "tt0137523", "wikidata_id": "Q190050"},
}  # fmt: skip
_SHOW = _POPULAR | {
    "id": 550, "name": "Flow", "first_air_date": "", "last_air_date": None, "number_of_seasons": 3,
    "number_of_episodes": 24, "networks": [{"id": 6, "name": "One"}], "external_ids": {"imdb_id": None},
}  # fmt: skip
_PLAYER = {"id": 550, "name": "A. Heron", "popularity": 3.5, "birthday": None, "imdb_id": None, "gender": 1}
_PAGED = {"page": 1, "total_pages": 58321, "total_results": 1166405}
_CHANGED = _PAGED | {"results": [{"id": 550, "adult": None}]}


def _browse(entity: str, row: object) -> dict[str, object]:
    return {f"{entity}s": [row], f"{entity}-offset": 0, f"{entity}-count": 664}


def _notion_list(row: object) -> object:
    return {"object": "list", "results": [row], "has_more": False, "next_cursor": None}


_FILE = {
    "name": "w.bin", "path": "model/w.bin", "sha": "a" * 40, "size": 12, "type": "file",
    "url": "https://api.github.com/repos/Heron/Reed/contents/model/w.bin?ref=main", "content": "c21hbGwgZmlsZS4u\n",
}  # fmt: skip
_GRAPHQL_REPOSITORY = {
    "nameWithOwner": "Heron/Reed", "databaseId": 7, "stargazerCount": 12, "forkCount": 3, "diskUsage": 40,
    "watchers": {"totalCount": 4}, "issues": {"totalCount": 2}, "pullRequests": {"totalCount": 1},
    "owner": {"login": "Heron"}, "licenseInfo": None,
}  # fmt: skip
_GRAPHQL_STARS = {
    "data": {
        "repository": {
            "nameWithOwner": "Heron/Reed",
            "stargazers": {
                "edges": [{"starredAt": f"2026-03-{day}T08:00:00Z"} for day in ("10", "09", "09", "08")],
                "pageInfo": {"endCursor": "x", "hasNextPage": False},
            },
        }
    }
}
SAMPLES = (
    Sample("github", "repository", _REPOSITORY, 5, ("repository",)),
    Sample("github", "organisation_repositories", [_REPOSITORY], 5, ("repository",)),
    Sample("github", "search_repositories", {"total_count": 1, "items": [_REPOSITORY]}, 0, ("repository",)),
    Sample("github", "languages", {"Zig": 3000, "C": 20}, 2, ()),
    Sample("github", "organisation", _ACCOUNT, 2, ("organisation",)),
    Sample("github", "user", _ACCOUNT | {"type": "User"}, 2, ("user",)),
    Sample("github", "followers", [_SHORT_ACCOUNT], 0, ("user",)),
    Sample("github", "subscribers", [_SHORT_ACCOUNT], 0, ("user",)),
    Sample(
        "github", "stargazers", [{"starred_at": "2026-01-01T00:00:00Z", "user": _SHORT_ACCOUNT}], 0, ("user",)
    ),
    Sample("github", "contributors", [_SHORT_ACCOUNT, {"email": "x@example.org"}], 0, ("user",)),
    Sample("github", "search_users", {"items": [_SHORT_ACCOUNT]}, 0, ("user",)),
    Sample("github", "issue", _ISSUE, 0, ("issue",)),
    Sample(
        "github", "issues", [_ISSUE, _ISSUE | {"number": 4, "pull_request": {}}], 0, ("issue", "pull_request")
    ),
    Sample("github", "search_issues", {"items": [_ISSUE]}, 0, ("issue",)),
    Sample("github", "pull", _PULL, 0, ("pull_request",)),
    Sample("github", "pulls", [_PULL], 0, ("pull_request",)),
    Sample("github", "milestone", _MILESTONE, 2, ("milestone",)),
    Sample("github", "milestones", [_MILESTONE], 2, ("milestone",)),
    Sample("github", "release", _RELEASE, 1, ("release", "release_asset")),
    Sample("github", "releases", [_RELEASE], 1, ("release", "release_asset")),
    Sample("github", "release_asset", _ASSET, 1, ("release_asset",)),
    Sample("github", "release_assets", [_ASSET], 1, ("release_asset",)),
    Sample(
        "github",
        "events",
        [
            {
                "id": "9",
                "type": "PushEvent",
                "repo": {"name": "Heron/Reed"},
                "actor": {"login": "S"},
                "payload": {},
            }
        ],
        0,
        ("event",),
    ),
    Sample("github", "commit", _COMMIT, 0, ("commit",)),
    Sample("github", "commits", [_COMMIT], 0, ("commit",)),
    Sample("github", "branch", {"name": "main", "commit": _COMMIT}, 0, ("branch", "commit")),
    Sample("github", "deployment", _DEPLOYMENT, 0, ("deployment",)),
    Sample("github", "deployments", [_DEPLOYMENT], 0, ("deployment",)),
    Sample("github", "workflow_jobs", {"total_count": 1, "jobs": [_TIMED]}, 1, ("job",)),
    Sample("github", "check_runs", {"check_runs": [_TIMED | {"app": {"slug": "ci"}}]}, 1, ("check",)),
    Sample("github", "workflow_runs", {"workflow_runs": [_TIMED]}, 0, ("workflow_run",)),
    Sample("github", "webhook_fork", {"repository": _REPOSITORY, "forkee": {}}, 5, ("repository",)),
    Sample("github", "webhook_issues", _TOLD | {"issue": _ISSUE}, 5, ("issue", "repository")),
    Sample(
        "github", "webhook_pull_request", _TOLD | {"pull_request": _PULL}, 5, ("pull_request", "repository")
    ),
    Sample("github", "webhook_push", {"repository": _REPOSITORY | {"pushed_at": NOW}}, 5, ()),
    Sample("github", "webhook_release", _TOLD | {"release": _RELEASE}, 0, ("release", "release_asset")),
    Sample("github", "webhook_repository", _TOLD, 5, ("repository",)),
    Sample("github", "webhook_star", _TOLD | {"starred_at": "2026-03-10T11:00:00Z"}, 5, ("repository",)),
    Sample(
        "github", "webhook_workflow_run", _TOLD | {"workflow_run": _TIMED}, 5, ("workflow_run", "repository")
    ),
    Sample("github", "traffic_views", {"count": 20, "uniques": 6, "views": [_DAY]}, 2, ()),
    Sample("github", "traffic_clones", {"count": 20, "uniques": 6, "clones": [_DAY]}, 2, ()),
    Sample("github", "commit_activity", [{"total": 4, "week": MONDAY, "days": [0, 4, 0, 0, 0, 0, 0]}], 8, ()),
    Sample("github", "traffic_referrers", [{"referrer": "Google", "count": 7, "uniques": 3}], 2, ()),
    Sample(
        "github", "traffic_paths", [{"path": "/Heron/Reed", "title": "Reed", "count": 7, "uniques": 3}], 2, ()
    ),
    Sample("github", "contents", _FILE, 1, ("file",)),
    Sample(
        "github",
        "graphql_repositories",
        {"data": {"rateLimit": {"cost": 1}, "r0": _GRAPHQL_REPOSITORY}},
        5,
        ("repository",),
    ),
    Sample("github", "graphql_stargazers", _GRAPHQL_STARS, 2, ()),
    Sample("github", "code_frequency", [[MONDAY, 12, -5]], 2, ()),
    Sample("notion", "page", _NOTION_PAGE, 8, ("page",)),
    Sample("notion", "written", _NOTION_PAGE, 8, ("page",)),
    Sample("notion", "search", _notion_list(_NOTION_PAGE), 10, ("page",)),
    Sample("notion", "data_source_query", _notion_list(_NOTION_PAGE), 10, ("page",)),
    Sample("notion", "users", _notion_list(_NOTION_USER), 1, ("user",)),
    Sample("notion", "user", _NOTION_USER, 0, ("user",)),
    Sample("notion", "database", _NOTION_DATABASE, 0, ("database",)),
    Sample("notion", "data_source", _NOTION_DATABASE | {"object": "data_source"}, 0, ("data_source",)),
    Sample("notion", "block_children", _notion_list(_NOTION_BLOCK), 1, ("block",)),
    Sample("notion", "block", _NOTION_BLOCK, 0, ("block",)),
    Sample("notion", "comments", _notion_list(_NOTION_COMMENT), 1, ("comment",)),
    Sample("openweathermap", "weather", _WEATHER | {"cod": 200}, 7, ("city",)),
    Sample("openweathermap", "group", {"cnt": 1, "list": [_WEATHER]}, 7, ("city",)),
    Sample("openweathermap", "find", {"cod": "200", "list": [_WEATHER | {"rain": None}]}, 6, ("city",)),
    Sample("openweathermap", "box_city", {"cod": "200", "list": [_WEATHER]}, 7, ("city",)),
    Sample("openweathermap", "history", {"cod": "200", "city_id": 2759794, "list": [_WEATHER]}, 7, ()),
    Sample("openweathermap", "air_pollution", _AIR, 3, ("place",)),
    Sample("openweathermap", "air_pollution_history", _AIR, 3, ("place",)),
    Sample("openweathermap", "air_pollution_forecast", _AIR, 0, ("place",)),
    Sample(
        "openweathermap",
        "forecast",
        {"cod": "200", "city": _CITY, "list": [{"dt": NOW + 10_800, "main": {"temp": 279.0}, "pop": 0.2}]},
        0,
        ("forecast",),
    ),
    Sample(
        "openweathermap",
        "forecast_daily",
        {"cod": "200", "city": _CITY, "list": [{}]},
        0,
        ("forecast_daily",),
    ),
    Sample("openweathermap", "one_call", _PLACE | {"current": _HOUR, "hourly": [_HOUR]}, 8, ("place",)),
    Sample("openweathermap", "one_call_timemachine", _PLACE | {"data": [_HOUR]}, 8, ("place",)),
    Sample("openweathermap", "geocoding_direct", [_PLACE | {"name": "Amsterdam"}], 0, ("place",)),
    Sample("openweathermap", "geocoding_zip", _PLACE | {"zip": "1011"}, 0, ("place",)),
    Sample("musicbrainz", "artist", _ARTIST, 2, ("artist",)),
    Sample("musicbrainz", "recording", _RECORDING, 3, ("recording",)),
    Sample("musicbrainz", "release", _MUSIC_RELEASE, 3, ("release",)),
    Sample("musicbrainz", "release_group", _RELEASE_GROUP, 2, ("release_group",)),
    Sample("musicbrainz", "browse_artist", _browse("artist", _ARTIST), 3, ("artist",)),
    Sample("musicbrainz", "browse_recording", _browse("recording", _RECORDING), 4, ("recording",)),
    Sample("musicbrainz", "browse_release", _browse("release", _MUSIC_RELEASE), 4, ("release",)),
    Sample(
        "musicbrainz", "browse_release_group", _browse("release-group", _RELEASE_GROUP), 3, ("release_group",)
    ),
    *(
        Sample("musicbrainz", f"search_{entity}", _HITS | {"artists": [{"id": MBID}]}, 1, ())
        for entity in ("artist", "recording", "release", "release_group")
    ),
    Sample("musicbrainz", "label", _RATING | {"id": MBID, "name": "Reed Records"}, 2, ("label",)),
    Sample(
        "musicbrainz", "area", {"id": MBID, "name": "Leiden", "iso-3166-2-codes": ["NL-ZH"]}, 0, ("area",)
    ),
    Sample("musicbrainz", "disc_id", {"releases": [_MUSIC_RELEASE]}, 0, ("release",)),
    Sample("pokeapi", "pokemon", _POKEMON, 3, ("pokemon",)),
    Sample(
        "pokeapi",
        "pokemon_species",
        _NAMED | {"capture_rate": 45, "base_happiness": None, "hatch_counter": 20, "gender_rate": 1},
        3,
        ("pokemon_species",),
    ),
    Sample("pokeapi", "evolution_chain", _CHAIN | {"id": 1}, 0, ("evolution_chain",)),
    Sample("pokeapi", "pokemon_list", _LIST, 1, ()),
    Sample("pokeapi", "resource_list", _LIST, 1, ()),
    Sample(
        "pokeapi", "move", _NAMED | {"power": None, "accuracy": 90, "pp": 10, "priority": -1}, 3, ("move",)
    ),
    Sample("pokeapi", "item", _NAMED | {"cost": 200, "fling_power": None}, 1, ("item",)),
    Sample("pokeapi", "berry", _BERRY, 6, ("berry",)),
    Sample(
        "pokeapi", "machine", {"id": 1, "item": {"name": "tm00"}, "move": {"name": "punch"}}, 0, ("machine",)
    ),
    Sample(
        "pokeapi_graphql",
        "pokemon",
        {"data": {"pokemon": [_GRAPHQL_POKEMON], "pokemon_aggregate": {"aggregate": {"count": 41}}}},
        4,
        ("pokemon",),
    ),
    Sample(
        "pokeapi_graphql",
        "pokemon_species",
        {"data": {"pokemonspecies": [_GRAPHQL_SPECIES]}},
        3,
        ("pokemon_species",),
    ),
    Sample(
        "pokeapi_graphql", "item", {"data": {"item": [{"id": 4, "name": "mud", "cost": 200}]}}, 1, ("item",)
    ),
    Sample(
        "pokeapi_graphql",
        "generation",
        {
            "data": {
                "generation": [
                    {"id": 1, "name": "first", "pokemonspecies_aggregate": {"aggregate": _GRAPHQL_CAPTURE}}
                ]
            }
        },
        3,
        ("generation",),
    ),
    Sample(
        "pokeapi_graphql",
        "aggregate",
        {"data": {"species": {"aggregate": {"avg": {"base_happiness": 59.9}}}}},
        1,
        (),
    ),
    *(Sample("pokeapi", endpoint, _NAMED, 0, (endpoint,)) for endpoint in _ONLY_NAMED),
    Sample("spotify", "artist", _SPOTIFY_ARTIST, 2, ("artist",)),
    Sample("spotify", "artists", {"artists": [_SPOTIFY_ARTIST, None]}, 2, ("artist",)),
    Sample("spotify", "related_artists", {"artists": [_SPOTIFY_ARTIST]}, 2, ("artist",)),
    Sample("spotify", "top_artists", {"items": [_SPOTIFY_ARTIST], "next": None}, 2, ("artist",)),
    Sample("spotify", "album", _ALBUM, 2, ("album",)),
    Sample("spotify", "albums", {"albums": [None, _ALBUM]}, 2, ("album",)),
    Sample("spotify", "saved_albums", {"items": [{"added_at": "x", "album": _ALBUM}]}, 2, ("album",)),
    Sample("spotify", "track", _TRACK, 1, ("track",)),
    Sample("spotify", "tracks", {"tracks": [None, _TRACK]}, 1, ("track",)),
    Sample("spotify", "artist_top_tracks", {"tracks": [_TRACK]}, 1, ("track",)),
    Sample("spotify", "recommendations", {"tracks": [_TRACK], "seeds": []}, 1, ("track",)),
    Sample("spotify", "top_tracks", {"items": [_TRACK]}, 1, ("track",)),
    Sample("spotify", "saved_tracks", {"items": [{"track": _TRACK}]}, 1, ("track",)),
    Sample("spotify", "playlist", _PLAYLIST, 2, ("playlist",)),
    Sample("spotify", "user_playlists", {"items": [_PLAYLIST, None]}, 2, ("playlist",)),
    Sample("spotify", "featured_playlists", {"playlists": {"items": [_PLAYLIST]}}, 2, ("playlist",)),
    Sample("spotify", "playlist_items", _ROWS, 1, ("track", "local_file", "episode")),
    Sample("spotify", "playlist_item", _TRACK, 1, ("track",)),
    Sample("spotify", "new_releases", {"albums": {"items": [_SHORT_ALBUM]}}, 0, ("release",)),
    Sample("spotify", "artist_albums", {"items": [_SHORT_ALBUM]}, 0, ("release",)),
    Sample(
        "spotify",
        "search",
        {
            "artists": {"items": [_SPOTIFY_ARTIST]},
            "tracks": {"items": [_TRACK]},
            "albums": {"items": [_SHORT_ALBUM]},
        },
        0,
        ("artist", "track", "release"),
    ),
    Sample("spotify", "shows", _PODCAST, 1, ("show",)),
    Sample("spotify", "episodes", {"episodes": [_EPISODE, None]}, 0, ("episode",)),
    Sample("spotify", "show_episodes", {"items": [_EPISODE]}, 0, ("episode",)),
    Sample("spotify", "audiobook", {"id": "k1", "name": "Mud", "total_chapters": 3}, 1, ("audiobook",)),
    Sample("spotify", "chapter", {"id": "c1", "name": "One", "audiobook": {"id": "k1"}}, 0, ("chapter",)),
    Sample("spotify", "audio_features", {"id": "t1", "tempo": 98.5, "key": 4}, 0, ("audio_features",)),
    Sample("spotify", "user", {"id": "stilt", "display_name": None, "followers": {"total": 2}}, 1, ("user",)),
    Sample("tmdb", "movie", _MOVIE, 5, ("movie",)),
    Sample("tmdb", "tv", _SHOW, 5, ("tv",)),
    Sample("tmdb", "person", _PLAYER, 1, ("person",)),
    Sample("tmdb", "trending", _PAGED | {"results": [_MOVIE | {"media_type": "movie"}]}, 3, ()),
    Sample("tmdb", "movie_list", _PAGED | {"results": [_MOVIE]}, 3, ()),
    Sample("tmdb", "tv_list", _PAGED | {"results": [_SHOW]}, 3, ()),
    Sample("tmdb", "person_list", _PAGED | {"results": [_PLAYER]}, 1, ()),
    Sample("tmdb", "movie_changes", _CHANGED, 0, ("movie_change",)),
    Sample("tmdb", "tv_changes", _CHANGED, 0, ("tv_change",)),
    Sample("tmdb", "person_changes", _CHANGED, 0, ("person_change",)),
    Sample(
        "tmdb",
        "find",
        {"movie_results": [_MOVIE], "tv_results": [_SHOW], "person_results": [_PLAYER]},
        7,
        (),
    ),
    Sample("tmdb", "collection", {"id": 9485, "name": "Tides", "parts": [_MOVIE]}, 3, ("collection",)),
    Sample("tmdb", "company", {"id": 711, "name": "Reed Pictures", "homepage": ""}, 0, ("company",)),
    Sample("tmdb", "network", {"id": 6, "name": "One", "headquarters": "Leiden"}, 0, ("network",)),
)
SAMPLE_IDS = [f"{sample.source}-{sample.endpoint}" for sample in SAMPLES]
BY_ENDPOINT = {(sample.source, sample.endpoint): sample for sample in SAMPLES}
