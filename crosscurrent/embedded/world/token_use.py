"""Tokens that end after so many requests, before their time, as those that were revoked."""

from __future__ import annotations

from collections import OrderedDict

TOKENS_COUNTED_MAX = 1024


class TokenUse:
    """Counts the requests made with each token, of the last :data:`TOKENS_COUNTED_MAX` tokens.

    Args:
        requests_max: requests after which a token is used up; None for no end.
    """

    def __init__(self, requests_max: int | None) -> None:
        self._requests_max = requests_max
        self._used: OrderedDict[str, int] = OrderedDict()

    def is_used_up(self, token: str) -> bool:
        """Count a request and return whether the token had ended before it."""
        if self._requests_max is None:
            return False
        used = self._used.get(token, 0)
        self._used[token] = used + 1
        if len(self._used) > TOKENS_COUNTED_MAX:
            self._used.popitem(last=False)
        return used >= self._requests_max
