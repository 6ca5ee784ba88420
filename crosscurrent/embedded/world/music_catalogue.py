"""The music of the played MusicBrainz: who made what, and when it appeared (pure).

An artist begins with so many release groups and brings out another each ``gap_hours`` from the start of the world
on. Each has its own recordings, and one to two releases of all of them, the second ``REISSUE_HOURS`` after the first.
Ratings come in at a steady rate with a slow swing around it, and their mean swings around its own level.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from crosscurrent.embedded.world.known_people import KNOWN_PEOPLE, KnownPerson

REISSUE_HOURS = 20
GROUPS_MAX = 20_000
MERGED_GROUP = 0x8000_0000_0000
ARTIST, GROUP, RELEASE, RECORDING, LABEL, URL = range(6)

_TRACKS_MIN = 9
_TRACKS_MORE = 5
_VOTES_SWING_HOURS = 7.0
_MBID = re.compile(
    r"7a19c0d(?P<kind>[0-9a-f])-(?P<artist>[0-9a-f]{4})-4(?P<release>[0-9a-f]{3})-a(?P<track>[0-9a-f]{3})"
    r"-(?P<group>[0-9a-f]{12})"
)
_FIRST = ("Low", "Salt", "Paper", "Winter", "Copper", "Second", "Quiet", "Far", "Borrowed")
_SECOND = ("Water", "Harbour", "Lanterns", "Orchard", "Signals", "Weather", "Rooms", "Tide")


@dataclass(frozen=True, slots=True)
class MusicArtist:
    """An artist.

    Attributes:
        index: from 0 on.
        name: unique.
        kind: ``Person`` or ``Group``.
        gender: of a person; None for a group.
        country: ISO 3166 code.
        born: partial date of the beginning.
        groups_before: release groups at the start of the world.
        gap_hours: between two further ones.
        person: who it is elsewhere, or None.
    """

    index: int
    name: str
    kind: str
    gender: str | None
    country: str
    born: str
    groups_before: int
    gap_hours: int
    person: KnownPerson | None

    @property
    def mbid(self) -> str:
        """Its key."""
        return mbid(ARTIST, self.index)


@dataclass(frozen=True, slots=True)
class Place:
    """What an MBID says: of which kind, whose, and which one."""

    kind: int
    artist: int
    group: int = 0
    release: int = 0
    track: int = 0


ARTISTS = (
    MusicArtist(
        0, KNOWN_PEOPLE[0].name, "Person", "Female", "NO", KNOWN_PEOPLE[0].born, 40, 60, KNOWN_PEOPLE[0]
    ),
    MusicArtist(1, "The Slipway Six", "Group", None, "GB", "1988-01", 7, 96, None),
    MusicArtist(2, KNOWN_PEOPLE[1].name, "Person", "Male", "PL", "1958", 3, 150, KNOWN_PEOPLE[1]),
)


def mbid(kind: int, artist: int, group: int = 0, release: int = 0, track: int = 0) -> str:
    """Return the MBID of a thing; it does not depend on the seed."""
    return f"7a19c0d{kind:x}-{artist:04x}-4{release:03x}-a{track:03x}-{group:012x}"


def merged_into(text: str) -> str | None:
    """Return the MBID that an MBID was merged into; None for one that stands for itself.

    Editors find that two entries are one thing: each album of an even number was entered twice, under this MBID with
    its last group of digits raised by ``MERGED_GROUP``.
    """
    found = _MBID.fullmatch(text)
    if found is None:
        return None
    group = int(found["group"], 16)
    kept = place_of_mbid(text[:-12] + f"{group - MERGED_GROUP:012x}") if group >= MERGED_GROUP else None
    if kept is None or kept.kind == RECORDING or kept.group % 2:
        return None
    return mbid(*_numbers(kept))


def place_of_mbid(text: str) -> Place | None:
    """Return what an MBID says, or None if there is nothing like that in this world."""
    found = _MBID.fullmatch(text)
    if found is None:
        return None
    parts = {name: int(value, 16) for name, value in found.groupdict().items()}
    place = Place(parts["kind"], parts["artist"], parts["group"], parts["release"], parts["track"])
    known = place.artist < len(ARTISTS) and place.kind <= RECORDING
    return place if known and text == mbid(*_numbers(place)) else None


def groups_at(artist: MusicArtist, hour: int) -> int:
    """Return how many release groups there are, ``hour`` hours after the start."""
    return min(artist.groups_before + max(0, hour) // artist.gap_hours, GROUPS_MAX)


def appeared_hour(artist: MusicArtist, group: int) -> int:
    """Return the hour after the start at which a release group came out; below 0 for those before it."""
    return (group - artist.groups_before + 1) * artist.gap_hours


def releases_at(artist: MusicArtist, group: int, hour: int) -> int:
    """Return how many releases of a group are out."""
    reissued = group % 2 == 0 and hour >= appeared_hour(artist, group) + REISSUE_HOURS
    return 2 if reissued else 1


def tracks_of(group: int) -> int:
    """Return how many recordings a group has."""
    return _TRACKS_MIN + group % _TRACKS_MORE


def exists(place: Place, hour: int) -> bool:
    """Return whether a thing is there yet."""
    artist = ARTISTS[place.artist]
    if place.kind == ARTIST:
        return True
    if place.group >= groups_at(artist, hour):
        return False
    return place.release < releases_at(artist, place.group, hour) and place.track < tracks_of(place.group)


def title_of(number: int) -> str:
    """Return a title; the same number always has the same."""
    again, place = divmod(number, len(_FIRST) * len(_SECOND))
    words = f"{_FIRST[place % len(_FIRST)]} {_SECOND[place // len(_FIRST)]}"
    return words if not again else f"{words}, part {again + 1}"


def title_of_group(place: Place) -> str:
    """Return the title of a release group, and so of its releases."""
    return title_of(place.group + place.artist * 11)


def rating_at(seed: int, place: Place, hour: int) -> tuple[float, int]:
    """Return the mean rating (1 to 5, in steps of 0.05) and the number of votes.

    Votes grow by ``rate`` an hour, swinging around it without ever falling; the mean swings by 0.3.
    """
    mixed = (seed * 7919 + place.artist * 104_729 + place.group * 613 + place.track * 31 + place.kind) % 1000
    phase, rate = mixed / 1000 * 2 * math.pi, 0.15 + mixed % 7 / 20
    past = hour + 2000
    votes = 3 + math.floor(rate * past + 0.9 * math.sin(past / _VOTES_SWING_HOURS + phase))
    mean = 3.9 + mixed % 11 / 20 + 0.3 * math.sin(2 * math.pi * hour / (190 + mixed % 90) + phase)
    return round(mean * 20) / 20, votes


def _numbers(place: Place) -> tuple[int, int, int, int, int]:
    return place.kind, place.artist, place.group, place.release, place.track
