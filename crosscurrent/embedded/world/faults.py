"""Faults that the world makes of requests: asked for at once, or planned for an hour of its time."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

import orjson

from crosscurrent.embedded.world.exchange import Answer
from crosscurrent.errors import WrongUse

FAULTS_PENDING_MAX = 10_000
HUGE_BYTES_DEFAULT = 50 * 1024 * 1024
HUGE_BYTES_MAX = 64 * 1024 * 1024
SLOW_SECONDS_DEFAULT = 2.0
SLOW_SECONDS_MAX = 600.0
KINDS = (
    "truncate",
    "truncated-json",
    "not-json",
    "wrong-type",
    "huge",
    "slow",
    "disconnect",
    "redirect",
    "auth-expired",
    "secondary-limit",
    "graphql-error",
    "stale",
    "null-number",
    "new-field",
)
STALE_HOURS = 2
REDIRECT_MARK = "moved"

# without those that make another payload of it, or take long
RANDOM_KINDS = (
    "status-500",
    "status-502",
    "status-503",
    "status-429",
    "truncate",
    "disconnect",
    "truncated-json",
    "not-json",
    "wrong-type",
    "slow",
    "redirect",
    "stale",
    "auth-expired",
    "secondary-limit",
    "graphql-error",
)
WAITING_KINDS = frozenset({"status-503", "status-429", "status-403", "secondary-limit"})

_AUTHENTICATED = frozenset({"github", "notion", "openweathermap", "spotify", "tmdb"})
_OF_A_VERSION = frozenset({"etag", "last-modified"})
_STATUS = re.compile(r"status-([45]\d\d)")
# the number that a connector surely reads, by vendor
_NUMBERS = {
    "github": ("stargazers_count", "number", "id"),
    "musicbrainz": ("release-count", "recording-count", "release-group-count", "votes-count", "count"),
    "notion": ("number",),
    "openweathermap": ("temp", "pressure", "dt"),
    "pokeapi_graphql": ("height", "capture_rate", "count"),
    "pokeapi": ("base_experience", "capture_rate", "count", "id"),
    "spotify": ("popularity", "total"),
    "tmdb": ("popularity", "id"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        kind: one of ``KINDS`` or ``status-NNN``.
        path_part: only requests whose path contains it are hit.
        seconds: delay of ``slow``; ``Retry-After`` of a status or a limit if 1 or more.
        bytes: size of ``huge``.
    """

    kind: str
    path_part: str = ""
    seconds: float = 0.0
    bytes: int = HUGE_BYTES_DEFAULT


@dataclass(frozen=True, slots=True)
class TimedFault:
    """Faults from an hour on.

    Attributes:
        vendor: whose.
        at_hour: the first request in or after this hour is hit.
        fault: what is made of it.
        count: how many requests are hit.
    """

    vendor: str
    at_hour: float
    fault: Fault
    count: int = 1


