"""What kind of series it is, and whether it can be correlated at all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from streams.correlate.series import FloatArray

POINTS_MIN = 32
CHANGES_MIN = 8
# Squares and products of larger values overflow.
MAGNITUDE_MAX = 1e150
# A float carries 53 bits: a series that moves by less than this share of its level moves by rounding.
RELATIVE_SPREAD_MIN = 1e-12
REPEATED_SHARE_STAIRCASE = 0.6
RESTING_SHARE = 0.5
COUNT_MEDIAN_MAX = 50.0
RESETS_SHARE_MAX = 0.02
# Var(2·√(x + 3/8)) is nearly 1 for a Poisson count of any mean. Source: Anscombe, The transformation of
# Poisson, binomial and negative-binomial data, Biometrika 35 (1948) 246-254.
ANSCOMBE_SHIFT = 3 / 8


class Kind(StrEnum):
    """How a series is to be read."""

    GAUGE = "gauge"
    COUNTER = "counter"
    COUNT = "count"
    STAIRCASE = "staircase"


@dataclass(frozen=True)
class Judgement:
    """The kind of a series in a window.

    Args:
        kind: how it is read.
        reason: why, in a few words.
    """

    kind: Kind
    reason: str


def points_needed(window_steps: int) -> int:
    """Return how many grid points of a window a series must fill to be correlated."""
    return max(POINTS_MIN, window_steps // 4)


def refusal_of(row: FloatArray) -> str | None:
    """Return why a gridded series cannot be correlated in this window, or None if it can.

    Args:
        row: values on the grid, NaN where nothing was measured.
    """
    present = row[~np.isnan(row)]
    needed = points_needed(len(row))
    if not np.isfinite(present).all():
        return f"not finite: {int((~np.isfinite(present)).sum())} infinite values in the window"
    if len(present) and np.abs(present).max() > MAGNITUDE_MAX:
        return f"too large: |{_extreme(present):.3g}| is above {MAGNITUDE_MAX:g}"
    if len(present) < needed:
        return f"too few points: {len(present)} of {len(row)} grid points are filled, {needed} are needed"
    if np.ptp(present) == 0:
        return f"constant: every value is {present[0]:.6g}"
    if np.ptp(present) <= RELATIVE_SPREAD_MIN * np.abs(present).max():
        return f"constant but for rounding: it moves by {np.ptp(present):.3g} around {present[0]:.6g}"
    changes = int(np.count_nonzero(np.diff(present)))
    if changes < CHANGES_MIN:
        return f"too few changes: {changes} in the window, {CHANGES_MIN} are needed"
    return None


def kind_of(row: FloatArray, stated: str | None) -> Judgement:
    """Return the kind of a gridded series that was not refused.

    A stated kind is kept, but a gauge or count that mostly repeats its last value without resting at one value
    is a staircase whatever it was called: its level says little, only its changes do.

    Args:
        row: values on the grid, NaN where nothing was measured.
        stated: the kind its source gave, one of :class:`Kind`, or None.
    """
    present = row[~np.isnan(row)]
    if stated in (Kind.COUNTER, Kind.STAIRCASE):
        return Judgement(Kind(stated), "stated by the source")
    if stated is None and _never_falls(present):
        return Judgement(Kind.COUNTER, "never falls but for resets")
    repeated = float(np.mean(np.diff(present) == 0))
    if repeated > REPEATED_SHARE_STAIRCASE and resting_share(present) <= RESTING_SHARE:
        return Judgement(Kind.STAIRCASE, f"{repeated:.0%} of the values repeat the one before")
    if stated is not None:
        return Judgement(Kind(stated), "stated by the source")
    if _counts(present):
        return Judgement(Kind.COUNT, "small whole numbers from 0 on")
    return Judgement(Kind.GAUGE, "values on a level")


def signal_of(row: FloatArray, kind: Kind) -> FloatArray:
    """Return the series in the form in which its relation to others is sought.

    A counter becomes the root of its increments (an increment across a gap or a reset is unknown), a count its
    root, a staircase its changes, a gauge stays.

    Args:
        row: values on the grid, NaN where nothing was measured.
        kind: how they are read.
    """
    if kind is Kind.GAUGE:
        return row
    if kind is Kind.COUNT:
        return np.sqrt(np.maximum(row, 0.0) + ANSCOMBE_SHIFT)
    changes = np.concatenate([[np.nan], np.diff(row)])
    if kind is Kind.STAIRCASE:
        return changes
    return np.sqrt(np.where(changes < 0, np.nan, changes) + ANSCOMBE_SHIFT)


def signal_refusal_of(signal: FloatArray) -> str | None:
    """Return why the prepared form of a series says nothing, or None if it does."""
    present = signal[~np.isnan(signal)]
    needed = points_needed(len(signal))
    if len(present) < needed:
        return f"too few steps: {len(present)} neighbouring pairs of values, {needed} are needed"
    if np.ptp(present) <= RELATIVE_SPREAD_MIN * np.abs(present).max():
        return "constant: it grows by the same amount in every step"
    away = int(np.count_nonzero(present != _mode(present)))
    if away < CHANGES_MIN:
        return f"too few changes: {away} steps differ from the usual one, {CHANGES_MIN} are needed"
    return None


def resting_share(present: FloatArray) -> float:
    """Return the share of the values that are the most frequent value."""
    return float(np.mean(present == _mode(present)))


def _mode(present: FloatArray) -> float:
    """Return the most frequent value, the smallest of several."""
    ascending = np.sort(present)
    changes = np.flatnonzero(ascending[1:] != ascending[:-1]) + 1
    bounds = np.concatenate([[0], changes, [len(ascending)]])
    return float(ascending[bounds[np.argmax(bounds[1:] - bounds[:-1])]])


def _extreme(present: FloatArray) -> float:
    """Return the value farthest from 0."""
    return float(present[np.argmax(np.abs(present))])


def _never_falls(present: FloatArray) -> bool:
    """Return whether the values grow, but for rare falls to less than half as a restarted counter has."""
    changes = np.diff(present)
    falls = changes < 0
    to_low = present[1:][falls] < present[:-1][falls] / 2
    rare = np.count_nonzero(falls) <= RESETS_SHARE_MAX * len(changes)
    return bool(present.min() >= 0 and rare and to_low.all())


def _counts(present: FloatArray) -> bool:
    """Return whether the values are small whole numbers, none below 0."""
    whole = bool(np.all(present == np.floor(present)))
    return whole and present.min() >= 0 and float(np.median(present)) <= COUNT_MEDIAN_MAX
