"""What TMDB's payloads say: keys within a media type, what 0 and an empty text mean, errors in a body."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from connectors.tmdb.mapping import map_payload
from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload, Measurement
from tests.unit.connectors.mappings.sample_payloads import BY_ENDPOINT, NOW_MS, event_for


def payload_of(endpoint: str) -> Any:
    return copy.deepcopy(BY_ENDPOINT["tmdb", endpoint].payload)


def mapped(endpoint: str, payload: object) -> MappedPayload:
    return map_payload(event_for("tmdb", endpoint, payload))


def attributes(endpoint: str, payload: object) -> dict[str, object]:
    (thing,) = mapped(endpoint, payload).things
    return thing.attributes


def values(found: MappedPayload) -> dict[str, float]:
    return {one.measure: one.value for one in found.measurements}


def test_film_is_measured_and_its_votes_are_a_counter() -> None:
    assert mapped("movie", payload_of("movie")).measurements == [
        Measurement("popularity", "movie/550", "1", "gauge", NOW_MS, 24.17),
        Measurement("vote_count", "movie/550", "1", "counter", NOW_MS, 30717.0),
        Measurement("vote_average", "movie/550", "1", "gauge", NOW_MS, 8.4),
        Measurement("revenue", "movie/550", "USD", "gauge", NOW_MS, 100853753.0),
        Measurement("runtime", "movie/550", "min", "gauge", NOW_MS, 139.0),
    ]


def test_film_show_and_person_of_one_number_are_three_things() -> None:
    keys = {mapped(media, payload_of(media)).things[0].entity_id for media in ("movie", "tv", "person")}

    assert keys == {"movie/550", "tv/550", "person/550"}


@pytest.mark.parametrize("name", ["budget", "revenue", "runtime"])
@pytest.mark.parametrize("value", [0, None])
def test_amount_that_nobody_knows_is_no_value(name: str, value: object) -> None:
    assert name not in values(mapped("movie", payload_of("movie") | {name: value}))


def test_average_without_votes_is_no_value() -> None:
    found = values(mapped("movie", payload_of("movie") | {"vote_count": 0, "vote_average": 0}))

    assert found["vote_count"] == 0
    assert "vote_average" not in found


@pytest.mark.parametrize("average", [8, 8.0])
def test_average_may_be_a_whole_number(average: float) -> None:
    assert values(mapped("tv", payload_of("tv") | {"vote_average": average}))["vote_average"] == 8.0


@pytest.mark.parametrize(
    ("text", "kept"),
    [("1999-10-15", "1999-10-15"), ("", None), (None, None), ("1999", None), ("soon", None), (1999, None)],
)
def test_date_that_is_not_known_is_left_out(text: object, kept: str | None) -> None:
    assert attributes("movie", payload_of("movie") | {"release_date": text}).get("release_date") == kept
    assert attributes("person", payload_of("person") | {"birthday": text}).get("birthday") == kept


def test_ids_elsewhere_are_kept_where_there_are_some() -> None:
    found = attributes("movie", payload_of("movie"))

    assert (found["imdb_id"], found["wikidata_id"]) == ("tt0137523", "Q190050")
    assert not {"imdb_id", "wikidata_id"} & attributes("tv", payload_of("tv")).keys()


@pytest.mark.parametrize("external", [None, {}, {"imdb_id": "", "wikidata_id": None}, {"wikidata_id": 7}, []])
def test_id_elsewhere_that_is_none_loses_nothing(external: object) -> None:
    found = mapped("movie", payload_of("movie") | {"imdb_id": "", "external_ids": external})

    assert len(found.measurements) == 5
    assert not {"imdb_id", "wikidata_id"} & found.things[0].attributes.keys()


def test_rows_of_a_mixed_list_are_told_apart_and_a_collection_has_no_numbers() -> None:
    rows = [
        {"id": 5, "media_type": "movie", "popularity": 1.0, "vote_count": 2, "vote_average": 7},
        {"id": 5, "media_type": "tv", "popularity": 2.0, "vote_count": 0, "vote_average": 0},
        {"id": 5, "media_type": "person", "popularity": 3.0},
        {"id": 5, "media_type": "collection", "name": "All of them"},
    ]
    found = mapped("trending", payload_of("trending") | {"results": rows})

    measured = {(one.entity_id, one.measure) for one in found.measurements}
    assert {key for key, _ in measured} == {"movie/5", "tv/5", "person/5"}
    assert len(measured) == 6
    assert not found.things


def test_row_that_does_not_say_what_it_is_is_refused() -> None:
    with pytest.raises(Poison) as caught:
        mapped("trending", payload_of("trending") | {"results": [{"id": 5, "popularity": 1.0}]})

    assert caught.value.facts["path"] == "$.results[0].media_type"


def test_error_in_a_good_answer_is_refused_with_the_vendors_own_number() -> None:
    body = {"success": False, "status_code": 22, "status_message": "Invalid page."}

    with pytest.raises(Poison, match=r"error 22 \(Invalid page\.\)") as caught:
        mapped("movie_list", body)

    assert caught.value.facts["path"] == "$.status_code"


def test_changes_name_what_was_edited_whatever_is_known_of_it() -> None:
    rows = [{"id": 7, "adult": None}, {"id": 8, "adult": False, "softcore": False}, {"id": 9}]
    found = mapped("tv_changes", payload_of("tv_changes") | {"results": rows})

    assert [(one.entity_type, one.entity_id) for one in found.things] == [
        ("tv_change", "tv/7"),
        ("tv_change", "tv/8"),
        ("tv_change", "tv/9"),
    ]
    assert not found.measurements


def test_episode_is_not_taken_for_a_show() -> None:
    with pytest.raises(Poison, match="an episode"):
        mapped("tv", payload_of("tv") | {"episode_number": 1})


@pytest.mark.parametrize("name", ["popularity", "vote_count", "vote_average"])
@pytest.mark.parametrize("value", [None, "7.5", True])
def test_number_that_is_none_is_refused_with_its_path(name: str, value: object) -> None:
    rows = [payload_of("movie") | {name: value}]

    with pytest.raises(Poison) as caught:
        mapped("movie_list", payload_of("movie_list") | {"results": rows})

    assert caught.value.facts["path"] == f"$.results[0].{name}"
