"""Encrypts what lies in a spool."""

from __future__ import annotations

import os

from crosscurrent.errors import Fatal

_NONCE_BYTES = 12
_KEY_BYTES = 32
_PURPOSE = b"crosscurrent spool 1"


class Seal:
    """AES-256-GCM with a key of its own, made of the one in the settings (HKDF-SHA256).

    A nonce is random and a key is good for 2^32 records (NIST SP 800-38D, section 8.3), more than a disk holds.

    Args:
        secret: the key in the settings: any text; a long random one is as good as the cipher.
        source: name of the source, so that no two have one key.
    """

    def __init__(self, secret: str, source: str) -> None:
        # only where a key is set: the library takes a tenth of a second to import
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_PURPOSE + b"/" + source.encode())
        self._cipher = AESGCM(derived.derive(secret.encode()))

    def closed(self, record: bytes, number: int) -> bytes:
        """Return a record encrypted, bound to the number of its file."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, record, _bound_to(number))

    def opened(self, sealed: bytes, number: int) -> bytes:
        """Return what was encrypted.

        Raises:
            Fatal: it was written without this key, or changed.
        """
        from cryptography.exceptions import InvalidTag

        try:
            nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return self._cipher.decrypt(nonce, text, _bound_to(number))
        except (InvalidTag, ValueError) as error:
            raise Fatal(
                f"record of spool file {number} cannot be decrypted",
                expected="records written with the key in CROSSCURRENT_SPOOL__KEY",
                todo="set the key with which they were written, or move the spool of this source away: "
                "what is in it is lost then",
            ) from error


def _bound_to(number: int) -> bytes:
    return _PURPOSE + number.to_bytes(8, "big")
