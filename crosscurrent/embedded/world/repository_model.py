"""The counters and issues of the world's repositories, hour by hour.

New stars, forks, issues and pushes of an hour are Poisson with a rate that has a daily and a weekly season and
varies from hour to hour beyond Poisson (overdispersion). A planted coupling adds a city's innovation of some
hours ago to the logarithm of a star rate. Issues live a bounded time, so the open ones follow from the issues
of the block and of the one before it; each hour is a pure function of the scenario.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from crosscurrent.embedded.world.block_chain import BLOCK_HOURS, BlockChain, generator
from crosscurrent.embedded.world.movement import SeriesName
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.scenario import Scenario
from crosscurrent.embedded.world.weather_model import MEASURES, WeatherModel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DAILY_AMPLITUDE = 0.25
DAILY_PEAK_UTC_HOUR = 16.0
WEEKEND_FACTOR = 0.8
OVERDISPERSION = 0.05
OVERDISPERSION_FORKS = 0.15
ISSUE_LIFETIME_MEAN_HOURS = 60.0
# less than a block, so that two blocks hold every issue that can be open
ISSUE_LIFETIME_HOURS_MAX = 240
PULL_REQUEST_SHARE = 0.35
SUBSCRIBER_SHARE = 0.01
SIZE_KILOBYTES_PER_PUSH = 3
USERS_COUNT = 48

_STARS_STREAM, _FORKS_STREAM, _ISSUES_STREAM, _PUSHES_STREAM, _RATE_STREAM = 21, 22, 23, 24, 25


@dataclass(frozen=True, slots=True, eq=False)
class IssueTable:
    """The issues opened in a block, one entry an issue, in order of opening.

    Attributes:
        repository: index of the repository.
        hour: lattice hour of opening.
        number: number within the repository, pull requests counted along.
        lifetime_hours: hours until it is closed.
        is_pull_request: whether it is one.
        user: index of who opened it.
        comments: comments it has.
    """

    repository: IntArray
    hour: IntArray
    number: IntArray
    lifetime_hours: IntArray
    is_pull_request: NDArray[np.bool_]
    user: IntArray
    comments: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RepositoryBlock:
    """A block of hours: arrays are hours × repositories."""

    stars: IntArray
    forks: IntArray
    pushes: IntArray
    pushes_total: IntArray
    open_issues: IntArray
    updated_hour: IntArray
    pushed_hour: IntArray
    issues: IssueTable


@dataclass(frozen=True, slots=True, eq=False)
class RepositoryState:
    """What a block hands on to the next."""

    stars: IntArray
    forks: IntArray
    pushes: IntArray
    issue_numbers: IntArray
    open_issues: IntArray
    updated_hour: IntArray
    pushed_hour: IntArray
    issues: IssueTable


class RepositoryModel:
    """The repositories of a scenario.

    Args:
        scenario: its repositories, seed, couplings and breaks decide every value.
        weather: gives the innovations that a coupling takes up.
        movements: of the series that the scenario moves in a way of its own.
    """

    def __init__(
        self, scenario: Scenario, weather: WeatherModel, movements: MovementModel | None = None
    ) -> None:
        self._scenario = scenario
        self._movements = movements or MovementModel(scenario.seed, scenario.start_seconds // 3600, ())
        self._weather = weather
        repositories = scenario.repositories
        self.index = {repository.full_name.lower(): index for index, repository in enumerate(repositories)}
        self._star_rate = np.array([repository.stars_per_hour for repository in repositories])
        self._fork_rate = np.array([repository.forks_per_hour for repository in repositories])
        self._issue_rate = np.array([repository.issues_per_hour for repository in repositories])
        self._push_rate = np.array([repository.pushes_per_hour for repository in repositories])
        self._cities = {city.id: index for index, city in enumerate(scenario.cities)}
        self._chain: BlockChain[RepositoryBlock, RepositoryState] = BlockChain(self._initial(), self._step)

    def block(self, number: int) -> RepositoryBlock:
        """Return a block of hours; see ``place_of`` for the block of an hour."""
        return self._chain.block(number)

    def _initial(self) -> RepositoryState:
        count = len(self._scenario.repositories)
        stars = np.array(
            [repository.stars_initial for repository in self._scenario.repositories], dtype=np.int64
        )
        beginning = np.full(count, -BLOCK_HOURS, dtype=np.int64)
        forks = stars // 18
        return RepositoryState(
            stars,
            forks,
            stars // 9,
            stars // 30,
            np.zeros(count, dtype=np.int64),
            beginning,
            beginning,
            _no_issues(),
        )

    def _step(self, number: int, before: RepositoryState) -> tuple[RepositoryBlock, RepositoryState]:
        rates = self._season(number)[:, None]
        spread = generator(self._scenario.seed, _RATE_STREAM, number).standard_normal(
            (2, BLOCK_HOURS, len(self._star_rate))
        )
        star_rates = np.exp(OVERDISPERSION * spread[0] + self._coupled(number)) * rates * self._star_rate
        fork_rates = np.exp(OVERDISPERSION_FORKS * spread[1]) * rates * self._fork_rate
        stars = before.stars + np.cumsum(self._poisson(_STARS_STREAM, number, star_rates), axis=0)
        forks = before.forks + np.cumsum(self._poisson(_FORKS_STREAM, number, fork_rates), axis=0)
        self._move("stargazers", number, stars)
        self._move("forks", number, forks)
        pushes = self._poisson(_PUSHES_STREAM, number, rates * self._push_rate)
        totals = before.pushes + np.cumsum(pushes, axis=0)
        self._move("size", number, totals)
        pushes = np.maximum(_increments(totals, before.pushes), 0)
        pushes_total = before.pushes + np.cumsum(pushes, axis=0)
        issues, issue_numbers = self._issues(number, rates * self._issue_rate, before.issue_numbers)
        open_issues = _open_counts(number, before.issues, issues, len(self._star_rate))
        changed = (
            (_increments(stars, before.stars) > 0)
            | (_increments(forks, before.forks) > 0)
            | (_increments(open_issues, before.open_issues) != 0)
            | (pushes > 0)
        )
        updated_hour = _latest(changed, before.updated_hour, number)
        pushed_hour = _latest(pushes > 0, before.pushed_hour, number)
        block = RepositoryBlock(
            stars, forks, pushes, pushes_total, open_issues, updated_hour, pushed_hour, issues
        )
        after = RepositoryState(
            stars[-1],
            forks[-1],
            pushes_total[-1],
            issue_numbers,
            open_issues[-1],
            updated_hour[-1],
            pushed_hour[-1],
            issues,
        )
        return block, after

    def _move(self, measure: str, number: int, totals: IntArray) -> None:
        for index, repository in enumerate(self._scenario.repositories):
            name = SeriesName("github", measure, repository.full_name)
            if self._movements.moves(name.source, name.measure, name.entity):
                totals[:, index] = self._movements.block(name, number)

    def _season(self, number: int) -> FloatArray:
        hours = self._scenario.start_seconds // 3600 + number * BLOCK_HOURS + np.arange(BLOCK_HOURS)
        daily = np.exp(DAILY_AMPLITUDE * np.cos(2 * np.pi * (hours % 24 - DAILY_PEAK_UTC_HOUR) / 24))
        # the epoch began on a Thursday
        weekday = (hours // 24 + 3) % 7
        return np.asarray(daily * np.where(weekday >= 5, WEEKEND_FACTOR, 1.0), dtype=np.float64)

    def _coupled(self, number: int) -> FloatArray:
        added = np.zeros((BLOCK_HOURS, len(self._star_rate)))
        for coupling in self._scenario.couplings:
            city, measure = self._cities[coupling.city_id], [*MEASURES].index(coupling.measure)
            both = np.concatenate([self._weather.innovations(number - 1), self._weather.innovations(number)])
            leading = both[BLOCK_HOURS - coupling.lag_hours :][:BLOCK_HOURS, city, measure]
            added[:, self.index[coupling.repository.lower()]] += coupling.strength * leading
        return added

    def _poisson(self, stream: int, number: int, rates: FloatArray) -> IntArray:
        return generator(self._scenario.seed, stream, number).poisson(rates).astype(np.int64)

    def _issues(self, number: int, rates: FloatArray, numbers: IntArray) -> tuple[IssueTable, IntArray]:
        random = generator(self._scenario.seed, _ISSUES_STREAM, number)
        opened = random.poisson(rates).astype(np.int64) + self._floods(number)
        hours, repositories = np.nonzero(opened)
        counts = opened[hours, repositories]
        repository, hour = np.repeat(repositories, counts), np.repeat(hours, counts) + number * BLOCK_HOURS
        total = len(repository)
        order = np.argsort(repository, kind="stable")
        by_repository = np.bincount(repository, minlength=len(numbers))
        rank = np.empty(total, dtype=np.int64)
        rank[order] = np.arange(total) - np.repeat(np.cumsum(by_repository) - by_repository, by_repository)
        lifetime = 1 + random.exponential(ISSUE_LIFETIME_MEAN_HOURS, total).astype(np.int64)
        table = IssueTable(
            repository=repository,
            hour=hour,
            number=numbers[repository] + rank + 1,
            lifetime_hours=np.minimum(lifetime, ISSUE_LIFETIME_HOURS_MAX),
            is_pull_request=random.random(total) < PULL_REQUEST_SHARE,
            user=random.integers(0, USERS_COUNT, total),
            comments=random.poisson(2.0, total).astype(np.int64),
        )
        table = replace(table, lifetime_hours=self._flooded_lifetimes(table))
        return table, numbers + by_repository

    def _floods(self, number: int) -> IntArray:
        added = np.zeros((BLOCK_HOURS, len(self._star_rate)), dtype=np.int64)
        for planted in self._scenario.breaks:
            row = planted.after_hours - number * BLOCK_HOURS
            if planted.source == "github" and 0 <= row < BLOCK_HOURS:
                added[row, self.index[planted.entity.lower()]] += int(planted.size)
        return added

    def _flooded_lifetimes(self, table: IssueTable) -> IntArray:
        lifetimes = table.lifetime_hours
        for planted in self._scenario.breaks:
            if planted.source == "github":
                flooded = (table.hour == planted.after_hours) & (
                    table.repository == self.index[planted.entity.lower()]
                )
                lifetimes = np.where(flooded, ISSUE_LIFETIME_HOURS_MAX, lifetimes)
        return lifetimes


def _open_counts(number: int, before: IssueTable, issues: IssueTable, repository_count: int) -> IntArray:
    first = number * BLOCK_HOURS
    change = np.zeros((BLOCK_HOURS + 1, repository_count), dtype=np.int64)
    for table in (before, issues):
        opened = np.maximum(table.hour - first, 0)
        closed = np.clip(table.hour + table.lifetime_hours - first, 0, BLOCK_HOURS)
        np.add.at(change, (opened, table.repository), 1)
        np.add.at(change, (closed, table.repository), -1)
    return np.asarray(np.cumsum(change, axis=0)[:BLOCK_HOURS], dtype=np.int64)


def _increments(totals: IntArray, before: IntArray) -> IntArray:
    return np.diff(totals, axis=0, prepend=before[None, :])


def _latest(changed: NDArray[np.bool_], before: IntArray, number: int) -> IntArray:
    hours = number * BLOCK_HOURS + np.arange(BLOCK_HOURS, dtype=np.int64)[:, None]
    marked = np.where(changed, hours, before[None, :])
    return np.asarray(np.maximum.accumulate(marked, axis=0), dtype=np.int64)


def _no_issues() -> IssueTable:
    nothing = np.zeros(0, dtype=np.int64)
    return IssueTable(nothing, nothing, nothing, nothing, nothing.astype(bool), nothing, nothing)
