"""What MusicBrainz's payloads say: partial dates, ids elsewhere, and the vendor's quirks."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from connectors.musicbrainz.mapping import map_payload
from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload, Measurement
from tests.unit.connectors.mappings.sample_payloads import BY_ENDPOINT, MBID, NOW_MS, event_for


def payload_of(endpoint: str) -> Any:
    return copy.deepcopy(BY_ENDPOINT["musicbrainz", endpoint].payload)


def mapped(endpoint: str, payload: object, **more: Any) -> MappedPayload:
    return map_payload(event_for("musicbrainz", endpoint, payload, **more))


def attributes(endpoint: str, payload: object) -> dict[str, object]:
    (thing,) = mapped(endpoint, payload).things
    return thing.attributes


def values(found: MappedPayload) -> dict[str, float]:
    return {one.measure: one.value for one in found.measurements}


def test_recording_is_measured_in_seconds_and_votes_are_a_counter() -> None:
    assert mapped("recording", payload_of("recording")).measurements == [
        Measurement("length", MBID, "s", "gauge", NOW_MS, 125.4),
        Measurement("rating", MBID, "1", "gauge", NOW_MS, 4.25),
        Measurement("rating_votes", MBID, "1", "counter", NOW_MS, 12.0),
    ]


@pytest.mark.parametrize("length", [None, ...])
def test_length_that_nobody_knows_is_no_value(length: object) -> None:
    payload = payload_of("recording")
    if length is ...:
        del payload["length"]
    else:
        payload["length"] = length

    assert "length" not in values(mapped("recording", payload))


@pytest.mark.parametrize(
    ("text", "date", "precision"),
    [
        ("1988", "1988", "year"),
        ("1988-01", "1988-01", "month"),
        ("1971-10-20", "1971-10-20", "day"),
        ("", None, None),
        (None, None, None),
        ("????-05-12", None, None),
        ("1988-13", None, None),
        (1988, None, None),
    ],
)
def test_partial_date_is_kept_with_its_precision(
    text: object, date: str | None, precision: str | None
) -> None:
    found = attributes("release", payload_of("release") | {"date": text})

    assert (found.get("date"), found.get("date_precision")) == (date, precision)


def test_artist_is_known_elsewhere_by_relations_that_have_not_ended() -> None:
    found = attributes("artist", payload_of("artist"))

    assert found["wikidata_id"] == "Q11649"
    assert found["urls"] == {"wikidata": ["https://www.wikidata.org/wiki/Q11649"]}
    assert "imdb_id" not in found


@pytest.mark.parametrize(
    ("address", "name", "value"),
    [
        ("http://www.wikidata.org/wiki/Q11649", "wikidata_id", "Q11649"),
        ("http://www.imdb.com/name/nm1110321/", "imdb_id", "nm1110321"),
        ("https://open.spotify.com/artist/6eUKZXaKkcviH0Ku9w2n3V", "spotify_id", "6eUKZXaKkcviH0Ku9w2n3V"),
        ("https://www.wikidata.org.example/wiki/Q1", "wikidata_id", None),
    ],
)
def test_address_elsewhere_gives_its_id(address: str, name: str, value: str | None) -> None:
    relation = {"type": "any", "ended": False, "url": {"resource": address}}

    assert attributes("artist", payload_of("artist") | {"relations": [relation]}).get(name) == value


@pytest.mark.parametrize(
    "relation", [{}, {"type": "wikidata", "url": None}, {"type": None, "url": {}}, "x", None]
)
def test_relation_without_an_address_is_left_out(relation: object) -> None:
    found = mapped("artist", payload_of("artist") | {"relations": [relation]})

    assert "urls" not in found.things[0].attributes
    assert len(found.measurements) == 2


@pytest.mark.parametrize(
    ("isrcs", "kept"),
    [
        (["GBAHS1400099"], ["GBAHS1400099"]),
        ([{"id": "SEBGA9803021"}], ["SEBGA9803021"]),
        ([None], None),
        ([], None),
    ],
)
def test_isrcs_are_kept_as_texts_whatever_the_year(isrcs: object, kept: list[str] | None) -> None:
    assert attributes("recording", payload_of("recording") | {"isrcs": isrcs}).get("isrcs") == kept


def test_tracks_are_summed_only_where_all_are_known() -> None:
    payload = payload_of("release")

    assert values(mapped("release", payload)) == {"media": 2, "tracks": 21, "cover_images": 3}
    payload["media"][1]["track-count"] = None
    assert "tracks" not in values(mapped("release", payload))
    del payload["media"]
    assert values(mapped("release", payload)) == {"cover_images": 3}


@pytest.mark.parametrize("gender", ["Male", "male"])
def test_gender_is_written_alike_in_search_and_lookup(gender: str) -> None:
    assert attributes("artist", payload_of("artist") | {"gender": gender})["gender"] == "male"


@pytest.mark.parametrize(("ended", "kept"), [(True, True), (False, False), (None, None)])
def test_end_that_a_search_does_not_say_is_left_out(ended: bool | None, kept: bool | None) -> None:
    payload = payload_of("artist")
    payload["life-span"]["ended"] = ended

    assert attributes("artist", payload).get("ended") is kept


@pytest.mark.parametrize("spelling", ["begin-area", "begin_area"])
def test_place_of_beginning_is_read_in_both_spellings(spelling: str) -> None:
    payload = payload_of("artist")
    del payload["begin-area"]

    assert attributes("artist", payload | {spelling: {"name": "Delft"}})["begin_area"] == "Delft"


def test_browse_is_counted_once_a_list_for_what_it_is_linked_to() -> None:
    first = payload_of("browse_release")
    later = first | {"release-offset": 100}

    (count,) = [one for one in mapped("browse_release", first).measurements if one.measure == "releases"]
    assert (count.entity_id, count.value) == (MBID, 664)
    assert "releases" not in values(mapped("browse_release", later))
    assert values(mapped("browse_release", first | {"releases": []})) == {"releases": 664}


@pytest.mark.parametrize("query", ["limit=100", "artist=nobody", f"query={MBID}", ""])
def test_browse_that_does_not_say_of_what_is_refused(query: str) -> None:
    url = f"https://vendor.example/ws/2/release?{query}"

    with pytest.raises(Poison, match="linked to"):
        mapped("browse_release", payload_of("browse_release"), url=url)


def test_search_counts_its_hits_under_what_was_searched_for() -> None:
    url = "https://vendor.example/ws/2/artist?query=artist%3A%22Reed%22&limit=25"

    found = mapped("search_artist", payload_of("search_artist"), url=url)

    assert [(one.measure, one.entity_id, one.value) for one in found.measurements] == [
        ("search_hits", 'artist:artist:"Reed"', 41.0)
    ]
    assert not found.things


@pytest.mark.parametrize("endpoint", ["artist", "recording", "release", "release_group", "label", "area"])
@pytest.mark.parametrize("identity", [None, "", "7", 7, MBID.upper(), MBID + "\n"])
def test_id_that_is_no_mbid_is_refused(endpoint: str, identity: object) -> None:
    with pytest.raises(Poison):
        mapped(endpoint, payload_of(endpoint) | {"id": identity})


def test_length_as_a_text_is_refused_with_its_path() -> None:
    with pytest.raises(Poison) as caught:
        mapped("recording", payload_of("recording") | {"length": "272266"})

    assert caught.value.facts["path"] == "$.length"


def test_rating_without_votes_has_no_value() -> None:
    rating = {"rating": {"value": None, "votes-count": 0}}

    assert values(mapped("release_group", payload_of("release_group") | rating)) == {"rating_votes": 0}
