"""The lag and strength of every pair at the cost of one matrix product a lag.

The inflation of a pair is what remains of memory, clocks or seasons after preparation: it swells the
cross-correlation at every lag, also at those too far away to be searched. This is the effective sample size of
Bartlett (1935, JRSS 98, 536-543) and Pyper and Peterman (1998, Can. J. Fish. Aquat. Sci. 55, 2127-2140),
measured on the cross-correlation itself, without the lags that are searched. The squares at *all* lags sum up to
the product of the two autocovariances (the convolution theorem), so that the far lags cost one matrix product
together; as many of them as there are leave the figure little noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from streams.correlate.parallel import side_by_side
from streams.correlate.series import BoolArray, FloatArray, IntArray

OVERLAP_MIN = 16
Single: TypeAlias = npt.NDArray[np.float32]
_TILE_ROWS = 256
_TILE_COLUMNS = 1024
_ALMOST_ONE = 1 - 1e-6


@dataclass(frozen=True, eq=False)
class Screened:
    """Pairs with their strongest lag, as columns.

    Args:
        left: row of the first series of each pair.
        right: row of the second, always greater.
        lag_steps: positive where the first leads.
        coefficient: correlation at that lag.
        overlap: points that both have at that lag.
        inflation: by how much the squares at far lags exceed those of unrelated noise, at least 1.
        strength: Student's t of the coefficient, divided by the root of the inflation.
        tested: pairs tested, of which the weak may have been left out.
    """

    left: IntArray
    right: IntArray
    lag_steps: IntArray
    coefficient: FloatArray
    overlap: FloatArray
    inflation: FloatArray
    strength: FloatArray
    tested: int


@dataclass(frozen=True, eq=False)
class _Rows:
    """The scores as single-precision matrices.

    Args:
        filled: scores, 0 in gaps.
        present: 1 where there is a score.
        spectrum: autocovariance at each lag from 0, weighted so that products sum over both directions.
        first: position of each row's first score.
        whole: whether no row has a gap after its first score.
    """

    filled: Single
    present: Single
    spectrum: Single
    first: Single
    whole: bool


@dataclass(frozen=True, eq=False)
class _Best:
    """The strongest lag of each pair of a block.

    Args:
        square_a_point: square of the sum of products there, divided by the points; -1 where no lag can be tried.
        signs: the sum itself.
        lags: the lag.
        overlap: points there.
        near_squares: sum of the squares over the lags searched.
        near_points: sum of the points over them.
    """

    square_a_point: Single
    signs: Single
    lags: npt.NDArray[np.int16]
    overlap: Single
    near_squares: Single
    near_points: Single


def screen(
    scores: FloatArray,
    max_lag_steps: int,
    shared_count: int,
    anchored: BoolArray | None = None,
    *,
    calendar: bool = True,
    p_kept: float = 1.0,
) -> Screened:
    """Return every pair's strongest lag, leaving out those whose p-value is certainly above a bound.

    Args:
        scores: one row a series, NaN where there is nothing, mean square 1.
        max_lag_steps: lags searched in both directions.
        shared_count: regressors taken out of both series.
        anchored: if given, only pairs with at least one of these rows are tested.
        calendar: whether any series keeps a calendar; if none does, a small excess at far lags is taken for chance.
        p_kept: pairs with a p-value above it, the search over lags paid for, may be left out.
    """
    rows = _rows(scores)
    single = -np.expm1(np.log1p(-p_kept) / (2 * max_lag_steps + 1)) if p_kept < 1 else 1.0
    bound = float(-special.stdtrit(scores.shape[1], single / 2)) if p_kept < 1 else -1.0
    anchors = np.ones(len(scores), dtype=bool) if anchored is None else anchored
    tiles = [
        (slice(top, top + _TILE_ROWS), slice(side, side + _TILE_COLUMNS))
        for top in range(0, len(scores), _TILE_ROWS)
        for side in range(top, len(scores), _TILE_COLUMNS)
    ]
    parts = side_by_side(
        lambda tile: _tile(rows, tile, max_lag_steps, shared_count, anchors, calendar, bound), tiles
    )
    return _joined(parts)


def _rows(scores: FloatArray) -> _Rows:
    missing = np.isnan(scores)
    steps = scores.shape[1]
    filled = np.where(missing, 0.0, scores)
    power = np.abs(np.fft.rfft(filled, n=2 * steps, axis=1)) ** 2
    spectrum = np.fft.irfft(power, axis=1)[:, :steps]
    spectrum[:, 1:] *= np.sqrt(2.0)
    first = np.argmin(missing, axis=1) if len(scores) else np.empty(0)
    whole = bool((missing.sum(axis=1) == first).all())
    return _Rows(
        filled.astype(np.float32),
        (~missing).astype(np.float32),
        spectrum.astype(np.float32),
        first.astype(np.float32),
        whole,
    )


def _tile(
    rows: _Rows,
    tile: tuple[slice, slice],
    max_lag_steps: int,
    shared_count: int,
    anchors: BoolArray,
    calendar: bool,
    bound: float,
) -> Screened:
    """Return what a block of pairs gives."""
    best = _search(rows, tile, max_lag_steps, shared_count)
    inflation = _inflation(rows, tile, best, calendar)
    top, side = tile
    left, right = np.arange(len(anchors))[top], np.arange(len(anchors))[side]
    family = (left[:, None] < right[None, :]) & (anchors[left][:, None] | anchors[right][None, :])
    family &= best.square_a_point >= 0
    overlap = best.overlap
    square = np.minimum(best.square_a_point / overlap, np.float32(_ALMOST_ONE))
    strength = np.sqrt(square * np.maximum(overlap - shared_count - 1, 1) / (1 - square) / inflation)
    i, j = np.nonzero(family & (strength >= bound))
    chosen = (i, j)
    return Screened(
        left=left[i],
        right=right[j],
        lag_steps=best.lags[chosen].astype(np.int64),
        coefficient=np.copysign(np.sqrt(square[chosen]), best.signs[chosen]).astype(np.float64),
        overlap=overlap[chosen].astype(np.float64),
        inflation=inflation[chosen].astype(np.float64),
        strength=strength[chosen].astype(np.float64),
        tested=int(np.count_nonzero(family)),
    )


def _search(rows: _Rows, tile: tuple[slice, slice], max_lag_steps: int, shared_count: int) -> _Best:
    """Return the strongest lag of each pair of a block."""
    shape = rows.filled[tile[0]].shape[0], rows.filled[tile[1]].shape[0]
    best = np.full(shape, -1.0, dtype=np.float32)
    lags = np.zeros(shape, dtype=np.int16)
    overlap = np.ones(shape, dtype=np.float32)
    near_squares, near_points = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    signs, products = np.zeros(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
    squares, better = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=bool)
    for lag in sorted(range(-max_lag_steps, max_lag_steps + 1), key=lambda lag: (abs(lag), lag)):
        points = _points(rows, tile, lag)
        np.matmul(*_shifted(rows.filled, tile, lag), out=products)
        np.multiply(products, products, out=squares)
        near_squares += squares
        near_points += points
        np.divide(squares, np.maximum(points, 1), out=squares)
        np.greater(squares, best, out=better)
        better &= points >= shared_count + OVERLAP_MIN
        np.copyto(best, squares, where=better)
        np.copyto(lags, np.int16(lag), where=better)
        np.copyto(overlap, points, where=better)
        np.copyto(signs, products, where=better)
    return _Best(best, signs, lags, overlap, near_squares, near_points)


def _shifted(matrix: Single, tile: tuple[slice, slice], lag: int) -> tuple[Single, Single]:
    """Return both factors of the product at a lag."""
    steps = matrix.shape[1]
    before = slice(max(0, -lag), min(steps, steps - lag))
    after = slice(max(0, lag), min(steps, steps + lag))
    return matrix[tile[0], before], matrix[tile[1], after].T


def _points(rows: _Rows, tile: tuple[slice, slice], lag: int) -> Single:
    """Return how many points each pair has in common at a lag."""
    if not rows.whole:
        points: Single = np.matmul(*_shifted(rows.present, tile, lag))
        return points
    steps = np.float32(rows.filled.shape[1])
    first, other = rows.first[tile[0]][:, None], rows.first[tile[1]][None, :] - np.float32(lag)
    begin = np.maximum(np.maximum(first, other), np.float32(0))
    counted: Single = np.maximum(steps - np.float32(max(lag, 0)) - begin, np.float32(0))
    return counted


def _inflation(rows: _Rows, tile: tuple[slice, slice], best: _Best, calendar: bool) -> Single:
    """Return by how much the squares at far lags exceed those of noise, at least 1."""
    top, side = tile
    own = rows.present.sum(axis=1)
    far_squares = rows.spectrum[top] @ rows.spectrum[side].T - best.near_squares
    far_points = np.maximum(own[top][:, None] * own[side][None, :] - best.near_points, 1)
    excess: Single = np.maximum(far_squares / far_points - 1, 0)
    if calendar:
        return 1 + excess
    # the mean of squares over the lags beyond those searched, weighted by their points, has this variance
    lags_far = 1.5 * rows.filled.shape[1]
    noise = np.float32(2 / lags_far)
    inflation: Single = 1 + excess**3 / (excess**2 + noise)
    return inflation


def _joined(parts: list[Screened]) -> Screened:
    """Return the tiles as one table in the order of the pairs."""
    if not parts:
        none, empty = np.empty(0, dtype=np.int64), np.empty(0)
        return Screened(none, none, none, empty, empty, empty, empty, 0)
    left, right = _column(parts, "left"), _column(parts, "right")
    order = np.lexsort((right, left))
    return Screened(
        left=left[order],
        right=right[order],
        lag_steps=_column(parts, "lag_steps")[order],
        coefficient=_column(parts, "coefficient")[order],
        overlap=_column(parts, "overlap")[order],
        inflation=_column(parts, "inflation")[order],
        strength=_column(parts, "strength")[order],
        tested=sum(part.tested for part in parts),
    )


def _column(parts: list[Screened], name: str) -> npt.NDArray[Any]:
    return np.concatenate([getattr(part, name) for part in parts])
