"""The played Spotify: its tokens, pages, limits and errors, and the way in which its values move."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from typing import Any

import httpx
import orjson
import pytest

from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world import default_scenario
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.exchange import Answer
from crosscurrent.embedded.world.field_filter import only, wanted_fields
from crosscurrent.embedded.world.spotify_api import SpotifyTerms
from crosscurrent.embedded.world.spotify_catalogue import ARTIST_COUNT, Catalogue, music_id, number_in
from crosscurrent.embedded.world.spotify_tokens import TokenTerms
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms

ORIGIN = "http://here/spotify"
ARTIST = f"/v1/artists/{music_id('artist', 0)}"
PLAYLIST = f"/v1/playlists/{music_id('playlist', 0)}"
FORM = b"grant_type=client_credentials"


class Client:
    """Asks a world's Spotify as one app."""

    def __init__(
        self, tokens: TokenTerms | None = None, *, limit: int = 1000, seed: int = 1, app: str = "app:s3cret"
    ) -> None:
        scenario = default_scenario(seed)
        self.clock = ManualClock()
        self.time = VirtualTime(scenario.start_seconds, self.clock, speed=0)
        terms = WorldTerms(spotify=SpotifyTerms(tokens or TokenTerms(), limit))
        self.world = World(scenario, self.time, terms)
        self.basic = f"Basic {b64encode(app.encode()).decode()}"
        self.token = ""

    def granted(
        self, *, authorization: str | None = None, method: str = "POST", body: bytes = FORM
    ) -> Answer:
        headers = {"authorization": self.basic if authorization is None else authorization}
        return self.world.answer("spotify", "/api/token", {}, headers, ORIGIN, None, method=method, body=body)

    def log_in(self) -> None:
        self.token = orjson.loads(self.granted().body)["access_token"]

    def get(self, address: str, authorization: str | None = None, **headers: str) -> Answer:
        if not self.token:
            self.log_in()
        path, _, query = address.removeprefix(ORIGIN).partition("?")
        asked = dict(part.split("=") for part in query.split("&") if part)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["authorization"] = f"Bearer {self.token}" if authorization is None else authorization
        return self.world.answer("spotify", path, asked, sent, ORIGIN, None)

    def json(self, address: str) -> Any:
        answer = self.get(address)
        assert answer.status == 200, answer.body
        return orjson.loads(answer.body)

    def rows(self, address: str) -> list[Any]:
        rows: list[Any] = []
        following: str | None = address
        while following:
            page = self.json(following)
            rows += page["items"]
            following = page["next"]
            assert len(rows) <= page["total"]
        return rows


def message(answer: Answer) -> tuple[int, str]:
    error = orjson.loads(answer.body)["error"]
    assert error["status"] == answer.status
    return error["status"], error["message"]


def test_token_is_granted_to_any_app_unless_one_is_named() -> None:
    said = orjson.loads(Client().granted().body)

    assert (said["token_type"], said["expires_in"], len(said)) == ("Bearer", 3600, 3)
    for secret, status in (("s3cret", 200), ("other", 400)):
        assert Client(TokenTerms("app", secret)).granted().status == status


@pytest.mark.parametrize(
    "authorization", ["", "Basic", "Basic %%%", "Basic YXBw", "Bearer YXBwOnM=", "Basic OnM="]
)
def test_app_that_does_not_say_who_it_is_gets_no_token(authorization: str) -> None:
    answer = Client().granted(authorization=authorization)

    assert answer.status == 400
    assert orjson.loads(answer.body) == {"error": "invalid_client", "error_description": "Invalid client"}


@pytest.mark.parametrize("body", [b"", b"grant_type=password", b"\xff", b"a=" + b"x" * 5000])
def test_grant_of_another_type_is_refused(body: bytes) -> None:
    assert orjson.loads(Client().granted(body=body).body)["error"] == "unsupported_grant_type"


