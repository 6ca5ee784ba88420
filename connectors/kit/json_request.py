"""Requests that are a POST with a JSON body, where the page is asked for inside the body (pure).

Everywhere in the kit a page has an address, with its size and cursor as query parameters: pagination, the guard
against loops and the cursor need nothing else. Only when the request goes out do the parameters move into the
body. What is published names the address that was really asked, and behind ``#`` (which no request carries) the
page's parameters and the digest of the body.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson

_KEY_DIGEST_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as it goes out.

    Attributes:
        url: address, without credential.
        body: JSON of a POST; ``None`` for a GET.
        mark: what the record's address says beyond ``url``, with its ``#``; empty for a GET.
    """

    url: str
    body: bytes | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class JsonBody:
    """The body of a poll that is a POST which only reads, so that it may be made again.

    Attributes:
        fields: what every page's body holds.
        places: query parameter of the page's address to the dotted path where the body has it; one that is not
            named here stands at the top under its own name.
        whole: parameters that the vendor wants as numbers.
    """

    fields: Mapping[str, object]
    places: Mapping[str, str] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()

    @property
    def digest(self) -> str:
        """The beginning of the SHA-256 of what every page's body holds: another question is another request."""
        return _sha256(_canonical(self.fields))[:_KEY_DIGEST_CHARACTERS]

    def ask(self, address: str) -> Ask:
        """Return the request for the page with this address."""
        parts = urlsplit(address)
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = self._filled(parameters)
        mark = urlencode({**parameters, "body-sha256": _sha256(body)})
        return Ask(urlunsplit(parts._replace(query="", fragment="")), body, f"#{mark}")

    def _filled(self, parameters: Mapping[str, str]) -> bytes:
        body: dict[str, object] = orjson.loads(orjson.dumps(self.fields))
        for name, text in parameters.items():
            *path, last = self.places.get(name, name).split(".")
            inner = body
            for step in path:
                below = inner.setdefault(step, {})
                assert isinstance(below, dict), f"{name} is placed below a field that is no object"
                inner = below
            inner[last] = int(text) if name in self.whole else text
        return _canonical(body)


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
