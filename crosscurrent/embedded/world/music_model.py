"""How popular the played Spotify's artists, albums and tracks are, and what its playlists hold, at any hour (pure).

Popularity is a whole number that the vendor reckons anew each day: a level, a swing of some weeks and a jitter of two
points either way. Followers grow by a share of the level each hour, and some leave at the end of each week, so that
they are no counter. A playlist takes a row each ``ROW_HOURS`` hours and drops its oldest; how many it holds swings
within ten days. Some rows are gone from the catalogue, some are local files, some are episodes. Further playlists of a
scenario change by chance: a row comes, the oldest goes, and some people more follow them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.scenario import Playlist
from crosscurrent.embedded.world.spotify_catalogue import (
    ALBUM_TRACKS_MAX,
    ALBUMS_BEFORE_START,
    Album,
    Artist,
    Catalogue,
    Track,
    music_id,
)

HOURS_PER_DAY = 24
PLAYLIST_COUNT = 3
ROW_HOURS = 8
PLAYLIST_ROWS_MEAN = 120
PLAYLIST_ROWS_SWING = 15
NEW_RELEASE_COUNT = 60
FOLLOWERS_PER_CHANGE = 3

_HOURS_PER_WEEK = 168
_DRAWS = 2**32
_PLAYLIST_SWING_HOURS = 240
# of the rows of a playlist each so-manieth is something else than a track
_GONE_EACH = 29
_LOCAL_EACH = 23
_EPISODE_EACH = 31


@dataclass(frozen=True, slots=True)
class PlaylistRow:
    """A row of a playlist.

    Attributes:
        number: through all rows that it ever has.
        kind: ``track``, ``local``, ``episode``, or ``gone``.
        track: what it holds, or what a local file is a copy of.
        added_hours: when it was added, virtual hours after the start; negative before.
    """

    number: int
    kind: str
    track: Track
    added_hours: int


class MusicModel:
    """Values at an hour.

    Args:
        catalogue: what there is.
        movements: of the series that the scenario moves in a way of its own.
        playlists: of the scenario; their numbers go on where those of the catalogue end.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        movements: MovementModel | None = None,
        playlists: Sequence[Playlist] = (),
    ) -> None:
        self.catalogue = catalogue
        self._playlists = {PLAYLIST_COUNT + index: one for index, one in enumerate(playlists)}
        self._movements = movements or MovementModel(catalogue.seed, 0, ())

    def artist_popularity(self, artist: Artist, hour: int) -> int:
        """Return an artist's popularity, 0 to 100."""
        return self._popularity("artist", artist.number, hour)

    def album_popularity(self, album: Album, hour: int) -> int:
        """Return an album's popularity, 0 to 100."""
        return self._popularity("album", album.number, hour)

    def track_popularity(self, track: Track, hour: int) -> int:
        """Return a track's popularity, 0 to 100."""
        return self._popularity("track", track.number, hour)

    def artist_followers(self, artist: Artist, hour: int) -> int:
        """Return how many follow an artist."""
        return self._followers("artist", artist.number, hour, 1_000_000)

    def playlist_numbers(self) -> range:
        """Return the numbers of all playlists."""
        return range(PLAYLIST_COUNT + len(self._playlists))

    def playlist_hour(self, number: int, seconds: float) -> int | None:
        """Return the hour of a playlist so many seconds after the start; ``None`` if there is no such playlist."""
        if number >= PLAYLIST_COUNT + len(self._playlists):
            return None
        return int((seconds - self.playlist_late_seconds(number)) // 3600)

    def playlist_late_seconds(self, number: int) -> int:
        """Return how much later than the full hour the hours of a playlist begin."""
        return self._playlists[number].late_seconds if number in self._playlists else 0

    def playlist_changes_seconds(self, number: int, hours: int) -> list[int]:
        """Return how many seconds after the start a playlist of the scenario changes, in its first hours."""
        late = self.playlist_late_seconds(number)
        return [hour * 3600 + late for hour in self._change_hours(number, hours)]

    def playlist_followers(self, number: int, hour: int) -> int:
        """Return how many follow a playlist."""
        if number in self._playlists:
            drawn = self.catalogue.draw("playlist followers", number)
            return drawn % 20_000 + len(self._change_hours(number, hour)) * FOLLOWERS_PER_CHANGE
        return self._followers("playlist", number, hour, 20_000)

    def playlist_rows(self, number: int, hour: int) -> list[PlaylistRow]:
        """Return the rows of a playlist, the oldest first."""
        if number in self._playlists:
            return self._seldom_changed_rows(number, hour)
        last = hour // ROW_HOURS + PLAYLIST_ROWS_MEAN + PLAYLIST_ROWS_SWING
        swing = math.sin(2 * math.pi * (hour / _PLAYLIST_SWING_HOURS + number / PLAYLIST_COUNT))
        count = PLAYLIST_ROWS_MEAN + round(PLAYLIST_ROWS_SWING * swing)
        return [self._row(number, row) for row in range(last - count, last)]

    def new_releases(self, hour: int) -> list[Album]:
        """Return the newest albums, the newest first."""
        newest = hour // HOURS_PER_DAY + ALBUMS_BEFORE_START - 1
        return [self.catalogue.album(newest - place) for place in range(NEW_RELEASE_COUNT)]

    def _change_hours(self, number: int, hour: int) -> list[int]:
        """Return the hours after the start, up to this one, in which a playlist of the scenario changed."""
        threshold = -math.expm1(-self._playlists[number].changes_per_hour) * _DRAWS
        return [
            one
            for one in range(1, hour + 1)
            if self.catalogue.draw("playlist change", number, one) % _DRAWS < threshold
        ]

    def _seldom_changed_rows(self, number: int, hour: int) -> list[PlaylistRow]:
        changes = self._change_hours(number, hour)
        last = PLAYLIST_ROWS_MEAN + PLAYLIST_ROWS_SWING + len(changes)
        added = dict(enumerate(changes, last - len(changes)))
        rows = [self._row(number, row) for row in range(last - PLAYLIST_ROWS_MEAN, last)]
        return [replace(row, added_hours=added.get(row.number, row.added_hours)) for row in rows]

    def _popularity(self, kind: str, number: int, hour: int) -> int:
        moved = self._movements.value("spotify", "popularity", music_id(kind, number), hour)
        if moved is not None:
            return round(moved)
        day = hour // HOURS_PER_DAY
        level = 20 + self.catalogue.draw(f"{kind} level", number) % 61
        period_days = 14 + self.catalogue.draw(f"{kind} period", number) % 30
        phase = self.catalogue.draw(f"{kind} phase", number) % 360 / 360
        swing = 8 * math.sin(2 * math.pi * (day / period_days + phase))
        jitter = self.catalogue.draw(f"{kind} jitter", number, day) % 5 - 2
        return max(0, min(100, round(level + swing) + jitter))

    def _followers(self, kind: str, number: int, hour: int, scale: int) -> int:
        moved = self._movements.value("spotify", "followers", music_id(kind, number), hour)
        if moved is not None:
            return round(moved)
        level = scale // 10 + self.catalogue.draw(f"{kind} followers", number) % scale
        # the week's growth, of which a tenth leaves at its end
        weeks, into = divmod(hour, _HOURS_PER_WEEK)
        hourly = level / 50_000
        return round(level + hourly * (weeks * _HOURS_PER_WEEK * 0.9 + into))

    def _row(self, playlist: int, number: int) -> PlaylistRow:
        kinds = (("gone", _GONE_EACH), ("local", _LOCAL_EACH), ("episode", _EPISODE_EACH))
        kind = next((kind for kind, each in kinds if number % each == playlist % each), "track")
        album = self.catalogue.album(
            self.catalogue.draw("row", playlist, number) % (ALBUMS_BEFORE_START // 2)
        )
        place = self.catalogue.draw("place", playlist, number) % album.track_count
        added_hours = (number - PLAYLIST_ROWS_MEAN - PLAYLIST_ROWS_SWING) * ROW_HOURS
        return PlaylistRow(
            number, kind, self.catalogue.track(album.number * ALBUM_TRACKS_MAX + place), added_hours
        )
