"""Which part of a played vendor answers a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from crosscurrent.embedded.world.exchange import Answer, Call


class Routes:
    """The paths of a vendor.

    Args:
        handlers: pattern of a whole path to what answers it, given the request and the match; the first that fits.
        otherwise: gives the answer where none fits.
    """

    def __init__(
        self,
        handlers: Iterable[tuple[str, Callable[[Call, re.Match[str]], Answer]]],
        *,
        otherwise: Callable[[], Answer],
    ) -> None:
        self._handlers = tuple((re.compile(pattern), handler) for pattern, handler in handlers)
        self._otherwise = otherwise

    def answer(self, call: Call) -> Answer:
        """Return the answer of whatever the path belongs to."""
        for pattern, handler in self._handlers:
            found = pattern.fullmatch(call.path)
            if found:
                return handler(call, found)
        return self._otherwise()
