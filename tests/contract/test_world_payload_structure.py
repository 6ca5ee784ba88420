"""What the world plays has the structure of what the vendors were recorded to send, endpoint by endpoint.

The recordings lie outside of the repository: in CROSSCURRENT_RECORDINGS, else in ../shared/payloads. A fresh
clone has none of them; then nothing can be compared, which is said as a warning, and the world is only held
against itself at another time (its structure must not depend on the hour or the seed).
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from connectors.notion.connector import NOTION
from connectors.pokeapi_graphql.connector import POKEAPI_GRAPHQL
from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world import default_scenario
from crosscurrent.embedded.world.github_api import GithubTerms
from crosscurrent.embedded.world.music_catalogue import ARTIST, mbid
from crosscurrent.embedded.world.musicbrainz_api import MusicBrainzTerms
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.notion_payload import TOP_TITLE
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from tests.contract.payload_structure import Structure, differences, structure_of
from tests.contract.spotify_structure import SPOTIFY_COMPARED
from tests.contract.world_credentials import authorization
from tests.contract.world_endpoint import Endpoint, rows, whole
from tests.contract.world_endpoints_music_film import MUSIC_AND_FILMS

REPOSITORY = Path(__file__).resolve().parents[2]
RECORDINGS = Path(os.environ.get("CROSSCURRENT_RECORDINGS") or REPOSITORY.parent / "shared" / "payloads")
HOURS = (0, 1, 5, 24, 100, 149, 150, 200, 300, 477)
SEEDS = (1, 2)


def assets(body: object) -> Iterator[object]:
    for release in rows(body):
        if isinstance(release, dict):
            yield from release.get("assets", [release])


def events_of(kind: str) -> Callable[[object], Iterator[object]]:
    def chosen(body: object) -> Iterator[object]:
        yield from (event for event in rows(body) if isinstance(event, dict) and event.get("type") == kind)

    return chosen


def generations(body: object) -> Iterator[object]:
    # the folder has another question's answer as well
    if isinstance(body, dict) and "generation" in body["data"]:
        yield body


def by_type(body: object) -> Iterator[object]:
    """The rows of a list, or the one object, with the properties under their types instead of their names."""
    found = body.get("results", [body]) if isinstance(body, dict) else []
    for one in found:
        properties = one.get("properties") if isinstance(one, dict) else None
        if isinstance(properties, dict):
            yield {**one, "properties": {value["type"]: value for value in properties.values()}}
        else:
            yield one


def question(endpoint: str) -> str:
    (poll,) = POKEAPI_GRAPHQL.polls([endpoint])
    ask = poll.ask(poll.first_url("", None))
    return f"POST {ask.url} {(ask.body or b'').decode()}"


REPOSITORIES = (
    "quillfen-works/sailbench",
    "tarnholt/peatbog",
    "tarnholt/lantern-db",
    "quillfen-works/thistle",
)
CITIES = (2643743, 3413829, 1880252, 3143244)
ENDPOINTS = (
    Endpoint(
        "github repository",
        "github",
        tuple(f"/repos/{name}" for name in REPOSITORIES),
        ("github/repos", "github/repos-over-time", "github/conditional-304"),
        "full_name",
        rows,
    ),
    Endpoint(
        "github organisation repositories",
        "github",
        ("/orgs/tarnholt/repos?per_page=100",),
        # one recorded page holds one old row; its rows are repositories less some fields
        ("github/org-repos-pages", "github/repos", "github/repos-over-time"),
        "full_name",
        rows,
        # a list's rows lack these, as its one recording shows
        frozenset(
            {
                "$.network_count",
                "$.subscribers_count",
                "$.organization",
                "$.allow_squash_merge",
                "$.allow_merge_commit",
                "$.allow_rebase_merge",
            }
        ),
    ),
    Endpoint(
        "github issues",
        "github",
        tuple(f"/repos/{name}/issues?state=all&per_page=100" for name in REPOSITORIES),
        ("github/issues-list", "github/issues-pages", "github/issues-pages-per3"),
        "number",
        rows,
    ),
    Endpoint(
        "github releases",
        "github",
        tuple(f"/repos/{name}/releases" for name in REPOSITORIES),
        ("github/releases",),
        "tag_name",
        rows,
        # the recorded releases have no assets; assets are compared on their own below
        frozenset({"$.assets[]"}),
    ),
    Endpoint(
        "github release assets",
        "github",
        tuple(f"/repos/{name}/releases" for name in REPOSITORIES),
        ("github/releases",),
        "browser_download_url",
        assets,
    ),
    Endpoint(
        "github push events",
        "github",
        tuple(f"/repos/{name}/events?per_page=100" for name in REPOSITORIES),
        ("github/events-public", "github/user-events"),
        "type",
        events_of("PushEvent"),
    ),
    Endpoint(
        "github issue events",
        "github",
        tuple(f"/repos/{name}/events?per_page=100" for name in REPOSITORIES),
        ("github/events-public", "github/user-events"),
        "type",
        events_of("IssuesEvent"),
        # three recorded events, none with an empty text or a description of a label; issues have both
        frozenset({"$.payload.issue.body", "$.payload.issue.labels[].description"}),
    ),
    Endpoint(
        "github traffic views",
        "github",
        tuple(f"/repos/{name}/traffic/views" for name in REPOSITORIES[:2]),
        ("github/traffic",),
        "views",
        whole,
    ),
    Endpoint(
        "github traffic clones",
        "github",
        tuple(f"/repos/{name}/traffic/clones" for name in REPOSITORIES[:2]),
        ("github/traffic",),
        "views",
        lambda body: (
            iter([{"views" if name == "clones" else name: value for name, value in body.items()}])
            if isinstance(body, dict)
            else iter(())
        ),
    ),
    Endpoint(
        "github referrers",
        "github",
        tuple(f"/repos/{name}/traffic/popular/referrers" for name in REPOSITORIES[:2]),
        ("github/traffic",),
        "referrer",
        rows,
    ),
    Endpoint(
        "github popular paths",
        "github",
        tuple(f"/repos/{name}/traffic/popular/paths" for name in REPOSITORIES[:2]),
        ("github/traffic",),
        "title",
        rows,
    ),
    Endpoint(
        "github commit activity",
        "github",
        tuple(f"/repos/{name}/stats/commit_activity" for name in REPOSITORIES[:2]),
        ("github/stats",),
        "week",
        rows,
    ),
    Endpoint(
        "github workflow runs",
        "github",
        tuple(f"/repos/{name}/actions/runs?per_page=5" for name in REPOSITORIES[:2]),
        ("github/workflow-runs",),
        "workflow_runs",
        whole,
        # of the one repository that was recorded it is never null
        frozenset(f"$.workflow_runs[].{name}.description" for name in ("repository", "head_repository")),
    ),
    Endpoint(
        "github contents",
        "github",
        tuple(f"/repos/{name}/contents/README.md" for name in REPOSITORIES),
        ("github/contents",),
        "path",
        rows,
        # recorded was a folder, whose rows are files without their text
        frozenset({"$.content", "$.encoding"}),
    ),
    Endpoint(
        "github rate limit",
        "github",
        ("/rate_limit",),
        ("github/rate-limit",),
        "resources",
        whole,
        # recorded before GitHub added `used`; its documentation has it in every resource
        frozenset({"$.rate.used", "$.resources.core.used", "$.resources.search.used"}),
    ),
    Endpoint(
        "openweathermap current",
        "openweathermap",
        tuple(f"/data/2.5/weather?id={city}" for city in CITIES),
        ("openweathermap/current",),
        "weather",
        whole,
        # gust: absent when the wind is weak or the station does not say, so not in every payload; 3h: the
        # one recording with rain has both periods, the documentation gives current weather only 1h
        frozenset({"$.wind.gust", "$.rain.3h", "$.snow.3h"}),
    ),
    Endpoint(
        "openweathermap group",
        "openweathermap",
        ("/data/2.5/group?id=" + ",".join(map(str, CITIES)),),
        ("openweathermap/group",),
        "list",
        whole,
        # documented, and cut from the one recording there is
        frozenset({"$.cnt"}),
    ),
    Endpoint(
        "openweathermap forecast",
        "openweathermap",
        tuple(f"/data/2.5/forecast?id={city}" for city in CITIES),
        ("openweathermap/forecast5",),
        "city",
        whole,
    ),
    Endpoint(
        "openweathermap air pollution",
        "openweathermap",
        ("/data/2.5/air_pollution?lat=59.9&lon=10.7", "/data/2.5/air_pollution?lat=1.3&lon=104"),
        ("openweathermap/air-pollution",),
        "list",
        whole,
    ),
    Endpoint(
        "pokeapi pokemon",
        "pokeapi",
        tuple(f"/api/v2/pokemon/{number}" for number in range(1, 61)),
        ("pokeapi/pokemon",),
        "base_experience",
        whole,
    ),
    Endpoint(
        "pokeapi species",
        "pokeapi",
        tuple(f"/api/v2/pokemon-species/{number}" for number in range(1, 61)),
        ("pokeapi/pokemon-species",),
        "capture_rate",
        whole,
    ),
    Endpoint(
        "pokeapi evolution chain",
        "pokeapi",
        tuple(f"/api/v2/evolution-chain/{number}" for number in range(1, 21)),
        ("pokeapi/evolution-chain",),
        "chain",
        whole,
    ),
    Endpoint(
        "pokeapi list",
        "pokeapi",
        tuple(f"/api/v2/pokemon?limit=20&offset={offset}" for offset in (0, 20, 40)),
        ("pokeapi/list-pages",),
        "results",
        whole,
    ),
    Endpoint(
        "notion rows",
        "notion",
        tuple(f"POST /v1/data_sources/{id_of('data source', source)}/query {{}}" for source in range(3)),
        ("notion/data-source-query", "notion/page"),
        "properties",
        by_type,
    ),
    Endpoint(
        "notion page",
        "notion",
        (f"/v1/pages/{id_of('page', TOP_TITLE)}",),
        ("notion/page",),
        "properties",
        by_type,
        # documented; no page at the top was recorded
        frozenset({"$.parent.workspace"}),
    ),
    Endpoint(
        "notion data source",
        "notion",
        tuple(f"/v1/data_sources/{id_of('data source', source)}" for source in range(3)),
        ("notion/data-source",),
        "title",
        by_type,
    ),
    Endpoint(
        "notion database",
        "notion",
        tuple(f"/v1/databases/{id_of('database', source)}" for source in range(3)),
        ("notion/database",),
        "data_sources",
        by_type,
    ),
    Endpoint(
        "notion users",
        "notion",
        ("/v1/users",),
        ("notion/users",),
        "results",
        whole,
    ),
    Endpoint(
        "notion blocks",
        "notion",
        (f"/v1/blocks/{id_of('page', TOP_TITLE)}/children",),
        ("notion/block-children", "notion/block"),
        "type",
        by_type,
    ),
    Endpoint(
        "notion comments",
        "notion",
        (f"/v1/comments?block_id={id_of('page', TOP_TITLE)}",),
        ("notion/comments",),
        "discussion_id",
        by_type,
    ),
    Endpoint(
        "pokeapi graphql pokemon",
        "pokeapi_graphql",
        (question("pokemon"),),
        ("pokeapi-graphql/pokemon-pages",),
        "data",
        whole,
        # ours does not ask for these
        frozenset({"$.data.pokemon[].pokemonabilities", "$.data.pokemon[].pokemonstats[].effort"}),
    ),
    Endpoint(
        "pokeapi graphql species",
        "pokeapi_graphql",
        (question("pokemon_species"),),
        ("pokeapi-graphql/species-by-generation",),
        "data",
        whole,
        # the recorded query asks for other parts of these, and for no count
        frozenset(
            {
                "$.data.pokemonspecies[].evolves_from_species_id",
                "$.data.pokemonspecies[].generation.id",
                "$.data.pokemonspecies[].pokemonspeciesnames[].genus",
                "$.data.pokemonspecies_aggregate",
            }
        ),
    ),
    Endpoint(
        "pokeapi graphql items",
        "pokeapi_graphql",
        (question("item"),),
        ("pokeapi-graphql/items",),
        "data",
        whole,
        frozenset({"$.data.item_aggregate"}),
    ),
    Endpoint(
        "pokeapi graphql generations",
        "pokeapi_graphql",
        (question("generation"),),
        ("pokeapi-graphql/aggregates",),
        "data",
        generations,
        frozenset(
            {
                "$.data.generation_aggregate",
                "$.data.generation[].pokemonspecies_aggregate.aggregate.sum",
            }
        ),
    ),
    *(
        Endpoint(name, "spotify", paths, kinds, key, whole, allowed)
        for name, paths, kinds, key, allowed in SPOTIFY_COMPARED
    ),
    *MUSIC_AND_FILMS,
)
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}


def recorded(endpoint: Endpoint) -> Structure:
    payloads = []
    for kind in endpoint.kinds:
        for file in sorted((RECORDINGS / kind).glob("*.json")):
            if not file.name.endswith(".headers.json"):
                payloads += list(endpoint.row(json.loads(file.read_bytes())))
    return structure_of(one for one in payloads if isinstance(one, dict) and endpoint.key in one)


def played(endpoint: Endpoint, seed: int = 1) -> Structure:
    scenario = default_scenario(seed)
    time = VirtualTime(scenario.start_seconds, ManualClock(), speed=0)
    world = World(scenario, time)
    payloads: list[object] = []
    for before, hour in zip((0, *HOURS), HOURS, strict=False):
        time.advance((hour - before) * 3600)
        for address in endpoint.paths:
            payloads += list(endpoint.row(answered(world, endpoint.vendor, address)))
    return structure_of(payloads)


def answered(world: World, vendor: str, address: str) -> object:
    method, body = "GET", ""
    if address.startswith("POST "):
        method, address, body = address.split(" ", 2)
    path, _, query = address.partition("?")
    asked = {"appid": "key", **dict(part.split("=") for part in query.split("&") if part)}
    headers = {"user-agent": "test", "authorization": authorization(world, vendor), **NOTION.headers}
    answer = world.answer(
        vendor, path, asked, headers, f"http://world/{vendor}", None, method=method, body=body.encode()
    )
    assert answer.status == 200, answer.body
    return orjson.loads(answer.body)


def recordings_present() -> bool:
    if RECORDINGS.is_dir():
        return True
    warnings.warn(
        f"no recordings in {RECORDINGS}: the world was compared with itself only; set CROSSCURRENT_RECORDINGS",
        stacklevel=2,
    )
    return False


@pytest.mark.recordings
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_world_plays_the_recorded_structure_at_any_hour(endpoint: Endpoint) -> None:
    structure = played(endpoint)

    assert structure.types, "nothing was played"
    if recordings_present():
        assert differences(structure, recorded(endpoint), endpoint.allowed) == []


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_world_plays_the_same_paths_whatever_the_seed(endpoint: Endpoint) -> None:
    first, second = (played(endpoint, seed) for seed in SEEDS)

    # rain and snow come and go with the weather
    weather = {"$.rain", "$.rain.1h", "$.snow", "$.snow.1h", "$.list[].rain", "$.list[].rain.3h"}
    assert set(first.types) ^ set(second.types) <= weather


ERRORS = (
    ("github", "/repos/no/such", "Bearer good", 404),
    ("github", "/rate_limit", "Bearer bad", 401),
    ("github", "/repos/tarnholt/gorse", "Bearer good", 403),
    ("musicbrainz", "/ws/2/artist/nobody?fmt=json", "", 400),
    ("musicbrainz", f"/ws/2/artist/{mbid(ARTIST, 9)}?fmt=json", "", 404),
    ("musicbrainz", f"/ws/2/artist/{mbid(ARTIST, 0)}?inc=unknown&fmt=json", "", 400),
    ("musicbrainz", f"/ws/2/artist/{mbid(ARTIST, 0)}?fmt=json", "", 503),
    ("openweathermap", "/data/2.5/weather?id=1", "", 404),
    ("openweathermap", "/data/2.5/weather?id=2643743&appid=", "", 401),
    ("openweathermap", "/data/2.5/weather?lat=x", "", 400),
    ("spotify", "/v1/artists/x", "", 401),
    ("spotify", "/v1/artists/x", "Bearer bad", 401),
    ("tmdb", "/3/movie/1", "Bearer good", 404),
    ("tmdb", "/3/movie/990001", "", 401),
    ("tmdb", "/3/movie/popular?page=501", "Bearer good", 400),
    ("tmdb", "/3/tv/changes?start_date=2026-01-01&end_date=2026-01-16", "Bearer good", 422),
)


@pytest.mark.recordings
@pytest.mark.parametrize(("vendor", "address", "authorization", "status"), ERRORS)
def test_world_plays_errors_in_a_recorded_shape(
    vendor: str, address: str, authorization: str, status: int
) -> None:
    scenario = default_scenario(1)
    # a limit that is spent at once, for the 403
    terms = WorldTerms(
        GithubTerms("good", limit=0 if status == 403 else 5000),
        musicbrainz=MusicBrainzTerms(busy_every=1 if status == 503 else 0),
    )
    world = World(scenario, VirtualTime(scenario.start_seconds, ManualClock(), speed=0), terms)
    path, _, query = address.partition("?")
    asked = {"appid": "key", **dict(part.split("=") for part in query.split("&") if part)}
    headers = {"user-agent": "test", "authorization": authorization}

    answer = world.answer(vendor, path, asked, headers, f"http://world/{vendor}", None)

    assert answer.status == status
    if recordings_present():
        files = sorted((RECORDINGS / vendor / "errors").glob("*.json"))
        bodies = [json.loads(file.read_bytes()) for file in files if not file.name.endswith(".headers.json")]
        played_structure = structure_of([orjson.loads(answer.body)])
        assert differences(played_structure, structure_of(bodies)) == []


@pytest.mark.recordings
@pytest.mark.parametrize("name", ["github repository", "openweathermap current", "pokeapi pokemon"])
@pytest.mark.parametrize("mutation", ["new field", "other type", "vanished field"])
def test_comparison_fails_when_a_played_payload_is_altered(name: str, mutation: str) -> None:
    endpoint = BY_NAME[name]
    structure = played(endpoint)
    # without recordings what was played stands in for them: the comparison itself is what is tested here
    reference = recorded(endpoint) if recordings_present() else played(endpoint)
    victim = {"github repository": "$.full_name", "openweathermap current": "$.main.temp"}.get(
        name, "$.weight"
    )
    if mutation == "new field":
        structure.types["$.no_vendor_sends_this"].add("string")
    elif mutation == "other type":
        structure.types[victim] = {"array"}
    else:
        del structure.types[victim], structure.payload_counts[victim]

    assert len(differences(structure, reference, endpoint.allowed)) == 1


def test_comparison_demands_a_field_only_where_its_parent_is() -> None:
    recordings = structure_of([{"id": 1}] * 50 + [{"id": 1, "rare": {"always": 2}}])

    assert differences(structure_of([{"id": 3}]), recordings) == []
    assert differences(structure_of([{"id": 3, "rare": {}}]), recordings) == [
        "$.rare.always: recorded in nearly all, played never"
    ]
