"""The artists, albums and tracks of the played Spotify: invented, and always the same for a seed (pure).

Albums come out one a day and are numbered through, without end; each has one to ``ALBUM_TRACKS_MAX`` tracks. An id
ends in the number, so that nothing has to be kept to find a thing by its id, and is the same whatever the seed, so
that a target can be written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

ARTIST_COUNT = 24
ALBUM_TRACKS_MAX = 8
ALBUMS_BEFORE_START = 72  # came out in the days before a world begins, the last on its first day
UNDATED_ALBUMS = 12  # the oldest: only their year or month is known

_ID_CHARACTERS = 22
_NUMBER_CHARACTERS = 6
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CACHED_MAX = 16_384
_FIRST = ("Amber", "Brittle", "Copper", "Distant", "Eastern", "Faded", "Gentle", "Hollow")
_SECOND = ("Anchors", "Bridges", "Choir", "Dunes", "Estuary", "Ferry", "Gulls", "Harbour", "Inlet")
_GENRES = ("harbour folk", "tide pop", "marsh blues", "dock techno")


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist.

    Attributes:
        number: from 0 on.
        id: the vendor's way of naming it.
        name: unique.
        genres: none to two.
    """

    number: int
    id: str
    name: str
    genres: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Album:
    """An album.

    Attributes:
        number: from 0 on, in the order in which they come out.
        id: the vendor's way of naming it.
        name: unique.
        artist: who made it.
        track_count: tracks on it.
        day: on which it comes out, from 0, the first day of the world; negative before.
    """

    number: int
    id: str
    name: str
    artist: Artist
    track_count: int
    day: int

    @property
    def upc(self) -> str:
        """Its code in shops, 12 digits."""
        return f"9{self.number:011d}"


@dataclass(frozen=True, slots=True)
class Track:
    """A track of an album.

    Attributes:
        number: through all albums, with gaps.
        id: the vendor's way of naming it.
        name: unique.
        album: where it is.
        place: on the album, from 1 on.
        duration_ms: its length.
    """

    number: int
    id: str
    name: str
    album: Album
    place: int
    duration_ms: int

    @property
    def isrc(self) -> str:
        """Its code as a recording, in a country that is none."""
        return f"XXCRS26{self.number % 100_000:05d}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What there is for a seed.

    Attributes:
        seed: of the scenario.
    """

    seed: int

    def artist(self, number: int) -> Artist:
        """Return an artist by number."""
        name = f"{_FIRST[number % len(_FIRST)]} {_SECOND[number % len(_SECOND)]}"
        genres = _GENRES[number % 4 : number % 4 + number % 3]
        return Artist(number, music_id("artist", number), name, genres)

    def album(self, number: int) -> Album:
        """Return an album by number."""
        return _album(self, number)

    def track(self, number: int) -> Track:
        """Return a track by number; its album must have that many."""
        return _track(self, number)

    def tracks_of(self, album: Album) -> list[Track]:
        """Return the tracks of an album in their order."""
        first = album.number * ALBUM_TRACKS_MAX
        return [self.track(first + place) for place in range(album.track_count)]

    def artist_by_id(self, text: str) -> Artist | None:
        """Return the artist with an id; ``None`` if there is none."""
        number = number_in("artist", text)
        return self.artist(number) if number is not None and number < ARTIST_COUNT else None

    def album_by_id(self, text: str, day: int) -> Album | None:
        """Return the album with an id that is out on a day; ``None`` if there is none."""
        number = number_in("album", text)
        album = None if number is None else self.album(number)
        return album if album is not None and album.day <= day else None

    def track_by_id(self, text: str, day: int) -> Track | None:
        """Return the track with an id that is out on a day; ``None`` if there is none."""
        number = number_in("track", text)
        track = None if number is None else self.track(number)
        return track if track and track.album.day <= day and track.place <= track.album.track_count else None

    def draw(self, what: str, *numbers: int) -> int:
        """Return a whole number that depends on nothing but the seed and what is asked."""
        digest = sha256(f"{self.seed}:{what}:{numbers}".encode()).digest()
        return int.from_bytes(digest[:8])


@lru_cache(maxsize=_CACHED_MAX)
def _album(catalogue: Catalogue, number: int) -> Album:
    artist = catalogue.artist(number % ARTIST_COUNT)
    count = 1 + catalogue.draw("tracks", number) % ALBUM_TRACKS_MAX
    name = f"{_SECOND[number % len(_SECOND)]} No. {number + 1}"
    day = number - ALBUMS_BEFORE_START + 1
    return Album(number, music_id("album", number), name, artist, count, day)


@lru_cache(maxsize=_CACHED_MAX)
def _track(catalogue: Catalogue, number: int) -> Track:
    album, place = catalogue.album(number // ALBUM_TRACKS_MAX), number % ALBUM_TRACKS_MAX + 1
    name = f"{_FIRST[place % len(_FIRST)]} {album.name}, {place}"
    duration_ms = 120_000 + catalogue.draw("duration", number) % 180_000
    return Track(number, music_id("track", number), name, album, place, duration_ms)


@lru_cache(maxsize=_CACHED_MAX)
def music_id(kind: str, number: int) -> str:
    """Return the id of a thing as the vendor writes them: 22 letters and digits, at their end the number."""
    mark = int.from_bytes(sha256(f"{kind} {number}".encode()).digest()[:16])
    return _base62(mark, _ID_CHARACTERS - _NUMBER_CHARACTERS) + _base62(number, _NUMBER_CHARACTERS)


def number_in(kind: str, text: str) -> int | None:
    """Return the number in an id; ``None`` if it is none of this kind."""
    number = 0
    for character in text[-_NUMBER_CHARACTERS:]:
        if character not in _DIGITS:
            return None
        number = number * len(_DIGITS) + _DIGITS.index(character)
    return number if music_id(kind, number) == text else None


def _base62(number: int, characters: int) -> str:
    digits = ""
    for _ in range(characters):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
