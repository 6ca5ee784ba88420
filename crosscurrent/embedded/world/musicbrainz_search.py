"""Hits of MusicBrainz's search, which has shapes of its own: less than a lookup, and nothing that is null (pure)."""

from __future__ import annotations

from crosscurrent.embedded.world.music_catalogue import (
    ARTIST,
    ARTISTS,
    GROUP,
    RECORDING,
    RELEASE,
    Place,
    mbid,
    releases_at,
    title_of_group,
    tracks_of,
)
from crosscurrent.embedded.world.musicbrainz_payload import Json, country_area, label_payload

# what a search tells of a lookup's fields, by kind
_KEPT = {
    ARTIST: ("type", "type-id", "name", "sort-name", "country"),
    GROUP: ("title", "primary-type"),
    RECORDING: ("title", "length"),
    RELEASE: ("title", "status", "text-representation", "packaging", "country", "date", "barcode"),
}


def name_of(payload: Json) -> str:
    """Return what a search looks at, in small letters."""
    return str(payload.get("name") or payload.get("title")).lower()


def hit_payload(place: Place, payload: Json, *, score: int, hour: int) -> Json:
    """Return a hit.

    Args:
        place: what was found.
        payload: its lookup.
        score: relevance, 100 for the first.
        hour: hours after the start.
    """
    kept = {name: payload[name] for name in _KEPT[place.kind] if payload.get(name) is not None}
    made = {ARTIST: _artist, GROUP: _group, RECORDING: _recording, RELEASE: _release}
    return {"id": payload["id"], "score": score, **kept, **made[place.kind](place, payload, hour)}


def _artist(place: Place, payload: Json, hour: int) -> Json:
    del hour
    artist = ARTISTS[place.artist]
    # Male in a lookup is male here, and whether it has ended is not said
    gender: Json = {"gender": artist.gender.lower()} if artist.gender else {}
    return gender | {
        "area": _area(payload["area"], "Country"),
        "begin-area": _area(payload["begin-area"], "City"),
        "life-span": {"begin": artist.born, "ended": None},
        "aliases": [_alias(artist.name)],
        "tags": [],
    }


def _group(place: Place, payload: Json, hour: int) -> Json:
    del payload
    releases = _releases(place, hour)
    return {"count": len(releases), "artist-credit": _credit(place), "releases": releases, "tags": []}


def _recording(place: Place, payload: Json, hour: int) -> Json:
    count = tracks_of(place.group)
    track: Json = {
        "id": mbid(RECORDING, place.artist, place.group, 1, place.track),
        "number": str(place.track + 1),
        "title": payload["title"],
    }
    length = payload.get("length")
    track |= {} if length is None else {"length": length}
    medium: Json = {
        "position": 1,
        "format": "CD",
        "track": [track],
        "track-count": count,
        "track-offset": place.track,
    }
    group: Json = {"id": mbid(GROUP, place.artist, place.group), "primary-type": "Album"}
    rows = [
        row | {"track-count": count, "media": [medium], "release-group": group}
        for row in _releases(place, hour)
    ]
    return {"video": None, "artist-credit": _credit(place), "releases": rows}


def _release(place: Place, payload: Json, hour: int) -> Json:
    del hour
    count = tracks_of(place.group)
    area = country_area(ARTISTS[place.artist].country)
    known = {name: area[name] for name in ("id", "name", "sort-name", "iso-3166-1-codes")}
    label = label_payload(place.artist)
    return {
        "count": 1,
        "asin": f"B{place.artist:04d}{place.group:05d}",
        "artist-credit": _credit(place),
        "release-group": {"id": mbid(GROUP, place.artist, place.group), "primary-type": "Album"},
        "release-events": [{"date": payload["date"], "area": known}],
        "label-info": [{"label": {"id": label["id"], "name": label["name"]}}],
        "track-count": count,
        "media": [{"format": "CD", "disc-count": 1, "track-count": count}],
    }


def _releases(place: Place, hour: int) -> list[Json]:
    artist = ARTISTS[place.artist]
    return [
        {
            "id": mbid(RELEASE, place.artist, place.group, release),
            "title": title_of_group(place),
            "status": "Official",
        }
        for release in range(releases_at(artist, place.group, hour))
    ]


def _credit(place: Place) -> list[Json]:
    artist = ARTISTS[place.artist]
    sort_name = ", ".join(reversed(artist.name.rsplit(" ", 1)))
    return [
        {
            "artist": {
                "id": artist.mbid,
                "name": artist.name,
                "sort-name": sort_name,
                "aliases": [_alias(artist.name)],
            }
        }
    ]


def _area(area: object, kind: str) -> Json:
    known = area if isinstance(area, dict) else {}
    return {
        "id": known["id"],
        "type": kind,
        "name": known["name"],
        "sort-name": known["sort-name"],
        "life-span": {"ended": None},
    }


def _alias(name: str) -> Json:
    short = name.split()[-1]
    nothing = dict.fromkeys(("locale", "type", "primary", "begin-date", "end-date"))
    return {"name": short, "sort-name": short, **nothing}
