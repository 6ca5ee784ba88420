"""Which series a scenario may move, and how each moves if the scenario only names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from crosscurrent.embedded.world.creatures import Creature, creatures
from crosscurrent.embedded.world.film_catalogue import title_with, titles
from crosscurrent.embedded.world.movement import Movement, SeriesName
from crosscurrent.embedded.world.music_catalogue import ARTIST, ARTISTS, exists, mbid, place_of_mbid
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.notion_model import DATA_SOURCES, NUMBER
from crosscurrent.embedded.world.repository_model import DAILY_AMPLITUDE, DAILY_PEAK_UTC_HOUR
from crosscurrent.embedded.world.scenario import City, Scenario
from crosscurrent.embedded.world.spotify_catalogue import (
    ALBUM_TRACKS_MAX,
    ALBUMS_BEFORE_START,
    ARTIST_COUNT,
    music_id,
    number_in,
)
from crosscurrent.embedded.world.weather_model import (
    DAILY_AMPLITUDE as WEATHER_AMPLITUDE,
)
from crosscurrent.embedded.world.weather_model import (
    DAILY_PEAK_LOCAL_HOUR,
    HIGHEST,
    INNOVATION,
    LOWEST,
    PERSISTENCE,
    levels,
)

PUSHES_LEVEL = 500.0
SERIES_LISTED_MAX = 3

Default = Callable[[Scenario, str], Movement | None]

# our name of a measure to its place among the weather model's
_WEATHER: Final = {"temperature": 0, "pressure": 1, "humidity": 2, "wind_speed": 3, "pm2_5": 5}


@dataclass(frozen=True, slots=True)
class Playable:
    """A measure that a scenario may move.

    Attributes:
        source: vendor.
        measure: in our words.
        default: how a series of it moves if nothing more is said; None if there is no such entity.
        examples: entities that there are.
    """

    source: str
    measure: str
    default: Default
    examples: Callable[[Scenario], Iterator[str]]


def playable(scenario: Scenario) -> Iterator[str]:
    """Return some names of series for each measure that may be moved."""
    for one in PLAYABLE.values():
        for _, entity in zip(range(SERIES_LISTED_MAX), one.examples(scenario), strict=False):
            yield f"{one.source}.{one.measure}:{entity}"


def default_movement(scenario: Scenario, name: SeriesName) -> Movement | None:
    """Return how a series moves if a scenario only names it; None if it cannot be moved, or is not there."""
    known = PLAYABLE.get((name.source, name.measure))
    return None if known is None else known.default(scenario, name.entity)


def _repository(measure: str) -> Default:
    def default(scenario: Scenario, entity: str) -> Movement | None:
        found = next((one for one in scenario.repositories if one.full_name == entity), None)
        if found is None:
            return None
        begins, rate, noise = {
            "stargazers": (float(found.stars_initial), found.stars_per_hour, 0.2),
            "forks": (float(found.stars_initial // 18), found.forks_per_hour, 0.2),
            "size": (PUSHES_LEVEL, found.pushes_per_hour, 0.3),
        }[measure]
        return Movement(
            SeriesName("github", measure, entity),
            "counter",
            begins,
            noise,
            rate=rate,
            day=DAILY_AMPLITUDE,
            day_peak_hour=DAILY_PEAK_UTC_HOUR,
            week=0.1,
        )

    return default


def _weather(measure: str) -> Default:
    place = _WEATHER[measure]

    def default(scenario: Scenario, entity: str) -> Movement | None:
        key = position_of if measure == "pm2_5" else city_key
        city = next((one for one in scenario.cities if key(one) == entity), None)
        if city is None:
            return None
        return Movement(
            SeriesName("openweathermap", measure, entity),
            "mean-reverting",
            levels(city)[place],
            float(INNOVATION[place]),
            memory=float(PERSISTENCE[place]),
            day=float(WEATHER_AMPLITUDE[place]),
            day_peak_hour=(DAILY_PEAK_LOCAL_HOUR - city.timezone_seconds / 3600) % 24,
            low=float(LOWEST[place]),
            high=float(HIGHEST[place]),
            decimals=0 if measure in {"pressure", "humidity"} else 2,
        )

    return default


def _spotify(measure: str, *kinds: str) -> Default:
    def default(scenario: Scenario, entity: str) -> Movement | None:
        del scenario
        kind = next((one for one in kinds if _is_there(one, entity)), None)
        if kind is None:
            return None
        name = SeriesName("spotify", measure, entity)
        if measure == "popularity":
            return Movement(name, "mean-reverting", 50.0, 3.0, memory=0.8, high=100.0)
        level = 20_000.0 if kind == "playlist" else 1_000_000.0
        return Movement(name, "random-walk", level, level / 5_000)

    return default


def _is_there(kind: str, entity: str) -> bool:
    number = number_in(kind, entity) if len(entity) == len(music_id(kind, 0)) else None
    bounds = {
        "artist": ARTIST_COUNT,
        "album": ALBUMS_BEFORE_START,
        "track": ALBUMS_BEFORE_START * ALBUM_TRACKS_MAX,
        "playlist": 3,
    }
    return number is not None and number < bounds[kind]


def _tmdb(measure: str) -> Default:
    def default(scenario: Scenario, entity: str) -> Movement | None:
        media, _, number = entity.partition("/")
        title = title_with(media, number) if media in {"movie", "tv", "person"} else None
        if title is None or (media == "person" and measure != "popularity"):
            return None
        name = SeriesName("tmdb", measure, entity)
        if measure == "vote_count":
            return Movement(name, "counter", 1000.0, 0.2, rate=2.0)
        if measure == "vote_average":
            return Movement(name, "mean-reverting", 6.5, 0.05, memory=0.9, high=10.0, decimals=3)
        level = max(12.0, title.popularity(scenario.seed, 0))
        return Movement(name, "mean-reverting", level, level / 12, memory=0.85, low=0.1, decimals=4)

    return default


def _musicbrainz(measure: str) -> Default:
    def default(scenario: Scenario, entity: str) -> Movement | None:
        del scenario
        place = place_of_mbid(entity)
        if place is None or not exists(place, 0):
            return None
        name = SeriesName("musicbrainz", measure, entity)
        if measure == "rating_votes":
            return Movement(name, "counter", 300.0, 0.2, rate=1.5)
        return Movement(name, "mean-reverting", 3.5, 0.15, memory=0.8, low=1.0, high=5.0, decimals=2)

    return default


def _notion(scenario: Scenario, entity: str) -> Movement | None:
    if entity not in set(_notion_rows(scenario)):
        return None
    name = SeriesName("notion", "number", entity)
    return Movement(name, "mean-reverting", 40.0, 2.0, memory=0.8, low=-1e6, high=1e6, decimals=2)


def _pokeapi(source: str) -> Default:
    def default(scenario: Scenario, entity: str) -> Movement | None:
        found = next((one for one in _creatures(scenario) if one.name == entity), None)
        if found is None:
            return None
        # facts stand still, until somebody corrects one
        name = SeriesName(source, "base_experience", entity)
        return Movement(name, "mean-reverting", float(found.base_experience), 0.0, high=1000.0)

    return default


def city_key(city: City) -> str:
    """Return what names a city's weather."""
    return str(city.id)