def test_token_is_asked_for_by_post_alone() -> None:
    assert Client().granted(method="GET").status == 405


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/spotify/api/token", FORM, 200),
        ("POST", "/spotify/api/token", FORM + b" " * 70_000, 413),
        ("GET", "/spotify/api/token", b"", 405),
        ("PUT", "/spotify/api/token", FORM, 405),
        ("POST", f"/spotify{ARTIST}", b"", 405),
        ("POST", "/pokeapi/api/token", FORM, 405),
    ],
)
async def test_nothing_but_the_token_is_asked_for_by_post(
    method: str, path: str, body: bytes, status: int
) -> None:
    client = Client()
    transport = httpx.ASGITransport(create_app(client.world))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        answer = await http.request(method, path, content=body, headers={"authorization": client.basic})

    assert answer.status_code == status


def test_request_without_a_good_token_is_refused() -> None:
    client = Client()
    client.log_in()
    wrong = client.token[:-1] + ("0" if client.token[-1] != "0" else "1")

    assert message(client.get(ARTIST, "")) == (401, "No token provided")
    for token in ("Bearer x", f"Bearer {wrong}", "Bearer BQ..", f"Basic {client.token}"):
        assert message(client.get(ARTIST, token)) == (401, "Invalid access token")
    assert client.get(ARTIST).status == 200


def test_token_ends_after_its_time_and_another_is_good() -> None:
    client = Client(TokenTerms(token_seconds=60))
    statuses = []
    for _ in range(3):
        statuses.append(client.get(ARTIST).status)
        client.clock.advance(30)
    client.log_in()

    assert statuses == [200, 200, 401]
    assert client.get(ARTIST).status == 200


def test_token_ends_before_its_time_where_that_is_asked_for() -> None:
    client = Client(TokenTerms(token_requests_max=2))
    answers = [client.get(ARTIST) for _ in range(3)]
    client.log_in()

    assert [answer.status for answer in answers] == [200, 200, 401]
    assert message(answers[2]) == (401, "The access token expired")
    assert client.get(ARTIST).status == 200


def test_requests_beyond_the_limit_are_told_how_long_to_wait() -> None:
    client = Client(limit=2)
    statuses = [client.get(ARTIST).status for _ in range(2)]
    client.clock.advance(10)
    refused = client.get(ARTIST)
    client.log_in()
    with_another_token = client.get(ARTIST)
    client.clock.advance(20)

    assert statuses == [200, 200]
    assert message(refused) == (429, "API rate limit exceeded")
    assert refused.headers["retry-after"] == "20"
    assert with_another_token.status == 429
    assert client.get(ARTIST).status == 200


def test_what_has_not_changed_is_a_304() -> None:
    client = Client()
    tag = client.get(ARTIST).headers["etag"]

    assert client.get(ARTIST, if_none_match=tag).status == 304
    client.time.advance(24 * 3600)
    assert client.get(ARTIST, if_none_match=tag).status == 200


@pytest.mark.parametrize("size", [7, 20, 50])
@pytest.mark.parametrize("name", ["items", "tracks"])
def test_rows_of_a_playlist_come_once_and_in_order_whatever_the_page(size: int, name: str) -> None:
    client = Client()
    rows = client.rows(f"{PLAYLIST}/{name}?limit={size}&additional_types=track")
    added = [row["added_at"] for row in rows]

    assert len(rows) == client.json(PLAYLIST)["tracks"]["total"] > 100
    assert added == sorted(set(added))


def test_playlist_holds_rows_that_are_gone_local_and_spoken() -> None:
    rows = Client().rows(f"{PLAYLIST}/items?limit=50")
    kinds = Counter(
        "gone" if row["item"] is None else "local" if row["is_local"] else row["item"]["type"] for row in rows
    )

    assert kinds.keys() == {"gone", "local", "episode", "track"}
    assert kinds["track"] > 100
    assert all(row["item"]["id"] is None for row in rows if row["is_local"])