class Faults:
    """The faults still to be made, by vendor: those asked for at once first, then those whose hour has come.

    Args:
        vendors: names of the vendors.
        timed: faults by their hour.
    """

    def __init__(self, vendors: tuple[str, ...], timed: Sequence[TimedFault] = ()) -> None:
        self._pending: dict[str, deque[Fault]] = {vendor: deque() for vendor in vendors}
        self._timed: dict[str, deque[tuple[float, Fault]]] = {vendor: deque() for vendor in vendors}
        self._made: Counter[tuple[str, str]] = Counter()
        for one in sorted(timed, key=lambda planned: planned.at_hour):
            self._timed[one.vendor].extend([(one.at_hour, one.fault)] * one.count)

    def ask(self, request: Mapping[str, object]) -> int:
        """Queue what a test asks for and return how many faults are pending for that vendor.

        Args:
            request: ``vendor``, ``kind``, and if wanted ``count``, ``path``, ``seconds``, ``bytes``.

        Raises:
            WrongUse: an unknown vendor or kind, or more than ``FAULTS_PENDING_MAX``.
        """
        vendor, count = request.get("vendor"), request.get("count", 1)
        if not isinstance(vendor, str) or vendor not in self._pending:
            raise WrongUse(
                f"vendor {vendor!r}", expected=f"one of {', '.join(self._pending)}", todo="correct it"
            )
        pending = self._pending[vendor]
        if not isinstance(count, int) or not 0 <= count <= FAULTS_PENDING_MAX - len(pending):
            raise WrongUse(
                f"count {count!r}",
                expected=f"at most {FAULTS_PENDING_MAX} faults pending",
                todo="ask for fewer",
            )
        fault = fault_from(request)
        pending.extend(fault for _ in range(count))
        return len(pending)

    def take(self, vendor: str, path: str, hour: float = 0.0) -> Fault | None:
        """Return the fault for a request, if one is due, and count it as made.

        Args:
            vendor: who is asked.
            path: below the vendor's base address.
            hour: virtual hours after the start.
        """
        fault = self._due(vendor, path, hour)
        if fault is not None:
            self._made[vendor, fault.kind] += 1
        return fault

    def pending(self) -> dict[str, int]:
        """Return how many faults are still to be made, by vendor."""
        return {vendor: len(pending) + len(self._timed[vendor]) for vendor, pending in self._pending.items()}

    def due(self, hour: float) -> dict[str, int]:
        """Return how many faults wait for a request, by vendor: asked for at once, or of an hour that has come."""
        return {
            vendor: len(pending) + sum(at_hour <= hour for at_hour, _ in self._timed[vendor])
            for vendor, pending in self._pending.items()
        }

    def made(self) -> dict[str, dict[str, int]]:
        """Return how many faults of each kind were made, by vendor."""
        made: dict[str, dict[str, int]] = {vendor: {} for vendor in self._pending}
        for (vendor, kind), count in sorted(self._made.items()):
            made[vendor][kind] = count
        return made

    def _due(self, vendor: str, path: str, hour: float) -> Fault | None:
        pending, timed = self._pending[vendor], self._timed[vendor]
        if pending and pending[0].path_part in path:
            return pending.popleft()
        if timed and timed[0][0] <= hour and timed[0][1].path_part in path:
            return timed.popleft()[1]
        return None


def fault_from(request: Mapping[str, object]) -> Fault:
    """Return the fault that a request describes.

    Raises:
        WrongUse: an unknown kind or a number out of its range.
    """
    kind, path = str(request.get("kind")), str(request.get("path", ""))
    if kind not in KINDS and not _STATUS.fullmatch(kind):
        raise WrongUse(
            f"fault {kind!r}", expected=f"status-NNN or one of {', '.join(KINDS)}", todo="correct it"
        )
    seconds = request.get("seconds", SLOW_SECONDS_DEFAULT if kind == "slow" else 0.0)
    size = request.get("bytes", HUGE_BYTES_DEFAULT)
    if not isinstance(seconds, int | float) or not 0 <= seconds <= SLOW_SECONDS_MAX:
        raise WrongUse(f"seconds {seconds!r}", expected=f"0 to {SLOW_SECONDS_MAX}", todo="correct it")
    if not isinstance(size, int) or not 0 <= size <= HUGE_BYTES_MAX:
        raise WrongUse(f"bytes {size!r}", expected=f"0 to {HUGE_BYTES_MAX}", todo="correct it")
    return Fault(kind, path, float(seconds), size)


