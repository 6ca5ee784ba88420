"""The token endpoint of the played Spotify: grants tokens to an app, and tells which of them still hold.

A token says itself whom and when it was granted to, so none has to be kept; only how often each was used is.

Source: https://developer.spotify.com/documentation/web-api/tutorials/client-credentials-flow
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qs, unquote

from crosscurrent.embedded.world.exchange import Answer, Call, json_answer
from crosscurrent.embedded.world.token_use import TokenUse

TOKEN_SECONDS_DEFAULT = 3600.0

_KEY = b"a key that only the played vendor knows"
_PREFIX = "BQ"


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """To whom tokens are granted, and for how long.

    Attributes:
        client_id: the only app that is good; any is if None.
        client_secret: the only secret that is good; any is if None.
        token_seconds: real seconds that a token lives, as its grant says.
        token_requests_max: requests after which a token ends before its time, as one that was revoked; None for
            no end but its time.
    """

    client_id: str | None = None
    client_secret: str | None = None
    token_seconds: float = TOKEN_SECONDS_DEFAULT
    token_requests_max: int | None = None


class SpotifyTokens:
    """Grants tokens and judges them.

    Args:
        terms: to whom, and for how long.
    """

    def __init__(self, terms: TokenTerms) -> None:
        self._terms = terms
        self._granted = 0
        self._use = TokenUse(terms.token_requests_max)

    def grant(self, call: Call) -> Answer:
        """Return the response to a request for a token."""
        if call.method != "POST":
            return Answer(405, b"", "", {"allow": "POST"})
        if parse_qs(call.body.decode("utf-8", "replace")).get("grant_type") != ["client_credentials"]:
            return _refused("unsupported_grant_type", "grant_type parameter is missing or not supported")
        app = _app_in(call.headers.get("authorization", ""))
        if app is None or not self._is_good(*app):
            return _refused("invalid_client", "Invalid client")
        self._granted += 1
        # the number keeps two tokens of one moment apart
        said = f"{app[0].encode().hex()}.{round(call.real_seconds * 1000):x}.{self._granted:x}"
        token = f"{_PREFIX}{said}.{_signature(said)}"
        return json_answer(
            {"access_token": token, "token_type": "Bearer", "expires_in": int(self._terms.token_seconds)}
        ).with_headers({"cache-control": "no-store"})

    def holder(self, call: Call) -> str | Answer:
        """Return the app that a request's token was granted to, or the refusal if there is no good token."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if not token:
            return api_error(401, "No token provided")
        said, _, signature = token.removeprefix(_PREFIX).rpartition(".")
        parts = said.split(".")
        if scheme.lower() != "bearer" or len(parts) != 3 or not _is_signed(said, signature):
            return api_error(401, "Invalid access token")
        age_seconds = call.real_seconds - int(parts[1], 16) / 1000
        if age_seconds >= self._terms.token_seconds or self._use.is_used_up(token):
            return api_error(401, "The access token expired")
        return parts[0]

    def _is_good(self, client_id: str, client_secret: str) -> bool:
        terms = self._terms
        return terms.client_id in (None, client_id) and terms.client_secret in (None, client_secret)


def api_error(status: int, message: str) -> Answer:
    """Return an error as the API says it."""
    return json_answer({"error": {"status": status, "message": message}}, status=status)


def _refused(error: str, description: str) -> Answer:
    return json_answer({"error": error, "error_description": description}, status=400)


def _app_in(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    try:
        client_id, colon, client_secret = b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    if scheme.lower() != "basic" or not colon or not client_id:
        return None
    return unquote(client_id), unquote(client_secret)


def _signature(said: str) -> str:
    return hmac.new(_KEY, said.encode(), sha256).hexdigest()[:40]


def _is_signed(said: str, signature: str) -> bool:
    return hmac.compare_digest(_signature(said).encode(), signature.encode())
