"""What a Spotify payload says: chooses the mapping by endpoint (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from connectors.kit.json_path import JsonNode
from connectors.kit.mapping_table import MapEndpoint, MappingTable, nothing_in
from connectors.kit.readings import Readings
from connectors.spotify import endpoints
from connectors.spotify.catalogue import (
    add_artist,
    add_release,
    add_track,
    map_album,
    map_albums,
    map_artist,
    map_artists,
    map_releases,
    map_track,
    map_tracks,
)
from connectors.spotify.left_out import IGNORED
from connectors.spotify.playlists import (
    map_item,
    map_playlist,
    map_playlist_items,
    map_playlists,
    map_saved_albums,
    map_saved_tracks,
    map_top_artists,
    map_top_tracks,
)
from connectors.spotify.references import add_thing, measure_followers, there
from connectors.spotify.shows import map_audiobook, map_chapter, map_episodes, map_show_episodes, map_shows
from schemas.mapping import MappedPayload
from schemas.records import RawEvent

# of a playlist that a search found only its own page says who owns it and what it holds
_FOUND: Final[Mapping[str, Callable[[JsonNode, Readings], str]]] = {
    "albums": add_release,
    "artists": add_artist,
    "tracks": add_track,
}


def map_search(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map what a search found, page by page of each kind."""
    del event
    for name, add in _FOUND.items():
        if root.has(name):
            for row in there(root.child(name).rows("items")):
                add(row, readings)


def map_audio_features(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the features of a track, or of several below ``audio_features``; an unknown one is null."""
    del event
    for row in there(root.rows("audio_features")) if root.has("audio_features") else [root]:
        add_thing(row, "audio_features", readings, row.plain(*_FEATURES))


def map_user(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a user's public profile; the name is the one shown, which may be null."""
    del event
    key = root.text("id")
    url = root.peek_text("external_urls", "spotify")
    readings.thing("user", key, root.peek_text("display_name"), url=url, attributes=root.plain("uri"))
    measure_followers(root, key, readings)


_FEATURES: Final = (
    "acousticness", "danceability", "energy", "instrumentalness", "key", "liveness", "loudness", "mode",
    "speechiness", "tempo", "time_signature", "valence",
)  # fmt: skip
MAPPINGS: Final[Mapping[str, MapEndpoint]] = {
    endpoints.ALBUM: map_album,
    endpoints.ALBUMS: map_albums,
    endpoints.ARTIST: map_artist,
    endpoints.ARTISTS: map_artists,
    endpoints.ARTIST_ALBUMS: map_releases,
    endpoints.ARTIST_TOP_TRACKS: map_tracks,
    endpoints.AUDIOBOOK: map_audiobook,
    endpoints.AUDIO_FEATURES: map_audio_features,
    endpoints.CHAPTER: map_chapter,
    endpoints.EPISODES: map_episodes,
    endpoints.FEATURED_PLAYLISTS: map_playlists,
    endpoints.NEW_RELEASES: map_releases,
    endpoints.PLAYLIST: map_playlist,
    endpoints.PLAYLIST_ITEM: map_item,
    endpoints.PLAYLIST_ITEMS: map_playlist_items,
    endpoints.RECOMMENDATIONS: map_tracks,
    endpoints.RELATED_ARTISTS: map_artists,
    endpoints.SAVED_ALBUMS: map_saved_albums,
    endpoints.SAVED_TRACKS: map_saved_tracks,
    endpoints.SEARCH: map_search,
    endpoints.SHOWS: map_shows,
    endpoints.SHOW_EPISODES: map_show_episodes,
    endpoints.TOP_ARTISTS: map_top_artists,
    endpoints.TOP_TRACKS: map_top_tracks,
    endpoints.TRACK: map_track,
    endpoints.TRACKS: map_tracks,
    endpoints.USER: map_user,
    endpoints.USER_PLAYLISTS: map_playlists,
}
TABLE: Final = MappingTable(
    "spotify",
    MAPPINGS,
    nothing_in(MAPPINGS, endpoints.NOT_MEASURED),
    ignored=IGNORED,
)


def map_payload(event: RawEvent) -> MappedPayload:
    """Return the things and measurements of a payload of Spotify, all observed now by the vendor's clock.

    Raises:
        Poison: the endpoint is none of ours, or the payload does not fit; names the path in it.
    """
    return TABLE.map_payload(event)
