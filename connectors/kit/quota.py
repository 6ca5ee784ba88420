"""How many requests a vendor still allows, by its own headers or by what it documents (pure).

All times are seconds of our monotonic clock. A vendor's reset counts from the vendor's own ``Date``, so that a
clock that differs from ours, or runs faster, does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

BACKPRESSURE_SECONDS_DEFAULT = 60.0  # where the vendor says wait, but not how long
BACKPRESSURE_SECONDS_MAX = 900.0
_SAME_WINDOW_SECONDS = 5.0  # Date and reset are whole seconds, so the end of a window is not known better
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
        reserve_share: share of the limit that is left unused, for others with the same credential.
        description: for people.
    """

    limit: str = "x-ratelimit-limit"
    remaining: str = "x-ratelimit-remaining"
    reset: str = "x-ratelimit-reset"
    window_seconds: float = 3600.0
    reserve_share: float = 0.05
    description: str = ""


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

    def bucket(self) -> tuple[float, float]:
        """Return size and seconds of a leaky bucket that never lets more than ``requests`` through in any window.

        A bucket of size b that empties in t seconds lets b + b * window / t through at most. A tenth of the
        requests may come at once and the rest is spread, with a twentieth kept in reserve.
        """
        size = max(1.0, math.floor(self.requests * 0.1))
        spread = max(self.requests * 0.95 - size, self.requests * 0.05)
        return size, size * self.window_seconds / spread


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


class Budget:
    """What may be asked now: keeps a reserve and waits for the reset instead of running into a refusal.

    Args:
        quota: where the vendor's word stands.
    """

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._left: Remaining | None = None
        self._silent = isinstance(quota, DocumentedRate)
        self._in_flight = 0
        self._paused_until = 0.0
        self._pauses = 0

    @property
    def left(self) -> Remaining | None:
        """What is left by the vendor's last word."""
        return self._left

    def restore(self, left: Remaining) -> None:
        """Take over what an earlier process learned."""
        self._left = left

    def wait_seconds(self, now: float) -> float:
        """Return how long no request may begin; 0 if one may."""
        if now < self._paused_until:
            return self._paused_until - now
        left = self._current(now)
        if left is None or left.remaining > self._reserve(left):
            return 0.0
        return max(0.0, left.reset_at - now)

    def has_room(self, now: float) -> bool:
        """Return whether one more request may run beside those that are under way."""
        left = self._current(now)
        if left is not None:
            return left.remaining - self._in_flight > self._reserve(left)
        # until the vendor has spoken, one request asks for all
        return self._silent or self._in_flight == 0

    def begin(self) -> None:
        """Take note that a request begins."""
        self._in_flight += 1

    def end(self) -> None:
        """Take note that a request has ended."""
        self._in_flight -= 1

    def learn(self, headers: Mapping[str, str], now: float) -> None:
        """Take note of the quota in an answer that was no refusal."""
        self._pauses = 0
        self._read(headers, now)

    def pause(self, headers: Mapping[str, str], now: float) -> float:
        """Return for how many seconds nothing may be asked, after an answer that asks to wait.

        Source: docs.github.com, "Rate limits for the REST API": ``Retry-After`` first, else until the reset
        if nothing remains, else at least a minute, growing.
        """
        self._read(headers, now)
        self._pauses += 1
        seconds = retry_after_seconds(headers)
        if seconds is None and self._left is not None and self._left.remaining <= 0:
            seconds = self._left.reset_at - now
        if seconds is None:
            growing = BACKPRESSURE_SECONDS_DEFAULT * 2 ** min(self._pauses - 1, 8)
            seconds = min(growing, BACKPRESSURE_SECONDS_MAX)
        self._paused_until = max(self._paused_until, now + max(0.0, seconds))
        return self._paused_until - now

    def _read(self, headers: Mapping[str, str], now: float) -> None:
        if isinstance(self._quota, DocumentedRate):
            return
        said = read_remaining(self._quota, headers, now)
        if said is None:
            self._silent = self._left is None
            return
        old = self._current(now)
        if (
            old is not None
            and old.reset_at != math.inf
            and said.reset_at < old.reset_at + _SAME_WINDOW_SECONDS
        ):
            # answers overtake each other: within a window only the lowest is sure
            said = Remaining(said.limit, min(said.remaining, old.remaining), old.reset_at)
        self._left = said

    def _current(self, now: float) -> Remaining | None:
        left = self._left
        if left is not None and now >= left.reset_at:
            # when the new window ends is not known before its first answer
            left = self._left = Remaining(left.limit, left.limit, math.inf) if left.limit else None
        return left

    def _reserve(self, left: Remaining) -> int:
        share = self._quota.reserve_share if isinstance(self._quota, HeaderQuota) else 0.0
        # a limit of 1 leaves nothing to keep back
        return min(max(1, math.ceil(left.limit * share)), max(0, left.limit - 1)) if left.limit else 1


def read_remaining(quota: HeaderQuota, headers: Mapping[str, str], now: float) -> Remaining | None:
    """Return what an answer says about the quota, or ``None`` if it says nothing.

    Args:
        quota: where it stands.
        headers: of the answer, lower-case names.
        now: our monotonic clock.
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
