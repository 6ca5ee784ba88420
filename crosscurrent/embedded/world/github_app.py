"""The GitHub App of the played GitHub: a signed claim is answered with the token of an installation.

A token says itself when it was granted, so none has to be kept; only how often each was used is.

Source: docs.github.com, "Generating an installation access token for a GitHub App".
"""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from hashlib import sha256

import orjson

from crosscurrent.embedded.world.exchange import Answer, Call, iso_time, json_answer
from crosscurrent.embedded.world.token_use import TokenUse

TOKEN_SECONDS_DEFAULT = 3600.0
CLAIM_SECONDS_MAX = 600
PATH = re.compile(r"/app/installations/(?P<installation>[^/]+)/access_tokens")

_KEY = b"a key that only the played vendor knows"
_TOKEN = re.compile(
    r"ghs_(?P<said>(?P<installation>[0-9a-f]+)x(?P<at>[0-9a-f]+)x[0-9a-f]+)x(?P<signature>[0-9a-f]{40})"
)
_PERMISSIONS = {
    "metadata": "read",
    "contents": "read",
    "issues": "read",
    "actions": "read",
    "administration": "read",
}


@dataclass(frozen=True, slots=True)
class AppTerms:
    """Which app is known, and how long its tokens live.

    Attributes:
        app_id: the only app that is good; any is if None.
        public_key: PEM of the key that claims are signed with; a claim of the right form is taken if None.
        installation_id: the only installation that there is; any is if None.
        token_seconds: real seconds that a token lives, as its grant says.
        token_requests_max: requests after which a token ends before its time; None for no end but its time.
    """

    app_id: str | None = None
    public_key: str | None = None
    installation_id: str | None = None
    token_seconds: float = TOKEN_SECONDS_DEFAULT
    token_requests_max: int | None = None


class GithubAppTokens:
    """Grants tokens to installations and judges them.

    Args:
        terms: which app, and for how long.
    """

    def __init__(self, terms: AppTerms) -> None:
        self._terms = terms
        self._granted = 0
        self._use = TokenUse(terms.token_requests_max)

    def grant(self, call: Call, installation: str) -> Answer:
        """Return the response to a request for a token of an installation."""
        refusal = self._refusal_of_claim(call)
        if refusal is not None:
            return _error(401, refusal)
        if self._terms.installation_id not in (None, installation):
            return _error(404, "Not Found")
        self._granted += 1
        # the number keeps two tokens of one moment apart
        said = f"{installation.encode().hex()}x{round(call.real_seconds * 1000):x}x{self._granted:x}"
        return json_answer(
            {
                "token": f"ghs_{said}x{_signature(said)}",
                # by the virtual time of the Date header, so that the difference is what it lives in real seconds
                "expires_at": iso_time(call.now_seconds + self._terms.token_seconds),
                "permissions": _PERMISSIONS,
                "repository_selection": "all",
            },
            status=201,
        )

    def installation_of(self, token: str, call: Call) -> str | None:
        """Return the installation that a token was granted to, ``None`` if it is no good token of one."""
        found = _TOKEN.fullmatch(token)
        if found is None or not hmac.compare_digest(_signature(found["said"]), found["signature"]):
            return None
        age_seconds = call.real_seconds - int(found["at"], 16) / 1000
        if age_seconds >= self._terms.token_seconds or self._use.is_used_up(token):
            return None
        return bytes.fromhex(found["installation"]).decode()

    def _refusal_of_claim(self, call: Call) -> str | None:
        scheme, _, text = call.headers.get("authorization", "").partition(" ")
        said, _, signature = text.strip().rpartition(".")
        try:
            header, claim = (orjson.loads(_decoded(part)) for part in said.split("."))
            expires, issued, issuer = int(claim["exp"]), int(claim["iat"]), str(claim["iss"])
            proof = _decoded(signature)
        except (ValueError, KeyError, TypeError, binascii.Error):
            return "A JSON web token could not be decoded"
        if scheme.lower() != "bearer" or header.get("alg") != "RS256" or not self._is_signed(said, proof):
            return "A JSON web token could not be decoded"
        if expires - issued > CLAIM_SECONDS_MAX:
            return "'Expiration time' claim ('exp') is too far in the future"
        return None if self._terms.app_id in (None, issuer) else "Integration not found"

    def _is_signed(self, said: str, proof: bytes) -> bool:
        if self._terms.public_key is None:
            return bool(proof)
        # only here: the library for keys is not small, and hardly any world needs it
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        key = load_pem_public_key(self._terms.public_key.encode())
        assert isinstance(key, RSAPublicKey), "the key of an app is an RSA key"
        try:
            key.verify(proof, said.encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _error(status: int, message: str) -> Answer:
    documentation = "https://docs.github.com/rest"
    body = {"message": message, "documentation_url": documentation, "status": str(status)}
    return json_answer(body, status=status)


def _signature(said: str) -> str:
    return hmac.new(_KEY, said.encode(), sha256).hexdigest()[:40]
