"""What was planted in a scenario, for anyone who asks what the system found of what was there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from crosscurrent.embedded.world.movement import Link, SeriesName, Shift
from crosscurrent.embedded.world.scenario import Break, Coupling, Scenario

# the vendor's field to our measure
OUR_MEASURES = {
    "main.temp": "temperature",
    "main.pressure": "pressure",
    "main.humidity": "humidity",
    "wind.speed": "wind_speed",
    "wind.deg": "wind_direction",
    "components.pm2_5": "pm2_5",
    "stargazers_count": "stargazers",
    "open_issues_count": "open_issues",
}

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
# the same in our words: source, measure, and what else is a form of it in another payload or field
FORMS = (
    ("github", "stargazers", ("subscribers", "watchers")),
    ("openweathermap", "humidity", ("cloud_cover", "visibility", "feels_like")),
    ("openweathermap", "pm2_5", ("co", "no", "no2", "o3", "so2", "pm10", "nh3")),
)


def truth(scenario: Scenario, items: Sequence[Mapping[str, object]] | None = None) -> dict[str, object]:
    """Return the planted couplings and breaks, and what happens to single items, as plain JSON data.

    Args:
        scenario: what is planted.
        items: what happens to single items, as the world that plays it tells; as it is planned if None.

    ``leads``, ``follows`` and ``series`` are names as in ClickHouse; ``lag_hours`` is positive where ``left`` leads.
    Hours are of the world's time, beside which ``at`` and ``until`` say the moment.
    """
    return {
        "seed": scenario.seed,
        "start": _iso(scenario, 0),
        "scenario": scenario.name,
        "hours": scenario.hours,
        "couplings": [
            *(_coupling(coupling, scenario) for coupling in scenario.couplings),
            *(_link(link, scenario) for link in scenario.links),
        ],
        "breaks": [
            *(_break(planted, scenario) for planted in scenario.breaks),
            *(_shift(shift, scenario) for shift in scenario.shifts),
        ],
        "outages": [
            {
                "source": outage.source,
                "at": _iso(scenario, outage.at_hour),
                "until": _iso(scenario, outage.until_hour),
            }
            for outage in scenario.outages
        ],
        "items": list(_planned_items(scenario) if items is None else items),
        "derived": [
            {"source": source, "measures": measures.split()} for source, measures in DERIVED_MEASURES
        ],
        "forms": [[source, measure, list(forms)] for source, measure, forms in FORMS],
        "shared": ["a season of 24 hours in the weather and in new stars, forks and issues"],
    }


def _planned_items(scenario: Scenario) -> list[dict[str, object]]:
    if not scenario.items:
        return []
    # which items are hit is known to those who play the vendors; what computes values is left to whoever needs it
    from crosscurrent.clock import SystemClock
    from crosscurrent.embedded.world.virtual_time import VirtualTime
    from crosscurrent.embedded.world.world import World

    return World(scenario, VirtualTime(scenario.start_seconds, SystemClock(), speed=0)).changed_items()


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
        "leads": f"openweathermap.{OUR_MEASURES[coupling.measure]}:{coupling.city_id}",
        "follows": f"github.stargazers:{coupling.repository}",
        "from": _iso(scenario, 0),
        "until": None,
    }


def _link(link: Link, scenario: Scenario) -> dict[str, object]:
    return {
        "left": _side(link.leads, scenario),
        "right": _side(link.follows, scenario),
        "lag_hours": link.lag_hours,
        "sign": 1 if link.strength > 0 else -1,
        "correlation": abs(link.strength),
        "leads": str(link.leads),
        "follows": str(link.follows),
        "from": _iso(scenario, link.from_hour),
        "until": None if link.until_hour is None else _iso(scenario, link.until_hour),
    }


def _side(series: SeriesName, scenario: Scenario) -> dict[str, object]:
    return {
        "source": series.source,
        "measure": series.measure,
        "entity": series.entity,
        "entity_name": _city_name(series.entity, scenario),
    }


def _shift(shift: Shift, scenario: Scenario) -> dict[str, object]:
    return {
        **_side(shift.series, scenario),
        "series": str(shift.series),
        "kind": shift.kind,
        "at": _iso(scenario, shift.at_hour),
        "at_seconds": scenario.start_seconds + shift.at_hour * 3600,
        "until": None if shift.until_hour is None else _iso(scenario, shift.until_hour),
        "size": shift.size,
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
        "series": f"{planted.source}.{OUR_MEASURES[planted.measure]}:{planted.entity}",
        "kind": "level",
        "until": None,
    }


def _city_name(entity: str, scenario: Scenario) -> str:
    return next((city.name for city in scenario.cities if str(city.id) == entity), entity)


def _iso(scenario: Scenario, after_hours: int) -> str:
    moment = scenario.start_utc + timedelta(hours=after_hours)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
