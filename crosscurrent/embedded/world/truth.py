"""What was planted in a scenario, for anyone who asks what the system found of what was there."""

from __future__ import annotations

from datetime import timedelta

from crosscurrent.embedded.world.scenario import Break, Coupling, Scenario

# Fields of one payload that are functions of each other: a correlation between them is right, but no finding.
DERIVED_MEASURES = (
    ("openweathermap", "main.temp main.feels_like main.temp_min main.temp_max"),
    ("openweathermap", "main.humidity main.feels_like clouds.all visibility rain.1h snow.1h"),
    ("openweathermap", "main.pressure main.sea_level main.grnd_level"),
    ("openweathermap", "wind.speed wind.gust"),
    (
        "openweathermap",
        "components.co components.no components.no2 components.o3 components.so2 components.pm2_5 "
        "components.pm10 components.nh3 main.aqi",
    ),
    ("github", "stargazers_count watchers_count watchers subscribers_count"),
    ("github", "forks_count forks network_count"),
    ("github", "open_issues_count open_issues"),
)


def truth(scenario: Scenario) -> dict[str, object]:
    """Return the planted couplings and breaks as plain JSON data.

    Measures are paths in the vendor's payload; ``lag_hours`` is positive where ``left`` leads.
    """
    return {
        "seed": scenario.seed,
        "start": _iso(scenario, 0),
        "couplings": [_coupling(coupling, scenario) for coupling in scenario.couplings],
        "breaks": [_break(planted, scenario) for planted in scenario.breaks],
        "derived": [
            {"source": source, "measures": measures.split()} for source, measures in DERIVED_MEASURES
        ],
        "shared": ["a season of 24 hours in the weather and in new stars, forks and issues"],
    }


def _coupling(coupling: Coupling, scenario: Scenario) -> dict[str, object]:
    return {
        "left": {
            "source": "openweathermap",
            "measure": coupling.measure,
            "entity": str(coupling.city_id),
            "entity_name": _city_name(str(coupling.city_id), scenario),
        },
        "right": {
            "source": "github",
            "measure": "stargazers_count",
            "entity": coupling.repository,
            "entity_name": coupling.repository,
        },
        "lag_hours": coupling.lag_hours,
        "sign": 1 if coupling.strength > 0 else -1,
        "correlation": coupling.correlation,
    }


def _break(planted: Break, scenario: Scenario) -> dict[str, object]:
    return {
        "source": planted.source,
        "measure": planted.measure,
        "entity": planted.entity,
        "entity_name": _city_name(planted.entity, scenario),
        "at": _iso(scenario, planted.after_hours),
        "at_seconds": scenario.start_seconds + planted.after_hours * 3600,
        "size": planted.size,
        "unit": planted.unit,
    }


def _city_name(entity: str, scenario: Scenario) -> str:
    return next((city.name for city in scenario.cities if str(city.id) == entity), entity)


def _iso(scenario: Scenario, after_hours: int) -> str:
    moment = scenario.start_utc + timedelta(hours=after_hours)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
