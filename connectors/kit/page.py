"""One page of an answer, as the rules of pagination and cursors see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import orjson


@dataclass(frozen=True)
class Page:
    """A page that came with a body.

    Attributes:
        url: its address, without credential.
        headers: of the response, lower-case names.
        payload: body as received.
    """

    url: str
    headers: Mapping[str, str]
    payload: bytes

    @cached_property
    def json(self) -> object:
        """The body as plain JSON data; ``None`` if it is not JSON."""
        try:
            return orjson.loads(self.payload)
        except orjson.JSONDecodeError:
            return None

    def field(self, path: str) -> object:
        """Return what stands at a dotted path in the body; ``None`` if nothing does."""
        value = self.json
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def rows(self, path: str = "") -> list[object]:
        """Return the list at a dotted path, or the body itself if it is a list; empty if there is none."""
        value = self.field(path) if path else self.json
        return value if isinstance(value, list) else []
