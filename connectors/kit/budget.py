"""What may be asked now with one credential, whoever asks (pure).

All who use a credential on a machine decide on the same ``Budget``; ``ledger.py`` hands it from one to the next.
So its times are epoch seconds of our wall clock, and it comes back from JSON as it was written. A wait that a clock
which was set back would make endless is cut to the longest that the vendor can mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from connectors.kit.quota import (
    BACKPRESSURE_SECONDS_DEFAULT,
    BACKPRESSURE_SECONDS_MAX,
    Remaining,
    Spacing,
    read_remaining,
    retry_after_seconds,
)
from connectors.kit.terms import Purpose, Terms

FLIGHT_SECONDS_MAX: Final = 330.0
"""After so long a request that nobody ended has ended: the client gives up earlier."""
ROOM_RETRY_SECONDS: Final = 0.02
"""When to ask again where only the end of a request under way makes room."""
YIELD_SECONDS: Final = 0.002
"""When to ask again where another process has waited longer and is about to come."""
LATE_SECONDS_MAX: Final = 0.25
"""For so long one who has waited longer is let go first; after that it is not coming."""
USER_SECONDS: Final = 120.0
"""For so long after its last request a process counts among those who share the budget."""

_SAME_WINDOW_SECONDS = 5.0  # Date and reset are whole seconds, so the end of a window is not known better
_PAUSE_SECONDS_MAX = 3600.0
_ROUNDING_SECONDS = 1e-6
_PAUSES_GROWING_MAX = 8
_OWED_MAX = 16  # requests that redirects may have taken ahead


@dataclass(frozen=True, slots=True)
class Flight:
    """A request under way.

    Attributes:
        owner: the process that makes it.
        ends_at: when it has ended for sure.
    """

    owner: str
    ends_at: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A process that was told to come again.

    Attributes:
        since: when it first asked.
        comes_at: when it was told to come.
    """

    since: float
    comes_at: float


@dataclass(slots=True)
class Gate:
    """Spaces requests: some may come at once, then one each ``seconds`` (the generic cell rate algorithm).

    Source: ATM Forum, Traffic Management 4.1, section 4.4.2.

    Attributes:
        free_at: when all that went through will have been made up for.
    """

    free_at: float = 0.0

    def wait_seconds(self, spacing: Spacing, now: float) -> float:
        """Return how long the next request must wait; 0 if it may go through."""
        debt_seconds_max = (spacing.at_once + _OWED_MAX) * spacing.seconds
        if self.free_at - now > debt_seconds_max:
            self.free_at = now + debt_seconds_max  # our clock was set back
        wait = self.free_at - (spacing.at_once - 1) * spacing.seconds - now
        return wait if wait > _ROUNDING_SECONDS else 0.0

    def pass_through(self, spacing: Spacing, now: float) -> None:
        """Take note of a request."""
        self.free_at = max(self.free_at, now) + spacing.seconds


@dataclass(frozen=True, slots=True)
class Planned:
    """How fast a process may plan to ask.

    Attributes:
        requests_per_second: of any kind; infinite if nothing bounds them.
        counted_per_second: of those that count against the vendor's window; infinite if that is not known.
    """

    requests_per_second: float = math.inf
    counted_per_second: float = math.inf