def test_next_page_keeps_what_was_asked_for() -> None:
    page = Client().json(f"{PLAYLIST}/items?limit=50&additional_types=episode")

    assert page["next"] == f"{ORIGIN}{PLAYLIST}/items?additional_types=episode&offset=50&limit=50"
    assert page["previous"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=51", "limit=x", "offset=-1", "offset=x"])
def test_page_that_cannot_be_is_a_400(query: str) -> None:
    client = Client()

    assert client.get(f"{PLAYLIST}/items?{query}").status == 400
    assert client.get(f"/v1/browse/new-releases?{query}").status == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/artists/x", 400),
        (f"/v1/artists/{music_id('artist', ARTIST_COUNT)}", 404),
        (f"/v1/artists/{music_id('album', 0)}", 404),
        (f"/v1/albums/{music_id('album', 5000)}", 404),
        (f"/v1/albums/{music_id('album', 1)}/tracks", 404),
        (f"/v1/playlists/{music_id('playlist', 99)}", 404),
        ("/v1/moons", 404),
        ("/", 404),
    ],
)
def test_what_there_is_not_is_said_as_the_vendor_says_it(path: str, status: int) -> None:
    assert message(Client().get(path))[0] == status


def test_album_is_there_from_its_day_on_and_among_the_new_ones() -> None:
    client = Client()
    newest = client.json("/v1/browse/new-releases?limit=1")["albums"]["items"][0]
    following = music_id("album", (number_in("album", newest["id"]) or 0) + 1)

    assert newest["release_date"] == "2026-01-05"
    assert client.get(f"/v1/albums/{following}").status == 404
    client.time.advance(24 * 3600)
    assert client.json(f"/v1/albums/{following}")["release_date"] == "2026-01-06"
    assert client.json("/v1/browse/new-releases?limit=1")["albums"]["items"][0]["id"] == following


def test_popularity_moves_once_a_day_and_followers_each_hour_and_back_each_week() -> None:
    client = Client()
    popularity, followers = [], []
    for _ in range(24 * 15):
        artist = client.json(ARTIST)
        popularity.append(artist["popularity"])
        followers.append(artist["followers"]["total"])
        client.time.advance(3600)

    days = [set(popularity[day : day + 24]) for day in range(0, len(popularity), 24)]
    assert all(len(day) == 1 for day in days)
    assert len(set(popularity)) > 4
    falls = [hour for hour in range(1, len(followers)) if followers[hour] < followers[hour - 1]]
    assert falls == [168, 336]


def test_values_differ_by_the_seed_and_ids_do_not() -> None:
    first, second = (Client(seed=seed).json(ARTIST) for seed in (1, 2))

    assert first["id"] == second["id"]
    assert first["followers"] != second["followers"]
    assert first == Client(seed=1).json(ARTIST)


def test_dates_are_as_precise_as_they_are_known() -> None:
    client = Client()
    albums = [client.json(f"/v1/albums/{music_id('album', number)}") for number in (1, 2, 40)]

    assert [album["release_date_precision"] for album in albums] == ["year", "month", "day"]
    assert [len(album["release_date"]) for album in albums] == [4, 7, 10]


def test_tracks_of_an_album_lead_to_the_tracks() -> None:
    client = Client()
    album = client.json(f"/v1/albums/{music_id('album', 11)}")
    first = album["tracks"]["items"][0]
    track = client.json(first["href"])

    assert album["total_tracks"] == album["tracks"]["total"] == len(album["tracks"]["items"])
    assert {name: track[name] for name in first} == first
    assert track["album"]["id"] == album["id"]


def test_ids_of_other_catalogues_are_unique() -> None:
    catalogue = Catalogue(1)
    albums = [catalogue.album(number) for number in range(200)]
    tracks = [track for album in albums for track in catalogue.tracks_of(album)]

    assert len({album.upc for album in albums}) == len(albums)
    assert len({track.isrc for track in tracks}) == len({track.id for track in tracks}) == len(tracks)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", {"a": 1, "b": {"c": 2, "d": [{"e": 3, "f": 4}]}}),
        ("a", {"a": 1}),
        ("b.c", {"b": {"c": 2}}),
        ("b(c)", {"b": {"c": 2}}),
        ("a,b(d(e))", {"a": 1, "b": {"d": [{"e": 3}]}}),
        ("b.d(f),a", {"a": 1, "b": {"d": [{"f": 4}]}}),
        ("z,a.b", {"a": 1}),
        ("z", {}),
    ],
)
def test_fields_that_are_asked_for_are_left(text: str, left: object) -> None:
    whole = {"a": 1, "b": {"c": 2, "d": [{"e": 3, "f": 4}]}}

    assert only(whole, wanted_fields(text)) == left
