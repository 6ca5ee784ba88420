"""One request to a played vendor and its answer, apart from any HTTP server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

import orjson

TIMES_CACHED_MAX = 8192
JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a vendor sees it.

    Attributes:
        path: path below the vendor's base address, beginning with a slash.
        query: query parameters; of one given twice the last.
        headers: header values by lower-case name.
        origin: the vendor's base address as the caller wrote it.
        now_seconds: virtual time, epoch seconds.
        real_seconds: real monotonic seconds, on which quotas run.
        method: HTTP method, in capitals.
        body: of a POST.
    """

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    origin: str
    now_seconds: float
    real_seconds: float
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response before it is sent.

    Attributes:
        status: HTTP status.
        body: bytes before any content coding.
        media_type: value of ``Content-Type``; empty for none.
        headers: further headers.
        last_modified_seconds: virtual epoch seconds for ``Last-Modified``, if the vendor sends one.
    """

    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    last_modified_seconds: int | None = None

    def with_headers(self, headers: Mapping[str, str]) -> Answer:
        """Return the same answer with these headers added."""
        return replace(self, headers={**self.headers, **headers})


class Vendor(Protocol):
    """A played vendor: called once a request, in any order; keeps no state but its quotas."""

    def answer(self, call: Call) -> Answer:
        """Return the response to a request."""
        ...


def json_answer(payload: object, *, status: int = 200, last_modified_seconds: int | None = None) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, orjson.dumps(payload), last_modified_seconds=last_modified_seconds)


def conditioned(answer: Answer, call: Call) -> Answer:
    """Return a 200 with its weak tag, or the 304 with the strong tag if the caller has that version.

    ``If-None-Match`` decides alone where it is present; ``If-Modified-Since`` counts only without it.

    Source: RFC 9110 section 13.2.2.
    """
    if answer.status != 200:
        return answer
    tag = f'"{sha256(answer.body).hexdigest()}"'
    modified = answer.last_modified_seconds
    headers = {} if modified is None else {"last-modified": http_date(modified)}
    if _has_version(call, tag, modified):
        return Answer(304, media_type="", headers={**answer.headers, **headers, "etag": tag})
    return answer.with_headers({**headers, "etag": f"W/{tag}"})


def http_date(seconds: float) -> str:
    """Return a moment as HTTP writes it."""
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC), usegmt=True)


@lru_cache(maxsize=TIMES_CACHED_MAX)
def iso_time(seconds: float) -> str:
    """Return a moment as JSON APIs write it, in whole seconds and UTC."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _has_version(call: Call, tag: str, modified: int | None) -> bool:
    wanted = call.headers.get("if-none-match")
    if wanted is not None:
        known = {part.strip().removeprefix("W/") for part in wanted.split(",")}
        return tag in known or "*" in known
    since = call.headers.get("if-modified-since")
    if since is None or modified is None:
        return False
    try:
        return parsedate_to_datetime(since).timestamp() >= modified
    except ValueError:
        # RFC 9110 section 13.1.3: a date that cannot be read is ignored
        return False
