"""The models behind the world: pure functions of seed and hour, with exactly what was planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from crosscurrent.embedded.world import Break, default_scenario, truth
from crosscurrent.embedded.world.block_chain import BLOCK_HOURS, BLOCKS_MAX, BlockChain
from crosscurrent.embedded.world.repository_model import RepositoryModel
from crosscurrent.embedded.world.scenario import Scenario
from crosscurrent.embedded.world.weather_model import WeatherModel
from crosscurrent.errors import WrongUse

WELLINGTON, OSLO = 2179537, 3143244
WINDOW_HOURS = 128
LAGS = range(-12, 13)
FloatArray = NDArray[np.float64]


def stars_of(scenario: Scenario, hours: int) -> NDArray[np.int64]:
    model = RepositoryModel(scenario, WeatherModel(scenario))
    return np.concatenate([model.block(number).stars for number in range(-(-hours // BLOCK_HOURS))])[:hours]


def wind_of(scenario: Scenario, city: int, hours: int) -> FloatArray:
    weather = WeatherModel(scenario)
    return np.array([weather.at(city, hour).wind_metres_per_second for hour in range(hours)])


def innovations(series: FloatArray) -> FloatArray:
    """What is left without trend, daily season and the hour before."""
    hours = np.arange(len(series))
    angle = 2 * np.pi * hours / 24
    columns = np.column_stack([np.ones(len(series)), hours, np.cos(angle), np.sin(angle)])[1:]
    regressors = np.column_stack([columns, series[:-1]])
    fitted = np.linalg.lstsq(regressors, series[1:], rcond=None)[0]
    return np.asarray(series[1:] - regressors @ fitted)


def lagged_correlations(left: FloatArray, right: FloatArray) -> dict[int, float]:
    """By lag; positive where ``left`` leads."""
    count = len(left)
    return {
        lag: float(
            np.corrcoef(left[max(0, -lag) : count - max(0, lag)], right[max(0, lag) : count + min(0, lag)])[
                0, 1
            ]
        )
        for lag in LAGS
    }


@pytest.mark.parametrize("seed", range(1, 13))
def test_coupling_is_found_at_its_lag_in_one_window_whatever_the_seed(seed: int) -> None:
    scenario = default_scenario(seed)
    coupling = scenario.couplings[0]
    stars = stars_of(scenario, WINDOW_HOURS + 1)[:, 0]
    wind = wind_of(scenario, coupling.city_id, WINDOW_HOURS + 1)[1:]

    found = lagged_correlations(innovations(wind), innovations(np.sqrt(np.diff(stars) + 3 / 8)))

    strongest = max(found, key=lambda lag: abs(found[lag]))
    assert strongest == coupling.lag_hours
    assert found[strongest] > 0.8


def test_correlation_in_the_truth_is_what_many_windows_show() -> None:
    found = []
    for seed in range(20, 40):
        scenario = default_scenario(seed)
        stars = stars_of(scenario, WINDOW_HOURS + 1)[:, 0]
        wind = wind_of(scenario, WELLINGTON, WINDOW_HOURS + 1)[1:]
        found.append(lagged_correlations(innovations(wind), innovations(np.sqrt(np.diff(stars) + 3 / 8)))[3])

    assert np.mean(found) == pytest.approx(scenario.couplings[0].correlation, abs=0.05)


def test_other_pairs_are_unrelated_when_season_and_memory_are_gone() -> None:
    scenario = default_scenario(5)
    hours = 2 * BLOCK_HOURS
    stars = stars_of(scenario, hours + 1)
    cities = [city.id for city in scenario.cities if city.id != WELLINGTON]

    largest = max(
        abs(correlation)
        for city in cities
        for column in (0, 1, 6, 7)
        for correlation in lagged_correlations(
            innovations(wind_of(scenario, city, hours + 1)[1:]),
            innovations(np.sqrt(np.diff(stars[:, column]) + 3 / 8)),
        ).values()
    )

    # 7 x 4 x 25 correlations of 511 pairs: about 4.5 standard errors
    assert largest < 0.2


def test_break_lifts_the_pressure_at_its_hour_and_for_good() -> None:
    scenario = default_scenario(3, break_after_hours=150)
    unbroken = replace(scenario, breaks=())
    broken, plain = WeatherModel(scenario), WeatherModel(unbroken)

    lifted = [
        broken.at(OSLO, hour).pressure_hectopascal - plain.at(OSLO, hour).pressure_hectopascal
        for hour in (0, 149, 150, 151, 400)
    ]

    assert lifted == pytest.approx([0, 0, 40, 40, 40])


def test_break_is_far_outside_of_what_was_before() -> None:
    weather = WeatherModel(default_scenario(3))
    before = np.array([weather.at(OSLO, hour).pressure_hectopascal for hour in range(150)])

    assert weather.at(OSLO, 150).pressure_hectopascal > before.max() + 10 * np.abs(np.diff(before)).mean()


def test_flood_of_issues_lifts_the_open_count_by_its_size() -> None:
    planted = Break("github", "open_issues_count", "tarnholt/slipway", 40, 90.0, "1")
    plain = default_scenario(2)
    flooded = replace(plain, breaks=(planted,))
    column = [repository.full_name for repository in plain.repositories].index("tarnholt/slipway")

    counts = RepositoryModel(flooded, WeatherModel(flooded)).block(0).open_issues[:, column]

    assert counts[40] - counts[39] >= 85
    assert counts[100] > counts[39] + 60


def test_counters_never_fall_and_issue_numbers_never_repeat() -> None:
    scenario = default_scenario(4)
    model = RepositoryModel(scenario, WeatherModel(scenario))
    blocks = [model.block(number) for number in (-1, 0, 1)]
    stars = np.concatenate([block.stars for block in blocks])
    numbers = [
        (int(repository), int(number))
        for block in blocks
        for repository, number in zip(block.issues.repository, block.issues.number, strict=True)
    ]

    assert (np.diff(stars, axis=0) >= 0).all()
    assert len(numbers) == len(set(numbers))


def test_open_count_equals_a_recount_of_the_issues() -> None:
    scenario = default_scenario(4)
    model = RepositoryModel(scenario, WeatherModel(scenario))
    tables = [model.block(number).issues for number in (-1, 0)]
    hour = 200

    recount = sum(
        int(((t.repository == 0) & (t.hour <= hour) & (t.hour + t.lifetime_hours > hour)).sum())
        for t in tables
    )

    assert model.block(0).open_issues[hour, 0] == recount


def test_values_do_not_depend_on_the_order_in_which_hours_are_asked() -> None:
    scenario = default_scenario(9)
    forwards, backwards = WeatherModel(scenario), WeatherModel(scenario)
    hours = [0, 255, 256, 700, 5000]

    first = [forwards.at(OSLO, hour) for hour in hours]

    assert [backwards.at(OSLO, hour) for hour in reversed(hours)] == first[::-1]


def test_another_seed_is_another_world() -> None:
    assert WeatherModel(default_scenario(1)).at(OSLO, 7) != WeatherModel(default_scenario(2)).at(OSLO, 7)


def test_forecast_does_not_foresee_a_break_and_keeps_one_that_happened() -> None:
    weather = WeatherModel(default_scenario(3))

    assert weather.expected(OSLO, 149, 1).pressure_hectopascal < 1045
    assert weather.expected(OSLO, 151, 3).pressure_hectopascal == pytest.approx(
        weather.at(OSLO, 151).pressure_hectopascal, abs=3
    )


def test_block_chain_computes_an_evicted_block_again_from_its_state() -> None:
    asked: list[int] = []

    def step(number: int, state: int) -> tuple[int, int]:
        asked.append(number)
        return state * 10 + number, state + 1

    chain: BlockChain[int, int] = BlockChain(0, step)
    first = chain.block(0)
    for number in range(40):
        chain.block(number)

    assert chain.block(0) == first
    assert asked.count(0) == 2


def test_block_chain_refuses_a_block_outside_of_its_bound() -> None:
    chain: BlockChain[int, int] = BlockChain(0, lambda number, state: (number, state))

    with pytest.raises(IndexError):
        chain.block(BLOCKS_MAX)


def test_truth_names_coupling_and_break_as_the_payloads_do() -> None:
    told = truth(default_scenario(7, break_after_hours=10))

    assert told["couplings"] == [
        {
            "left": {
                "source": "openweathermap",
                "measure": "wind.speed",
                "entity": "2179537",
                "entity_name": "Wellington",
            },
            "right": {
                "source": "github",
                "measure": "stargazers_count",
                "entity": "quillfen-works/sailbench",
                "entity_name": "quillfen-works/sailbench",
            },
            "lag_hours": 3,
            "sign": 1,
            "correlation": 0.9,
            "leads": "openweathermap.wind_speed:2179537",
            "follows": "github.stargazers:quillfen-works/sailbench",
            "from": "2026-01-05T00:00:00Z",
            "until": None,
        }
    ]
    assert told["breaks"] == [
        {
            "source": "openweathermap",
            "measure": "main.pressure",
            "entity": "3143244",
            "entity_name": "Oslo",
            "at": "2026-01-05T10:00:00Z",
            "at_seconds": 1767607200,
            "size": 40.0,
            "unit": "hPa",
            "series": "openweathermap.pressure:3143244",
            "kind": "level",
            "until": None,
        }
    ]


def test_scenario_refuses_a_break_of_something_that_is_not_there() -> None:
    with pytest.raises(WrongUse, match="an entity of the scenario"):
        replace(default_scenario(1), breaks=(Break("github", "open_issues_count", "no/such", 1, 1.0, "1"),))


def test_scenario_refuses_a_negative_seed() -> None:
    with pytest.raises(WrongUse, match="0 or more"):
        default_scenario(-1)
