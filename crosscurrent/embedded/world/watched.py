"""What of a scenario is watched, and how often: settings for connectors that ask a played world (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import orjson

from crosscurrent.embedded.world.default_scenario import CITIES, REPOSITORIES
from crosscurrent.embedded.world.film_catalogue import FIRST_IDS
from crosscurrent.embedded.world.item_changes import ListName
from crosscurrent.embedded.world.movement import SeriesName
from crosscurrent.embedded.world.music_catalogue import ARTIST, GROUP, RECORDING, RELEASE, mbid, place_of_mbid
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.spotify_catalogue import music_id, number_in
from crosscurrent.embedded.world.vendors import VENDORS

# two polls in each virtual hour: the first to see a change stamps it within its own half of the hour
_POLLS_PER_HOUR = 2.5
# of vendors whose hours begin when the clock's do, so that one poll in each is enough
_POLLS_PER_WHOLE_HOUR = 1.25
_UNHINDERED_PER_MINUTE = 60_000
_HOURS_PER_DAY = 24
_ENTITIES: Final = {ARTIST: "artist", GROUP: "release-group", RELEASE: "release", RECORDING: "recording"}

# quotas run on real time; a played world is asked in a minute what a real one is in a day
UNHINDERED_ARGUMENTS = tuple(
    word
    for vendor in ("github", "musicbrainz", "notion", "openweathermap", "pokeapi-graphql", "spotify", "tmdb")
    for word in (f"--{vendor}-limit", "1000000")
)


def watched_cities() -> tuple[str, ...]:
    """Return the targets of OpenWeatherMap."""
    return tuple(str(city.id) for city in CITIES)


def watched_organisations() -> tuple[str, ...]:
    """Return the targets of GitHub: one request tells the counts of all repositories of an organisation."""
    return tuple(f"org:{owner}" for owner in sorted({repository.owner for repository in REPOSITORIES}))


def watched_sources(
    hour_seconds: float,
    series: Iterable[SeriesName] = (),
    *,
    sources: Iterable[str] = VENDORS,
    lists: Iterable[ListName] = (),
) -> dict[str, dict[str, str]]:
    """Return for each source its settings by name.

    Args:
        hour_seconds: real seconds that a virtual hour takes.
        series: what the scenario moves, which is watched beside what always is.
        sources: which sources.
        lists: whose items the scenario changes, which are watched too.
    """
    everything = _all_targets(series)
    for name in lists:
        target = _target_of_list(name)
        if target not in everything[name.source]:
            everything[name.source] += (target,)
    return {
        source: {
            "targets": orjson.dumps(everything[source]).decode(),
            "poll_interval_seconds": f"{hour_seconds * _HOURS_BETWEEN[source]:.3f}",
            "requests_per_minute_max": str(_UNHINDERED_PER_MINUTE),
        }
        for source in sources
    }


def pace_arguments(sources: Iterable[str], series: Iterable[SeriesName] = ()) -> tuple[str, ...]:
    """Return the arguments of a world whose hours last until all that is asked each hour was.

    Else a machine that is slow or busy would miss hours, and what is found would depend on it.

    Args:
        sources: who asks, for what ``watched_sources`` names.
        series: as there.
    """
    everything = _all_targets(series)
    arguments: list[str] = []
    for source in sources:
        for kind, prefix in _ASKED_EACH_HOUR.get(source, {}).items():
            count = sum(target.startswith(kind) for target in everything[source])
            arguments += ("--pace", f"/{source}{prefix}={count}") if count else ()
    return tuple(arguments)


def _all_targets(series: Iterable[SeriesName]) -> dict[str, tuple[str, ...]]:
    everything = _targets()
    for name in series:
        target_of = _TARGET_OF.get(name.source)
        target = target_of(name) if target_of else ""
        if target and target not in everything[name.source]:
            everything[name.source] += (target,)
    return everything


def _target_of_list(name: ListName) -> str:
    kinds = {"repositories": "org:", "rows": "data_source:", "playlist_items": "playlist:"}
    return f"{kinds.get(name.items, '')}{name.entity}"


def _targets() -> dict[str, tuple[str, ...]]:
    return {
        "github": watched_organisations(),
        "musicbrainz": (
            *(f"release-group:{mbid(GROUP, 1, group)}" for group in range(3)),
            *(f"recording:{mbid(RECORDING, 1, 2, track=track)}" for track in range(3)),
        ),
        "notion": (f"database:{id_of('database', 1)}", f"database:{id_of('database', 2)}"),
        "openweathermap": watched_cities(),
        "pokeapi": ("all",),
        "pokeapi_graphql": (),
        "spotify": (
            *(f"artist:{music_id('artist', number)}" for number in range(4)),
            f"playlist:{music_id('playlist', 0)}",
        ),
        "tmdb": tuple(
            f"{media}:{FIRST_IDS[media] + number}"
            for media in ("movie", "tv", "person")
            for number in range(3)
        ),
    }


_HOURS_BETWEEN: Final[Mapping[str, float]] = {
    "github": 1 / _POLLS_PER_HOUR,
    "openweathermap": 1 / _POLLS_PER_HOUR,
    "musicbrainz": 1 / _POLLS_PER_WHOLE_HOUR,
    "notion": 1 / _POLLS_PER_WHOLE_HOUR,
    "spotify": 1 / _POLLS_PER_WHOLE_HOUR,
    "tmdb": 1 / _POLLS_PER_WHOLE_HOUR,
    # facts that somebody corrects now and then
    "pokeapi": _HOURS_PER_DAY,
    "pokeapi_graphql": _HOURS_PER_DAY,
}


# source to the begin of its targets to the begin of the paths that they ask each hour
_ASKED_EACH_HOUR: Final[Mapping[str, Mapping[str, str]]] = {
    "github": {"org:": "/orgs/"},
    "openweathermap": {"": "/data/2.5/weather"},
    "musicbrainz": {
        f"{entity}:": f"/ws/2/{entity}/" for entity in ("artist", "release-group", "release", "recording")
    },
    "notion": {"page:": "/v1/pages/"},
    "spotify": {"artist:": "/v1/artists/", "album:": "/v1/albums/", "track:": "/v1/tracks/"},
    "tmdb": {f"{media}:": f"/3/{media}/" for media in ("movie", "tv", "person")},
}


def _music_target(name: SeriesName) -> str:
    kinds = ("artist", "album", "track", "playlist")
    return next((f"{kind}:{name.entity}" for kind in kinds if number_in(kind, name.entity) is not None), "")


def _musicbrainz_target(name: SeriesName) -> str:
    place = place_of_mbid(name.entity)
    return f"{_ENTITIES[place.kind]}:{name.entity}" if place and place.kind in _ENTITIES else ""


_TARGET_OF: Final[Mapping[str, Callable[[SeriesName], str]]] = {
    "musicbrainz": _musicbrainz_target,
    "notion": lambda name: f"page:{name.entity.partition('/')[0]}",
    "spotify": _music_target,
    "tmdb": lambda name: name.entity.replace("/", ":"),
}
