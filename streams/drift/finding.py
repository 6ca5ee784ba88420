"""What a change of shape is told as, and an example of it that is short and holds no secret (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

import orjson

from crosscurrent.redaction import REDACTED, clean_bytes, is_secret_name

Kind = Literal[
    "field_appeared", "field_vanished", "type_changed", "nulls_risen", "range_left", "paths_exceeded"
]
EXAMPLE_CHARACTERS_MAX: Final = 200

_TEXT_CHARACTERS_MAX = 60
_FIELDS_SHOWN_MAX = 10
_ITEMS_SHOWN_MAX = 3
_DEPTH_SHOWN_MAX = 3
_PERSONAL = re.compile(r"e-?mail|phone", re.IGNORECASE)
_MAIL_ADDRESS = re.compile(r"[^@\s\"]+@[^@\s\"]+\.[^@\s\"]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """A change of shape.

    Attributes:
        kind: what changed.
        path: where.
        expected: what was usual, in words.
        found: what came, in words.
        example: a value as JSON, cut; None where there is nothing to show.
        chance: how often this would be seen if nothing had changed, at most.
        payloads_before: payloads that showed what was usual.
        payloads_changed: payloads that show the change, this one among them.
        first_at_ms: time of the first of these.
        first_id: its id.
    """

    kind: Kind
    path: str
    expected: str
    found: str
    example: str | None
    chance: float
    payloads_before: int
    payloads_changed: int
    first_at_ms: int
    first_id: str


def example_of(value: object, path: str) -> str:
    """Return a value as JSON of at most ``EXAMPLE_CHARACTERS_MAX`` characters, without what looks like a secret.

    Args:
        value: decoded JSON.
        path: where it stands; the value of a field with the name of a secret is not shown.
    """
    name = path.rpartition(".")[2].removesuffix("[]")
    shown = clean_bytes(orjson.dumps(_cut(value, name, 0))).decode("utf-8", "replace")
    shown = _MAIL_ADDRESS.sub(REDACTED, shown)
    return shown if len(shown) <= EXAMPLE_CHARACTERS_MAX else shown[: EXAMPLE_CHARACTERS_MAX - 1] + "…"


def _cut(value: object, name: str, depth: int) -> object:
    if is_secret_name(name) or _PERSONAL.search(name):
        return REDACTED
    if isinstance(value, str):
        return value if len(value) <= _TEXT_CHARACTERS_MAX else value[:_TEXT_CHARACTERS_MAX] + "…"
    if isinstance(value, dict):
        if depth >= _DEPTH_SHOWN_MAX:
            return "…"
        fields = list(value.items())[:_FIELDS_SHOWN_MAX]
        return {key[:_TEXT_CHARACTERS_MAX]: _cut(inner, key, depth + 1) for key, inner in fields}
    if isinstance(value, list):
        return [_cut(inner, name, depth + 1) for inner in value[:_ITEMS_SHOWN_MAX]]
    return value
