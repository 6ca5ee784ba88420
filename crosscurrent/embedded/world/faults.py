"""Faults that a test asks the world to make: so many, of one kind, for the next requests of a vendor."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from crosscurrent.embedded.world.exchange import Answer
from crosscurrent.errors import WrongUse

FAULTS_PENDING_MAX = 10_000
HUGE_BYTES_DEFAULT = 50 * 1024 * 1024
HUGE_BYTES_MAX = 64 * 1024 * 1024
SLOW_SECONDS_DEFAULT = 2.0
SLOW_SECONDS_MAX = 600.0
KINDS = ("truncate", "not-json", "huge", "slow", "disconnect", "null-number", "new-field")

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
        seconds: delay of ``slow``; ``Retry-After`` of a status if 1 or more.
        bytes: size of ``huge``.
    """

    kind: str
    path_part: str = ""
    seconds: float = 0.0
    bytes: int = HUGE_BYTES_DEFAULT


class Faults:
    """The faults still to be made, by vendor, first come first served."""

    def __init__(self, vendors: tuple[str, ...]) -> None:
        self._pending: dict[str, deque[Fault]] = {vendor: deque() for vendor in vendors}

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

    def take(self, vendor: str, path: str) -> Fault | None:
        """Return the fault for a request, if one is due, and count it as made."""
        pending = self._pending[vendor]
        if not pending or pending[0].path_part not in path:
            return None
        return pending.popleft()

    def pending(self) -> dict[str, int]:
        """Return how many faults are still to be made, by vendor."""
        return {vendor: len(pending) for vendor, pending in self._pending.items()}


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


def spoilt(answer: Answer, fault: Fault, vendor: str) -> Answer:
    """Return the answer with what a fault changes in it; faults of the connection leave it alone."""
    status = _STATUS.fullmatch(fault.kind)
    if status:
        headers = {"retry-after": str(int(fault.seconds))} if fault.seconds >= 1 else {}
        return Answer(int(status[1]), orjson.dumps({"message": "Server Error"}), headers=headers)
    if fault.kind == "not-json":
        return Answer(200, b"<html><body><h1>We are down for maintenance</h1></body></html>", "text/html")
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
    headers = {name: value for name, value in answer.headers.items() if name not in {"etag", "last-modified"}}
    return Answer(200, orjson.dumps(payload), answer.media_type, headers)


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
