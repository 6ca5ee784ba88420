"""What is asked of Spotify for each target (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.kit.declaration import Found, Poll
from connectors.kit.pagination import NextCursor
from connectors.spotify.endpoints import ALBUM, ARTIST, NEW_RELEASES, PLAYLIST, PLAYLIST_ITEMS, TRACK
from crosscurrent.errors import WrongUse

ALL_NEW_RELEASES = "new-releases"
PLAYLIST_ITEMS_INTERVAL_MULTIPLE = 24  # a changed playlist wakes them; else only popularity moves, once a day
NEW_RELEASES_INTERVAL_MULTIPLE = 24
PAGE_ROWS = 50  # more is answered 400
PLAYLIST_PAGES_MAX = 100

# a playlist repeats its first rows unless it is told which fields are wanted; names it does not know it ignores
_PLAYLIST_FIELDS = (
    "collaborative,description,external_urls,followers,href,id,items(href,total),name,owner,public,"
    "snapshot_id,tracks(href,total),type,uri"
)
_TARGET = re.compile(r"(?P<kind>artist|album|track|playlist):(?P<id>[0-9A-Za-z]{1,64})")
_ID = re.compile(r"[0-9A-Za-z]{1,64}")
_PLAYLIST_PAGES = NextCursor("next", size_parameter="limit", size=PAGE_ROWS, pages_max=PLAYLIST_PAGES_MAX)
_PATHS = {ARTIST: "artists", ALBUM: "albums", TRACK: "tracks"}


def polls(targets: Sequence[str]) -> list[Poll]:
    """Return the requests for ``artist:ID``, ``album:ID``, ``track:ID``, ``playlist:ID`` and ``new-releases``.

    Raises:
        WrongUse: a target is none of these.
    """
    return [poll for target in dict.fromkeys(targets) for poll in _polls_of(target)]


def poll_for(endpoint: str, target: str) -> Poll:
    """Return the request for one artist, album or track by its id."""
    return Poll(endpoint, target, f"/v1/{_PATHS[endpoint]}/{target}")


def find_albums(payload: object) -> list[Found]:
    """Return the albums of a page of new releases."""
    page = payload.get("albums") if isinstance(payload, dict) else None
    rows = page.get("items") if isinstance(page, dict) else None
    ids = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [(ALBUM, one) for one in ids if isinstance(one, str) and _ID.fullmatch(one)]


def _polls_of(target: str) -> list[Poll]:
    if target == ALL_NEW_RELEASES:
        return [_new_releases()]
    found = _TARGET.fullmatch(target)
    if found is None:
        raise WrongUse(
            f"the Spotify target {target[:80]!r}",
            expected="artist:ID, album:ID, track:ID, playlist:ID or new-releases",
            todo="correct CROSSCURRENT_SOURCES__SPOTIFY__TARGETS; the ID is the last part of a share link",
            source="spotify",
        )
    return _playlist(found["id"]) if found["kind"] == "playlist" else [poll_for(found["kind"], found["id"])]


def _playlist(key: str) -> list[Poll]:
    path = f"/v1/playlists/{key}"
    return [
        Poll(
            PLAYLIST,
            key,
            path,
            {"additional_types": "track,episode", "fields": _PLAYLIST_FIELDS},
            wakes=(PLAYLIST_ITEMS,),
        ),
        Poll(
            PLAYLIST_ITEMS,
            key,
            f"{path}/items",
            {"additional_types": "track,episode"},
            PLAYLIST_ITEMS_INTERVAL_MULTIPLE,
            pagination=_PLAYLIST_PAGES,
        ),
    ]


def _new_releases() -> Poll:
    return Poll(
        NEW_RELEASES,
        "",
        "/v1/browse/new-releases",
        {},
        NEW_RELEASES_INTERVAL_MULTIPLE,
        pagination=NextCursor("albums.next", size_parameter="limit", size=PAGE_ROWS),
        find=find_albums,
    )
