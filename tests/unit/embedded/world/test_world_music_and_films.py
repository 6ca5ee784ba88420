"""The played MusicBrainz and TMDB: values that move by their models, and how the vendors treat their callers."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping

import pytest

from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.exchange import Answer
from crosscurrent.embedded.world.film_catalogue import Title, titles
from crosscurrent.embedded.world.music_catalogue import (
    ARTIST,
    GROUP,
    MERGED_GROUP,
    RECORDING,
    RELEASE,
    Place,
    mbid,
    place_of_mbid,
)
from crosscurrent.embedded.world.musicbrainz_api import MusicBrainzTerms
from crosscurrent.embedded.world.tmdb_api import TmdbTerms
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms

KNOWN = {"user-agent": "crosscurrent/1.0 ( tests@example.org )", "authorization": "Bearer token"}
ARTIST_PATH = f"/ws/2/artist/{mbid(ARTIST, 0)}"
FILM = "/3/movie/990001"


class Played:
    """A world whose time moves by hand."""

    def __init__(self, seed: int = 1, **terms: object) -> None:
        scenario = default_scenario(seed)
        self.clock = ManualClock()
        self.time = VirtualTime(scenario.start_seconds, self.clock, speed=0)
        self.world = World(scenario, self.time, WorldTerms(**terms))  # type: ignore[arg-type]

    def ask(self, address: str, headers: Mapping[str, str] = KNOWN, **query: str) -> Answer:
        vendor = "tmdb" if address.startswith(("/3/", "/4/")) else "musicbrainz"
        asked = {"fmt": "json", **query} if vendor == "musicbrainz" else query
        return self.world.answer(vendor, address, asked, headers, f"http://world/{vendor}", None)

    def body(self, address: str, **query: str) -> dict[str, object]:
        answer = self.ask(address, KNOWN, **query)
        assert answer.status == 200, answer.body
        decoded: dict[str, object] = json.loads(answer.body)
        return decoded


def test_world_plays_the_same_music_and_films_for_a_seed_and_others_for_another() -> None:
    for address, query in ((ARTIST_PATH, {"inc": "ratings"}), (FILM, {})):
        first, again, other = (Played(seed).ask(address, KNOWN, **query).body for seed in (1, 1, 2))

        assert first == again
        assert first != other


def test_votes_never_fall_and_popularity_moves_around_its_level() -> None:
    title = Title("movie", 3)
    votes = [title.vote_count(1, hour) for hour in range(400)]
    popularity = [title.popularity(1, hour) for hour in range(400)]

    assert votes == sorted(votes)
    assert votes[-1] > votes[0]
    assert min(popularity) > 0
    assert 0.1 < statistics.stdev(popularity) / statistics.mean(popularity) < 0.6


def test_ratings_of_an_artist_come_in_and_never_go() -> None:
    played, votes = Played(), []
    for _ in range(60):
        rating = played.body(ARTIST_PATH, inc="ratings")["rating"]
        assert isinstance(rating, dict)
        assert 1 <= rating["value"] <= 5
        votes.append(rating["votes-count"])
        played.time.advance(3600)

    assert votes == sorted(votes)
    assert votes[-1] > votes[0]


def test_artist_brings_out_further_recordings_as_time_goes_on() -> None:
    played = Played()
    query = {"artist": mbid(ARTIST, 0), "limit": "1"}
    before = played.body("/ws/2/recording", **query)["recording-count"]
    played.time.advance(61 * 3600)

    assert int(str(played.body("/ws/2/recording", **query)["recording-count"])) > int(str(before))


def test_mbid_leads_back_to_its_place_and_none_other_does() -> None:
    place = Place(RECORDING, 1, 300, track=7)

    assert place_of_mbid(mbid(RECORDING, 1, 300, track=7)) == place
    assert place_of_mbid(mbid(RELEASE, 99)) is None
    assert place_of_mbid("5b11f4ce-a62d-471e-81fc-a69a8278c7da") is None


def test_what_is_not_out_yet_is_not_found() -> None:
    played, later = Played(), mbid(RELEASE, 1, 8)

    assert played.ask(f"/ws/2/release/{later}").status == 404
    played.time.advance(3 * 96 * 3600)
    assert played.ask(f"/ws/2/release/{later}").status == 200


def test_musicbrainz_wants_to_know_who_is_calling() -> None:
    played = Played(musicbrainz=MusicBrainzTerms(limit=9, anonymous_limit=1))

    assert played.ask(ARTIST_PATH, {}).status == 403
    # all callers without an address share one limit
    answers = [played.ask(ARTIST_PATH, {"user-agent": agent}) for agent in ("one/1", "two/1")]
    assert [answer.status for answer in answers] == [200, 503]
    assert answers[1].headers["x-ratelimit-zone"] == "global"
    assert played.ask(ARTIST_PATH).status == 200


def test_musicbrainz_refuses_everything_until_the_rate_falls() -> None:
    played = Played(musicbrainz=MusicBrainzTerms(limit=2))
    statuses = [played.ask(ARTIST_PATH).status for _ in range(4)]
    refusal = played.ask(ARTIST_PATH)
    played.clock.advance(21)

    assert statuses == [200, 200, 503, 503]
    assert b"allowable rate limit" in refusal.body
    assert "x-rate-limited" in refusal.headers
    assert "retry-after" not in refusal.headers
    assert played.ask(ARTIST_PATH).status == 200


def test_musicbrainz_answers_in_xml_to_who_does_not_ask_for_json() -> None:
    played = Played()

    assert played.ask(ARTIST_PATH, fmt="xml").media_type.startswith("application/xml")
    assert played.ask(ARTIST_PATH, {**KNOWN, "accept": "application/json"}, fmt="").status == 200


def test_musicbrainz_has_strong_tags_and_says_not_modified() -> None:
    played = Played()
    tag = played.ask(ARTIST_PATH).headers["etag"]

    assert not tag.startswith("W/")
    assert played.ask(ARTIST_PATH, {**KNOWN, "if-none-match": tag}).status == 304


@pytest.mark.parametrize(
    ("credential", "headers", "query", "status"),
    [
        ("a", {"authorization": "Bearer a"}, {}, 200),
        ("a", {}, {"api_key": "a"}, 200),
        ("a", {"authorization": "Bearer b"}, {}, 401),
        ("a", {}, {"api_key": "b"}, 401),
        (None, {}, {}, 401),
    ],
)
def test_tmdb_takes_its_credential_in_two_ways(
    credential: str | None, headers: dict[str, str], query: dict[str, str], status: int
) -> None:
    answer = Played(tmdb=TmdbTerms(credential=credential)).ask(FILM, headers, **query)

    assert answer.status == status
    assert status == 200 or json.loads(answer.body)["status_code"] == 7


def test_tmdb_says_when_its_limit_is_passed_with_a_number_of_its_own() -> None:
    played = Played(tmdb=TmdbTerms(limit=1))
    answers = [played.ask(FILM) for _ in range(2)]
    played.clock.advance(1.1)

    assert [answer.status for answer in answers] == [200, 429]
    assert json.loads(answers[1].body)["status_code"] == 25
    assert answers[1].headers["retry-after"] == "1"
    assert played.ask(FILM).status == 200


@pytest.mark.parametrize(("page", "status"), [("1", 200), ("500", 200), ("501", 400), ("0", 400), ("x", 400)])
def test_tmdb_shows_500_pages(page: str, status: int) -> None:
    answer = Played().ask("/3/movie/popular", page=page)

    assert answer.status == status
    assert status == 200 or json.loads(answer.body)["status_code"] == 22


def test_tmdb_trends_follow_the_popularity_of_the_hour() -> None:
    played = Played()
    rows = played.body("/3/trending/movie/day")["results"]
    assert isinstance(rows, list)
    popularity = [row["popularity"] for row in rows]

    assert popularity == sorted(popularity, reverse=True)
    assert popularity[0] == max(title.popularity(1, 0) for title in titles("movie"))


def test_tmdb_changes_hold_nothing_that_has_not_happened_yet() -> None:
    played = Played()
    window = {"start_date": "2026-01-05", "end_date": "2026-01-18"}
    before = played.body("/3/movie/changes", **window)["total_results"]
    played.time.advance(30 * 3600)
    after = played.body("/3/movie/changes", **window)["total_results"]

    assert before == 0
    assert int(str(after)) > 0


def test_person_whom_both_vendors_know_has_the_same_ids_elsewhere() -> None:
    played = Played()
    artist = played.body(ARTIST_PATH, inc="url-rels")
    person = played.body("/3/person/770001", append_to_response="external_ids")
    external = person["external_ids"]

    assert artist["name"] == person["name"]
    assert isinstance(external, dict)
    assert external["wikidata_id"] in json.dumps(artist["relations"])
    assert str(person["imdb_id"]) in json.dumps(artist["relations"])


def test_musicbrainz_redirects_a_merged_mbid_to_the_one_it_was_merged_into() -> None:
    played = Played()
    answer = played.ask(f"/ws/2/release-group/{mbid(GROUP, 1, MERGED_GROUP + 2)}", inc="ratings")
    kept = f"http://world/musicbrainz/ws/2/release-group/{mbid(GROUP, 1, 2)}?fmt=json&inc=ratings"
    assert (answer.status, answer.headers["location"]) == (301, kept)
    assert played.ask(f"/ws/2/release-group/{mbid(GROUP, 1, MERGED_GROUP + 3)}").status == 404
