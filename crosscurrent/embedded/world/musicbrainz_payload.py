"""Artists, releases and recordings in MusicBrainz's JSON (pure); ``inc`` decides what is included."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.music_catalogue import (
    ARTIST,
    ARTISTS,
    GROUP,
    LABEL,
    RECORDING,
    RELEASE,
    URL,
    MusicArtist,
    Place,
    appeared_hour,
    mbid,
    rating_at,
    title_of,
    title_of_group,
    tracks_of,
)
from crosscurrent.embedded.world.scenario import Scenario

_TYPE_IDS = {
    "Person": "b6e035f4-3ce9-331c-97df-83397230b0df",
    "Group": "e431f5f6-b5d2-343d-8b36-72607fffb74b",
}
_ALBUM = "f529b476-6e62-324f-b0aa-1f3e33d313fc"
_OFFICIAL = "4e304316-386d-3409-af2e-78857eec5cfe"
_CD = "9712d52a-4509-3d4b-a1a2-67c88c643e31"
_JEWEL_CASE = "ec27701a-4a22-37f4-bfac-6616e0f9750a"
_GENDER_IDS = {
    "Male": "36d3d30a-839d-3eda-8cb3-29be4384e4a9",
    "Female": "93452b5a-a947-30c8-934f-6a4056b151c2",
}

Json = dict[str, object]


class MusicPayloads:
    """Writes what there is at one hour.

    Args:
        scenario: seed and start.
        hour: hours after the start.
        included: what ``inc`` asks for.
        movements: of the series that the scenario moves in a way of its own.
    """

    def __init__(
        self,
        scenario: Scenario,
        hour: int,
        included: Collection[str],
        movements: MovementModel | None = None,
    ) -> None:
        self._seed = scenario.seed
        self._movements = movements or MovementModel(scenario.seed, 0, ())
        self._start = datetime.fromtimestamp(scenario.start_seconds, UTC)
        self._hour = hour
        self._included = included

    def of(self, place: Place) -> Json:
        """Return the payload of a thing that is there."""
        made = {ARTIST: self._artist, GROUP: self._group, RELEASE: self._release, RECORDING: self._recording}
        return made[place.kind](place)

    def _artist(self, place: Place) -> Json:
        artist = ARTISTS[place.artist]
        payload = _named(artist) | {
            "country": artist.country,
            "gender": artist.gender,
            "gender-id": artist.gender and _GENDER_IDS[artist.gender],
            "ipis": [],
            "isnis": [f"000000019{artist.index:07d}"],
            "life-span": {"begin": artist.born, "end": None, "ended": False},
            "area": country_area(artist.country),
            "begin-area": _area(f"Harbour of {artist.country}"),
            "end-area": None,
        }
        urls = [("official homepage", f"https://artist-{artist.index}.example/")]
        if artist.person is not None:
            urls += [
                ("wikidata", f"https://www.wikidata.org/wiki/{artist.person.wikidata_id}"),
                ("IMDb", f"https://www.imdb.com/name/{artist.person.imdb_id}/"),
            ]
        return payload | self._rating(place) | self._relations(place, urls)

    def _group(self, place: Place) -> Json:
        urls = [("wikidata", f"https://www.wikidata.org/wiki/Q9910{place.artist:02d}{place.group:05d}")]
        return self._group_below(place) | self._rating(place) | self._relations(place, urls)

    def _group_below(self, place: Place) -> Json:
        # what stands below a release has no relations and ratings of its own
        released = self._released(place.artist, place.group)
        payload: Json = {
            "id": mbid(GROUP, place.artist, place.group),
            "title": title_of_group(place),
            "disambiguation": "",
            "primary-type": "Album",
            "primary-type-id": _ALBUM,
            "secondary-types": [],
            "secondary-type-ids": [],
            # of the older ones only the month or the year is known
            "first-release-date": released[: (4, 7, 10)[place.group % 3]],
        }
        return payload | self._credit(place)

    def _release(self, place: Place) -> Json:
        artist = ARTISTS[place.artist]
        date = self._released(place.artist, place.group, place.release * 20)
        area = country_area(artist.country)
        payload: Json = {
            "id": mbid(RELEASE, place.artist, place.group, place.release),
            "title": title_of_group(place),
            "disambiguation": "reissue" if place.release else "",
            "status": "Official",
            "status-id": _OFFICIAL,
            "quality": "normal",
            "packaging": "Jewel Case",
            "packaging-id": _JEWEL_CASE,
            "barcode": f"59{place.artist:03d}{place.group:07d}{place.release}" if place.group % 3 else None,
            "asin": None,
            "country": artist.country,
            "date": date,
            "release-events": [{"date": date, "area": area}],
            "text-representation": {"language": "eng", "script": "Latn"},
            "cover-art-archive": {
                "artwork": True, "back": False, "count": 1 + place.group % 4, "darkened": False, "front": True,
            },
        }  # fmt: skip
        urls = [("discogs", f"https://www.discogs.com/release/99{place.artist:02d}{place.group:05d}")]
        payload |= self._credit(place) | self._media(place) | self._relations(place, urls)
        if "labels" in self._included:
            label = label_payload(place.artist)
            payload["label-info"] = [{"catalog-number": f"QF {place.group:03d}", "label": label}]
        if "release-groups" in self._included:
            payload["release-group"] = self._group_below(place)
        return payload

    def _recording(self, place: Place) -> Json:
        number = place.group * 31 + place.track
        unknown = number % 41 == 7
        payload: Json = {
            "id": mbid(RECORDING, place.artist, place.group, track=place.track),
            "title": title_of(number + place.artist * 7),
            "disambiguation": "",
            "length": None if unknown else 140_000 + number * 7_919 % 200_000,
            "video": False,
            "first-release-date": self._released(place.artist, place.group),
        }
        if "isrcs" in self._included:
            isrc = f"QZQF{place.artist}{20 + place.group % 6:02d}{number % 100_000:05d}"
            payload["isrcs"] = [] if unknown else [isrc]
        return payload | self._credit(place) | self._rating(place) | self._relations(place, [])

    def _credit(self, place: Place) -> Json:
        if "artist-credits" not in self._included:
            return {}
        artist = ARTISTS[place.artist]
        return {"artist-credit": [{"name": artist.name, "joinphrase": "", "artist": _named(artist)}]}

    def _media(self, place: Place) -> Json:
        if not {"media", "recordings"} & set(self._included):
            return {}
        count = tracks_of(place.group)
        medium: Json = {"position": 1, "title": "", "format": "CD", "format-id": _CD, "track-count": count}
        return {"media": [medium]}

    def _rating(self, place: Place) -> Json:
        if "ratings" not in self._included:
            return {}
        value, votes = rating_at(self._seed, place, self._hour)
        key = mbid(place.kind, place.artist, place.group, place.release, place.track)
        moved = self._movements.value("musicbrainz", "rating", key, self._hour)
        counted = self._movements.value("musicbrainz", "rating_votes", key, self._hour)
        value = value if moved is None else moved
        votes = votes if counted is None else round(counted)
        return {"rating": {"value": value if votes else None, "votes-count": votes}}

    def _relations(self, place: Place, urls: list[tuple[str, str]]) -> Json:
        if "url-rels" not in self._included:
            return {}
        return {"relations": [_relation(place, kind, address) for kind, address in urls]}

    def _released(self, artist: int, group: int, hours_later: int = 0) -> str:
        hours = appeared_hour(ARTISTS[artist], group) + hours_later
        # before the world they came a month apart
        moment = timedelta(hours=hours) if hours > 0 else timedelta(days=hours // 2 - 1)
        return (self._start + moment).date().isoformat()


def _named(artist: MusicArtist) -> Json:
    return {
        "id": artist.mbid,
        "name": artist.name,
        "sort-name": ", ".join(reversed(artist.name.rsplit(" ", 1))),
        "disambiguation": "",
        "type": artist.kind,
        "type-id": _TYPE_IDS[artist.kind],
    }


def label_payload(artist: int) -> Json:
    """Return the label of an artist's releases."""
    return {
        "id": mbid(LABEL, artist),
        "name": "Quillfen Records",
        "sort-name": "Quillfen Records",
        "disambiguation": "",
        "label-code": 9900 + artist,
    }


def _area(name: str) -> Json:
    return {
        "id": mbid(LABEL + 2, sum(map(ord, name))),
        "name": name,
        "sort-name": name,
        "disambiguation": "",
        "type": None,
        "type-id": None,
    }


def country_area(code: str) -> Json:
    """Return a country as it stands in an artist or an event of a release."""
    return _area(code) | {"iso-3166-1-codes": [code]}


def _relation(place: Place, kind: str, address: str) -> Json:
    return {
        "type": kind,
        "type-id": mbid(URL, len(kind)),
        "direction": "forward",
        "target-type": "url",
        "begin": None,
        "end": None,
        "ended": False,
        "attributes": [],
        "attribute-ids": {},
        "attribute-values": {},
        "source-credit": "",
        "target-credit": "",
        "url": {"id": mbid(URL, place.artist, place.group, track=len(kind)), "resource": address},
    }


def _title(place: Place) -> str:
    return title_of(place.group + place.artist * 11)
