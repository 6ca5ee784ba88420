"""Whether a connector does its work: what ``/readyz`` answers, and how old the data is."""

from __future__ import annotations

from connectors.kit.errors import Refused
from connectors.kit.instruments import DATA_AGE_SECONDS
from crosscurrent.clock import Clock
from crosscurrent.errors import Backpressure, CrosscurrentError


class Health:
    """Written by the loop, read by the health server's thread.

    Args:
        source: name of the source.
        clock: measures ages.
    """

    def __init__(self, source: str, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._reason: str | None = f"{source}: what was stored of its requests is being read"
        self._failed: dict[str, CrosscurrentError] = {}
        self._known: set[str] = set()
        self._fresh_at = clock.monotonic_seconds()
        DATA_AGE_SECONDS.labels(source).set_function(self._age_seconds)

    def started(self, reason: str | None = None) -> None:
        """Say that the start is over, and what is still missing if something is."""
        self._reason = reason

    def polled(self, request_key: str, error: CrosscurrentError | None) -> None:
        """Say what came of a poll; being asked to wait is no failure."""
        self._reason = None
        self._known.add(request_key)
        if error is None:
            self._failed.pop(request_key, None)
            self._fresh_at = self._clock.monotonic_seconds()
        elif not isinstance(error, Backpressure):
            self._failed[request_key] = error

    def not_ready(self) -> list[str]:
        """Return the reasons why no data comes; none while some request is answered."""
        if self._reason is not None:
            return [self._reason]
        failed = list(self._failed.values())
        refused = next((e for e in failed if isinstance(e, Refused) and e.credential), None)
        if failed and (refused is not None or len(failed) >= len(self._known)):
            return [f"{self._source}: {(refused or failed[-1]).found}"]
        return []

    def _age_seconds(self) -> float:
        return self._clock.monotonic_seconds() - self._fresh_at
