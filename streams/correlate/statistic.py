"""How strongly each pair moves together, at its best lag, and how often chance does as much.

All pairs go through a screen (:mod:`streams.correlate.screen`): Student's t of the correlation of the scores
(Haugh 1976) at the lag where it is largest, divided by the inflation that the pair shows at lags farther away
than any that is searched. The strongest are then verified one by one with a second statistic, the
self-normalised sum Σuv / √Σ(uv)² in Student form: one coincident spike counts once however large it is, and
volatility or an update clock that two series share cancels. Source: Shao, A self-normalized approach to
confidence interval construction in time series, JRSS B 72 (2010) 343-366, for the idea of letting the sum
bring its own scale; de la Peña, Lai and Shao, Self-Normalized Processes (2009), for its tail.

Where series of the window keep a calendar the smaller of the two counts. Where none does, the second weighs as
much as the spread of the products exceeds what normal scores of that correlation would show by chance: the
smaller of two noisy figures would lose a tenth of t although both measure the same.

Verification only ever raises a p-value, and Benjamini-Hochberg is monotone in them: a pair that fails on the
screened p-values fails on the verified ones, so that nothing is lost by verifying only those that pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from streams.correlate.multiplicity import benjamini_hochberg, sidak
from streams.correlate.screen import Screened, screen
from streams.correlate.series import BoolArray, FloatArray, IntArray

# So many of the strongest pairs are verified whether or not they pass the screen.
VERIFIED_MIN = 5_000
# Of a family with more pairs only those that are verified are kept.
PAIRS_KEPT_WHOLE = 2_000_000
# The second statistic weighs half where the excess is so many standard errors.
_EXCESS_HALF = 0.5
_CHUNK_PAIRS = 2048
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
        tested: pairs that were tested; more than are here where the family is large.
    """

    left: IntArray
    right: IntArray
    lag_steps: IntArray
    coefficient: FloatArray
    n_effective: FloatArray
    p_value: FloatArray
    tested: int


def best_lags(
    scores: FloatArray,
    *,
    max_lag_steps: int,
    shared_count: int,
    calendar: bool = True,
    fdr: float = 0.05,
    anchored: BoolArray | None = None,
) -> BestLags:
    """Return every pair's strongest relation within the lags, with its p-value.

    Args:
        scores: one row a series, NaN where there is nothing, mean square 1.
        max_lag_steps: lags searched in both directions.
        shared_count: regressors taken out of both series, which cost degrees of freedom.
        calendar: whether any series keeps a calendar.
        fdr: rate at which pairs will be reported; all that pass it are verified.
        anchored: if given, only pairs with at least one of these rows are tested.
    """
    lags = 2 * max_lag_steps + 1
    count = len(scores) * (len(scores) - 1) // 2
    p_kept = 1.0 if count <= PAIRS_KEPT_WHOLE else fdr
    found = screen(scores, max_lag_steps, shared_count, anchored, calendar=calendar, p_kept=p_kept)
    freedom = np.maximum(found.overlap - shared_count - 1, 1.0)
    p_value = sidak(np.minimum(2 * special.stdtr(freedom, -found.strength), 1.0), lags)
    chosen = _to_verify(p_value, found.tested, fdr)
    strength, coefficient = found.strength.copy(), found.coefficient.copy()
    for first in range(0, len(chosen), _CHUNK_PAIRS):
        part = chosen[first : first + _CHUNK_PAIRS]
        verified, coefficient[part] = _verified(scores, found, part, shared_count, calendar)
        strength[part] = np.minimum(verified / np.sqrt(found.inflation[part]), found.strength[part])
    p_value[chosen] = sidak(np.minimum(2 * special.stdtr(freedom[chosen], -strength[chosen]), 1.0), lags)
    kept = chosen if count > PAIRS_KEPT_WHOLE else np.arange(len(p_value))
    return BestLags(
        left=found.left[kept],
        right=found.right[kept],
        lag_steps=found.lag_steps[kept],
        coefficient=coefficient[kept],
        n_effective=(found.overlap / found.inflation)[kept],
        p_value=p_value[kept],
        tested=found.tested,
    )


def _to_verify(p_value: FloatArray, tested: int, fdr: float) -> IntArray:
    """Return the positions of the pairs that pass the screen, and of the strongest, in ascending order."""
    passing = benjamini_hochberg(p_value, tested) <= fdr
    if len(p_value) <= VERIFIED_MIN:
        return np.arange(len(p_value))
    bound = np.partition(p_value, VERIFIED_MIN - 1)[VERIFIED_MIN - 1]
    return np.flatnonzero(passing | (p_value <= bound))


def _verified(
    scores: FloatArray, found: Screened, part: IntArray, shared_count: int, calendar: bool
) -> tuple[FloatArray, FloatArray]:
    """Return the strength of some pairs by both statistics, not yet deflated, and their correlation."""
    u, v = _aligned(scores, found.left[part], found.right[part], found.lag_steps[part])
    both = ~np.isnan(u) & ~np.isnan(v)
    u, v = np.where(both, u, 0.0), np.where(both, v, 0.0)
    count = both.sum(axis=1).astype(np.float64)
    power_u, power_v = (u * u).sum(axis=1), (v * v).sum(axis=1)
    products = u * v
    summed, squares = products.sum(axis=1), (products * products).sum(axis=1)
    r = np.clip(summed / np.sqrt(np.maximum(power_u * power_v, _TINY)), -1 + _TINY, 1 - _TINY)
    student = np.abs(r) * np.sqrt(np.maximum(count - shared_count - 1, 1.0) / (1 - r * r))
    smaller = np.minimum(student, _self_normalised(count, np.abs(summed), squares, shared_count))
    if calendar:
        return smaller, r
    scale = np.maximum(power_u * power_v / np.maximum(count, 1.0), _TINY)
    excess = np.maximum(squares / scale / (1 + 2 * r * r) - 1, 0.0)
    fourth = (u**4).sum(axis=1) * (v**4).sum(axis=1) / np.maximum(scale * scale, _TINY)
    noise = (_EXCESS_HALF**2) * np.maximum(fourth - 1, _TINY) / np.maximum(count, 1.0)
    weight = excess**2 / (excess**2 + noise)
    return student ** (1 - weight) * smaller**weight, r


def _self_normalised(
    count: FloatArray, summed: FloatArray, squares: FloatArray, shared_count: int
) -> FloatArray:
    """Return the self-normalised sum in Student form."""
    shrink = np.maximum(count - shared_count, 1.0) / np.maximum(count, 1.0)
    own = summed * np.sqrt(shrink / np.maximum(squares, _TINY))
    room = np.maximum(count - own * own, _TINY * count + _TINY)
    student: FloatArray = own * np.sqrt(np.maximum(count - 1, 1.0) / room)
    return student


def _aligned(
    scores: FloatArray, left: IntArray, right: IntArray, lags: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the rows of both sides, the right one moved so that what goes together stands together."""
    steps = scores.shape[1]
    columns = np.arange(steps)[None, :] + lags[:, None]
    inside = (columns >= 0) & (columns < steps)
    moved = scores[right[:, None], np.clip(columns, 0, steps - 1)]
    return scores[left], np.where(inside, moved, np.nan)
