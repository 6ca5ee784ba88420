"""GitHub's GraphQL answers 200 with errors inside: which of them are no data, and what an answer cost (pure).

Source: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import orjson

from connectors.kit.errors import Refused
from connectors.kit.graphql import errors_of, message_of
from connectors.kit.quota import BACKPRESSURE_SECONDS_MAX
from crosscurrent.errors import Backpressure, CrosscurrentError, Transient

_RATE_LIMITED: Final = "RATE_LIMITED"
_REFUSED: Final = frozenset(
    {
        "NOT_FOUND",
        "FORBIDDEN",
        "INSUFFICIENT_SCOPES",
        "UNAUTHORIZED",
        "undefinedField",
        "argumentLiteralsIncompatible",
    }
)
_RATE_LIMIT: Final = "rateLimit"
_COST = re.compile(rb'"rateLimit"\s*:\s*\{\s*"cost"\s*:\s*(\d{1,6})')
_COST_WITHIN_BYTES = 256  # our queries ask for it first


def failure_in(body: bytes) -> CrosscurrentError | None:
    """Return the error that a body with status 200 is, ``None`` if any of what was asked for is there."""
    if b'"errors"' not in body:
        return None
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    errors = errors_of(answer)
    if not errors or _has_data(answer):
        return None
    kinds = {_kind(error) for error in errors}
    found = f"github answers 200 with {len(errors)} error(s) and no data: {message_of(errors[0])}"
    if _RATE_LIMITED in kinds:
        return Backpressure(
            found,
            retry_after_seconds=BACKPRESSURE_SECONDS_MAX,
            expected="fewer points an hour",
            todo="nothing: it goes on when the hour is over; fewer counts: and stars: targets avoid it",
            source="github",
        )
    if kinds & _REFUSED:
        return Refused(
            found,
            expected="a target that exists and may be seen",
            todo="correct CROSSCURRENT_SOURCES__GITHUB__TARGETS, or what the credential may read",
            source="github",
            code=next(iter(kinds & _REFUSED)),
        )
    return Transient(found, expected="data", todo="nothing: it is asked again", source="github")


def cost_in(body: bytes) -> int:
    """Return how many points of the quota an answer cost by its own word; 1 if it does not say."""
    found = _COST.search(body[:_COST_WITHIN_BYTES])
    return max(1, int(found[1])) if found else 1


def _has_data(answer: object) -> bool:
    data = answer.get("data") if isinstance(answer, Mapping) else None
    return isinstance(data, Mapping) and any(
        value is not None for name, value in data.items() if name != _RATE_LIMIT
    )


def _kind(error: object) -> str:
    if not isinstance(error, Mapping):
        return ""
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, Mapping) else None
    kind = error.get("type") or code
    return kind if isinstance(kind, str) else ""
