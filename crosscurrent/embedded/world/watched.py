"""What of the default scenario is watched, and how often: settings for connectors that ask a played world (pure)."""

from __future__ import annotations

import orjson

from crosscurrent.embedded.world.default_scenario import CITIES, REPOSITORIES

# two polls in each virtual hour: the first to see a change stamps it within its own half of the hour
_POLLS_PER_HOUR = 2.5
_UNHINDERED_PER_MINUTE = 60_000
_HOURS_PER_DAY = 24

# quotas run on real time; a played world is asked in a minute what a real one is in a day
UNHINDERED_ARGUMENTS = ("--github-limit", "1000000", "--openweathermap-limit", "1000000")


def watched_cities() -> tuple[str, ...]:
    """Return the targets of OpenWeatherMap."""
    return tuple(str(city.id) for city in CITIES)


def watched_organisations() -> tuple[str, ...]:
    """Return the targets of GitHub: one request tells the counts of all repositories of an organisation."""
    return tuple(f"org:{owner}" for owner in sorted({repository.owner for repository in REPOSITORIES}))


def watched_sources(hour_seconds: float) -> dict[str, dict[str, str]]:
    """Return for each source its settings by name.

    Args:
        hour_seconds: real seconds that a virtual hour takes.
    """
    interval = f"{hour_seconds / _POLLS_PER_HOUR:.3f}"
    unhindered = {"requests_per_minute_max": str(_UNHINDERED_PER_MINUTE)}
    return {
        "github": {
            "targets": _list(watched_organisations()),
            "poll_interval_seconds": interval,
            **unhindered,
        },
        "openweathermap": {
            "targets": _list(watched_cities()),
            "poll_interval_seconds": interval,
            **unhindered,
        },
        "pokeapi": {
            "targets": _list(("all",)),
            "poll_interval_seconds": f"{_HOURS_PER_DAY * hour_seconds:.3f}",
            **unhindered,
        },
    }


def _list(names: tuple[str, ...]) -> str:
    return orjson.dumps(names).decode()
