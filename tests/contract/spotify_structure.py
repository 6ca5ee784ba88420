"""What of the played Spotify is compared with its recordings: name, paths, folders, key, paths that may differ."""

from __future__ import annotations

from crosscurrent.embedded.world.spotify_catalogue import music_id

PLAYLIST = f"/v1/playlists/{music_id('playlist', 1)}"
SPOTIFY_COMPARED: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str, frozenset[str]], ...] = (
    (
        "spotify playlists of a user",
        ("/v1/users/quayside/playlists",),
        ("spotify/me-playlists", "spotify/user-playlists"),
        "items",
        frozenset(),
    ),
    (
        "spotify artist",
        tuple(f"/v1/artists/{music_id('artist', number)}" for number in range(6)),
        ("spotify/artists",),
        "followers",
        frozenset(),
    ),
    (
        "spotify album",
        tuple(f"/v1/albums/{music_id('album', number)}" for number in range(0, 72, 9)),
        ("spotify/albums",),
        "label",
        frozenset(),
    ),
    (
        "spotify track",
        tuple(f"/v1/tracks/{music_id('track', number * 8)}" for number in range(6)),
        ("spotify/tracks",),
        "external_ids",
        # their source left out what was null
        frozenset({"$.preview_url"}),
    ),
    (
        "spotify playlist",
        (PLAYLIST,),
        ("spotify/playlists",),
        "snapshot_id",
        # few were recorded with their rows, which are compared below
        frozenset({"$.tracks.items", "$.tracks.next", "$.tracks.previous"}),
    ),
    (
        "spotify playlist rows",
        tuple(f"{PLAYLIST}/tracks?limit=50&offset={at}" for at in (0, 50, 100)),
        ("spotify/playlist-items", "spotify/playlist-items-pages"),
        "items",
        frozenset(),
    ),
    (
        "spotify new releases",
        ("/v1/browse/new-releases?limit=50", "/v1/browse/new-releases?limit=50&offset=50"),
        ("spotify/browse-new-releases",),
        "albums",
        # the one recording is a first page of 2014; artists, dates and totals have come to short albums since, as
        # the recorded albums of an artist show
        frozenset(
            {
                "$.albums.items[].artists",
                "$.albums.items[].release_date",
                "$.albums.items[].release_date_precision",
                "$.albums.items[].total_tracks",
                "$.albums.next",
                "$.albums.previous",
            }
        ),
    ),
)
