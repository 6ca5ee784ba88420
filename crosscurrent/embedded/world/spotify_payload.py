"""Artists, albums, tracks, playlists and their pages in Spotify's shapes (pure); links begin with the address given."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote_plus, urlencode

from crosscurrent.embedded.world.exchange import iso_time
from crosscurrent.embedded.world.music_model import PLAYLIST_COUNT, MusicModel, PlaylistRow
from crosscurrent.embedded.world.spotify_catalogue import (
    UNDATED_ALBUMS,
    Album,
    Artist,
    Catalogue,
    Track,
    music_id,
)

MARKETS = ("CA", "NO", "NZ")

OWNERS = {"quayside": "Quayside Radio", "harbourmaster": "The Harbour Master"}
"""Of the catalogue's playlists, and of those of the scenario."""
_OWNER = "quayside"

Row = TypeVar("Row")


_OF_LISTS_ONLY = frozenset({"primary_color", "tracks"})


def owner_of(number: int) -> str:
    """Return who made a playlist."""
    return _OWNER if number < PLAYLIST_COUNT else "harbourmaster"


class SpotifyPayloads:
    """Payloads at an hour.

    Args:
        model: the values.
        start_seconds: virtual epoch seconds of hour 0.
        base: the API's address, with its version.
        hour: virtual hours after the start.
    """

    def __init__(self, model: MusicModel, start_seconds: int, base: str, hour: int) -> None:
        self._model = model
        self._catalogue: Catalogue = model.catalogue
        self._start_seconds = start_seconds
        self._first_day = datetime.fromtimestamp(start_seconds, UTC).date()
        self._base = base
        self._hour = hour

    def artist(self, artist: Artist) -> dict[str, object]:
        """Return what ``/artists/{id}`` says."""
        return {
            **self._reference("artist", artist.id),
            "followers": {"href": None, "total": self._model.artist_followers(artist, self._hour)},
            "genres": list(artist.genres),
            "images": _images(artist.id, 320),
            "name": artist.name,
            "popularity": self._model.artist_popularity(artist, self._hour),
        }

    def album(self, album: Album) -> dict[str, object]:
        """Return what ``/albums/{id}`` says."""
        tracks = self._catalogue.tracks_of(album)
        address = f"{self._base}/albums/{album.id}/tracks"
        return {
            **self.short_album(album),
            "copyrights": [{"text": f"(C) {album.artist.name}", "type": "C"}],
            "external_ids": {"upc": album.upc},
            "genres": [],
            "label": f"{album.artist.name.split()[0]} Recordings",
            "popularity": self._model.album_popularity(album, self._hour),
            "tracks": page(tracks, self._short_track, address, {}, limit=50, offset=0),
        }

    def short_album(self, album: Album) -> dict[str, object]:
        """Return an album as lists and tracks show it."""
        released, precision = self._released(album)
        return {
            **self._reference("album", album.id),
            "album_type": "single" if album.track_count == 1 else "album",
            "artists": [self._short_artist(album.artist)],
            "available_markets": list(MARKETS),
            "images": _images(album.id, 640),
            "name": album.name,
            "release_date": released,
            "release_date_precision": precision,
            "total_tracks": album.track_count,
        }

    def track(self, track: Track) -> dict[str, object]:
        """Return what ``/tracks/{id}`` says."""
        return {
            **self._short_track(track),
            "album": self.short_album(track.album),
            "external_ids": {"isrc": track.isrc},
            "popularity": self._model.track_popularity(track, self._hour),
        }

    def playlist(self, number: int, rows: Mapping[str, object]) -> dict[str, object]:
        """Return what ``/playlists/{id}`` says; ``rows`` is the first page of its rows."""
        short = self.short_playlist(number)
        kept = {name: value for name, value in short.items() if name not in _OF_LISTS_ONLY}
        followers = {"total": self._model.playlist_followers(number, self._hour)}
        return {**kept, "followers": followers, "tracks": dict(rows)}

    def short_playlist(self, number: int) -> dict[str, object]:
        """Return a playlist as lists show it: without who follows it, and without its rows."""
        key = music_id("playlist", number)
        held = self._model.playlist_rows(number, self._hour)
        revision = f"{held[-1].number},{held[0].number},{key}"
        owner = owner_of(number)
        return {
            **self._reference("playlist", key),
            "collaborative": False,
            "description": f"What is heard on quay {number + 1}.",
            "images": _images(key, 640),
            "name": f"Quay {number + 1}",
            "owner": {**self._reference("user", owner), "display_name": OWNERS[owner]},
            "primary_color": None,
            "public": True,
            "snapshot_id": b64encode(revision.encode()).decode(),
            "tracks": {"href": f"{self._base}/playlists/{key}/tracks", "total": len(held)},
        }

    def playlist_row(self, row: PlaylistRow, item_name: str) -> dict[str, object]:
        """Return a row of a playlist.

        Args:
            row: what it holds.
            item_name: ``track``, or ``item`` as the vendor calls it since February 2026.
        """
        items = {"track": self.track, "local": self._local_file, "episode": self._episode}
        make = items.get(row.kind)
        return {
            "added_at": iso_time(self._start_seconds + row.added_hours * 3600),
            "added_by": self._reference("user", _OWNER),
            "is_local": row.kind == "local",
            item_name: None if make is None else make(row.track),
        }

    def _short_artist(self, artist: Artist) -> dict[str, object]:
        return {**self._reference("artist", artist.id), "name": artist.name}

    def _short_track(self, track: Track) -> dict[str, object]:
        return {
            **self._reference("track", track.id),
            "artists": [self._short_artist(track.album.artist)],
            "available_markets": list(MARKETS),
            "disc_number": 1,
            "duration_ms": track.duration_ms,
            "explicit": track.number % 7 == 0,
            "is_local": False,
            "name": track.name,
            "preview_url": None,
            "track_number": track.place,
        }

    def _local_file(self, track: Track) -> dict[str, object]:
        artist, album = track.album.artist.name, track.album.name
        parts = [quote_plus(part) for part in (artist, album, track.name)]
        nameless: dict[str, object] = {"external_urls": {}, "href": None, "id": None, "uri": None}
        return {
            "album": {
                **nameless,
                "album_type": None,
                "artists": [],
                "available_markets": [],
                "images": [],
                "name": album,
                "release_date": None,
                "release_date_precision": None,
                "type": "album",
            },
            "artists": [{**nameless, "name": artist, "type": "artist"}],
            "available_markets": [],
            "disc_number": 0,
            "duration_ms": track.duration_ms,
            "explicit": False,
            "external_ids": {},
            "external_urls": {},
            "href": None,
            "id": None,
            "is_local": True,
            "name": track.name,
            "popularity": 0,
            "preview_url": None,
            "track_number": 0,
            "type": "track",
            "uri": f"spotify:local:{':'.join(parts)}:{track.duration_ms // 1000}",
        }

    def _episode(self, track: Track) -> dict[str, object]:
        key, show = music_id("episode", track.number), music_id("show", 0)
        spoken = {"explicit": False, "is_externally_hosted": False, "languages": ["en"]}
        return {
            **self._reference("episode", key),
            **spoken,
            "audio_preview_url": f"https://previews.example/{key}",
            "description": f"We talk about {track.name}.",
            "duration_ms": track.duration_ms * 10,
            "images": _images(key, 640),
            "is_playable": True,
            "name": f"About {track.name}",
            "release_date": "2025-11-03",
            "release_date_precision": "day",
            "show": {
                **self._reference("show", show),
                **spoken,
                "available_markets": list(MARKETS),
                "copyrights": [],
                "description": "Two people and a microphone.",
                "images": _images(show, 640),
                "media_type": "audio",
                "name": "Below the Pier",
                "publisher": "Quayside Radio",
            },
        }

    def _released(self, album: Album) -> tuple[str, str]:
        if album.number < UNDATED_ALBUMS:
            year = 1970 + album.number * 3
            return (f"{year}", "year") if album.number % 2 else (f"{year}-0{album.number % 9 + 1}", "month")
        released: date = self._first_day + timedelta(days=album.day)
        return released.isoformat(), "day"

    def _reference(self, kind: str, key: str) -> dict[str, object]:
        return {
            "external_urls": {"spotify": f"https://open.spotify.example/{kind}/{key}"},
            "href": f"{self._base}/{kind}s/{key}",
            "id": key,
            "type": kind,
            "uri": f"spotify:{kind}:{key}",
        }


def page(
    rows: Sequence[Row],
    make: Callable[[Row], object],
    address: str,
    query: Mapping[str, str],
    *,
    limit: int,
    offset: int,
) -> dict[str, object]:
    """Return a page of a list.

    Args:
        rows: all rows.
        make: makes the payload of a row; only those of the page are made.
        address: of the list.
        query: further parameters of its pages' addresses.
        limit: rows a page, 1 or more.
        offset: rows before the page.
    """

    def link(at: int) -> str:
        return f"{address}?{urlencode({**query, 'offset': str(at), 'limit': str(limit)})}"

    later, earlier = offset + limit, max(0, offset - limit)
    return {
        "href": link(offset),
        "items": [make(row) for row in rows[offset:later]],
        "limit": limit,
        "next": link(later) if later < len(rows) else None,
        "offset": offset,
        "previous": link(earlier) if offset > 0 else None,
        "total": len(rows),
    }


def _images(key: str, size: int) -> list[dict[str, object]]:
    return [{"height": size, "url": f"https://images.example/{key}", "width": size}]
