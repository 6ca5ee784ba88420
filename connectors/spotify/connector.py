"""Spotify: artists, albums, tracks and playlists, how popular they are and how many follow them.

Source: https://developer.spotify.com/documentation/web-api
"""

from __future__ import annotations

from connectors.kit.auth import ClientCredentials
from connectors.kit.declaration import Connector
from connectors.kit.quota import DocumentedRate
from connectors.spotify.endpoints import (
    ALBUM,
    ARTIST,
    NEW_RELEASES,
    NOT_MEASURED,
    PLAYLIST,
    PLAYLIST_ITEMS,
    TRACK,
    USER_PLAYLISTS,
    endpoint_of,
)
from connectors.spotify.mapping import TABLE, map_payload
from connectors.spotify.requests import poll_for, polls

SPOTIFY = Connector(
    name="spotify",
    title="Spotify",
    base_url="https://api.spotify.com",
    auth=ClientCredentials("https://accounts.spotify.com/api/token"),
    # the vendor counts over 30 s and does not say how much; a 429 corrects us
    quota=DocumentedRate(
        60, 30.0, description="not published, counted over 30 s; 60 requests in 30 s are not passed"
    ),
    interval_seconds=3600.0,
    endpoints=(ARTIST, ALBUM, TRACK, PLAYLIST, PLAYLIST_ITEMS, USER_PLAYLISTS, NEW_RELEASES),
    polls=polls,
    poll_for=poll_for,
    # the artists of the vendor's own examples; new-releases and the vendor's playlists are not for every app
    targets_default=("artist:0TnOYISbd1XYRBk9myaseg", "artist:1HY2Jd0NmPuamShAr6KMms"),
    targets_help="artist:ID, album:ID, track:ID, playlist:ID (the last part of a share link), user:ID for all public "
    "playlists of somebody, or new-releases",
    map_payload=map_payload,
    table=TABLE,
    endpoint_of=endpoint_of,
    not_measured=NOT_MEASURED,
    # links to samples are signed for a while
    volatile=("**.preview_url", "**.audio_preview_url"),
    concurrency_max=4,
    account_help="client id and client secret of an app made at https://developer.spotify.com/dashboard, with "
    "Web API chosen; there are no scopes, since nothing of a user's own is asked for",
    no_history="its lists are as they are now",
)
