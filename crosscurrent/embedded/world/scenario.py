"""What a simulated world consists of: its cities, its repositories, and what was planted in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from crosscurrent.embedded.world.faults import TimedFault
from crosscurrent.embedded.world.item_changes import ItemChange
from crosscurrent.embedded.world.movement import Link, Movement, Outage, Shift
from crosscurrent.errors import WrongUse

DEFAULT_START_UTC = datetime(2026, 1, 5, tzinfo=UTC)
DEFAULT_BREAK_AFTER_HOURS = 150
BREAK_AFTER_HOURS_MAX = 24 * 366

CityMeasure = Literal[
    "main.temp", "main.pressure", "main.humidity", "wind.speed", "wind.deg", "components.pm2_5"
]
RepositoryMeasure = Literal["open_issues_count"]


@dataclass(frozen=True, slots=True)
class City:
    """A place whose weather is played.

    Attributes:
        id: OpenWeatherMap's city id.
        name: name as the vendor writes it.
        country: ISO 3166-1 alpha-2.
        latitude: degrees north.
        longitude: degrees east.
        timezone_seconds: offset of local time from UTC.
        population: inhabitants.
        temperature_mean_kelvin: level of the temperature model.
        wind_mean_metres_per_second: level of the wind model.
    """

    id: int
    name: str
    country: str
    latitude: float
    longitude: float
    timezone_seconds: int
    population: int
    temperature_mean_kelvin: float
    wind_mean_metres_per_second: float


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository whose counters are played.

    Attributes:
        owner: login of the organisation.
        name: name within it.
        description: one line, or None as GitHub allows.
        language: main language, or None.
        topics: topic words.
        stars_initial: stars where the lattice begins.
        stars_per_hour: mean of new stars.
        forks_per_hour: mean of new forks.
        issues_per_hour: mean of new issues and pull requests.
        pushes_per_hour: mean of pushes.
        late_seconds: how much later than the others' its hours begin, less than an hour.
    """

    owner: str
    name: str
    description: str | None
    language: str | None
    topics: tuple[str, ...]
    stars_initial: int
    stars_per_hour: float
    forks_per_hour: float
    issues_per_hour: float
    pushes_per_hour: float
    late_seconds: int = 0

    @property
    def full_name(self) -> str:
        """Owner and name as GitHub joins them."""
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist that seldom changes; it stands beside those of the catalogue.

    Attributes:
        changes_per_hour: mean of its changes: a row comes, the oldest goes, and some people more follow it.
        late_seconds: how much later than the full hour its hours begin, less than an hour.
    """

    changes_per_hour: float
    late_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Coupling:
    """A city's innovations that lead a repository's new stars.

    Attributes:
        city_id: the leading city.
        measure: the leading measure.
        repository: full name of what follows.
        lag_hours: how long after.
        strength: change of the logarithm of the star rate for one standard deviation of the innovation;
            its sign is the sign of the correlation.
        correlation: the residual correlation this gives, for readers of the truth.
    """

    city_id: int
    measure: CityMeasure
    repository: str
    lag_hours: int
    strength: float
    correlation: float


@dataclass(frozen=True, slots=True)
class Break:
    """A measure that jumps at one moment and stays there.

    Attributes:
        source: ``openweathermap`` or ``github``.
        measure: path of the field in the vendor's payload.
        entity: city id or full repository name.
        after_hours: virtual hours after the start.
        size: height of the jump in the measure's unit; for issues the number opened at once.
        unit: unit of ``size``.
    """

    source: Literal["openweathermap", "github"]
    measure: CityMeasure | RepositoryMeasure
    entity: str
    after_hours: int
    size: float
    unit: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that decides what a world plays; with the virtual time it fixes every body.

    Attributes:
        seed: 0 or more; another seed is another world of the same kind.
        start_utc: virtual time at which the world starts, a full hour.
        cities: places with weather.
        repositories: repositories with counters.
        couplings: what leads what.
        breaks: what jumps when.
        creature_count: creatures in the PokéAPI part.
        name: of the scenario.
        description: what it is for, in one line.
        hours: virtual hours that it is meant to run.
        movements: series that move in a way of their own; the vendors' models move the others.
        links: which of them lead which.
        shifts: what changes in them when.
        outages: when a vendor answers nothing.
        faults: single faults by their hour.
        playlists: beside those of the catalogue.
        items: what happens to single items of lists.
    """

    seed: int
    start_utc: datetime
    cities: tuple[City, ...]
    repositories: tuple[Repository, ...]
    couplings: tuple[Coupling, ...] = ()
    breaks: tuple[Break, ...] = ()
    creature_count: int = 60
    name: str = "demo"
    description: str = ""
    hours: int = 240
    movements: tuple[Movement, ...] = ()
    links: tuple[Link, ...] = ()
    shifts: tuple[Shift, ...] = ()
    outages: tuple[Outage, ...] = ()
    faults: tuple[TimedFault, ...] = ()
    playlists: tuple[Playlist, ...] = ()
    items: tuple[ItemChange, ...] = ()
    organisations: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Check what would make the models meaningless.

        Raises:
            WrongUse: a negative seed, a start off the hour, or a planted effect on something that is not there.
        """
        _check(self)
        object.__setattr__(self, "organisations", tuple(sorted({r.owner for r in self.repositories})))

    @property
    def start_seconds(self) -> int:
        """Epoch seconds of the start."""
        return int(self.start_utc.timestamp())


def _check(scenario: Scenario) -> None:
    if scenario.seed < 0:
        raise WrongUse(f"seed {scenario.seed}", expected="0 or more", todo="give another --seed")
    start = scenario.start_utc
    if start.tzinfo is None or start.timestamp() % 3600 != 0:
        raise WrongUse(
            f"start {start.isoformat()}",
            expected="a full hour with a time zone, such as 2026-01-05T00:00:00Z",
            todo="give another --start",
        )
    for planted in scenario.breaks:
        _check_break(planted, scenario)
    known_cities = {city.id for city in scenario.cities}
    known_repositories = {repository.full_name for repository in scenario.repositories}
    for coupling in scenario.couplings:
        if coupling.city_id not in known_cities or coupling.repository not in known_repositories:
            raise WrongUse(
                f"a coupling of city {coupling.city_id} with {coupling.repository}",
                expected="a city and a repository of the scenario",
                todo="correct the scenario",
            )


def _check_break(planted: Break, scenario: Scenario) -> None:
    entities = {str(city.id) for city in scenario.cities}
    if planted.source == "github":
        entities = {repository.full_name for repository in scenario.repositories}
    if planted.entity not in entities:
        raise WrongUse(
            f"a break of {planted.source} {planted.entity}",
            expected="an entity of the scenario",
            todo="correct the scenario",
        )
    if not 0 <= planted.after_hours <= BREAK_AFTER_HOURS_MAX:
        raise WrongUse(
            f"a break {planted.after_hours} hours after the start",
            expected=f"0 to {BREAK_AFTER_HOURS_MAX} hours",
            todo="give another --break-after-hours",
        )
