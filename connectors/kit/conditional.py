"""Asking only for what has changed: the validators of each page that was published (pure).

Source: RFC 9110 section 13.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Validators:
    """What a vendor said about the version of a page that we have.

    Attributes:
        etag: as sent, weak ones with their ``W/``.
        last_modified: as sent.
    """

    etag: str | None
    last_modified: str | None

    def headers(self) -> dict[str, str]:
        """Return the headers that make a request conditional."""
        named = (("if-none-match", self.etag), ("if-modified-since", self.last_modified))
        return {name: value for name, value in named if value}


NO_VALIDATORS = Validators(None, None)


def validators_of(headers: Mapping[str, str]) -> Validators:
    """Return the validators in an answer."""
    return Validators(headers.get("etag"), headers.get("last-modified"))
