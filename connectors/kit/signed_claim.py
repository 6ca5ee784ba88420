"""A claim of being an app, signed with its private key: a JSON Web Token.

Source: RFC 7519; RFC 7518 section 3.3 (RS256); docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App".
"""

from __future__ import annotations

from base64 import urlsafe_b64encode

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from crosscurrent.clock import Clock
from crosscurrent.errors import WrongUse

LIFETIME_SECONDS = 540  # the vendor takes ten minutes at most
BACKDATED_SECONDS = 60  # its clock may be behind ours

_HEADER = {"alg": "RS256", "typ": "JWT"}


class SignedClaim:
    """Signs that we are an app.

    Args:
        app_id: the app's id, or its client id.
        private_key: PEM; a backslash and an n may stand for the ends of its lines, as environment files want it.
        clock: the time.

    Raises:
        WrongUse: it is no RSA key without a passphrase. The key is not quoted.
    """

    def __init__(self, app_id: str, private_key: str, clock: Clock) -> None:
        self._app_id = app_id
        self._key = _loaded(private_key)
        self._clock = clock

    def signed(self) -> str:
        """Return a claim that is good for some minutes from now on."""
        now = int(self._clock.now_utc().timestamp())
        claim = {"iss": self._app_id, "iat": now - BACKDATED_SECONDS, "exp": now + LIFETIME_SECONDS}
        said = f"{_encoded(orjson.dumps(_HEADER))}.{_encoded(orjson.dumps(claim))}"
        return f"{said}.{_encoded(self._key.sign(said.encode(), PKCS1v15(), SHA256()))}"


def _loaded(private_key: str) -> RSAPrivateKey:
    pem = private_key.replace("\\n", "\n").strip() + "\n"
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise WrongUse(
            f"a private key of {len(private_key)} characters that cannot be read",
            expected="an RSA key in PEM, without a passphrase: the file that the vendor gave",
            todo="set the path of that file, as in CROSSCURRENT_SOURCES__GITHUB__PRIVATE_KEY_FILE",
        )
    return key


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
