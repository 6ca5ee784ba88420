"""Whether a body was signed with a secret (pure)."""

from __future__ import annotations

import hashlib
import hmac

_PREFIX = "sha256="
_DIGEST_CHARACTERS = hashlib.sha256().digest_size * 2


def signature_of(body: bytes, secret: str) -> str:
    """Return the signature header's value for a body: ``sha256=`` and the HMAC-SHA256 in hexadecimal.

    Source: docs.github.com, "Validating webhook deliveries"; developers.notion.com/reference/webhooks, step 3.
    """
    return _PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, secret: str, signature: str) -> bool:
    """Return whether a signature is that of exactly these bytes; the time that takes does not depend on where it differs.

    Args:
        body: as received, before anything is decoded.
        secret: shared with the vendor.
        signature: value of the vendor's header.
    """
    given = signature.strip().lower()
    if not given.startswith(_PREFIX) or len(given) != len(_PREFIX) + _DIGEST_CHARACTERS:
        return False
    return hmac.compare_digest(given.encode("utf-8", "replace"), signature_of(body, secret).encode())
