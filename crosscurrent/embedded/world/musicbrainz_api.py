"""The played MusicBrainz: lookups, browses by offset, searches, its two kinds of 503 and its tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Final, TypeVar
from urllib.parse import urlencode

from crosscurrent.embedded.world.exchange import Answer, Call, conditioned, iso_time, json_answer
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.music_catalogue import (
    ARTIST,
    ARTISTS,
    GROUP,
    RECORDING,
    RELEASE,
    Place,
    exists,
    groups_at,
    merged_into,
    place_of_mbid,
    releases_at,
    tracks_of,
)
from crosscurrent.embedded.world.musicbrainz_payload import MusicPayloads
from crosscurrent.embedded.world.musicbrainz_search import hit_payload, name_of
from crosscurrent.embedded.world.quota import Quota
from crosscurrent.embedded.world.scenario import Scenario

WINDOW_SECONDS = 20.0
DEFAULT_LIMIT = 22_000
ANONYMOUS_LIMIT = 1_000
LIMIT_DEFAULT = 25
LIMIT_MAX = 100
TRACKS_A_PAGE_MAX = 500
HELP = "For usage, please see: https://musicbrainz.org/development/mmd"

Row = TypeVar("Row")

_PATH = re.compile(r"/ws/2/(?P<entity>artist|release|release-group|recording)(?:/(?P<mbid>[^/]+))?/?")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CONTACT = re.compile(r"\S+/\S+ .*(?:@|://)")
_KINDS: Final = {"artist": ARTIST, "release-group": GROUP, "release": RELEASE, "recording": RECORDING}
_INCLUDES: Final = {
    "artist": {"ratings", "url-rels", "aliases"},
    "release-group": {"artist-credits", "ratings", "url-rels"},
    "release": {"artist-credits", "labels", "media", "recordings", "release-groups", "url-rels"},
    "recording": {"artist-credits", "isrcs", "ratings", "url-rels"},
}


@dataclass(frozen=True, slots=True)
class MusicBrainzTerms:
    """How the played MusicBrainz treats its callers.

    Attributes:
        limit: requests in 20 real seconds; the vendor's own is 22.
        anonymous_limit: the same for all callers together whose User-Agent says nothing of whom to reach.
        busy_every: each so many-th request finds the server busy; 0 for none.
    """

    limit: int = DEFAULT_LIMIT
    anonymous_limit: int = ANONYMOUS_LIMIT
    busy_every: int = 0


class MusicBrainzApi:
    """Answers MusicBrainz's requests.

    Args:
        scenario: its seed and start.
        terms: how callers are treated.
        movements: of the series that the scenario moves in a way of its own.
    """

    def __init__(
        self, scenario: Scenario, terms: MusicBrainzTerms, movements: MovementModel | None = None
    ) -> None:
        self._scenario = scenario
        self._movements = movements
        self._terms = terms
        self._quota = Quota(WINDOW_SECONDS)
        self._numbers = count(1)

    def answer(self, call: Call) -> Answer:
        """Return the response to a request."""
        agent = call.headers.get("user-agent", "")
        if not agent:
            return _error(403, "Please send a meaningful User-Agent.")
        if self._terms.busy_every and next(self._numbers) % self._terms.busy_every == 0:
            return _busy()
        known = _CONTACT.match(agent) is not None
        caller, limit = ("known", self._terms.limit) if known else ("anonymous", self._terms.anonymous_limit)
        self._quota.spend(caller, call.real_seconds)
        used = self._quota.used(caller, call.real_seconds)
        if used > limit:
            return _over(used, limit) if known else _busy()
        return _tagged(self._routed(call), call)

    def _routed(self, call: Call) -> Answer:
        found = _PATH.fullmatch(call.path)
        if found is None:
            return _error(404, "Not Found")
        entity = found["entity"]
        included = {part for part in re.split(r"[+ ]", call.query.get("inc", "")) if part}
        unknown = sorted(included - _INCLUDES[entity])
        if unknown:
            return _error(400, f"{unknown[0]} is not a valid inc parameter for the {entity} resource.")
        if call.query.get("fmt") != "json" and "json" not in call.headers.get("accept", ""):
            return Answer(
                200, b'<?xml version="1.0" encoding="UTF-8"?><metadata/>', "application/xml; charset=utf-8"
            )
        hour = int((call.now_seconds - self._scenario.start_seconds) // 3600)
        payloads = MusicPayloads(self._scenario, hour, included, self._movements)
        if found["mbid"] is not None:
            kept = merged_into(found["mbid"])
            if kept is not None:
                return _merged(call, entity, kept)
            return _looked_up(found["mbid"], entity, payloads, hour)
        if "query" in call.query:
            return _searched(call, entity, payloads, hour)
        return _browsed(call, entity, payloads, hour)


def _looked_up(text: str, entity: str, payloads: MusicPayloads, hour: int) -> Answer:
    if not _UUID.fullmatch(text):
        return _error(400, "Invalid mbid.")
    place = place_of_mbid(text)
    if place is None or place.kind != _KINDS[entity] or not exists(place, hour):
        return _error(404, "Not Found")
    return json_answer(payloads.of(place))


def _merged(call: Call, entity: str, kept: str) -> Answer:
    """Return where an entry has gone that was found to be another's double.

    Source: musicbrainz.org, "MusicBrainz Identifier": a merged MBID redirects to the one that it was merged into.
    """
    asked = urlencode(sorted(call.query.items()))
    address = f"{call.origin}/ws/2/{entity}/{kept}" + (f"?{asked}" if asked else "")
    return Answer(301, media_type="", headers={"location": address})


def _browsed(call: Call, entity: str, payloads: MusicPayloads, hour: int) -> Answer:
    link = next((name for name in ("artist", "release-group", "release") if name in call.query), None)
    place = place_of_mbid(call.query[link]) if link else None
    if link is None or place is None or place.kind != _KINDS[link] or not exists(place, hour):
        return _error(404, "Not Found") if link else _error(400, "Linked entities required for browse.")
    rows = _linked(entity, place, hour)
    offset = _whole(call.query.get("offset"), 0)
    page = _page(rows, call)
    if entity == "release" and {"media", "recordings"} & set(
        call.query.get("inc", "").replace("+", " ").split()
    ):
        page = _within_tracks(page)
    return json_answer(
        {
            f"{entity}s": [payloads.of(row) for row in page],
            f"{entity}-offset": offset,
            f"{entity}-count": len(rows),
        }
    )


def _searched(call: Call, entity: str, payloads: MusicPayloads, hour: int) -> Answer:
    words = re.sub(r"\b[a-z]+:|[\"()]", "", call.query["query"].lower()).split()
    everything = [row for artist in ARTISTS for row in _linked(entity, Place(ARTIST, artist.index), hour)]
    made = ((row, payloads.of(row)) for row in everything)
    found = [
        (row, payload) for row, payload in made if words and all(word in name_of(payload) for word in words)
    ]
    offset = _whole(call.query.get("offset"), 0)
    hits = [
        hit_payload(row, payload, score=max(1, 100 - offset - place), hour=hour)
        for place, (row, payload) in enumerate(_page(found, call))
    ]
    return json_answer(
        {
            "created": iso_time(call.now_seconds).replace("Z", ".000Z"),
            "count": len(found),
            "offset": offset,
            f"{entity}s": hits,
        }
    )


def _linked(entity: str, place: Place, hour: int) -> list[Place]:
    """Return the things of one kind that are linked to a thing, in an order that does not change."""
    artist = ARTISTS[place.artist]
    if entity == "artist":
        return [Place(ARTIST, place.artist)]
    groups = range(groups_at(artist, hour)) if place.kind == ARTIST else range(place.group, place.group + 1)
    if entity == "release-group":
        return [Place(GROUP, place.artist, group) for group in groups]
    if entity == "recording":
        return [
            Place(RECORDING, place.artist, group, track=track)
            for group in groups
            for track in range(tracks_of(group))
        ]
    return [
        Place(RELEASE, place.artist, group, release)
        for group in groups
        for release in range(releases_at(artist, group, hour))
    ]


def _page(rows: Sequence[Row], call: Call) -> Sequence[Row]:
    offset = _whole(call.query.get("offset"), 0)
    limit = min(max(1, _whole(call.query.get("limit"), LIMIT_DEFAULT)), LIMIT_MAX)
    return rows[offset : offset + limit]


def _within_tracks(page: Sequence[Place]) -> list[Place]:
    """Return as many releases as have 500 tracks together, but at least one.

    Source: musicbrainz.org, "MusicBrainz API", about paging: a page of releases may have fewer rows than its limit.
    """
    kept: list[Place] = []
    tracks = 0
    for row in page:
        tracks += tracks_of(row.group)
        if kept and tracks > TRACKS_A_PAGE_MAX:
            break
        kept.append(row)
    return kept


def _tagged(answer: Answer, call: Call) -> Answer:
    tagged = conditioned(answer, call)
    # this vendor's tags are strong
    tag = tagged.headers.get("etag")
    return replace(tagged, headers={**tagged.headers, "etag": tag.removeprefix("W/")}) if tag else tagged


def _over(used: int, limit: int) -> Answer:
    error = (
        f"Your requests are exceeding the allowable rate limit ({used:.1f}, limit is {limit:.1f} per "
        f"{WINDOW_SECONDS:.0f} seconds). Please see http://wiki.musicbrainz.org/XMLWebService for more information."
    )
    limited = {"x-rate-limited": f"{used:.1f} {limit:.1f} {WINDOW_SECONDS:.0f}"}
    return json_answer({"error": error}, status=503).with_headers(limited)


def _busy() -> Answer:
    error = "The MusicBrainz web server is currently busy. Please try again later."
    zone = {
        "retry-after": "0",
        "x-ratelimit-limit": "15",
        "x-ratelimit-remaining": "12",
        "x-ratelimit-zone": "global",
    }
    return json_answer({"error": error}, status=503).with_headers(zone)


def _error(status: int, error: str) -> Answer:
    return json_answer({"error": error, "help": HELP}, status=status)


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else otherwise
