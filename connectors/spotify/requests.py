"""What is asked of Spotify for each target (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.kit.declaration import Found, Poll
from connectors.kit.pagination import NextCursor
from connectors.spotify.endpoints import (
    ALBUM,
    ARTIST,
    NEW_RELEASES,
    PLAYLIST,
    PLAYLIST_ITEMS,
    TRACK,
    USER_PLAYLISTS,
)
from crosscurrent.errors import WrongUse

ALL_NEW_RELEASES = "new-releases"
PLAYLIST_ITEMS_INTERVAL_MULTIPLE = 24  # a changed playlist wakes them; else only popularity moves, once a day
NEW_RELEASES_INTERVAL_MULTIPLE = 24
LISTED_INTERVAL_MULTIPLE = 24  # the list of its owner tells when it has changed; else only its followers move
PAGE_ROWS = 50  # more is answered 400
PLAYLIST_PAGES_MAX = 100

# a playlist repeats its first rows unless it is told which fields are wanted; names it does not know it ignores
_PLAYLIST_FIELDS = (
    "collaborative,description,external_urls,followers,href,id,items(href,total),name,owner,public,"
    "snapshot_id,tracks(href,total),type,uri"
)
_TARGET = re.compile(
    r"(?P<kind>artist|album|track|playlist):(?P<id>[0-9A-Za-z]{1,64})|user:(?P<user>[0-9A-Za-z_][0-9A-Za-z._-]{0,63})"
)
_ID = re.compile(r"[0-9A-Za-z]{1,64}")
_PLAYLIST_PAGES = NextCursor("next", size_parameter="limit", size=PAGE_ROWS, pages_max=PLAYLIST_PAGES_MAX)
_PATHS = {ARTIST: "artists", ALBUM: "albums", TRACK: "tracks"}


def polls(targets: Sequence[str]) -> list[Poll]:
    """Return the requests for ``artist:ID``, ``album:ID``, ``track:ID``, ``playlist:ID``, ``user:ID``, ``new-releases``.

    Raises:
        WrongUse: a target is none of these.
    """
    return [poll for target in dict.fromkeys(targets) for poll in _polls_of(target)]


def poll_for(endpoint: str, target: str) -> Poll:
    """Return the request for one artist, album or track by its id, or for a playlist of a list or its rows."""
    if endpoint in (PLAYLIST, PLAYLIST_ITEMS):
        head, rows = _playlist(target, LISTED_INTERVAL_MULTIPLE)
        return head if endpoint == PLAYLIST else rows
    return Poll(endpoint, target, f"/v1/{_PATHS[endpoint]}/{target}")


def find_albums(payload: object) -> list[Found]:
    """Return the albums of a page of new releases."""
    page = payload.get("albums") if isinstance(payload, dict) else None
    rows = page.get("items") if isinstance(page, dict) else None
    ids = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [(ALBUM, one) for one in ids if isinstance(one, str) and _ID.fullmatch(one)]


def find_playlists(payload: object) -> list[Found]:
    """Return the playlists of a page of them, and their rows."""
    keys = [key for key, _ in _playlists_on(payload)]
    return [(endpoint, key) for key in keys for endpoint in (PLAYLIST, PLAYLIST_ITEMS)]


def playlist_versions(payload: object) -> dict[str, str]:
    """Return which version the playlists of a page have."""
    return {f"{PLAYLIST}:{key}": version for key, version in _playlists_on(payload)}


def _playlists_on(payload: object) -> list[tuple[str, str]]:
    rows = payload.get("items") if isinstance(payload, dict) else None
    found = [(row.get("id"), row.get("snapshot_id")) for row in rows or () if isinstance(row, dict)]
    return [(str(key), str(version)) for key, version in found if isinstance(key, str) and _ID.fullmatch(key)]


def _polls_of(target: str) -> list[Poll]:
    if target == ALL_NEW_RELEASES:
        return [_new_releases()]
    found = _TARGET.fullmatch(target)
    if found is None:
        raise WrongUse(
            f"the Spotify target {target[:80]!r}",
            expected="artist:ID, album:ID, track:ID, playlist:ID, user:ID or new-releases",
            todo="correct CROSSCURRENT_SOURCES__SPOTIFY__TARGETS; the ID is the last part of a share link",
            source="spotify",
        )
    if found["user"]:
        return [_user(found["user"])]
    return _playlist(found["id"]) if found["kind"] == "playlist" else [poll_for(found["kind"], found["id"])]


def _playlist(key: str, interval_multiple: int = 1) -> list[Poll]:
    path = f"/v1/playlists/{key}"
    return [
        Poll(
            PLAYLIST,
            key,
            path,
            {"additional_types": "track,episode", "fields": _PLAYLIST_FIELDS},
            interval_multiple,
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


def _user(key: str) -> Poll:
    # one request tells of fifty playlists whether they have changed
    return Poll(
        USER_PLAYLISTS,
        key,
        f"/v1/users/{key}/playlists",
        pagination=_PLAYLIST_PAGES,
        find=find_playlists,
        versions=playlist_versions,
    )


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
