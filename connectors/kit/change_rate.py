"""How often a request's answer changes, estimated from what its polls saw (pure).

Source: Cho and Garcia-Molina, "Estimating frequency of change", ACM TOIT 3(3), 2003: changes are taken as a Poisson
process of which a poll sees only whether there was any since the one before. The estimate is the maximum of the
likelihood for polls at irregular distances (their section 5), with half a poll without a change added, which takes most
of the bias away (their section 4.2). Half a poll with a change is added too, so that what was never seen to change is
not taken as never changing: after T seconds without a change about half a change in T is expected.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

HISTORY_MAX: Final = 24
"""Polls that are remembered: a rate that has moved is followed within so many."""

_HALF = 0.5
_RATE_MIN = 1e-9  # a change in thirty years
_RATE_MAX = 1e4
_HALVINGS = 32
_EXPONENT_MAX = 700.0


@dataclass(frozen=True, slots=True)
class ChangeHistory:
    """What the last polls of a request saw.

    Attributes:
        spans_ms: milliseconds between a poll and the one before it, oldest first; negative where nothing had changed.
        looked_at_ms: our wall clock at the last poll, milliseconds since the epoch; ``None`` before the first.
    """

    spans_ms: tuple[int, ...] = ()
    looked_at_ms: int | None = None

    def looked(self, at_ms: int, *, changed: bool) -> ChangeHistory:
        """Return the history with a further poll.

        Args:
            at_ms: our wall clock, milliseconds since the epoch.
            changed: whether it saw anything that the poll before had not.
        """
        if self.looked_at_ms is None or at_ms <= self.looked_at_ms:
            # the first has nothing to compare with, and a clock that was set back tells no span
            return ChangeHistory(self.spans_ms, at_ms)
        span_ms = at_ms - self.looked_at_ms
        spans_ms = (*self.spans_ms, span_ms if changed else -span_ms)
        return ChangeHistory(spans_ms[-HISTORY_MAX:], at_ms)

    @property
    def changed_last(self) -> bool:
        """Whether the last poll saw a change of what the one before it had seen."""
        return bool(self.spans_ms) and self.spans_ms[-1] > 0

    def changes_per_second(self, usual_seconds: float) -> float:
        """Return the estimated rate of change.

        Args:
            usual_seconds: between two polls, where the history tells no distance.
        """
        changed = [span_ms / 1000 for span_ms in self.spans_ms if span_ms > 0]
        unchanged_seconds = -sum(span_ms for span_ms in self.spans_ms if span_ms < 0) / 1000
        # at the shortest distance, where a poll tells most about what changes fast
        half_seconds = min((abs(span_ms) / 1000 for span_ms in self.spans_ms), default=usual_seconds)
        seen = [(seconds, 1.0) for seconds in changed] + [(half_seconds, _HALF)]
        return _likeliest(seen, unchanged_seconds + _HALF * half_seconds)


def _likeliest(seen: list[tuple[float, float]], unchanged_seconds: float) -> float:
    """Return the rate at which the derivative of the log-likelihood is 0; it falls with the rate."""
    low, high = math.log(_RATE_MIN), math.log(_RATE_MAX)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rate = math.exp(middle)
        slope = sum(
            weight * seconds / math.expm1(min(rate * seconds, _EXPONENT_MAX)) for seconds, weight in seen
        )
        if slope > unchanged_seconds:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)
