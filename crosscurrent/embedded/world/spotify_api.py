"""The played Spotify Web API: tokens, pages by offset, tags, the limit of 30 seconds, and its ways of saying an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from crosscurrent.embedded.world.exchange import Answer, Call, conditioned, json_answer
from crosscurrent.embedded.world.field_filter import only, wanted_fields
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.music_model import HOURS_PER_DAY, MusicModel
from crosscurrent.embedded.world.quota import Quota
from crosscurrent.embedded.world.scenario import Scenario
from crosscurrent.embedded.world.spotify_catalogue import Catalogue, number_in
from crosscurrent.embedded.world.spotify_payload import SpotifyPayloads, owner_of, page
from crosscurrent.embedded.world.spotify_tokens import SpotifyTokens, TokenTerms, api_error

TOKEN_PATH = "/api/token"
WINDOW_SECONDS = 30.0
DEFAULT_LIMIT = 60_000
LIMIT_DEFAULT = 20
LIMIT_MAX = 50
ROWS_IN_A_PLAYLIST = 100
CACHE_HEADERS = {"cache-control": "private, max-age=0"}

_PATH = re.compile(
    r"/v1/(?P<kind>artists|albums|tracks|playlists)/(?P<key>[^/]+)(?:/(?P<rows>items|tracks))?"
)
_LISTED = re.compile(r"/v1/users/(?P<user>[^/]+)/playlists")
_ID = re.compile(r"[0-9A-Za-z]{22}")

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class SpotifyTerms:
    """How the played Spotify treats its callers.

    Attributes:
        tokens: to whom tokens are granted, and for how long.
        limit: requests in 30 real seconds for each app.
    """

    tokens: TokenTerms = field(default_factory=TokenTerms)
    limit: int = DEFAULT_LIMIT


class SpotifyApi:
    """Answers Spotify's requests, and those of its token endpoint.

    Args:
        scenario: its seed decides the catalogue.
        terms: how callers are treated.
        movements: of the series that the scenario moves in a way of its own.
    """

    def __init__(
        self, scenario: Scenario, terms: SpotifyTerms, movements: MovementModel | None = None
    ) -> None:
        self._start_seconds = scenario.start_seconds
        self._catalogue = Catalogue(scenario.seed)
        self._model = MusicModel(self._catalogue, movements, scenario.playlists)
        self._terms = terms
        self._tokens = SpotifyTokens(terms.tokens)
        self._quota = Quota(WINDOW_SECONDS)

    def answer(self, call: Call) -> Answer:
        """Return the response to a request."""
        if call.path == TOKEN_PATH:
            return self._tokens.grant(call)
        app = self._tokens.holder(call)
        if isinstance(app, Answer):
            return app
        if self._quota.used(app, call.real_seconds) >= self._terms.limit:
            wait = str(self._quota.seconds_left(app, call.real_seconds))
            return api_error(429, "API rate limit exceeded").with_headers({"retry-after": wait})
        self._quota.spend(app, call.real_seconds)
        return conditioned(self._made(call), call)

    def _made(self, call: Call) -> Answer:
        hour = int((call.now_seconds - self._start_seconds) // 3600)
        payloads = self._payloads(call, hour)
        if call.path == "/v1/browse/new-releases":
            return self._new_releases(call, payloads, hour)
        listed = _LISTED.fullmatch(call.path)
        if listed is not None:
            return self._of_user(call, listed["user"])
        found = _PATH.fullmatch(call.path)
        if found is None:
            return api_error(404, "Service not found")
        if not _ID.fullmatch(found["key"]):
            return api_error(400, "Invalid base62 id")
        kind, key = found["kind"], found["key"]
        if kind == "playlists":
            return self._of_playlist(call, key, found["rows"])
        payload = None if found["rows"] else self._thing(kind, key, payloads, hour // HOURS_PER_DAY)
        return _not_found() if payload is None else _good(payload)

    def _payloads(self, call: Call, hour: int, late_seconds: int = 0) -> SpotifyPayloads:
        return SpotifyPayloads(self._model, self._start_seconds + late_seconds, f"{call.origin}/v1", hour)

    def _thing(self, kind: str, key: str, payloads: SpotifyPayloads, day: int) -> dict[str, object] | None:
        if kind == "artists":
            artist = self._catalogue.artist_by_id(key)
            return None if artist is None else payloads.artist(artist)
        if kind == "albums":
            album = self._catalogue.album_by_id(key, day)
            return None if album is None else payloads.album(album)
        track = self._catalogue.track_by_id(key, day)
        return None if track is None else payloads.track(track)

    def _new_releases(self, call: Call, payloads: SpotifyPayloads, hour: int) -> Answer:
        listed = _paged(call, self._model.new_releases(hour), payloads.short_album)
        return listed if isinstance(listed, Answer) else _good({"albums": listed})

    def _of_user(self, call: Call, user: str) -> Answer:
        numbers = [number for number in self._model.playlist_numbers() if owner_of(number) == user]
        if not numbers:
            return _not_found()
        listed = _paged(call, numbers, partial(self._short_playlist, call))
        return listed if isinstance(listed, Answer) else _good(listed)

    def _short_playlist(self, call: Call, number: int) -> dict[str, object]:
        late_seconds = self._model.playlist_late_seconds(number)
        hour = int((call.now_seconds - self._start_seconds - late_seconds) // 3600)
        return self._payloads(call, hour, late_seconds).short_playlist(number)

    def _of_playlist(self, call: Call, key: str, rows_path: str | None) -> Answer:
        number = number_in("playlist", key)
        seconds = call.now_seconds - self._start_seconds
        hour = None if number is None else self._model.playlist_hour(number, seconds)
        if number is None or hour is None:
            return _not_found()
        payloads = self._payloads(call, hour, self._model.playlist_late_seconds(number))
        rows = self._model.playlist_rows(number, hour)
        wanted = wanted_fields(call.query.get("fields", ""))
        # the newer address calls what stands in a row an item
        make = partial(payloads.playlist_row, item_name="item" if rows_path == "items" else "track")
        if rows_path:
            listed = _paged(call, rows, make)
            return listed if isinstance(listed, Answer) else _good(only(listed, wanted))
        address = f"{call.origin}{call.path}/tracks"
        first = page(rows, make, address, {}, limit=ROWS_IN_A_PLAYLIST, offset=0)
        return _good(only(payloads.playlist(number, first), wanted))


def _paged(call: Call, rows: Sequence[Row], make: Callable[[Row], object]) -> dict[str, object] | Answer:
    limit, offset = _whole(call.query.get("limit"), LIMIT_DEFAULT), _whole(call.query.get("offset"), 0)
    if limit is None or not 1 <= limit <= LIMIT_MAX:
        return api_error(400, "Invalid limit")
    if offset is None:
        return api_error(400, "Invalid offset")
    others = {name: value for name, value in call.query.items() if name not in {"limit", "offset"}}
    return page(rows, make, f"{call.origin}{call.path}", others, limit=limit, offset=offset)


def _good(payload: object) -> Answer:
    return json_answer(payload).with_headers(CACHE_HEADERS)


def _whole(text: str | None, otherwise: int) -> int | None:
    if text is None:
        return otherwise
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _not_found() -> Answer:
    return api_error(404, "Resource not found")
