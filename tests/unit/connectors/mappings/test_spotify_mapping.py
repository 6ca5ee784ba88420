"""What Spotify's payloads say, with the rows that are not what they seem."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from connectors.spotify.mapping import map_payload
from connectors.spotify.requests import find_albums, poll_for, polls
from crosscurrent.errors import Poison, WrongUse
from schemas.mapping import MappedPayload, Measurement, Thing
from tests.unit.connectors.mappings.sample_payloads import BY_ENDPOINT, NOW_MS, event_for


def payload_of(endpoint: str) -> Any:
    return copy.deepcopy(BY_ENDPOINT["spotify", endpoint].payload)


def mapped(endpoint: str, payload: object) -> MappedPayload:
    return map_payload(event_for("spotify", endpoint, payload))


def thing(endpoint: str, payload: object) -> Thing:
    (one,) = mapped(endpoint, payload).things
    return one


def values(found: MappedPayload) -> dict[str, float]:
    return {one.measure: one.value for one in found.measurements}


def row(track: object) -> dict[str, object]:
    return {"items": [{"added_at": None, "is_local": False, "track": track}]}


def test_artist_is_measured_at_the_vendors_clock() -> None:
    assert mapped("artist", payload_of("artist")).measurements == [
        Measurement("popularity", "a1", "1", "gauge", NOW_MS, 51.0),
        Measurement("followers", "a1", "1", "gauge", NOW_MS, 900.0),
    ]


def test_artist_of_an_app_in_development_mode_is_a_thing_without_measurements() -> None:
    payload = payload_of("artist")
    del payload["popularity"], payload["followers"]

    assert mapped("artist", payload).measurements == []
    assert thing("artist", payload).url == "https://open.spotify.example/artist/a1"


@pytest.mark.parametrize("sent", [51, 51.0])
def test_whole_number_may_be_sent_with_a_fraction_of_nothing(sent: float) -> None:
    assert values(mapped("artist", payload_of("artist") | {"popularity": sent}))["popularity"] == 51.0


@pytest.mark.parametrize("sent", [None, "51", -1, 51.5, True, [51]])
def test_popularity_that_is_none_is_refused_with_its_path(sent: object) -> None:
    with pytest.raises(Poison) as caught:
        mapped("playlist_items", row(payload_of("track") | {"popularity": sent}))

    assert caught.value.facts["path"] == "$.items[0].track.popularity"


def test_followers_without_their_number_are_refused() -> None:
    with pytest.raises(Poison, match=r"\$\.followers\.total"):
        mapped("playlist", payload_of("playlist") | {"followers": {"href": None}})


def test_album_counts_its_tracks_by_its_total_or_by_its_page() -> None:
    payload = payload_of("album")
    assert values(mapped("album", payload | {"total_tracks": 11}))["tracks"] == 11.0

    del payload["total_tracks"]
    assert values(mapped("album", payload))["tracks"] == 9.0


def test_album_without_any_total_is_refused() -> None:
    payload = payload_of("album")
    del payload["total_tracks"], payload["tracks"]["total"]

    with pytest.raises(Poison, match=r"\$\.tracks\.total"):
        mapped("album", payload)


@pytest.mark.parametrize(
    ("sent", "precision"), [("1971", "year"), ("1971-04", "month"), ("1971-04-23", "day")]
)
def test_release_date_is_kept_as_precise_as_it_is(sent: str, precision: str) -> None:
    dated = {"release_date": sent, "release_date_precision": precision}
    album = thing("album", payload_of("album") | dated)
    track = thing("track", payload_of("track") | {"album": payload_of("album") | dated})

    for one in (album, track):
        assert one.attributes["release_date"] == sent
        assert one.attributes["release_date_precision"] == precision


def test_release_date_that_is_null_is_left_out() -> None:
    album = thing("album", payload_of("album") | {"release_date": None, "release_date_precision": None})

    assert "release_date" not in album.attributes


def test_ids_of_other_catalogues_are_kept_as_sent() -> None:
    assert thing("album", payload_of("album")).attributes["upc"] == "009876543210"
    assert thing("track", payload_of("track")).attributes["isrc"] == "XXAAA2600001"
    ids = {"upc": "1", "ean": "2", "isrc": "3", "shop": "4"}
    album = thing("album", payload_of("album") | {"external_ids": ids})

    assert {name: album.attributes.get(name) for name in ids} == ids | {"shop": None}


@pytest.mark.parametrize("sent", [None, {}, [], {"isrc": None}, {"isrc": ""}, {"isrc": 7}])
def test_ids_of_other_catalogues_that_are_none_lose_nothing_else(sent: object) -> None:
    found = mapped("track", payload_of("track") | {"external_ids": sent})

    assert values(found) == {"popularity": 33.0}
    assert found.things[0].attributes.get("isrc") in (None, 7)


def test_track_says_who_made_it_and_where_it_is() -> None:
    attributes = thing("track", payload_of("track")).attributes

    assert attributes["artist_ids"] == ["a1"]
    assert attributes["artists"] == ["Dry Reed"]
    assert (attributes["album_id"], attributes["album"]) == ("b1", "Silt")


@pytest.mark.parametrize("name", ["track", "item"])
def test_row_of_a_playlist_is_read_by_its_old_and_its_new_name(name: str) -> None:
    found = mapped("playlist_items", {"items": [{name: payload_of("track")}]})

    assert [one.entity_id for one in found.measurements] == ["t1"]


@pytest.mark.parametrize("gone", [None, {}, {"track": None}, {"item": None}, {"track": None, "item": None}])
def test_row_that_is_gone_says_nothing_and_refuses_nothing(gone: object) -> None:
    found = mapped("playlist_items", {"items": [gone, {"track": payload_of("track")}]})

    assert [one.entity_id for one in found.things] == ["t1"]


def test_local_file_is_a_thing_by_its_uri_and_has_no_popularity() -> None:
    local = payload_of("playlist_items")["items"][2]["track"]
    found = mapped("playlist_items", row(local))

    assert found.measurements == []
    (one,) = found.things
    assert (one.entity_type, one.entity_id, one.name) == ("local_file", local["uri"], "Demo")
    assert one.attributes == {"duration_ms": 90000, "album": "Silt", "artists": ["Dry Reed"]}


def test_episode_in_a_playlist_is_an_episode() -> None:
    episode = payload_of("playlist_items")["items"][3]["item"]
    found = mapped("playlist_items", row(episode))

    assert found.measurements == []
    assert [(one.entity_type, one.entity_id) for one in found.things] == [("episode", "e1")]
    assert found.things[0].attributes["show_id"] == "s1"


def test_track_without_an_id_is_refused_where_it_is_no_local_file() -> None:
    with pytest.raises(Poison, match=r"\$\.items\[0\]\.track\.id is null"):
        mapped("playlist_items", row(payload_of("track") | {"id": None}))


@pytest.mark.parametrize("rows", [None, {}, "rows"])
def test_page_without_rows_is_refused(rows: object) -> None:
    with pytest.raises(Poison, match=r"\$\.items"):
        mapped("playlist_items", {"items": rows, "total": 3})


@pytest.mark.parametrize("name", ["items", "tracks"])
def test_playlist_counts_its_rows_by_their_old_and_their_new_name(name: str) -> None:
    payload = payload_of("playlist")
    del payload["tracks"]

    assert values(mapped("playlist", payload | {name: {"total": 5}}))["tracks"] == 5.0


def test_playlist_that_does_not_show_its_rows_is_not_counted() -> None:
    payload = payload_of("playlist")
    del payload["tracks"]

    assert values(mapped("playlist", payload)) == {"followers": 12.0}


def test_new_release_hides_nothing_of_what_its_album_says() -> None:
    assert thing("new_releases", payload_of("new_releases")).entity_type == "release"


def test_new_releases_name_the_albums_to_ask_for() -> None:
    rows = [{"id": "b1"}, None, {"id": None}, {"id": "../x"}, {"name": "?"}, {"id": "B2"}]

    assert find_albums({"albums": {"items": rows}}) == [("album", "b1"), ("album", "B2")]
    assert poll_for("album", "b1").path == "/v1/albums/b1"


@pytest.mark.parametrize("payload", [None, [], {}, {"albums": None}, {"albums": {"items": None}}])
def test_new_releases_that_are_none_name_nothing(payload: object) -> None:
    assert find_albums(payload) == []


def test_playlist_is_asked_for_without_its_rows_and_its_rows_by_pages() -> None:
    whole, rows = polls(["playlist:p1", "playlist:p1"])

    assert "items%28href%2Ctotal%29" in whole.first_url("", None)
    assert rows.first_url("", None) == "/v1/playlists/p1/items?additional_types=track%2Cepisode&limit=50"


@pytest.mark.parametrize("target", ["4Z8W", "artist:", "artist:4Z8W/..", "show:4Z8W", "Artist:4Z8W", "new"])
def test_target_that_is_none_is_refused_before_anything_is_asked(target: str) -> None:
    with pytest.raises(WrongUse, match="Spotify target"):
        polls([target])


def test_show_says_how_many_episodes_it_has_where_it_does() -> None:
    several = {"shows": [{"id": "s1", "name": "Mudcast", "total_episodes": 7}, None]}

    assert values(mapped("shows", several)) == {"episodes": 7.0}
    assert values(mapped("shows", {"id": "s1", "episodes": {"items": [], "total": 3}})) == {"episodes": 3.0}
    assert values(mapped("shows", {"shows": [{"id": "s1"}]})) == {}
