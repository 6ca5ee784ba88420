"""Signatures, judged by the vendors' own published examples."""

from __future__ import annotations

import pytest

from connectors.kit.webhooks.signature import is_signed, signature_of

# docs.github.com, "Validating webhook deliveries", "Testing the webhook payload validation"
SECRET = "It's a Secret to Everybody"
BODY = b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_signature_is_the_one_that_github_documents() -> None:
    assert signature_of(BODY, SECRET) == SIGNATURE
    assert is_signed(BODY, SECRET, SIGNATURE)


@pytest.mark.parametrize(
    ("body", "secret", "signature"),
    [
        (BODY + b"\n", SECRET, SIGNATURE),
        (BODY, SECRET + "!", SIGNATURE),
        (BODY, SECRET, SIGNATURE[:-1] + "8"),
        (BODY, SECRET, SIGNATURE[:-1]),
        (BODY, SECRET, SIGNATURE.replace("sha256", "sha1")),
        (BODY, SECRET, SIGNATURE.removeprefix("sha256=")),
        (BODY, SECRET, ""),
        (BODY, SECRET, "sha256=" + "é" * 64),
    ],
)
def test_signature_of_something_else_is_refused(body: bytes, secret: str, signature: str) -> None:
    assert not is_signed(body, secret, signature)
