"""Playlists and their rows, of which some are gone, some local files and some episodes (pure)."""

from __future__ import annotations

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from connectors.spotify.catalogue import map_album, map_artist, map_track
from connectors.spotify.references import add_thing, credited, measure_followers, there
from connectors.spotify.shows import add_episode
from schemas.records import RawEvent

_ROW = ("item", "track")  # since February 2026, and before
_ROWS = ("items", "tracks")


def map_playlist(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a playlist: who follows it, how many rows it has. Its rows come from ``playlist_items``."""
    del event
    properties = root.plain("description", "collaborative", "public", "snapshot_id")
    owner = {"owner_id": root.peek_text("owner", "id"), "owner": root.peek_text("owner", "display_name")}
    known = {name: value for name, value in owner.items() if value}
    key = add_thing(root, "playlist", readings, properties | known)
    measure_followers(root, key, readings)
    rows = _first(root, _ROWS)
    if rows is not None:
        readings.measure("tracks", key, rows.count("total"))


def map_playlists(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of playlists, bare or below ``playlists``."""
    page = root.child("playlists") if root.has("playlists") else root
    for row in there(page.rows("items")):
        map_playlist(row, event, readings)


def map_playlist_items(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the rows of a playlist; a row whose track the vendor no longer has is null and says nothing."""
    for row in there(root.rows("items")):
        item = _first(row, _ROW)
        if item is not None:
            map_item(item, event, readings)


def map_item(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map what stands in a row: a track, a local file, or an episode."""
    if root.peek("is_local") is True:
        _add_local_file(root, readings)
    elif root.peek("type") == "episode":
        add_episode(root, readings)
    else:
        map_track(root, event, readings)


def map_saved_tracks(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of saved tracks."""
    map_playlist_items(root, event, readings)


def map_saved_albums(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of saved albums, each in full."""
    for row in there(root.rows("items")):
        map_album(row.child("album"), event, readings)


def map_top_artists(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of artists."""
    for row in there(root.rows("items")):
        map_artist(row, event, readings)


def map_top_tracks(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of tracks."""
    for row in there(root.rows("items")):
        map_track(row, event, readings)


def _add_local_file(node: JsonNode, readings: Readings) -> None:
    # it has no id, and its popularity is always 0: the vendor does not know what it is
    properties = node.plain("duration_ms")
    album = node.peek_text("album", "name")
    known: dict[str, object] = {"album": album} if album else {}
    readings.thing(
        "local_file",
        node.text("uri"),
        node.peek_text("name"),
        attributes=properties | known | credited(node),
    )


def _first(node: JsonNode, names: tuple[str, ...]) -> JsonNode | None:
    for name in names:
        if node.has(name):
            return node.child(name)
    return None
