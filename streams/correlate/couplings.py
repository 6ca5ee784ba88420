"""Which couplings are announced, and when they are withdrawn: one error rate for the whole stream of windows.

Windows overlap and never end, so that a rate kept within each window says little: sooner or later some window
reports any pair. Here every pair of every window is one hypothesis, and a pair is announced when its p-value
passes the level of online false-discovery control:

    the k smallest p-values of a window are announced, for the largest k with  p(k) ≤ rate · (recent + k) / (windows · pairs)

where ``recent`` counts the announcements in the last ``windows`` windows. Where nothing is related, some pair is
announced in such a stretch with a probability of at most the rate, however the windows depend on each other; what
has been found pays for finding more. Source: Javanmard and Montanari, Online rules for control of false
discovery rate and false discovery exceedance, Annals of Statistics 46 (2018) 526-554 (LOND, whose levels grow with
the discoveries made); Ramdas, Yang, Wainwright and Jordan, Online control of the false discovery rate with decaying
memory, NeurIPS 2017 (old discoveries are forgotten, so that a long good run does not pay for a bad one); Benjamini
and Hochberg 1995 for the step-up within a window. What LOND guarantees once something was found supposes p-values
that do not depend on each other; overlapping windows do. That it holds for them is measured, in
``benchmarks/honesty.py``.

An announced coupling stays until its pair is no longer to be told from chance by itself (p above
:data:`END_P_VALUE`, no family paid for) in :data:`END_WINDOWS` windows in a row: so it does not flicker around the
level at which it was announced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from crosscurrent.errors import Fatal
from streams.correlate.series import PairResult, WindowResult

HORIZON_WINDOWS = 1000
END_P_VALUE = 0.05
END_WINDOWS = 2


class CouplingState(StrEnum):
    """What a window says of an announced coupling."""

    ONSET = "onset"
    HOLDS = "holds"
    END = "end"


@dataclass(frozen=True)
class Coupling:
    """A pair that is announced, or withdrawn, by a window.

    Args:
        left: id of the first series.
        right: id of the second series.
        state: what the window says of it.
        since_seconds: end of the window that announced it, epoch seconds.
        lag_steps: lag at which it was announced.
    """

    left: str
    right: str
    state: CouplingState
    since_seconds: float
    lag_steps: int


def untested(coupling: Coupling, window: WindowResult) -> PairResult:
    """Return the row of an announced coupling whose pair the window did not test: it says nothing for it.

    Args:
        coupling: the coupling.
        window: the window, which tells why a series was refused.
    """
    return PairResult(
        left=coupling.left,
        right=coupling.right,
        lag_steps=coupling.lag_steps,
        lag_seconds=coupling.lag_steps * window.step_seconds,
        coefficient=0.0,
        n_effective=0.0,
        p_value=1.0,
        q_value=1.0,
        significant=False,
        window_start=window.window_start,
        window_end=window.window_end,
        left_prepared=_prepared(coupling.left, window),
        right_prepared=_prepared(coupling.right, window),
    )


def _prepared(series: str, window: WindowResult) -> str:
    if series in window.prepared:
        return window.prepared[series].reason
    return window.refused.get(series, "no observation in the window")


@dataclass(slots=True)
class _Open:
    since_seconds: float
    lag_steps: int
    weak_windows: int


class Couplings:
    """Follows the announced couplings of one grid.

    Call ``advance`` for each window, oldest first. ``snapshot`` after a window and ``restore`` into a new object
    go on as if there had been no restart.

    Args:
        fdr: share of the announced couplings that may be false on average.
        horizon_windows: windows over which that is promised.
    """

    def __init__(self, fdr: float, *, horizon_windows: int = HORIZON_WINDOWS) -> None:
        self._fdr = fdr
        self._horizon_windows = horizon_windows
        self._window_count = 0
        # number of the window and how many it announced, for those of the horizon that announced any
        self._recent: list[tuple[int, int]] = []
        self._open: dict[tuple[str, str], _Open] = {}

    def advance(self, window: WindowResult) -> list[Coupling]:
        """Return the couplings that the window announces, upholds and withdraws, in the order of the pairs."""
        self._window_count += 1
        first = self._window_count - self._horizon_windows
        self._recent = [one for one in self._recent if one[0] > first]
        tested = self._tested(window)
        announced = self._announced(window, [row for row, _ in tested.values()])
        changes = [self._followed(pair, tested.get(pair, (0, 1.0))[1]) for pair in self._open]
        if announced:
            self._recent.append((self._window_count, len(announced)))
        for one in changes:
            if one.state is CouplingState.END:
                del self._open[one.left, one.right]
        for one in announced:
            self._open[one.left, one.right] = _Open(one.since_seconds, one.lag_steps, 0)
        return sorted([*changes, *announced], key=lambda one: (one.left, one.right))

    def snapshot(self) -> dict[str, Any]:
        """Return the state as JSON can hold it."""
        return {
            "window_count": self._window_count,
            "recent": [list(one) for one in self._recent],
            "open": [
                [left, right, one.since_seconds, one.lag_steps, one.weak_windows]
                for (left, right), one in sorted(self._open.items())
            ],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take a snapshot back.

        Raises:
            Fatal: the snapshot is damaged.
        """
        try:
            self._window_count = int(state["window_count"])
            self._recent = [(int(number), int(count)) for number, count in state["recent"]]
            self._open = {
                (str(left), str(right)): _Open(float(since), int(lag), int(weak))
                for left, right, since, lag, weak in state["open"]
            }
        except (KeyError, TypeError, ValueError) as error:
            raise Fatal(
                f"the stored couplings cannot be read: {type(error).__name__} {error}",
                expected="what this version writes",
                todo="delete the processor's state; couplings are then announced anew",
            ) from error

    def _tested(self, window: WindowResult) -> dict[tuple[str, str], tuple[int, float]]:
        """Return row and p-value of the open couplings' pairs, of those that the window tested."""
        position = {series: index for index, series in enumerate(window.prepared)}
        count = len(position)
        codes = window.columns.left_index * count + window.columns.right_index
        found = {}
        for left, right in self._open:
            if left in position and right in position:
                code = position[left] * count + position[right]
                row = int(np.searchsorted(codes, code))
                if row < len(codes) and codes[row] == code:
                    found[left, right] = row, float(window.columns.p_value[row])
        return found

    def _followed(self, pair: tuple[str, str], p_value: float) -> Coupling:
        one = self._open[pair]
        one.weak_windows = one.weak_windows + 1 if p_value > END_P_VALUE else 0
        state = CouplingState.END if one.weak_windows >= END_WINDOWS else CouplingState.HOLDS
        return Coupling(*pair, state, one.since_seconds, one.lag_steps)

    def _announced(self, window: WindowResult, open_rows: list[int]) -> list[Coupling]:
        """Return the pairs within the level; those announced already are not tested and make no room."""
        ids, columns = list(window.prepared), window.columns
        order = np.argsort(columns.p_value, kind="stable")
        order = order[~np.isin(order, open_rows)]
        rank = sum(count for _, count in self._recent) + np.arange(1, len(order) + 1)
        level = self._fdr * rank / (self._horizon_windows * max(window.family_size, 1))
        within = np.flatnonzero(columns.p_value[order] <= level)
        return [
            Coupling(
                ids[columns.left_index[row]],
                ids[columns.right_index[row]],
                CouplingState.ONSET,
                window.window_end,
                int(columns.lag_steps[row]),
            )
            for row in order[: within[-1] + 1 if len(within) else 0].tolist()
        ]
