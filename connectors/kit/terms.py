"""What a vendor allows, for whom (pure): the terms by which a budget is spent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from connectors.kit.quota import DocumentedRate, HeaderQuota, Quota, Remaining, Spacing


class Purpose(StrEnum):
    """For whom a request is."""

    LIVE = "live"
    """The live poll: leaves the reserve alone."""
    PERSON = "person"
    """A person who waits: may use the reserve."""
    HISTORY = "history"
    """History that is filled in: slowly, from one half of the reserve."""


_RESERVE_KEPT = {Purpose.LIVE: 1.0, Purpose.HISTORY: 0.5, Purpose.PERSON: 0.0}
"""Share of the reserve that is not for a purpose."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a vendor allows, as the budget applies it.

    Attributes:
        window: where the vendor tells what is left; ``None`` if it does not.
        spacing: of all requests; ``None`` if only the vendor's word counts.
        live_spacing: of the live poll, which leaves room for a person.
        history_spacing: of history that is filled in.
    """

    window: HeaderQuota | None
    spacing: Spacing | None
    live_spacing: Spacing | None
    history_spacing: Spacing | None = None

    @classmethod
    def of(cls, quota: Quota, requests_per_minute_max: float | None = None) -> Terms:
        """Return the terms of a declared quota.

        Args:
            quota: what the connector declares.
            requests_per_minute_max: what the user's plan allows, instead of a documented rate; ``None`` for that.
        """
        window = quota if isinstance(quota, HeaderQuota) else None
        rate = quota.rate if isinstance(quota, HeaderQuota) else quota
        if requests_per_minute_max is not None:
            rate = DocumentedRate(requests_per_minute_max)
        if rate is None:
            return cls(window, None, None)
        return cls(window, rate.spacing(), rate.live_spacing(), rate.history_spacing())

    def window_history_spacing(self, left: Remaining) -> Spacing | None:
        """Return how history is spaced so that it takes half of a window's reserve; ``None`` if that is not known."""
        if self.window is None or not left.limit:
            return None
        requests = max(1.0, left.limit * self.window.reserve_share / 2)
        return Spacing(1, self.window.window_seconds / requests)

    def reserve(self, left: Remaining, purpose: Purpose) -> int:
        """Return how many requests of a window are not for this purpose."""
        if self.window is None:
            return 0
        share = self.window.reserve_share * _RESERVE_KEPT[purpose]
        least = 0 if purpose is Purpose.PERSON else 1
        # a limit of 1 leaves nothing to keep back
        return min(max(least, math.ceil(left.limit * share)), max(0, left.limit - 1)) if left.limit else least
