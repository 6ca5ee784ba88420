"""Series that a scenario moves: each model does what it says, and what leads another does so with its lag."""

from __future__ import annotations

import numpy as np
import pytest

from crosscurrent.embedded.world.block_chain import BLOCK_HOURS
from crosscurrent.embedded.world.movement import Link, Movement, SeriesName, Shift
from crosscurrent.embedded.world.movement_model import FloatArray, MovementModel

A, B, C = (SeriesName("spotify", "popularity", name) for name in "abc")
BLOCKS = 12


def gauge(name: SeriesName = A, **more: object) -> Movement:
    given = {"level": 50.0, "noise": 2.0, "memory": 0.8, "low": -1e9, "high": 1e9, "decimals": 6, **more}
    return Movement(name, "mean-reverting", **given)  # type: ignore[arg-type]


def values(model: MovementModel, name: SeriesName = A) -> FloatArray:
    return np.concatenate([model.block(name, number) for number in range(BLOCKS)])


def innovations(model: MovementModel, name: SeriesName) -> FloatArray:
    return np.concatenate([model.innovations(name, number) for number in range(BLOCKS)])


def played(*movements: Movement, links: tuple[Link, ...] = (), shifts: tuple[Shift, ...] = ()) -> FloatArray:
    return values(MovementModel(1, 0, movements, links, shifts))


def test_series_is_the_same_whatever_was_asked_before() -> None:
    model, again = MovementModel(1, 0, (gauge(),)), MovementModel(1, 0, (gauge(),))
    forwards = [model.value("spotify", "popularity", "a", hour) for hour in range(600)]
    backwards = [again.value("spotify", "popularity", "a", hour) for hour in reversed(range(600))]
    assert forwards == backwards[::-1]
    assert model.value("spotify", "popularity", "other", 3) is None


def test_mean_reverting_series_has_its_level_noise_and_memory() -> None:
    series = played(gauge())
    deviation = series - series.mean()
    assert series.mean() == pytest.approx(50.0, abs=1.0)
    assert np.corrcoef(deviation[1:], deviation[:-1])[0, 1] == pytest.approx(0.8, abs=0.05)
    assert np.std(deviation[1:] - 0.8 * deviation[:-1]) == pytest.approx(2.0, rel=0.1)


def test_random_walk_wanders_within_what_there_can_be() -> None:
    walk = played(Movement(A, "random-walk", 50.0, 4.0, low=0.0, high=100.0, decimals=3))
    steps = np.diff(walk)
    assert np.std(steps) == pytest.approx(4.0, rel=0.1)
    assert walk.min() >= 0.0
    assert walk.max() <= 100.0
    assert np.ptp(walk) > 60.0


def test_counter_grows_at_its_rate_and_never_falls() -> None:
    counter = played(Movement(A, "counter", 1000.0, 0.3, rate=5.0, day=0.5))
    assert np.diff(counter).min() >= 0
    assert (counter[-1] - counter[0]) / len(counter) == pytest.approx(5.0, rel=0.1)


def test_heavy_tails_are_heavier_at_the_same_spread() -> None:
    model = MovementModel(1, 0, (gauge(), gauge(B, tails=3.0)))
    normal, heavy = innovations(model, A), innovations(model, B)
    assert np.std(heavy) == pytest.approx(1.0, abs=0.25)
    assert np.abs(heavy).max() > 1.3 * np.abs(normal).max()


def test_seasons_stand_at_their_peaks() -> None:
    series = played(gauge(noise=0.0, day=4.0, day_peak_hour=18.0))
    # blocks of values begin at the epoch's first hour
    assert int(np.argmax(series[:24])) == 18
    assert np.ptp(series) == pytest.approx(8.0, abs=0.01)


@pytest.mark.parametrize(("lag", "strength"), [(0, 0.9), (5, 0.9), (12, -0.8), (200, 0.7)])
def test_link_shows_in_the_innovations_at_its_lag_with_its_strength(lag: int, strength: float) -> None:
    model = MovementModel(1, 0, (gauge(A), gauge(B)), (Link(A, B, lag, strength),))
    leads, follows = innovations(model, A), innovations(model, B)
    found = np.corrcoef(leads[: len(leads) - lag], follows[lag:])[0, 1]
    assert found == pytest.approx(strength, abs=0.05)
    assert abs(np.corrcoef(leads[: len(leads) - lag - 3], follows[lag + 3 :])[0, 1]) < 0.08
    assert np.var(follows) == pytest.approx(1.0, abs=0.1)


def test_link_holds_in_its_hours_only() -> None:
    ends = BLOCKS // 2 * BLOCK_HOURS
    model = MovementModel(1, 0, (gauge(A), gauge(B)), (Link(A, B, 2, 0.9, until_hour=ends),))
    leads, follows = innovations(model, A), innovations(model, B)
    assert np.corrcoef(leads[: ends - 2], follows[2:ends])[0, 1] == pytest.approx(0.9, abs=0.05)
    assert abs(np.corrcoef(leads[ends:-2], follows[ends + 2 :])[0, 1]) < 0.1


def test_chain_of_links_reaches_through_its_middle() -> None:
    model = MovementModel(1, 0, (gauge(A), gauge(B), gauge(C)), (Link(A, B, 3, 0.9), Link(B, C, 4, 0.9)))
    first, last = innovations(model, A), innovations(model, C)
    assert np.corrcoef(first[:-7], last[7:])[0, 1] == pytest.approx(0.81, abs=0.05)


def test_level_break_lifts_all_after_it() -> None:
    plain = played(gauge())
    broken = played(gauge(), shifts=(Shift(A, "level", 300, None, 25.0),))
    assert np.all(broken[:300] == plain[:300])
    assert broken[300:] - plain[300:] == pytest.approx(25.0)


def test_trend_grows_while_it_lasts_and_leaves_what_it_brought() -> None:
    plain = played(gauge())
    drift = played(gauge(), shifts=(Shift(A, "trend", 100, 150, 0.5),)) - plain
    assert drift[99] == 0.0
    assert drift[100] == pytest.approx(0.5)
    assert drift[149:] == pytest.approx(25.0, abs=0.6)


def test_variance_break_multiplies_the_noise() -> None:
    series = played(gauge(memory=0.0), shifts=(Shift(A, "variance", 1000, None, 4.0),))
    assert np.std(series[1000:]) == pytest.approx(4 * np.std(series[:1000]), rel=0.15)


def test_flatline_repeats_the_value_before_it_across_blocks() -> None:
    plain = played(gauge())
    stuck = played(gauge(), shifts=(Shift(A, "flatline", 200, 600),))
    assert set(stuck[200:600]) == {plain[199]}
    assert np.all(stuck[600:] == plain[600:])
