"""Which endpoint of Spotify's Web API a request asks, and what is not measured there, and why.

Source: https://developer.spotify.com/documentation/web-api
"""

from __future__ import annotations

from typing import Final

from connectors.kit.endpoint_table import OTHER, EndpointTable

ARTIST: Final = "artist"
ALBUM: Final = "album"
TRACK: Final = "track"
PLAYLIST: Final = "playlist"
PLAYLIST_ITEMS: Final = "playlist_items"
NEW_RELEASES: Final = "new_releases"

ALBUMS: Final = "albums"
ALBUM_TRACKS: Final = "album_tracks"
ARTISTS: Final = "artists"
ARTIST_ALBUMS: Final = "artist_albums"
ARTIST_TOP_TRACKS: Final = "artist_top_tracks"
AUDIOBOOK: Final = "audiobook"
AUDIO_ANALYSIS: Final = "audio_analysis"
AUDIO_FEATURES: Final = "audio_features"
CATEGORIES: Final = "categories"
CHAPTER: Final = "chapter"
EPISODES: Final = "episodes"
FEATURED_PLAYLISTS: Final = "featured_playlists"
ME: Final = "me"
PLAYLIST_ITEM: Final = "playlist_item"
RECOMMENDATIONS: Final = "recommendations"
RELATED_ARTISTS: Final = "related_artists"
SAVED_ALBUMS: Final = "saved_albums"
SAVED_TRACKS: Final = "saved_tracks"
SEARCH: Final = "search"
SHOWS: Final = "shows"
SHOW_EPISODES: Final = "show_episodes"
TOKEN: Final = "token"
TOP_ARTISTS: Final = "top_artists"
TOP_TRACKS: Final = "top_tracks"
TRACKS: Final = "tracks"
USER: Final = "user"
USER_PLAYLISTS: Final = "user_playlists"

NOT_MEASURED: Final = {
    NEW_RELEASES: "which albums are new; how popular each is says the album, which is asked for because of it",
    ARTIST_ALBUMS: "its total depends on the market and on the groups of albums that were asked for",
    ALBUM_TRACKS: "short forms of tracks, without popularity and ISRC, which would hide what the tracks say",
    AUDIO_ANALYSIS: "bars, beats and segments of a recording, which never change; it does not say of which track",
    AUDIO_FEATURES: "properties of a recording, which never change",
    CATEGORIES: "how the vendor arranges its shop",
    CHAPTER: "a chapter has a length and a number, and neither changes",
    EPISODES: "an episode has a length and a date, and neither changes",
    SHOW_EPISODES: "an episode has a length and a date, and neither changes; how many there are says the show",
    ME: "a person's own account, library and player: client credentials may not ask for it",
    SEARCH: "an index of its own, which may lag behind the things themselves: a series of both would step back "
    "and forth",
    TOKEN: "a credential",
    OTHER: "this connector does not know the endpoint",
}

_ID = r"[^/]+"
_OF_PATH: Final = (
    (r"/v1/artists", ARTISTS),
    (rf"/v1/artists/{_ID}", ARTIST),
    (rf"/v1/artists/{_ID}/albums", ARTIST_ALBUMS),
    (rf"/v1/artists/{_ID}/top-tracks", ARTIST_TOP_TRACKS),
    (rf"/v1/artists/{_ID}/related-artists", RELATED_ARTISTS),
    (r"/v1/albums", ALBUMS),
    (rf"/v1/albums/{_ID}", ALBUM),
    (rf"/v1/albums/{_ID}/tracks", ALBUM_TRACKS),
    (r"/v1/tracks", TRACKS),
    (rf"/v1/tracks/{_ID}", TRACK),
    (rf"/v1/playlists/{_ID}", PLAYLIST),
    (rf"/v1/playlists/{_ID}/(?:items|tracks)", PLAYLIST_ITEMS),
    (r"/v1/browse/new-releases", NEW_RELEASES),
    (r"/v1/browse/featured-playlists", FEATURED_PLAYLISTS),
    (rf"/v1/browse/categories(?:/{_ID})?", CATEGORIES),
    (rf"/v1/browse/categories/{_ID}/playlists", FEATURED_PLAYLISTS),
    (rf"/v1/audio-features(?:/{_ID})?", AUDIO_FEATURES),
    (rf"/v1/audio-analysis/{_ID}", AUDIO_ANALYSIS),
    (rf"/v1/audiobooks/{_ID}", AUDIOBOOK),
    (rf"/v1/chapters/{_ID}", CHAPTER),
    (rf"/v1/episodes(?:/{_ID})?", EPISODES),
    (rf"/v1/shows(?:/{_ID})?", SHOWS),
    (rf"/v1/shows/{_ID}/episodes", SHOW_EPISODES),
    (r"/v1/recommendations", RECOMMENDATIONS),
    (r"/v1/search", SEARCH),
    (rf"/v1/users/{_ID}", USER),
    (rf"/v1/(?:users/{_ID}|me)/playlists", USER_PLAYLISTS),
    (r"/v1/me/albums", SAVED_ALBUMS),
    (r"/v1/me/tracks", SAVED_TRACKS),
    (r"/v1/me/top/artists", TOP_ARTISTS),
    (r"/v1/me/top/tracks", TOP_TRACKS),
    (r"/v1/me(?:/.*)?", ME),
)

# folders of recordings whose requests' addresses are not known
_OF_KIND: Final = {
    "album-tracks": ALBUM_TRACKS,
    "albums": ALBUM,
    "albums-several": ALBUMS,
    "artist-albums": ARTIST_ALBUMS,
    "artist-top-tracks": ARTIST_TOP_TRACKS,
    "artists": ARTIST,
    "artists-several": ARTISTS,
    "audio-analysis": AUDIO_ANALYSIS,
    "audio-features": AUDIO_FEATURES,
    "audiobook-chapters": CHAPTER,
    "audiobooks": AUDIOBOOK,
    "auth": TOKEN,
    "boolean-arrays": ME,
    "browse": CATEGORIES,
    "browse-featured": FEATURED_PLAYLISTS,
    "browse-new-releases": NEW_RELEASES,
    "episodes": EPISODES,
    "me": ME,
    "me-albums": SAVED_ALBUMS,
    "me-following": ME,
    "me-playlists": USER_PLAYLISTS,
    "me-shows": ME,
    "me-top-artists": TOP_ARTISTS,
    "me-top-tracks": TOP_TRACKS,
    "me-tracks": SAVED_TRACKS,
    "player-currently-playing": ME,
    "player-devices": ME,
    "player-queue": ME,
    "player-recently-played": ME,
    "player-state": ME,
    "playlist-item": PLAYLIST_ITEM,
    "playlist-items": PLAYLIST_ITEMS,
    "playlist-items-pages": PLAYLIST_ITEMS,
    "playlists": PLAYLIST,
    "recommendations": RECOMMENDATIONS,
    "related-artists": RELATED_ARTISTS,
    "search": SEARCH,
    "show-episodes": SHOW_EPISODES,
    "shows": SHOWS,
    "snapshot-id": ME,
    "tracks": TRACK,
    "tracks-several": TRACKS,
    "user-playlists": USER_PLAYLISTS,
    "users": USER,
}

endpoint_of: Final = EndpointTable.of(_OF_PATH, _OF_KIND)
