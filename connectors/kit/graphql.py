"""Telling GraphQL's errors from data: both come with status 200 (pure).

Source: the GraphQL specification of October 2021, section 7.1: ``errors`` beside ``data`` is an answer in part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from connectors.kit.errors import Refused
from crosscurrent.errors import CrosscurrentError, Transient

_MESSAGE_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class GraphqlFailures:
    """Says of a body whether it is nothing but errors; an answer in part is data.

    Attributes:
        source: name of the source.
        refused_codes: values of ``extensions.code`` that asking again will not change.
    """

    source: str
    refused_codes: frozenset[str]

    def __call__(self, body: bytes) -> CrosscurrentError | None:
        """Return the error, or ``None`` if there is data, or the body is no GraphQL answer at all."""
        errors = only_errors(body)
        if not errors:
            return None
        messages, codes = [message_of(error) for error in errors], {code_of(error) for error in errors}
        found = f"{self.source} answers 200 with {len(errors)} error(s) and no data: {messages[0]}"
        if codes & self.refused_codes:
            return Refused(
                found,
                expected="data",
                todo=f"correct the query in connectors/{self.source}/queries.py: the vendor's schema has changed",
                source=self.source,
                code=next(iter(codes & self.refused_codes)),
            )
        return Transient(found, expected="data", todo="nothing: it is asked again", source=self.source)


def only_errors(body: bytes) -> list[object]:
    """Return the errors of a body that has errors and no data; empty for any other."""
    if b'"errors"' not in body:
        return []  # nearly all, and not worth decoding
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    errors = errors_of(answer)
    data = answer.get("data") if isinstance(answer, dict) else None
    has_data = isinstance(data, dict) and any(value is not None for value in data.values())
    return [] if has_data else errors


def errors_of(answer: object) -> list[object]:
    """Return the errors that an answer names; empty if it names none."""
    errors = answer.get("errors") if isinstance(answer, Mapping) else None
    return errors if isinstance(errors, list) else []


def message_of(error: object) -> str:
    """Return what an error says, cut to a bound."""
    message = error.get("message") if isinstance(error, Mapping) else None
    return message[:_MESSAGE_CHARACTERS_MAX] if isinstance(message, str) else "an error without a message"


def code_of(error: object) -> str:
    """Return the code of an error, empty if it has none."""
    extensions = error.get("extensions") if isinstance(error, Mapping) else None
    code = extensions.get("code") if isinstance(extensions, Mapping) else None
    return code if isinstance(code, str) else ""
