"""How strongly each pair moves together, at its best lag, and how often chance does as much.

Two statistics are made for each pair and lag, and the smaller one counts:

* Student's t of the correlation of the scores (Haugh 1976);
* the self-normalised sum Σuv / √Σ(uv)² in Student form. One coincident spike counts once however large it is,
  and volatility or an update clock that two series share cancels. Source: Shao, A self-normalized approach to
  confidence interval construction in time series, JRSS B 72 (2010) 343-366, for the idea of letting the sum
  bring its own scale; de la Peña, Lai and Shao, Self-Normalized Processes (2009), for its tail.

Both are divided by the inflation that the pair itself shows at lags farther away than any that is searched:
what remains of memory, clocks or seasons after preparation swells those too. This is the effective sample
size of Bartlett (1935, JRSS 98, 536-543) and Pyper and Peterman (1998, Can. J. Fish. Aquat. Sci. 55,
2127-2140), measured on the cross-correlation itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from streams.correlate.multiplicity import sidak
from streams.correlate.series import BoolArray, FloatArray, IntArray

OVERLAP_MIN = 16
FAR_LAGS = 52
_TILE_SERIES = 128
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class BestLags:
    """The best lag of every pair, as columns.

    Args:
        left: row of the first series of each pair.
        right: row of the second, always greater.
        lag_steps: positive where the first leads.
        coefficient: correlation at that lag.
        n_effective: overlapping points divided by the pair's inflation.
        p_value: two-sided, paid for the search over lags.
    """

    left: IntArray
    right: IntArray
    lag_steps: IntArray
    coefficient: FloatArray
    n_effective: FloatArray
    p_value: FloatArray


@dataclass(frozen=True, eq=False)
class _Tile:
    """Two blocks of series with what every lag needs of them."""

    left: FloatArray
    right: FloatArray
    left_present: FloatArray
    right_present: FloatArray
    shared_count: int

    def at(self, lag: int) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return overlap, correlation and both statistics of every pair at one lag."""
        steps = self.left.shape[1]
        before = slice(max(0, -lag), min(steps, steps - lag))
        after = slice(max(0, lag), min(steps, steps + lag))
        u, v = self.left[:, before], self.right[:, after]
        m, k = self.left_present[:, before], self.right_present[:, after]
        count = m @ k.T
        products = u @ v.T
        squares = (u * u) @ (v * v).T
        power = ((u * u) @ k.T) * (m @ (v * v).T)
        r = np.clip(products / np.sqrt(np.maximum(power, _TINY)), -1 + _TINY, 1 - _TINY)
        return count, r, *_statistics(count, r, products, squares, self.shared_count)


def best_lags(scores: FloatArray, *, max_lag_steps: int, shared_count: int) -> BestLags:
    """Return every pair's strongest relation within the lags, with its p-value.

    Args:
        scores: one row a series, NaN where there is nothing, mean square 1.
        max_lag_steps: lags searched in both directions.
        shared_count: regressors taken out of both series, which cost degrees of freedom.
    """
    present = (~np.isnan(scores)).astype(np.float64)
    filled = np.nan_to_num(scores)
    parts: list[BestLags] = []
    for first in range(0, len(scores), _TILE_SERIES):
        rows = slice(first, first + _TILE_SERIES)
        tile = _Tile(filled[rows], filled[first:], present[rows], present[first:], shared_count)
        parts.append(_best_in_tile(tile, first, max_lag_steps))
    return _joined(parts)


def far_lags(window_steps: int, max_lag_steps: int) -> range:
    """Return the lags at which a pair's inflation is measured: beyond those searched, to half the window."""
    return range(
        max_lag_steps + 1, max(max_lag_steps + 2, min(window_steps // 2, max_lag_steps + FAR_LAGS) + 1)
    )


def _statistics(
    count: FloatArray, r: FloatArray, products: FloatArray, squares: FloatArray, shared_count: int
) -> tuple[FloatArray, FloatArray]:
    """Return Student's t of r, and the self-normalised sum in Student form."""
    freedom = np.maximum(count - shared_count - 1, 1.0)
    student = r * np.sqrt(freedom / (1 - r * r))
    shrink = np.maximum(count - shared_count, 1.0) / np.maximum(count, 1.0)
    summed = products * np.sqrt(shrink / np.maximum(squares, _TINY))
    room = np.maximum(count - summed * summed, _TINY * count + _TINY)
    return student, summed * np.sqrt(np.maximum(count - 1, 1.0) / room)


def _best_in_tile(tile: _Tile, first: int, max_lag_steps: int) -> BestLags:
    """Return the best lags of the pairs of a tile that lie above the diagonal."""
    inflation_student, inflation_summed = _inflations(tile, max_lag_steps)
    shape = inflation_student.shape
    best = np.full(shape, -1.0)
    lags = np.zeros(shape, dtype=np.int64)
    coefficient, overlap = np.zeros(shape), np.zeros(shape)
    for lag in sorted(range(-max_lag_steps, max_lag_steps + 1), key=lambda lag: (abs(lag), lag)):
        count, r, student, summed = tile.at(lag)
        strength = np.minimum(np.abs(student) / inflation_student, np.abs(summed) / inflation_summed)
        better = (strength > best) & (count >= _overlap_min(tile.shared_count))
        for target, source in ((best, strength), (lags, lag), (coefficient, r), (overlap, count)):
            np.copyto(target, source, where=better, casting="unsafe")
    inflation = np.maximum(inflation_student, inflation_summed) ** 2
    left, right = np.nonzero(_above_diagonal(shape) & (best >= 0))
    strength, overlap = best[left, right], overlap[left, right]
    p_value = 2 * special.stdtr(np.maximum(overlap - tile.shared_count - 1, 1.0), -strength)
    return BestLags(
        left=left + first,
        right=right + first,
        lag_steps=lags[left, right],
        coefficient=coefficient[left, right],
        n_effective=overlap / inflation[left, right],
        p_value=sidak(np.minimum(p_value, 1.0), 2 * max_lag_steps + 1),
    )


def _inflations(tile: _Tile, max_lag_steps: int) -> tuple[FloatArray, FloatArray]:
    """Return by how much each statistic of each pair is spread too widely at far lags, at least 1."""
    shape = (len(tile.left), len(tile.right))
    student_sum, summed_sum, lags_used = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for lag in far_lags(tile.left.shape[1], max_lag_steps):
        for signed in (lag, -lag):
            count, _, student, summed = tile.at(signed)
            used = count >= _overlap_min(tile.shared_count)
            student_sum += np.where(used, student * student, 0.0)
            summed_sum += np.where(used, summed * summed, 0.0)
            lags_used += used
    lags_used = np.maximum(lags_used, 1.0)
    return (
        np.sqrt(np.maximum(1.0, student_sum / lags_used)),
        np.sqrt(np.maximum(1.0, summed_sum / lags_used)),
    )


def _overlap_min(shared_count: int) -> int:
    """Return the points that two series must have in common at a lag for it to be tried."""
    return shared_count + OVERLAP_MIN


def _above_diagonal(shape: tuple[int, int]) -> BoolArray:
    """Return where the second series comes after the first, for blocks that begin at the same series."""
    return np.arange(shape[0])[:, None] < np.arange(shape[1])[None, :]


def _joined(parts: list[BestLags]) -> BestLags:
    """Return the tiles as one table in the order of the pairs."""
    if not parts:
        none, empty = np.empty(0, dtype=np.int64), np.empty(0)
        return BestLags(none, none, none, empty, empty, empty)
    return BestLags(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("left", "right", "lag_steps", "coefficient", "n_effective", "p_value")
        )
    )
