"""What is said of a poll that has ended (pure)."""

from __future__ import annotations

import math

from connectors.kit.cost import Cost
from connectors.kit.errors import Refused
from connectors.kit.quota import Remaining
from connectors.kit.state import StoredQuota
from crosscurrent.errors import Backpressure, CrosscurrentError, Poison

SLOW_RETRY_SECONDS = 300.0  # for what asking again soon will not change


def stored_quota(left: Remaining | None) -> StoredQuota | None:
    """Return what is left of a window as the state keeps it; ``None`` if its end is not known."""
    if left is None or left.reset_at == math.inf:
        return None
    return StoredQuota(left.limit, left.remaining, round(left.reset_at * 1000))


def outcome_of(cost: Cost, error: CrosscurrentError | None) -> str:
    """Return the word for what came of a poll."""
    if error is None:
        return "ok" if cost.events else "unchanged"
    return "throttled" if isinstance(error, Backpressure) else "failed"


def pause_seconds(asked_seconds: float, error: CrosscurrentError | None) -> float:
    """Return how long a request rests at least.

    Args:
        asked_seconds: what the vendor asked for between two polls.
        error: what went wrong; ``None`` if nothing did.
    """
    if isinstance(error, Backpressure):
        return max(asked_seconds, error.retry_after_seconds)
    if isinstance(error, Refused | Poison):
        return max(asked_seconds, SLOW_RETRY_SECONDS)
    return asked_seconds
