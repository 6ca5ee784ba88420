"""From a value as measured to the number that is scored, by the kind of its series, and back."""

from __future__ import annotations

import math

VALUE_MAX = 1e100
# Var(2·√(x + 3/8)) is nearly 1 for a Poisson count of any mean. Source: Anscombe, The transformation of Poisson,
# binomial and negative-binomial data, Biometrika 35 (1948) 246-254.
ANSCOMBE_SHIFT = 3.0 / 8.0
RESET_SHARE = 0.5

GAUGE = "gauge"
COUNTER = "counter"
COUNT = "count"
KINDS = (GAUGE, COUNTER, COUNT)


def bounded(value: float) -> float:
    """Return the value, or the nearest one whose arithmetic cannot overflow."""
    return min(VALUE_MAX, max(-VALUE_MAX, value))


def is_reset(before: float, value: float) -> bool:
    """Return whether a counter began anew: it fell to less than half. A small fall is a correction."""
    return before > 0.0 and value < RESET_SHARE * before


def stabilised(count: float) -> float:
    """Return a count on the scale on which its noise does not depend on its size; odd around 0."""
    root = 2.0 * (math.sqrt(abs(count) + ANSCOMBE_SHIFT) - math.sqrt(ANSCOMBE_SHIFT))
    return root if count >= 0.0 else -root


def count_of(number: float) -> float:
    """Return the count whose :func:`stabilised` form is given."""
    root = abs(number) / 2.0 + math.sqrt(ANSCOMBE_SHIFT)
    count = root * root - ANSCOMBE_SHIFT
    return count if number >= 0.0 else -count
