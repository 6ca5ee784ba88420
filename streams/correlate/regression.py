"""One regression a series, in levels: its own past, a quadratic trend and the shared calendar lines.

An autoregressive filter passes sinusoids and polynomials on in form, so that trend, season and memory can be
estimated together on the untouched level. No unit-root test is needed before it: blind differencing spoils
white noise, and a test errs where the root is near one.

Source: Haugh, Checking the independence of two covariance-stationary time series, JASA 71 (1976) 378-385
    (correlate the innovations, not the series); Hurvich and Tsai, Regression and time series model selection
    in small samples, Biometrika 76 (1989) 297-307 (AICc).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streams.correlate.parallel import side_by_side
from streams.correlate.series import BoolArray, FloatArray, IntArray

ORDER_MAX = 12
# A lag that falls into a gap takes the last value before it, over so many steps at most. Only the past that
# a residual is compared with is carried; the residual itself needs its own observation.
CARRY_STEPS_MAX = 2
# An order is open to a series only while so much of its points keep a complete past.
ROWS_KEPT_MIN = 0.6
_RIDGE = 1e-9
_CHUNK_SERIES = 128


@dataclass(frozen=True, eq=False)
class Fit:
    """Residuals of the regression.

    Args:
        residuals: one row a series, NaN where there is none.
        orders: the autoregressive order taken for each series.
    """

    residuals: FloatArray
    orders: IntArray


def trend_and_lines(window_steps: int, frequencies: FloatArray) -> FloatArray:
    """Return the regressors that all series share, one column each.

    Args:
        window_steps: number of grid points.
        frequencies: calendar lines in cycles a step; a line at one half has no sine.
    """
    time = np.linspace(-1.0, 1.0, window_steps)
    columns = [np.ones(window_steps), time, 1.5 * time**2 - 0.5]
    steps = np.arange(window_steps)
    for frequency in frequencies:
        columns.append(np.cos(2 * np.pi * frequency * steps))
        if frequency < 0.5 - 1e-9:
            columns.append(np.sin(2 * np.pi * frequency * steps))
    return np.column_stack(columns)


def fit_autoregression(signals: FloatArray, shared: FloatArray, *, order_max: int, by_aicc: bool) -> Fit:
    """Return what trend, lines and a series' own past leave over.

    Args:
        signals: one row a series, NaN in gaps.
        shared: regressors common to all, from :func:`trend_and_lines`.
        order_max: highest autoregressive order.
        by_aicc: choose the order by AICc; otherwise take ``order_max`` where a series has the rows for it.
    """
    residuals = np.full_like(signals, np.nan)
    orders = np.zeros(len(signals), dtype=np.int64)
    parts = [slice(first, first + _CHUNK_SERIES) for first in range(0, len(signals), _CHUNK_SERIES)]
    fits = side_by_side(
        lambda part: _fit_chunk(_standardised(signals[part]), shared, order_max, by_aicc), parts
    )
    for part, fit in zip(parts, fits, strict=True):
        residuals[part], orders[part] = fit.residuals, fit.orders
    return Fit(residuals, orders)


def _standardised(signals: FloatArray) -> FloatArray:
    """Return each row with mean 0 and standard deviation 1 (a row without spread becomes 0)."""
    centred = signals - np.nanmean(signals, axis=1, keepdims=True)
    spread = np.nanstd(centred, axis=1, keepdims=True)
    standardised: FloatArray = centred / np.where(spread > 0, spread, 1.0)
    return standardised


def _fit_chunk(signals: FloatArray, shared: FloatArray, order_max: int, by_aicc: bool) -> Fit:
    """Return the fit of some series at once."""
    present = ~np.isnan(signals)
    past = _lagged(_carried(signals), order_max)
    complete = _complete_past(present, past)
    order_open = _open_orders(complete)
    rows = np.take_along_axis(complete, order_open[:, None, None], axis=2)[:, :, 0]
    design = np.concatenate(
        [np.broadcast_to(shared, (len(signals), *shared.shape)), np.nan_to_num(past)], axis=2
    )
    factor, scales = _factorised(design, np.nan_to_num(signals), rows)
    orders = _orders_by_aicc(factor, rows.sum(1), shared.shape[1], order_open) if by_aicc else order_open
    residuals = np.full_like(signals, np.nan)
    for order in np.unique(orders):
        chosen = np.flatnonzero(orders == order)
        width = shared.shape[1] + int(order)
        coefficients = np.linalg.solve(
            factor[chosen, :width, :width].transpose(0, 2, 1), factor[chosen, -1, :width, None]
        )
        fitted = design[chosen, :, :width] @ (coefficients / scales[chosen, :width, None])
        kept = complete[chosen, :, int(order)]
        residuals[chosen] = np.where(kept, signals[chosen] - fitted[:, :, 0], np.nan)
    return Fit(residuals, orders)


def _carried(signals: FloatArray) -> FloatArray:
    """Return the signals with short gaps filled by the last value before them."""
    filled = signals.copy()
    for _ in range(CARRY_STEPS_MAX):
        before = np.concatenate([np.full((len(filled), 1), np.nan), filled[:, :-1]], axis=1)
        filled = np.where(np.isnan(filled), before, filled)
    return filled


def _lagged(filled: FloatArray, order_max: int) -> FloatArray:
    """Return the past of each point: series by grid point by lag 1..order_max."""
    past = np.full((*filled.shape, order_max), np.nan)
    for lag in range(1, order_max + 1):
        past[:, lag:, lag - 1] = filled[:, :-lag]
    return past


def _complete_past(present: BoolArray, past: FloatArray) -> BoolArray:
    """Return where a point and its past up to order 0, 1, .. are known: series by point by order."""
    known = np.concatenate([present[:, :, None], ~np.isnan(past)], axis=2)
    return np.logical_and.accumulate(known, axis=2)


def _open_orders(complete: BoolArray) -> IntArray:
    """Return the highest order for which enough of a series' points keep a complete past."""
    rows = complete.sum(axis=1)
    enough = rows >= ROWS_KEPT_MIN * rows[:, :1]
    orders: IntArray = np.logical_and.accumulate(enough, axis=1).sum(axis=1) - 1
    return orders


