"""The golden files: payloads that the simulated world wrote, and the records that they must give.

``python -m tests.golden.golden_payloads`` writes both anew. Read the difference before you commit it: whoever reads
our topics will see it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import orjson

from connectors.github.mapping import map_payload as map_github
from connectors.musicbrainz.mapping import map_payload as map_musicbrainz
from connectors.openweathermap.mapping import map_payload as map_openweathermap
from connectors.pokeapi.mapping import map_payload as map_pokeapi
from connectors.spotify.mapping import map_payload as map_spotify
from connectors.tmdb.mapping import map_payload as map_tmdb
from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.music_catalogue import ARTIST, RECORDING, RELEASE, mbid
from crosscurrent.embedded.world.spotify_catalogue import music_id
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World
from schemas.identity import record_id
from schemas.mapping import MapPayload
from schemas.records import RawEvent
from streams.normalise.logic import entity_batch, observation_batch
from tests.contract.world_credentials import authorization

DIRECTORY = Path(__file__).parent
HOUR = 200
OBSERVED_AT = datetime(2026, 1, 13, 8, tzinfo=UTC)
MAPPINGS: Mapping[str, MapPayload] = {
    "github": map_github,
    "musicbrainz": map_musicbrainz,
    "openweathermap": map_openweathermap,
    "pokeapi": map_pokeapi,
    "spotify": map_spotify,
    "tmdb": map_tmdb,
}


@dataclass(frozen=True)
class Golden:
    """A payload and the records it gives, both in files.

    Attributes:
        source: name of the source.
        endpoint: our name of the endpoint.
        path: the request's, from the vendor's host on, without the credential.
    """

    source: str
    endpoint: str
    path: str

    @property
    def payload_file(self) -> Path:
        return DIRECTORY / self.source / f"{self.endpoint}.payload.json"

    @property
    def records_file(self) -> Path:
        return DIRECTORY / self.source / f"{self.endpoint}.records.json"


_RECORDING = "artist-credits+isrcs+ratings+url-rels"
_RELEASE = "artist-credits+labels+media+release-groups+url-rels"
GOLDENS = (
    Golden("github", "repository", "/repos/quillfen-works/sailbench"),
    Golden("github", "organisation_repositories", "/orgs/tarnholt/repos?per_page=3"),
    Golden("github", "issues", "/repos/tarnholt/lantern-db/issues?state=all&per_page=4"),
    Golden("github", "releases", "/repos/tarnholt/lantern-db/releases?per_page=2"),
    Golden("github", "events", "/repos/quillfen-works/sailbench/events?per_page=4"),
    Golden("musicbrainz", "artist", f"/ws/2/artist/{mbid(ARTIST, 0)}?inc=ratings+url-rels&fmt=json"),
    Golden("musicbrainz", "recording", f"/ws/2/recording/{mbid(RECORDING, 1, 2)}?inc={_RECORDING}&fmt=json"),
    Golden("musicbrainz", "release", f"/ws/2/release/{mbid(RELEASE, 1, 2)}?inc={_RELEASE}&fmt=json"),
    Golden(
        "musicbrainz",
        "browse_release_group",
        f"/ws/2/release-group?artist={mbid(ARTIST, 1)}&inc=artist-credits+ratings&fmt=json&limit=2&offset=0",
    ),
    Golden("musicbrainz", "search_artist", "/ws/2/artist?query=fenwick&fmt=json&limit=25&offset=0"),
    Golden("openweathermap", "weather", "/data/2.5/weather?id=2179537&units=metric"),
    Golden("openweathermap", "air_pollution", "/data/2.5/air_pollution?lat=59.9127&lon=10.7461"),
    Golden("openweathermap", "forecast", "/data/2.5/forecast?id=3143244&units=imperial"),
    Golden("openweathermap", "group", "/data/2.5/group?id=2643743,3413829"),
    Golden("pokeapi", "pokemon_list", "/api/v2/pokemon?limit=5&offset=0"),
    Golden("pokeapi", "pokemon", "/api/v2/pokemon/7"),
    Golden("pokeapi", "pokemon_species", "/api/v2/pokemon-species/7"),
    Golden("pokeapi", "evolution_chain", "/api/v2/evolution-chain/3"),
    Golden("spotify", "artist", f"/v1/artists/{music_id('artist', 3)}"),
    Golden("spotify", "album", f"/v1/albums/{music_id('album', 2)}"),
    Golden("spotify", "track", f"/v1/tracks/{music_id('track', 40)}"),
    Golden(
        "spotify",
        "playlist",
        f"/v1/playlists/{music_id('playlist', 0)}?fields=id,name,followers,tracks.total",
    ),
    Golden("spotify", "playlist_items", f"/v1/playlists/{music_id('playlist', 0)}/items?limit=12&offset=5"),
    Golden("spotify", "new_releases", "/v1/browse/new-releases?limit=2"),
    Golden("tmdb", "movie", "/3/movie/990001?append_to_response=external_ids"),
    Golden("tmdb", "tv", "/3/tv/880002?append_to_response=external_ids"),
    Golden("tmdb", "person", "/3/person/770001?append_to_response=external_ids"),
    Golden("tmdb", "trending", "/3/trending/all/day?page=1"),
    Golden("tmdb", "movie_changes", "/3/movie/changes?page=1"),
)


def event_of(golden: Golden, payload: bytes) -> RawEvent:
    """Return the event of a payload, with fixed times and ids."""
    return RawEvent(
        tenant="default",
        record_id=record_id("golden", golden.source, golden.endpoint),
        source=golden.source,
        endpoint=golden.endpoint,
        request_method="GET",
        request_url=f"https://vendor.example{golden.path}",
        request_key=golden.endpoint,
        status=200,
        headers={},
        fetched_at=OBSERVED_AT,
        observed_at=OBSERVED_AT,
        page_index=0,
        poll_id="golden",
        payload=payload,
    )


def records_of(golden: Golden, payload: bytes) -> bytes:
    """Return the records of a payload as JSON that a person can read."""
    event = event_of(golden, payload)
    mapped = MAPPINGS[golden.source](event)
    observations, entities = (
        observation_batch(event, mapped),
        entity_batch(event, mapped.things, mapped.links),
    )
    records = {
        "observations": observations and observations.to_avro(),
        "entities": entities and entities.to_avro(),
    }
    return orjson.dumps(records, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)


def played() -> Iterator[tuple[Golden, bytes]]:
    """Yield what the world answers to each request at ``HOUR``."""
    scenario = default_scenario()
    time = VirtualTime(scenario.start_seconds, ManualClock(), speed=0)
    world = World(scenario, time)
    time.advance(HOUR * 3600)
    for golden in GOLDENS:
        path, _, query = golden.path.partition("?")
        asked = {"appid": "key", **dict(part.split("=", 1) for part in query.split("&") if part)}
        headers = {"user-agent": "golden", "authorization": authorization(world, golden.source)}
        answer = world.answer(golden.source, path, asked, headers, f"http://world/{golden.source}", None)
        assert answer.status == 200, answer.body
        assert parsedate_to_datetime(answer.headers["date"]) == OBSERVED_AT, answer.headers["date"]
        yield golden, answer.body


def write() -> None:
    """Write all golden files anew."""
    for golden, payload in played():
        golden.payload_file.parent.mkdir(exist_ok=True)
        golden.payload_file.write_bytes(payload)
        golden.records_file.write_bytes(records_of(golden, payload))
        print(golden.payload_file.name, len(payload))


if __name__ == "__main__":
    write()