def random_faults(
    count: int,
    seed: int,
    *,
    hours: float,
    vendors: Sequence[str],
    kinds: Sequence[str] = (),
) -> tuple[TimedFault, ...]:
    """Return faults at random hours, evenly over the vendors and over the kinds that can hit each.

    Args:
        count: how many.
        seed: another seed gives others.
        hours: they come within so many hours of the start.
        vendors: whom they hit.
        kinds: which ones; those of ``RANDOM_KINDS`` if none are named.
    """
    chance = Random(seed)
    made = []
    for index in range(count):
        vendor = vendors[index % len(vendors)]
        possible = [kind for kind in kinds or RANDOM_KINDS if can_hit(vendor, kind)]
        if not possible:
            continue
        kind = possible[index // len(vendors) % len(possible)]
        wait_seconds = 1.0 if kind in WAITING_KINDS else 0.0
        seconds = SLOW_SECONDS_DEFAULT if kind == "slow" else wait_seconds
        made.append(TimedFault(vendor, chance.uniform(0.0, hours), Fault(kind, seconds=seconds)))
    return tuple(sorted(made, key=lambda one: (one.at_hour, one.vendor)))


def can_hit(vendor: str, kind: str) -> bool:
    """Return whether a vendor can make a fault: some are of one vendor, or of one kind of request."""
    if kind == "secondary-limit":
        return vendor == "github"
    if kind == "graphql-error":
        return vendor == "pokeapi_graphql"
    if kind == "auth-expired":
        return vendor in _AUTHENTICATED
    # asked by POST, of which no redirect is followed that would make a GET of it
    return kind != "redirect" or vendor not in {"notion", "pokeapi_graphql"}


def spoilt(answer: Answer, fault: Fault, vendor: str) -> Answer:
    """Return the answer with what a fault changes in it; faults of the connection leave it alone."""
    status = _STATUS.fullmatch(fault.kind)
    if status:
        headers = {"retry-after": str(int(fault.seconds))} if fault.seconds >= 1 else {}
        return Answer(int(status[1]), orjson.dumps({"message": "Server Error"}), headers=headers)
    refusal = _refusal(fault, vendor)
    if refusal is not None:
        return refusal
    if fault.kind == "wrong-type":
        return replace(answer, media_type="text/plain; charset=utf-8")
    if fault.kind == "truncated-json":
        # whole by its length, so that only a parser notices
        headers = {name: value for name, value in answer.headers.items() if name not in _OF_A_VERSION}
        return replace(answer, body=answer.body[: len(answer.body) // 2], headers=headers)
    if answer.status != 200 or fault.kind not in {"null-number", "new-field"}:
        return answer
    payload = orjson.loads(answer.body)
    if fault.kind == "null-number":
        for name in _NUMBERS[vendor]:
            if _set_null(payload, name):
                break
    else:
        _first_object(payload)["unannounced_field"] = {"since": "today", "value": 1}
    # another body is another version: the tag of the true one must not stand on it
    headers = {name: value for name, value in answer.headers.items() if name not in _OF_A_VERSION}
    return Answer(200, orjson.dumps(payload), answer.media_type, headers)


def _refusal(fault: Fault, vendor: str) -> Answer | None:
    if fault.kind == "not-json":
        return Answer(200, b"<html><body><h1>We are down for maintenance</h1></body></html>", "text/html")
    if fault.kind == "auth-expired":
        body = {"message": "The access token expired", "error": {"status": 401, "message": "expired"}}
        return Answer(401, orjson.dumps(body))
    if fault.kind == "secondary-limit":
        # docs.github.com, "Rate limits for the REST API": 403 or 429, and Retry-After
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        wait = {"retry-after": str(max(1, int(fault.seconds)))}
        return Answer(403, orjson.dumps({"message": message}), headers=wait)
    if fault.kind == "graphql-error" and vendor == "pokeapi_graphql":
        error = {"message": "database query error", "extensions": {"path": "$", "code": "unexpected"}}
        return Answer(200, orjson.dumps({"errors": [error]}))
    return None


def _set_null(value: object, name: str) -> bool:
    if isinstance(value, dict):
        if isinstance(value.get(name), int | float):
            value[name] = None
            return True
        return any(_set_null(inner, name) for inner in value.values())
    return isinstance(value, list) and any(_set_null(inner, name) for inner in value)


def _first_object(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value:
        return _first_object(value[0])
    return {}