def _factorised(design: FloatArray, signals: FloatArray, rows: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return the Cholesky factors of the scaled cross products, the signal last, and the column scales.

    The columns are nested by order, so that one factor holds the residual sums of squares of all orders.
    """
    columns = np.concatenate([design, signals[:, :, None]], axis=2) * rows[:, :, None]
    scales = np.sqrt(np.einsum("stc,stc->sc", columns, columns))
    scales = np.where(scales > 0, scales, 1.0)
    scales[:, -1] = 1.0
    columns /= scales[:, None, :]
    products = columns.transpose(0, 2, 1) @ columns
    width = products.shape[1]
    products[:, np.arange(width), np.arange(width)] += _RIDGE
    return np.linalg.cholesky(products), scales[:, :-1]


def _orders_by_aicc(factor: FloatArray, rows: IntArray, shared_count: int, order_open: IntArray) -> IntArray:
    """Return the order with the least corrected Akaike criterion among those open to each series."""
    weights = factor[:, -1, :] ** 2
    left_over = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1][:, shared_count:]
    candidates = np.arange(left_over.shape[1])
    parameters = shared_count + candidates + 1.0
    spare = np.maximum(rows[:, None] - parameters - 1.0, 0.5)
    count = np.maximum(rows[:, None], 1)
    criterion = count * np.log(np.maximum(left_over, _RIDGE) / count)
    criterion += 2 * parameters + 2 * parameters * (parameters + 1) / spare
    criterion[candidates > order_open[:, None]] = np.inf
    best: IntArray = np.argmin(criterion, axis=1)
    return best