def position_of(city: City) -> str:
    """Return what names the air at a city: its position, as our connector writes it."""
    return f"{city.latitude:.4f},{city.longitude:.4f}"


def _repositories(scenario: Scenario) -> Iterator[str]:
    return (one.full_name for one in scenario.repositories)


def _places(key: Callable[[City], str]) -> Callable[[Scenario], Iterator[str]]:
    return lambda scenario: map(key, scenario.cities)


def _music(*kinds: str) -> Callable[[Scenario], Iterator[str]]:
    return lambda _: (music_id(kind, number) for number in (0, 1, 2) for kind in kinds)


def _films(*kinds: str) -> Callable[[Scenario], Iterator[str]]:
    return lambda _: (f"{kind}/{title.id}" for kind in kinds for title in titles(kind)[:2])


def _artists(_: Scenario) -> Iterator[str]:
    return (mbid(ARTIST, artist.index) for artist in ARTISTS)


def _notion_rows(_: Scenario) -> Iterator[str]:
    # small tables first: their rows are on the first page
    for source in sorted(range(len(DATA_SOURCES)), key=lambda one: DATA_SOURCES[one].rows_at_start):
        for number in range(1, DATA_SOURCES[source].rows_at_start + 1):
            yield f"{id_of('row', source, number)}/{NUMBER}"


def _creatures(scenario: Scenario) -> tuple[Creature, ...]:
    return creatures(scenario.seed, scenario.creature_count)


def _creature_names(scenario: Scenario) -> Iterator[str]:
    return (one.name for one in _creatures(scenario))


_ALL = (
    *(
        Playable("github", measure, _repository(measure), _repositories)
        for measure in ("stargazers", "forks", "size")
    ),
    *(
        Playable(
            "openweathermap",
            measure,
            _weather(measure),
            _places(position_of if measure == "pm2_5" else city_key),
        )
        for measure in _WEATHER
    ),
    Playable(
        "spotify",
        "popularity",
        _spotify("popularity", "artist", "album", "track"),
        _music("artist", "album", "track"),
    ),
    Playable(
        "spotify", "followers", _spotify("followers", "artist", "playlist"), _music("artist", "playlist")
    ),
    Playable("tmdb", "popularity", _tmdb("popularity"), _films("movie", "tv", "person")),
    Playable("tmdb", "vote_count", _tmdb("vote_count"), _films("movie", "tv")),
    Playable("tmdb", "vote_average", _tmdb("vote_average"), _films("movie", "tv")),
    Playable("musicbrainz", "rating", _musicbrainz("rating"), _artists),
    Playable("musicbrainz", "rating_votes", _musicbrainz("rating_votes"), _artists),
    Playable("notion", "number", _notion, _notion_rows),
    *(
        Playable(source, "base_experience", _pokeapi(source), _creature_names)
        for source in ("pokeapi", "pokeapi_graphql")
    ),
)
PLAYABLE: Final = {(one.source, one.measure): one for one in _ALL}
