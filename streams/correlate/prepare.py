"""From gridded series to what is correlated: innovations without calendar, trend and memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from streams.correlate.calendar_lines import shared_calendar_lines
from streams.correlate.kinds import (
    RESTING_SHARE,
    Judgement,
    Kind,
    kind_of,
    refusal_of,
    resting_share,
    signal_of,
    signal_refusal_of,
)
from streams.correlate.regression import ORDER_MAX, fit_autoregression, trend_and_lines
from streams.correlate.series import BoolArray, FloatArray, IntArray, Preparation

# Ranks of mostly tied data would blow the tiny differences that a regression leaves up to full scale, so
# a series at rest keeps its own scale, with its largest moves bounded.
RESTING_SPREADS_MAX = 4.0
SCORE_ORDER_MAX = 6


@dataclass(frozen=True, eq=False)
class Prepared:
    """The series that can be correlated, ready for it.

    Args:
        rows: their positions among the series given.
        scores: one row a series, NaN where there is nothing, mean square 1.
        shared_count: regressors (constant, trend, lines) taken out of all: degrees of freedom lost by each pair.
        frequencies: the calendar lines taken out, cycles a step.
        preparations: how each was prepared.
        refused: position and reason of each series left out.
    """

    rows: IntArray
    scores: FloatArray
    shared_count: int
    frequencies: FloatArray
    preparations: tuple[Preparation, ...]
    refused: dict[int, str]


def prepare(gridded: FloatArray, kinds: Sequence[str | None]) -> Prepared:
    """Return the prepared series of a window.

    Args:
        gridded: one row a series, NaN where nothing was measured.
        kinds: the stated kind of each, or None.
    """
    judged, signals, refused = _judged(gridded, kinds)
    rows = np.array(sorted(judged), dtype=np.int64)
    levels = np.array([signals[row] for row in rows]).reshape(len(rows), gridded.shape[1])
    stairs = np.array([judged[row].kind is Kind.STAIRCASE for row in rows], dtype=bool)
    frequencies = shared_calendar_lines(levels[~stairs])
    shared = trend_and_lines(gridded.shape[1], frequencies)
    fit = fit_autoregression(levels[~stairs], shared, order_max=ORDER_MAX, by_aicc=True)
    resting = np.array(
        [resting_share(level[~np.isnan(level)]) > RESTING_SHARE for level in levels], dtype=bool
    )
    scores = np.empty_like(levels)
    scores[stairs] = _unit_mean_square(levels[stairs])
    scores[~stairs] = _scores(fit.residuals, resting[~stairs])
    orders = np.zeros(len(rows), dtype=np.int64)
    orders[~stairs] = fit.orders
    preparations = tuple(
        _preparation(judged[row], int(order), len(frequencies), at_rest, score)
        for row, order, at_rest, score in zip(rows, orders, resting, scores, strict=True)
    )
    return Prepared(rows, scores, shared.shape[1], frequencies, preparations, refused)


def normal_scores(residuals: FloatArray) -> FloatArray:
    """Return each row's values replaced by the normal quantiles of their ranks, NaN staying NaN.

    Source: van der Waerden, Order tests for the two-sample problem, Indag. Math. 14 (1952) 453-458.
    """
    missing = np.isnan(residuals)
    ranks = average_ranks(np.where(missing, np.inf, residuals))
    count = (~missing).sum(axis=1, keepdims=True)
    quantiles = special.ndtri(np.where(missing, 0.5, (ranks - 0.5) / np.maximum(count, 1)))
    return _unit_mean_square(np.where(missing, np.nan, quantiles))


def average_ranks(rows: FloatArray) -> FloatArray:
    """Return the rank of each value in its row from 1 on, ties sharing the mean of theirs.

    As ``scipy.stats.rankdata`` does, whose import alone would double the time that a worker takes to start.
    """
    if rows.size == 0:
        return rows.copy()
    order = np.argsort(rows, axis=1)
    ascending = np.take_along_axis(rows, order, axis=1)
    places = np.arange(rows.shape[1])
    begins = np.ones(rows.shape, dtype=bool)
    begins[:, 1:] = ascending[:, 1:] != ascending[:, :-1]
    ends = np.ones(rows.shape, dtype=bool)
    ends[:, :-1] = begins[:, 1:]
    first = np.maximum.accumulate(np.where(begins, places, 0), axis=1)
    last = np.minimum.accumulate(np.where(ends, places, rows.shape[1])[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(rows.shape)
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=1)
    return ranks


def _judged(
    gridded: FloatArray, kinds: Sequence[str | None]
) -> tuple[dict[int, Judgement], dict[int, FloatArray], dict[int, str]]:
    """Return kind and signal of the series that can be used, and why the others cannot."""
    judged: dict[int, Judgement] = {}
    signals: dict[int, FloatArray] = {}
    refused: dict[int, str] = {}
    for row, (values, stated) in enumerate(zip(gridded, kinds, strict=True)):
        if stated is not None and stated not in set(Kind):
            refused[row] = f"kind {stated!r} is none of {', '.join(Kind)}"
            continue
        reason = refusal_of(values)
        if reason is None:
            judgement = kind_of(values, stated)
            signal = signal_of(values, judgement.kind)
            reason = signal_refusal_of(signal)
        if reason is not None:
            refused[row] = reason
            continue
        judged[row], signals[row] = judgement, signal
    return judged, signals, refused


def _scores(residuals: FloatArray, resting: BoolArray) -> FloatArray:
    """Return what is multiplied: normal scores, or the bounded residuals of series at rest."""
    scores = np.empty_like(residuals)
    scores[~resting] = _whitened(normal_scores(residuals[~resting]))
    scaled = _unit_mean_square(residuals[resting])
    scores[resting] = _unit_mean_square(np.clip(scaled, -RESTING_SPREADS_MAX, RESTING_SPREADS_MAX))
    return scores


def _whitened(scores: FloatArray) -> FloatArray:
    """Return the scores without the memory that they have left.

    A regression by least squares follows the largest moves, and leaves memory in the many small ones: bursts that
    fade over noise, for instance. Ranks weigh all points alike, so their own autoregression finds that memory. Its
    residuals are not ranked again, which would bring it back, nor bounded, which would make a run of like values
    of each burst.
    """
    if len(scores) == 0:
        return scores
    constant = np.ones((scores.shape[1], 1))
    fit = fit_autoregression(scores, constant, order_max=SCORE_ORDER_MAX, by_aicc=True)
    return _unit_mean_square(fit.residuals)


def _unit_mean_square(rows: FloatArray) -> FloatArray:
    """Return the rows scaled to mean square 1, zeros staying exactly 0."""
    if rows.size == 0:
        return rows
    scale = np.sqrt(np.nanmean(rows**2, axis=1, keepdims=True))
    scaled: FloatArray = rows / np.where(scale > 0, scale, 1.0)
    return scaled


def _preparation(
    judgement: Judgement, order: int, lines: int, at_rest: bool, score: FloatArray
) -> Preparation:
    """Return how one series was prepared, in words."""
    forms = {
        Kind.GAUGE: "levels",
        Kind.COUNT: "root of the count",
        Kind.COUNTER: "root of the increments",
        Kind.STAIRCASE: "changes, rest kept at 0",
    }
    parts = [forms[judgement.kind]]
    if judgement.kind is not Kind.STAIRCASE:
        parts.append(f"without quadratic trend, {lines} shared calendar lines and AR({order})")
        parts.append("mostly at rest: bounded residuals" if at_rest else "normal scores")
    reason = f"{judgement.kind} ({judgement.reason}): {'; '.join(parts)}"
    return Preparation(str(judgement.kind), reason, int(np.count_nonzero(~np.isnan(score))))
