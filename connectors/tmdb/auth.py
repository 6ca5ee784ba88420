"""TMDB's two credentials, told apart by their form (pure).

Source: https://developer.themoviedb.org/docs/authentication-application
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.kit.auth import BearerHeader, QueryKey

_KEY = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class TokenOrKey:
    """An API key of v3 (32 hexadecimal digits) goes into the query, a read access token of v4 into a header."""

    required: bool = True
    description: str = "read access token (v4, as a bearer) or API key (v3, in the query as api_key)"

    def url(self, url: str, secret: str) -> str:
        """Return the address, with the key if the credential is one."""
        return QueryKey("api_key").url(url, secret) if _KEY.fullmatch(secret) else url

    def headers(self, secret: str) -> dict[str, str]:
        """Return the header that carries the credential, none if it is a key."""
        return {} if _KEY.fullmatch(secret) else BearerHeader().headers(secret)
