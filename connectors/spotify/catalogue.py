"""Artists, albums and tracks: who they are, how popular, how many follow them (pure)."""

from __future__ import annotations

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from connectors.spotify.references import (
    add_thing,
    credited,
    external_ids,
    link_codes,
    measure_followers,
    measure_popularity,
    released,
    there,
)
from schemas.records import RawEvent


def map_artist(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map an artist."""
    del event
    key = add_artist(root, readings)
    measure_popularity(root, key, readings)
    measure_followers(root, key, readings)


def map_artists(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map several artists; an unknown one is null."""
    for row in there(root.rows("artists")):
        map_artist(row, event, readings)


def map_album(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map an album; its tracks are short forms, and only counted."""
    del event
    key = add_album(root, readings)
    measure_popularity(root, key, readings)
    total = root.optional_count("total_tracks")
    readings.measure("tracks", key, root.child("tracks").count("total") if total is None else total)


def map_albums(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map several albums; an unknown one is null."""
    for row in there(root.rows("albums")):
        map_album(row, event, readings)


def map_releases(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of albums as a list names them, bare or below ``albums``."""
    del event
    page = root.child("albums") if root.has("albums") else root
    for row in there(page.rows("items")):
        add_release(row, readings)


def map_track(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a track in full."""
    del event
    measure_popularity(root, add_track(root, readings), readings)


def map_tracks(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map several tracks; an unknown one is null."""
    for row in there(root.rows("tracks")):
        map_track(row, event, readings)


def add_artist(node: JsonNode, readings: Readings) -> str:
    """Add an artist as a thing and return its key."""
    return add_thing(node, "artist", readings, node.plain("genres"))


def add_album(node: JsonNode, readings: Readings) -> str:
    """Add an album in full as a thing and return its key."""
    properties = node.plain("album_type", "label", "genres")
    key = add_thing(
        node, "album", readings, properties | released(node) | credited(node) | external_ids(node)
    )
    link_codes(node, "album", key, readings)
    return key


def add_release(node: JsonNode, readings: Readings) -> str:
    """Add an album as a list names it, as a thing of a type of its own, and return its key.

    It knows neither label nor UPC, and as an ``album`` would hide what the album says of itself.
    """
    properties = node.plain("album_type", "album_group", "total_tracks")
    return add_thing(node, "release", readings, properties | released(node) | credited(node))


def add_track(node: JsonNode, readings: Readings) -> str:
    """Add a track in full as a thing and return its key."""
    album = {"album_id": node.peek_text("album", "id"), "album": node.peek_text("album", "name")}
    properties = node.plain("duration_ms", "explicit", "disc_number", "track_number")
    released_on = released(node.child("album")) if node.has("album") else {}
    known = {name: value for name, value in album.items() if value}
    key = add_thing(
        node, "track", readings, properties | known | released_on | credited(node) | external_ids(node)
    )
    link_codes(node, "track", key, readings)
    return key
