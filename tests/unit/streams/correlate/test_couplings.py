"""Couplings over the stream: announced once, upheld while they last, withdrawn when gone, the same after a restart."""

from __future__ import annotations

import json

import numpy as np
import pytest

from crosscurrent.errors import Fatal
from streams.correlate.couplings import END_WINDOWS, Coupling, Couplings, CouplingState, untested
from streams.correlate.multiplicity import benjamini_hochberg
from streams.correlate.series import PairColumns, Preparation, WindowResult

LEVEL = 0.05 / 10 / 3  # rate, horizon, pairs


def window(number: int, *p_values: float, names: str = "abc") -> WindowResult:
    left, right = np.triu_indices(len(names), 1)
    p_value = np.array(p_values, dtype=np.float64)
    ones = np.ones(len(left))
    columns = PairColumns(
        left, right, 2 * ones.astype(np.int64), ones, ones, p_value, benjamini_hochberg(p_value)
    )
    prepared = {name: Preparation("gauge", "as it is", 64) for name in names}
    return WindowResult(
        0.0, float(number), 60.0, 64, 4, 0.05, prepared, {"z": "constant"}, (), columns, len(left)
    )


def states(changes: list[Coupling]) -> list[tuple[str, str, str]]:
    return [(one.left, one.right, str(one.state)) for one in changes]


def couplings() -> Couplings:
    return Couplings(0.05, horizon_windows=10)


def test_couplings_announce_what_passes_the_level_of_the_stream_and_nothing_else() -> None:
    assert states(couplings().advance(window(1, LEVEL, 1.1 * LEVEL * 2, 0.9))) == [("a", "b", "onset")]
    assert couplings().advance(window(1, 1.1 * LEVEL, 0.9, 0.9)) == []


def test_couplings_found_pay_for_more_until_they_are_forgotten() -> None:
    rules = couplings()
    rules.advance(window(1, LEVEL, 1, 1))
    assert states(rules.advance(window(2, LEVEL, 1.9 * LEVEL, 1)))[1:] == [("a", "c", "onset")]
    rules = couplings()
    rules.advance(window(1, LEVEL, 1, 1))
    for number in range(2, 11):
        rules.advance(window(number, 0, 1, 1))
    assert states(rules.advance(window(11, 0, 1.9 * LEVEL, 1))) == [("a", "b", "holds")]


def test_couplings_hold_over_a_weak_window_and_end_after_some() -> None:
    rules = couplings()
    rules.advance(window(1, 0, 1, 1))
    found = [states(rules.advance(window(number, p, 1, 1)))[0][2] for number, p in ((2, 0.9), (3, 0.04))]
    assert found == ["holds", "holds"]
    last = [rules.advance(window(number, 0.06, 1, 1)) for number in range(4, 4 + END_WINDOWS)]
    assert [one[0].state for one in last] == [CouplingState.HOLDS, CouplingState.END]
    assert last[-1][0].since_seconds == 1.0
    assert states(rules.advance(window(9, 0, 1, 1))) == [("a", "b", "onset")]


def test_couplings_of_a_series_that_stops_end_and_say_why() -> None:
    rules = couplings()
    rules.advance(window(1, 0, 1, 1))
    for number in range(2, 2 + END_WINDOWS):
        gone = window(number, 1, 1, 1, names="bcd")
        changes = rules.advance(gone)
    assert states(changes) == [("a", "b", "end")]
    row = untested(changes[0], gone)
    assert (row.p_value, row.coefficient, row.significant, row.lag_steps) == (1.0, 0.0, False, 2)
    assert (row.left_prepared, row.right_prepared) == ("no observation in the window", "as it is")


def test_couplings_go_on_after_a_restart() -> None:
    first, second = couplings(), couplings()
    first.advance(window(1, 0, 1, 1))
    first.advance(window(2, 0.9, 1, 1))
    second.restore(json.loads(json.dumps(first.snapshot())))
    for number, p_values in ((3, (0.9, 1.9 * LEVEL, 1)), (4, (1, 1, 1))):
        assert second.advance(window(number, *p_values)) == first.advance(window(number, *p_values))


@pytest.mark.parametrize("state", [{}, {"window_count": 1, "recent": [], "open": [["a"]]}])
def test_couplings_refuse_a_damaged_state(state: dict[str, object]) -> None:
    with pytest.raises(Fatal, match="cannot be read"):
        couplings().restore(state)


def test_couplings_announce_hardly_ever_anything_in_a_stretch_of_noise() -> None:
    rng = np.random.default_rng(71)
    runs = [Couplings(0.05, horizon_windows=50) for _ in range(200)]
    wrong = sum(
        any(rules.advance(window(number, *rng.uniform(size=3))) for number in range(50)) for rules in runs
    )
    assert wrong <= 20  # 10 expected; more than 20 once in a thousand
