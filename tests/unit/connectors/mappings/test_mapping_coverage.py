"""What a mapping reads of a payload, what it leaves out, and that its errors name the place; for every source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.kit.coverage import coverage_of, noting
from connectors.kit.external_ids import gtin, isrc, of_url
from connectors.registry import CONNECTORS, MAPS
from crosscurrent.errors import Poison
from schemas.mapping import Link
from tests.unit.connectors.mappings.sample_payloads import SAMPLE_IDS, SAMPLES, TABLES, Sample, event_for

Steps = tuple[str | int, ...]
SPOILT = {"spoilt": [True]}


def leaves(value: object, steps: Steps = ()) -> Iterator[Steps]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = False
    for step, below in inner:
        found = True
        yield from leaves(below, (*steps, step))
    if not found:
        yield steps


def written(steps: Steps) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def spoilt(payload: object, steps: Steps) -> object:
    # not deepcopy, which keeps an object that stands in two places one object
    changed = json.loads(json.dumps(payload))
    inner: Any = changed
    for step in steps[:-1]:
        inner = inner[step]
    inner[steps[-1]] = SPOILT
    return changed


def errors(sample: Sample) -> Iterator[tuple[str, Poison]]:
    payload = json.loads(sample.payload) if isinstance(sample.payload, bytes) else sample.payload
    for steps in leaves(payload):
        try:
            event = event_for(sample.source, sample.endpoint, spoilt(payload, steps) if steps else SPOILT)
            TABLES[sample.source].map_payload(event)
        except Poison as error:
            yield written(steps), error


@pytest.mark.parametrize("source", TABLES)
def test_error_of_a_mapping_names_the_path_of_what_does_not_fit(source: str) -> None:
    seen = 0
    for sample in (one for one in SAMPLES if one.source == source):
        for place, error in errors(sample):
            seen += 1
            named = str(error.facts["path"])
            # or the object around it, which says in words which field it is; or its neighbour, if it said what that is
            around = place.rpartition(".")[0]
            assert place.startswith(named) or named.startswith((place, around)), (sample.endpoint, place)
            assert named in error.found
    assert seen > 0


@pytest.mark.parametrize("sample", SAMPLES, ids=SAMPLE_IDS)
def test_coverage_of_a_payload_that_maps_has_paths_that_are_mapped(sample: Sample) -> None:
    coverage = TABLES[sample.source].coverage(event_for(sample.source, sample.endpoint, sample.payload))
    assert coverage.mapped or sample.endpoint not in TABLES[sample.source].mappings
    assert not set(coverage.mapped) & {*coverage.unknown, *(coverage.ignored or {})}
    assert 0 <= coverage.mapped_share <= 1


def test_coverage_tells_what_is_mapped_what_is_left_out_and_what_is_not_known() -> None:
    [sample] = [one for one in SAMPLES if (one.source, one.endpoint) == ("github", "repository")]
    payload = {**dict(sample.payload), "node_id": "x", "unannounced": {"since": [1]}}  # type: ignore[call-overload]
    coverage = TABLES["github"].coverage(event_for("github", "repository", payload))
    assert {"$.stargazers_count", "$.full_name"} <= set(coverage.mapped)
    assert (coverage.ignored or {})["$.node_id"] == "the key of its GraphQL API"
    assert coverage.unknown == ("$.unannounced.since[]",)


def test_coverage_of_an_endpoint_that_gives_nothing_is_left_out_for_its_reason() -> None:
    table = TABLES["openweathermap"]
    endpoint, reason = next(iter(table.nothing_in.items()))
    coverage = table.coverage(event_for("openweathermap", endpoint, [{"a": 1}]))
    assert (coverage.mapped, coverage.ignored) == ((), {"$[].a": reason})


def test_coverage_counts_a_map_as_one_path() -> None:
    value: Any = noting({"sizes": {"Python": 5, "C": 6}, "other": {}})
    assert value.get("sizes").get("C") == 6
    coverage = coverage_of(value, maps=("$.sizes",), ignored={"$.oth*": "not needed"})
    assert (coverage.mapped, coverage.ignored, coverage.unknown) == (
        ("$.sizes.*",),
        {"$.other": "not needed"},
        (),
    )
    assert coverage.mapped_share == 0.5


def test_every_source_states_what_it_leaves_out_and_where_names_are_data() -> None:
    for name, connector in CONNECTORS.items():
        assert connector.table is not None
        assert connector.table.source == name
        assert all(reason for reason in connector.table.ignored.values())
        assert connector.table.ignored
    assert MAPS["github"]["languages"] == ("$",)
    assert "$.properties" in MAPS["notion"]["page"]


def links(source: str, endpoint: str, payload: object) -> set[tuple[str, str, str, str, str, str]]:
    mapped = TABLES[source].map_payload(event_for(source, endpoint, payload))
    return {_plain(link) for link in mapped.links}


def _plain(link: Link) -> tuple[str, str, str, str, str, str]:
    assert link.score == 1.0
    thing = (link.entity_type, link.entity_id, link.relation)
    return (*thing, link.namespace, link.external_id, link.path)


MBID = "5b11f4ce-a62d-471e-81fc-a69a8278c7da"


def test_links_of_spotify_are_isrc_and_gtin() -> None:
    track = {"id": "t1", "name": "n", "external_ids": {"isrc": "us-um7-17-03861", "ean": "no code"}}
    assert links("spotify", "track", track) == {
        ("track", "t1", "same", "isrc", "USUM71703861", "$.external_ids.isrc")
    }
    album = {"id": "a1", "name": "n", "total_tracks": 1, "external_ids": {"upc": "602557781114"}}
    assert links("spotify", "album", album) == set()  # its check digit does not fit
    album["external_ids"] = {"upc": "075679936653"}
    assert {link[3:5] for link in links("spotify", "album", album)} == {("gtin", "00075679936653")}


def test_links_of_musicbrainz_are_isrcs_and_relations_that_have_not_ended() -> None:
    recording = {"id": MBID, "title": "t", "length": None, "isrcs": ["USUM71703861", "none"]}
    assert links("musicbrainz", "recording", recording) == {
        ("recording", MBID, "same", "isrc", "USUM71703861", "$.isrcs[0]")
    }
    addresses = (
        "https://open.spotify.com/artist/6eUKZXaKkcviH0Ku9w2n3V",
        "https://www.wikidata.org/wiki/Q11649",
        "https://www.imdb.com/name/nm1110321/",
        "https://www.discogs.com/artist/125246-Nirvana",
        "https://www.nirvana.com/",
    )
    relations = [{"type": "x", "ended": False, "url": {"resource": address}} for address in addresses]
    relations.append({"type": "x", "ended": True, "url": {"resource": "https://www.wikidata.org/wiki/Q1"}})
    found = links("musicbrainz", "artist", {"id": MBID, "name": "n", "relations": relations})
    assert {(link[2], link[3], link[4]) for link in found} == {
        ("same", "spotify.artist", "6eUKZXaKkcviH0Ku9w2n3V"),
        ("same", "wikidata", "Q11649"),
        ("same", "imdb", "nm1110321"),
        ("same", "discogs.artist", "125246"),
        ("refers", "url", "nirvana.com"),
    }
    assert "$.relations[1].url.resource" in {link[5] for link in found}


def test_links_of_tmdb_are_those_of_its_external_ids() -> None:
    movie = {
        "id": 550,
        "title": "t",
        "imdb_id": "tt0137523",
        "homepage": "http://www.foxmovies.com/movies/fight-club",
        "external_ids": {"imdb_id": "tt0137523", "wikidata_id": "Q190050", "tvdb_id": 7},
    }
    found = links("tmdb", "movie", movie)
    assert {(link[2], link[3], link[4]) for link in found} == {
        ("same", "imdb", "tt0137523"),
        ("same", "wikidata", "Q190050"),
        ("same", "tvdb", "7"),
        ("refers", "url", "foxmovies.com/movies/fight-club"),
    }


def test_links_of_both_pokeapis_share_the_number() -> None:
    [rest] = [one for one in SAMPLES if (one.source, one.endpoint) == ("pokeapi", "pokemon")]
    [link] = links("pokeapi", "pokemon", rest.payload)
    row = {"name": link[1], "id": int(link[4]), "height": 1, "weight": 1, "base_experience": 1}
    [other] = links("pokeapi_graphql", "pokemon", {"data": {"pokemon": [row]}})
    assert (link[3], link[4]) == (other[3], other[4]) == ("pokeapi.pokemon.id", link[4])
    assert other[5] == "$.data.pokemon[0].id"


def test_links_of_notion_are_addresses_that_people_wrote() -> None:
    page = {
        "object": "page",
        "id": "p1",
        "properties": {
            "Code": {"id": "a", "type": "url", "url": "https://github.com/Apache/Kafka/issues"},
            "Text": {"id": "b", "type": "rich_text", "rich_text": [{"href": "https://notion.so/x"}]},
            "File": {
                "id": "c",
                "type": "files",
                "files": [{"name": "n", "file": {"url": "https://s3.amazonaws.com/f?X-Amz-Signature=1"}}],
            },
        },
    }
    assert links("notion", "page", page) == {
        ("page", "p1", "refers", "github.repository", "apache/kafka", "$.properties.Code.url")
    }


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://github.com/Apache/Kafka.git", ("github.repository", "apache/kafka")),
        ("https://github.com/features/actions", ("url", "github.com/features/actions")),
        ("https://musicbrainz.org/release-group/" + MBID, ("musicbrainz.release_group", MBID)),
        ("https://www.themoviedb.org/movie/550-fight-club", ("tmdb.movie", "movie/550")),
        ("https://www.discogs.com/de/artist/125246", ("discogs.artist", "125246")),
        ("https://open.spotify.com/intl-de/track/11dFghVXANMlKmJXsNCbNl", ("spotify.track", "11dFghVXANMlKmJXsNCbNl")),
        ("HTTPS://WWW.Example.ORG:443/A/?q=1#top", ("url", "example.org/A?q=1")),
        ("https://example.org/?access_token=abc", None),
        ("https://user:pass@example.org/", None),
        ("ftp://example.org/", None),
        ("javascript:alert(1)", None),
        ("https://localhost/", None),
        ("https://exa mple.org/", None),
        ("http://[::1", None),
        (None, None),
        ("", None),
    ],
)  # fmt: skip
def test_address_stands_for_one_thing_in_one_form(
    address: str | None, expected: tuple[str, str] | None
) -> None:
    assert of_url(address) == expected


def test_codes_have_one_form_or_are_none() -> None:
    assert isrc("QZ-QF1-20-00001") == isrc("qzqf12000001") == ("isrc", "QZQF12000001")
    assert isrc("QZQF1200000") is None
    # the same product as UPC and as EAN
    assert gtin("036000291452") == gtin("0036000291452") == ("gtin", "00036000291452")
    assert gtin("036000291453") is gtin("000000000000") is gtin("") is None
