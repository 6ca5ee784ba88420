"""What goes into a correlation window and what comes out of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Series:
    """One series as observed: times and values in any order.

    Args:
        series_id: the name that pairs are written with; unique within a window.
        kind: ``gauge``, ``counter``, ``count`` or ``staircase``; None to have it inferred.
        times_seconds: event times, seconds since the Unix epoch, one a value.
        values: the measurements; NaN says "not measured".
    """

    series_id: str
    kind: str | None
    times_seconds: FloatArray
    values: FloatArray


@dataclass(frozen=True)
class Preparation:
    """How one series was made ready.

    Args:
        kind: the kind it was treated as.
        reason: why that kind, and what was done to it, in one sentence.
        points: grid points of the window that hold a prepared value.
    """

    kind: str
    reason: str
    points: int


@dataclass(frozen=True)
class PairResult:
    """What one window says about one pair; ``left`` comes before ``right`` in the order of the ids.

    Args:
        left: id of the first series.
        right: id of the second series.
        lag_steps: grid steps by which ``left`` leads (left at t goes with right at t + lag).
        lag_seconds: the same in seconds.
        coefficient: correlation of the prepared series at that lag, -1 to 1.
        n_effective: points that carry information, after the pair's own inflation is taken out.
        p_value: of the best lag, with the search over lags paid for.
        q_value: Benjamini-Hochberg over the window's family of pairs.
        significant: whether ``q_value`` is within the false-discovery rate asked for.
        window_start: time of the first grid point, epoch seconds.
        window_end: time of the last grid point, epoch seconds.
        left_prepared: how ``left`` was prepared and why.
        right_prepared: how ``right`` was prepared and why.
    """

    left: str
    right: str
    lag_steps: int
    lag_seconds: float
    coefficient: float
    n_effective: float
    p_value: float
    q_value: float
    significant: bool
    window_start: float
    window_end: float
    left_prepared: str
    right_prepared: str


@dataclass(frozen=True, eq=False)
class PairColumns:
    """The tested pairs of a window as columns of one length, in the order of their ids.

    Args:
        left_index: position of the first series in ``WindowResult.prepared``.
        right_index: position of the second series.
        lag_steps: lag of the strongest relation.
        coefficient: correlation there.
        n_effective: effective number of points there.
        p_value: paid for the search over lags.
        q_value: Benjamini-Hochberg over these pairs.
    """

    left_index: IntArray
    right_index: IntArray
    lag_steps: IntArray
    coefficient: FloatArray
    n_effective: FloatArray
    p_value: FloatArray
    q_value: FloatArray


@dataclass(frozen=True, eq=False)
class WindowResult:
    """Everything one window gave.

    Args:
        window_start: time of the first grid point, epoch seconds.
        window_end: time of the last grid point, epoch seconds.
        step_seconds: distance of the grid points.
        window_steps: number of grid points.
        max_lag_steps: lags searched, in both directions.
        fdr: the false-discovery rate asked for.
        prepared: the series that took part, by id in ascending order.
        refused: the series that did not, with the reason.
        calendar_periods_seconds: periods of the shared calendar lines taken out of every series.
        columns: the tested pairs; of a family above two million only the strongest.
        family_size: pairs tested, over which the false-discovery rate is controlled.
        revision: how often the window was told anew because late data changed it.
    """

    window_start: float
    window_end: float
    step_seconds: float
    window_steps: int
    max_lag_steps: int
    fdr: float
    prepared: dict[str, Preparation]
    refused: dict[str, str]
    calendar_periods_seconds: tuple[float, ...]
    columns: PairColumns
    family_size: int
    revision: int = 0

    @cached_property
    def pairs(self) -> tuple[PairResult, ...]:
        """Return every pair of ``columns``; built on first use, for a million pairs prefer ``columns``."""
        return self._rows(range(len(self.columns.p_value)))

    @cached_property
    def significant_pairs(self) -> tuple[PairResult, ...]:
        """Return the pairs whose q-value is within the false-discovery rate."""
        return self._rows(np.flatnonzero(self.columns.q_value <= self.fdr).tolist())

    def _rows(self, indices: Iterable[int]) -> tuple[PairResult, ...]:
        """Return the given pairs as records."""
        ids, columns = list(self.prepared), self.columns
        reasons = [preparation.reason for preparation in self.prepared.values()]
        return tuple(
            PairResult(
                left=ids[columns.left_index[index]],
                right=ids[columns.right_index[index]],
                lag_steps=int(columns.lag_steps[index]),
                lag_seconds=float(columns.lag_steps[index] * self.step_seconds),
                coefficient=float(columns.coefficient[index]),
                n_effective=float(columns.n_effective[index]),
                p_value=float(columns.p_value[index]),
                q_value=float(columns.q_value[index]),
                significant=bool(columns.q_value[index] <= self.fdr),
                window_start=self.window_start,
                window_end=self.window_end,
                left_prepared=reasons[columns.left_index[index]],
                right_prepared=reasons[columns.right_index[index]],
            )
            for index in indices
        )