@dataclass(slots=True)
class Budget:
    """The budget of one credential.

    Call protocol: ``take`` until it grants, then ``end`` with the same flight when the answer is there, and
    ``learn`` or ``pause`` with its headers before.

    Attributes:
        live: spaces the live poll.
        history: spaces what fills in history.
        everything: spaces all requests; leaves room for a person's.
        paused_until: before that nothing may be asked.
        pauses: how often in a row the vendor asked to wait.
        silent: whether the vendor answers without its quota.
        windows: what is left, by the vendor's name of the bucket; empty for a vendor with one.
        buckets: endpoint to the bucket it counts against.
        flights: requests under way.
        waiting: process and purpose to how long it has waited: who waits longest goes first.
        users: process to its last request.
    """

    live: Gate = field(default_factory=Gate)
    history: Gate = field(default_factory=Gate)
    everything: Gate = field(default_factory=Gate)
    paused_until: float = 0.0
    pauses: int = 0
    silent: bool = False
    windows: dict[str, Remaining] = field(default_factory=dict)
    buckets: dict[str, str] = field(default_factory=dict)
    flights: dict[str, Flight] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    users: dict[str, float] = field(default_factory=dict)

    def take(
        self, terms: Terms, *, flight: str, owner: str, endpoint: str, purpose: Purpose, now: float
    ) -> float:
        """Return 0 if a request may begin, which is then taken note of; else after how many seconds to ask again.

        Args:
            terms: what the vendor allows.
            flight: name of the request, unique.
            owner: the process that makes it.
            endpoint: of the request.
            purpose: for whom it is.
            now: the present.
        """
        closed_seconds = self.wait_seconds(terms, endpoint, purpose, now)
        if closed_seconds > 0:
            return closed_seconds
        place = f"{owner}/{purpose}"
        wait_seconds = self._turn_seconds(terms, endpoint, purpose, place, now)
        if wait_seconds > 0:
            since = self.waiting[place].since if place in self.waiting else now
            self.waiting[place] = Waiting(since, now + wait_seconds)
            return wait_seconds
        self.waiting.pop(place, None)
        for gate, spacing in self._gates(terms, endpoint, purpose, now):
            gate.pass_through(spacing, now)
        if terms.window is not None:
            self.flights[flight] = Flight(owner, now + FLIGHT_SECONDS_MAX)
        if purpose is Purpose.LIVE:
            used = {name: at for name, at in self.users.items() if abs(now - at) < USER_SECONDS}
            self.users = used | {owner: now}
        return 0.0

    def end(self, flight: str) -> None:
        """Take note that a request has ended."""
        self.flights.pop(flight, None)

    def charge(self, terms: Terms, endpoint: str, purpose: Purpose, requests: int, now: float) -> None:
        """Take note of requests that a turn took beside its own, as redirects do.

        Args:
            terms: what the vendor allows.
            endpoint: of the request.
            purpose: for whom it is.
            requests: how many more there were.
            now: the present.
        """
        for gate, spacing in self._gates(terms, endpoint, purpose, now):
            for _ in range(requests):
                gate.pass_through(spacing, now)

    def wait_seconds(self, terms: Terms, endpoint: str, purpose: Purpose, now: float) -> float:
        """Return how long the vendor lets no request begin; 0 if one may."""
        self.paused_until = min(self.paused_until, now + _PAUSE_SECONDS_MAX)
        closed = [
            left.reset_at - now
            for left in self._windows_of(endpoint, terms, now)
            if left.remaining <= terms.reserve(left, purpose)
        ]
        return max(0.0, self.paused_until - now, *closed)

    def learn(self, terms: Terms, endpoint: str, headers: Mapping[str, str], now: float) -> None:
        """Take note of the quota in an answer that was no refusal."""
        self.pauses = 0
        self._read(terms, endpoint, headers, now)

    def pause(self, terms: Terms, endpoint: str, headers: Mapping[str, str], now: float) -> float:
        """Return for how many seconds not to ask, after an answer that asks to wait.

        Source: docs.github.com, "Rate limits for the REST API": ``Retry-After`` first, else until the reset
        if nothing remains, else at least a minute, growing.
        """
        left = self._read(terms, endpoint, headers, now)
        self.pauses += 1
        seconds = retry_after_seconds(headers)
        if seconds is None and left is not None and left.remaining <= 0 and left.reset_at < math.inf:
            # only this bucket is empty: its window keeps its requests back, and others go on
            return max(0.0, left.reset_at - now)
        if seconds is None:
            growing = BACKPRESSURE_SECONDS_DEFAULT * 2 ** min(self.pauses - 1, _PAUSES_GROWING_MAX)
            seconds = min(growing, BACKPRESSURE_SECONDS_MAX)
        self.paused_until = max(self.paused_until, now + max(0.0, seconds))
        return self.paused_until - now

    def restore(self, left: Remaining) -> None:
        """Take over what an earlier process learned, unless more is known."""
        if not self.windows:
            self.windows[""] = left

    def left(self, terms: Terms, now: float) -> Remaining | None:
        """Return what is left by the vendor's last word: of several buckets, of that which is nearest to its end."""
        known = [self._current(name, terms, now) for name in list(self.windows)]
        return min(
            (left for left in known if left is not None),
            key=lambda left: left.remaining / max(1, left.limit),
            default=None,
        )

    def planned(self, terms: Terms, now: float) -> Planned:
        """Return how fast one of those who share the budget may plan to ask, so that all together keep it."""
        share = 1 / max(1, sum(abs(now - at) < USER_SECONDS for at in self.users.values()))
        requests = math.inf if terms.live_spacing is None else share / terms.live_spacing.seconds
        left = self.left(terms, now)
        if left is None or not left.limit or terms.window is None:
            return Planned(requests)
        reserve = terms.reserve(left, Purpose.LIVE)
        whole = (left.limit - reserve) / terms.window.window_seconds
        if left.reset_at == math.inf:
            return Planned(requests, whole * share)
        # others took more than their part of this window, or less; the next one begins anew
        now_left = (left.remaining - reserve) / max(1.0, left.reset_at - now)
        return Planned(requests, min(whole, max(now_left, whole / 10)) * share)

    def forget_flights(self, gone: Mapping[str, bool], now: float) -> None:
        """Leave out the requests that have ended for sure, and those of processes that are gone."""
        self.flights = {
            name: flight
            for name, flight in self.flights.items()
            if now < flight.ends_at <= now + FLIGHT_SECONDS_MAX and not gone.get(flight.owner, False)
        }

    def to_json(self) -> bytes:
        """Return the budget as JSON."""
        return orjson.dumps(self)

    @classmethod
    def from_json(cls, text: bytes) -> Budget:
        """Return the budget that such JSON says.

        Raises:
            ValueError, TypeError, KeyError, AttributeError: it is another version's.
        """
        data = orjson.loads(text)
        return cls(
            live=Gate(**data["live"]),
            history=Gate(**data["history"]),
            everything=Gate(**data["everything"]),
            paused_until=float(data["paused_until"]),
            pauses=int(data["pauses"]),
            silent=bool(data["silent"]),
            windows={name: _window_of(left) for name, left in data["windows"].items()},
            buckets=dict(data["buckets"]),
            flights={name: Flight(**flight) for name, flight in data["flights"].items()},
            waiting={name: Waiting(**one) for name, one in data["waiting"].items()},
            users=dict(data["users"]),
        )

    def _turn_seconds(self, terms: Terms, endpoint: str, purpose: Purpose, place: str, now: float) -> float:
        gates = self._gates(terms, endpoint, purpose, now)
        wait_seconds = max((gate.wait_seconds(spacing, now) for gate, spacing in gates), default=0.0)
        if wait_seconds > 0:
            return wait_seconds
        if not self._has_room(terms, endpoint, purpose, now):
            return ROOM_RETRY_SECONDS
        return YIELD_SECONDS if self._is_behind(place, purpose, now) else 0.0

    def _is_behind(self, place: str, purpose: Purpose, now: float) -> bool:
        if not self.waiting:
            return False
        self.waiting = {
            name: one for name, one in self.waiting.items() if abs(now - one.comes_at) < _PAUSE_SECONDS_MAX
        }
        own = self.waiting.get(place)
        since = now if own is None else own.since
        return any(
            one.since < since and one.comes_at <= now < one.comes_at + LATE_SECONDS_MAX
            for name, one in self.waiting.items()
            if name != place and name.endswith(f"/{purpose}")
        )

    def _gates(
        self, terms: Terms, endpoint: str, purpose: Purpose, now: float
    ) -> Iterator[tuple[Gate, Spacing]]:
        """Yield the gates that a request goes through."""
        if terms.spacing is not None:
            yield self.everything, terms.spacing
        if purpose is Purpose.LIVE and terms.live_spacing is not None:
            yield self.live, terms.live_spacing
        if purpose is Purpose.HISTORY:
            spacings = [terms.window_history_spacing(left) for left in self._windows_of(endpoint, terms, now)]
            slowest = max(
                (one for one in (terms.history_spacing, *spacings) if one is not None),
                key=lambda spacing: spacing.seconds,
                default=None,
            )
            if slowest is not None:
                yield self.history, slowest

    def _has_room(self, terms: Terms, endpoint: str, purpose: Purpose, now: float) -> bool:
        if terms.window is None or not self.flights:
            return True
        windows = self._windows_of(endpoint, terms, now)
        if not windows:
            # until the vendor has spoken, one request asks for all
            return self.silent
        under_way = len(self.flights)
        return all(left.remaining - under_way > terms.reserve(left, purpose) for left in windows)

    def _windows_of(self, endpoint: str, terms: Terms, now: float) -> list[Remaining]:
        # an endpoint that was never asked may count against any of them
        names = [self.buckets[endpoint]] if endpoint in self.buckets else list(self.windows)
        return [left for name in names if (left := self._current(name, terms, now)) is not None]

    def _read(self, terms: Terms, endpoint: str, headers: Mapping[str, str], now: float) -> Remaining | None:
        if terms.window is None:
            return None
        said = read_remaining(terms.window, headers, now)
        if said is None:
            self.silent = not self.windows
            return None
        bucket = headers.get(terms.window.resource, "")
        if bucket and "" in self.windows:
            del self.windows[""]  # restored, or from before the vendor named its buckets
        self.buckets[endpoint] = bucket
        old = self._current(bucket, terms, now)
        if (
            old is not None
            and old.reset_at != math.inf
            and said.reset_at < old.reset_at + _SAME_WINDOW_SECONDS
        ):
            # answers overtake each other: within a window only the lowest is sure
            said = replace(said, remaining=min(said.remaining, old.remaining), reset_at=old.reset_at)
        self.windows[bucket] = said
        return said

    def _current(self, bucket: str, terms: Terms, now: float) -> Remaining | None:
        left = self.windows.get(bucket)
        if left is None or terms.window is None:
            return None
        if now >= left.reset_at:
            if not left.limit:
                del self.windows[bucket]
                return None
            # when the new window ends is not known before its first answer
            left = self.windows[bucket] = Remaining(left.limit, left.limit, math.inf)
        longest = now + terms.window.window_seconds + _SAME_WINDOW_SECONDS
        if longest < left.reset_at < math.inf:
            left = self.windows[bucket] = replace(left, reset_at=longest)  # our clock was set back
        return left


def _window_of(data: Mapping[str, Any]) -> Remaining:
    # JSON has no infinity
    reset_at = data["reset_at"]
    return Remaining(int(data["limit"]), int(data["remaining"]), math.inf if reset_at is None else reset_at)
