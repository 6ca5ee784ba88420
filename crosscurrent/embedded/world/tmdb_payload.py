"""Films, shows and people in TMDB's JSON (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from crosscurrent.embedded.world.film_catalogue import Title, number_of
from crosscurrent.embedded.world.known_people import KNOWN_PEOPLE
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.music_catalogue import title_of

Json = dict[str, object]

_GENRES = ((18, "Drama"), (35, "Comedy"), (53, "Thriller"), (99, "Documentary"))
_GIVEN = ("Ada", "Bram", "Cleo", "Dirk", "Edda", "Finn", "Gail", "Hugo", "Ines")
_FAMILY = ("Wickfield", "Oarsman", "Fenbridge", "Stonehatch")
_FIRST_RELEASE = date(1994, 3, 1)


class FilmPayloads:
    """Writes what there is at one hour.

    Args:
        seed: of the world.
        hour: hours after its start.
        movements: of the series that the scenario moves in a way of its own.
    """

    def __init__(self, seed: int, hour: int, movements: MovementModel | None = None) -> None:
        self._seed = seed
        self._movements = movements or MovementModel(seed, 0, ())
        self._hour = hour

    def lookup(self, title: Title, parts: Sequence[str]) -> Json:
        """Return a lookup, with the parts of ``append_to_response`` that this vendor plays."""
        made = {"movie": self._movie, "tv": self._show, "person": self._person}[title.media](title)
        return made | ({"external_ids": _external_ids(title)} if "external_ids" in parts else {})

    def row(self, title: Title, *, typed: bool) -> Json:
        """Return a row of a list; ``typed`` where the list mixes media types."""
        kind: Json = {"media_type": title.media} if typed else {}
        if title.media == "person":
            return kind | self._person_row(title, known_for=not typed)
        shared: Json = {
            "adult": False,
            "backdrop_path": f"/b{title.id}.jpg",
            "genre_ids": [_GENRES[title.number % 4][0]],
            "id": title.id,
            "original_language": "en",
            "overview": f"What came of {_name(title)}.",
            "poster_path": f"/p{title.id}.jpg",
            "softcore": False,
            **self._numbers(title),
        }
        if title.media == "movie":
            own: Json = {"title": _name(title), "original_title": _name(title), "video": False}
            return kind | shared | own | {"release_date": _released(title)}
        own = {"name": _name(title), "original_name": _name(title), "origin_country": ["NO"]}
        return kind | shared | own | {"first_air_date": _released(title)}

    def _number(self, title: Title, measure: str) -> float:
        return number_of(self._movements, self._seed, title, measure, self._hour)

    def _numbers(self, title: Title) -> Json:
        votes = round(self._number(title, "vote_count"))
        return {
            "popularity": self._number(title, "popularity"),
            "vote_average": self._number(title, "vote_average") if votes else 0.0,
            "vote_count": votes,
        }

    def _movie(self, title: Title) -> Json:
        known = title.number % 3 != 0
        return _shared(title) | self._numbers(title) | {
            "belongs_to_collection": None,
            # 0 is the vendor's way to say that it does not know
            "budget": 1_000_000 * (1 + title.number % 90) if known else 0,
            "revenue": 2_000_000 * (1 + title.number % 70) + 1_000 * (self._hour // 24) if known else 0,
            "imdb_id": f"tt{99_000_000 + title.number}" if known else "",
            "original_title": _name(title),
            "release_date": _released(title),
            "runtime": 80 + title.number % 70,
            "title": _name(title),
            "video": False,
        }  # fmt: skip

    def _show(self, title: Title) -> Json:
        seasons = 1 + title.number % 4
        return _shared(title) | self._numbers(title) | {
            "created_by": [_creator(title)],
            "episode_run_time": [],
            "first_air_date": _released(title),
            "in_production": title.number % 2 == 0,
            "languages": ["en"],
            "last_air_date": _released(title),
            "last_episode_to_air": _episode(title, seasons),
            "name": _name(title),
            "networks": [{"id": 990, "name": "Skerry One", "logo_path": "/n.png", "origin_country": "NO"}],
            "next_episode_to_air": None,
            "number_of_episodes": 8 * seasons,
            "number_of_seasons": seasons,
            "original_name": _name(title),
            "seasons": [_season(title, number) for number in range(1, seasons + 1)],
            "type": "Scripted",
        }  # fmt: skip

    def _person(self, title: Title) -> Json:
        known = title.number < len(KNOWN_PEOPLE)
        return {
            "adult": False,
            "also_known_as": [],
            "biography": "",
            "birthday": KNOWN_PEOPLE[title.number].born if known else None,
            "deathday": None,
            "gender": 1 + title.number % 2,
            "homepage": None,
            "id": title.id,
            "imdb_id": KNOWN_PEOPLE[title.number].imdb_id if known else None,
            "known_for_department": "Acting" if title.number % 3 else "Sound",
            "name": _name(title),
            "place_of_birth": "Harbour, Norway",
            "popularity": self._number(title, "popularity"),
            "profile_path": f"/f{title.id}.jpg",
        }

    def _person_row(self, title: Title, *, known_for: bool) -> Json:
        # the trends do not say what somebody is known for
        known = [self.row(Title(media, title.number), typed=True) for media in ("movie", "tv") if known_for]
        return ({"known_for": known} if known else {}) | {
            "adult": False,
            "gender": 1 + title.number % 2,
            "id": title.id,
            "known_for_department": "Acting" if title.number % 3 else "Sound",
            "name": _name(title),
            "original_name": _name(title),
            "popularity": self._number(title, "popularity"),
            "profile_path": f"/f{title.id}.jpg",
        }


def page_payload(rows: Sequence[object], *, page: int, size: int) -> Json:
    """Return a page of a list by number."""
    return {
        "page": page,
        "results": list(rows[(page - 1) * size : page * size]),
        "total_pages": max(1, -(-len(rows) // size)),
        "total_results": len(rows),
    }


def _shared(title: Title) -> Json:
    country: Json = {"iso_3166_1": "NO", "name": "Norway"}
    company: Json = {"id": 991, "logo_path": None, "name": "Quillfen Pictures", "origin_country": "NO"}
    genre, word = _GENRES[title.number % 4]
    return {
        "adult": False,
        "backdrop_path": f"/b{title.id}.jpg",
        "genres": [{"id": genre, "name": word}],
        "homepage": "",
        "id": title.id,
        "origin_country": ["NO"],
        "original_language": "en",
        "overview": f"What came of {_name(title)}.",
        "poster_path": f"/p{title.id}.jpg",
        "production_companies": [company],
        "production_countries": [country],
        "spoken_languages": [{"english_name": "English", "iso_639_1": "en", "name": "English"}],
        "status": "Released" if title.media == "movie" else "Returning Series",
        "tagline": "",
    }


def _external_ids(title: Title) -> Json:
    ids: Json = {"facebook_id": None, "instagram_id": None, "twitter_id": None}
    if title.media == "person":
        known = KNOWN_PEOPLE[title.number] if title.number < len(KNOWN_PEOPLE) else None
        own: Json = {"imdb_id": known and known.imdb_id, "wikidata_id": known and known.wikidata_id}
        return ids | own | {"freebase_mid": None, "freebase_id": None, "tvrage_id": None} | {
            "tiktok_id": None, "youtube_id": None,
        }  # fmt: skip
    # a film and a show without one have null here, where the film itself has an empty text
    imdb = f"tt{99_000_000 + title.number + 1000 * (title.media == 'tv')}" if title.number % 3 else None
    return ids | {"imdb_id": imdb, "wikidata_id": f"Q9920{title.id}" if title.number % 4 else None}


def _episode(title: Title, season: int) -> Json:
    return {
        "air_date": _aired(title),
        "episode_number": 8,
        "episode_type": "finale",
        "id": title.id * 100 + season,
        "name": "The Tide",
        "overview": "",
        "production_code": "",
        "runtime": 50,
        "season_number": season,
        "show_id": title.id,
        "still_path": f"/s{title.id}.jpg",
        "vote_average": 0.0,
        "vote_count": 0,
    }


def _season(title: Title, number: int) -> Json:
    return {
        "air_date": _aired(title),
        "episode_count": 8,
        "id": title.id * 100 + 50 + number,
        "name": f"Season {number}",
        "overview": "",
        "poster_path": f"/p{title.id}-{number}.jpg",
        "season_number": number,
        "vote_average": 0.0,
    }


def _creator(title: Title) -> Json:
    person = Title("person", title.number % 7)
    return {
        "credit_id": f"{title.id:024x}",
        "gender": 1 + person.number % 2,
        "id": person.id,
        "name": _name(person),
        "original_name": _name(person),
        "profile_path": f"/f{person.id}.jpg",
    }


def _name(title: Title) -> str:
    if title.media != "person":
        return title_of(title.number + (60 if title.media == "tv" else 17))
    if title.number < len(KNOWN_PEOPLE):
        return KNOWN_PEOPLE[title.number].name
    return f"{_GIVEN[title.number % len(_GIVEN)]} {_FAMILY[title.number // len(_GIVEN) % len(_FAMILY)]}"


def _released(title: Title) -> str:
    # an unknown date is an empty text, of films and shows alike
    return "" if title.number % 17 == 9 else _aired(title)


def _aired(title: Title) -> str:
    return (_FIRST_RELEASE + timedelta(days=67 * title.number)).isoformat()
