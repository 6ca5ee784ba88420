"""How many requests a vendor allows: what a connector declares, and what an answer's headers say (pure).

A vendor's reset counts from the vendor's own ``Date``, so that a clock that differs from ours, or runs faster,
does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

BACKPRESSURE_SECONDS_DEFAULT = 60.0  # where the vendor says wait, but not how long
BACKPRESSURE_SECONDS_MAX = 900.0
KEPT_SHARE = 0.95  # of what is documented, all together use at most
LIVE_SHARE = 0.85  # and the live poll: the rest is for a person, and comes back while the poll goes on
HISTORY_SHARE = 0.1  # and history that is filled in: what the poll leaves of the whole
PERSON_SHARE = 0.05  # of what is documented, a person may have at once beside the poll
_WHOLE_SHARE = 0.999  # a window sees whole requests, so a limit of 2.5 is one of 2
AT_ONCE_SHARE = 0.1
_EPOCH_SECONDS_MIN = 1e9
_EPOCH_MILLISECONDS_MIN = 1e11


@dataclass(frozen=True, slots=True)
class HeaderQuota:
    """A quota whose state stands in the vendor's answers.

    Attributes:
        limit: header of the requests allowed in a window.
        remaining: header of the requests left.
        reset: header of the window's end: epoch seconds, epoch milliseconds, or seconds from now.
        window_seconds: length of a window, where the end is not said.
        resource: header that names the bucket which a request counts against, where a vendor has several.
        reserve_share: share of the limit that the live poll leaves to a person and to others with the credential.
        rate: what the vendor documents beside its headers, as a limit by the minute; ``None`` if nothing.
        description: for people.
    """

    limit: str = "x-ratelimit-limit"
    remaining: str = "x-ratelimit-remaining"
    reset: str = "x-ratelimit-reset"
    window_seconds: float = 3600.0
    resource: str = "x-ratelimit-resource"
    reserve_share: float = 0.1
    rate: DocumentedRate | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Spacing:
    """How requests are let through.

    Attributes:
        at_once: requests that may come at once after a rest, at least 1.
        seconds: between two of them from then on.
    """

    at_once: int
    seconds: float


@dataclass(frozen=True, slots=True)
class DocumentedRate:
    """A quota that the vendor only documents.

    Attributes:
        requests: allowed in a window.
        window_seconds: length of a window.
        description: for people.
    """

    requests: float
    window_seconds: float = 60.0
    description: str = ""

    def spacing(self) -> Spacing:
        """Return the spacing with which no window of this length ever sees more than ``requests``.

        With b at once and one each t seconds, a window sees b - 1 + ceil(window / t) at most. A tenth of the
        requests may come at once and the rest is spread, with a twentieth kept back because requests do not travel
        evenly. It holds for a vendor that counts by fixed windows, by sliding ones, or with a bucket of
        ``requests`` tokens.
        """
        return self._spread(KEPT_SHARE, self._at_once() + self._person_at_once())

    def live_spacing(self) -> Spacing:
        """Return the spacing of the live poll, which always leaves room for some requests of a person."""
        return self._spread(LIVE_SHARE, self._at_once())

    def history_spacing(self) -> Spacing:
        """Return the spacing of history that is filled in beside the live poll."""
        return Spacing(1, self.window_seconds / (self.requests * HISTORY_SHARE))

    def _at_once(self) -> int:
        return max(1, math.floor(self.requests * AT_ONCE_SHARE))

    def _person_at_once(self) -> int:
        # where no two may come at once, a person waits for the next turn instead
        return max(1, math.floor(self.requests * PERSON_SHARE)) if self._at_once() > 1 else 0

    def _spread(self, share: float, at_once: int) -> Spacing:
        whole = max(1, math.floor(self.requests))
        spread = min(self.requests * share, whole * _WHOLE_SHARE) - (at_once - 1)
        return Spacing(at_once, self.window_seconds / spread)


Quota = HeaderQuota | DocumentedRate


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left of a window.

    Attributes:
        limit: requests allowed in the window; 0 if unknown.
        remaining: requests left.
        reset_at: end of the window.
    """

    limit: int
    remaining: int
    reset_at: float


def read_remaining(quota: HeaderQuota, headers: Mapping[str, str], now: float) -> Remaining | None:
    """Return what an answer says about the quota, or ``None`` if it says nothing.

    Args:
        quota: where it stands.
        headers: of the answer, lower-case names.
        now: by our clock, seconds.
    """
    remaining = _number(headers.get(quota.remaining))
    if remaining is None:
        return None
    limit = _number(headers.get(quota.limit)) or 0.0
    seconds = _reset_seconds(headers.get(quota.reset), headers)
    # a reset that lies beyond a whole window is a mistake, and would stop everything
    wait = quota.window_seconds if seconds is None else min(max(seconds, 0.0), quota.window_seconds)
    return Remaining(int(limit), int(remaining), now + wait)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return what ``Retry-After`` asks for, at most an hour; ``None`` if it is absent or not to be read.

    Source: RFC 9110 section 10.2.3: seconds, or a date.
    """
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is None:
        until, now = vendor_seconds(value), vendor_seconds(headers.get("date"))
        if until is None or now is None:
            return None
        seconds = until - now
    return min(max(seconds, 0.0), 3600.0)


def vendor_seconds(date: str | None) -> float | None:
    """Return an HTTP date as epoch seconds; ``None`` if it is absent or not to be read."""
    if date is None:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def _reset_seconds(value: str | None, headers: Mapping[str, str]) -> float | None:
    number = _number(value)
    if number is None or number < _EPOCH_SECONDS_MIN:
        return number
    now = vendor_seconds(headers.get("date"))
    if now is None:
        return None
    return (number / 1000 if number > _EPOCH_MILLISECONDS_MIN else number) - now


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
