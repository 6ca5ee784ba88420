"""What is paid for looking at many lags and many pairs."""

from __future__ import annotations

import numpy as np

from streams.correlate.series import FloatArray


def sidak(p_values: FloatArray, tests: int) -> FloatArray:
    """Return the p-values of the best of so many tests.

    Args:
        p_values: the smallest p-value of each search.
        tests: how many were looked at in each search.

    Source: Šidák, Rectangular confidence regions for the means of multivariate normal distributions,
        JASA 62 (1967) 626-633. Neighbouring lags depend on each other little once both series are white.
    """
    with np.errstate(divide="ignore"):
        paid: FloatArray = -np.expm1(tests * np.log1p(-p_values))
    return paid


def benjamini_hochberg(p_values: FloatArray, tests: int | None = None) -> FloatArray:
    """Return the q-values: the smallest false-discovery rate at which each test would be reported.

    Args:
        p_values: one a test of the family; the order is kept.
        tests: size of the family, where only its smallest p-values are given.

    Source: Benjamini and Hochberg, Controlling the false discovery rate, JRSS B 57 (1995) 289-300.
    """
    count = len(p_values)
    if count == 0:
        return p_values.copy()
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * (count if tests is None else tests) / np.arange(1, count + 1)
    q_values = np.empty(count)
    q_values[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q_values
