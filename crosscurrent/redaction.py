"""What is a secret in an exchange, an error or a log, and how it is taken out: by name, by look, by value (pure)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from crosscurrent.errors import WrongUse

REDACTED = "REDACTED"
# a shorter value would also be found where it is no secret
SECRET_CHARACTERS_MIN = 4

_PREFIX = r"(?:[a-z0-9_.-]*[_.-])?"
_FIELD_NAME = _PREFIX + (
    r"(?:token|secret|password|passwd|api[_-]?key|appid|private[_-]?key|authorization|session[_-]?id|cookie|jwt|"
    r"client[_-]?id|code[_-]verifier)"
)
# in an address a signature opens what it signs; in a body it only proves who wrote
_PARAMETER_NAME = rf"(?:{_FIELD_NAME}|{_PREFIX}(?:signature|credential|session)|key)"
# cursors are called tokens too, and without them a recording of pages is worthless
_CURSOR_NAME = r"(?:next|previous|prev|page|sync|continuation|start|end)[a-z0-9_.-]*token"
_SECRET_NAME = re.compile(rf"(?!{_CURSOR_NAME}$){_PARAMETER_NAME}", re.IGNORECASE)
_JSON_FIELD = re.compile(
    rf'("(?!{_CURSOR_NAME}"){_FIELD_NAME}"\s*:\s*)"(?:[^"\\]|\\.)+"'.encode(), re.IGNORECASE
)
_QUERY_FIELD = re.compile(
    rf"([?&;](?!{_CURSOR_NAME}=){_PARAMETER_NAME}=)[^&#\s\"'<>\\]+".encode(), re.IGNORECASE
)
# the digit keeps "basic understanding" and "token authentication" readable
_LOOKS = (
    (re.compile(rb"\b(bearer)\s+(?=[^\s\d]*\d)[A-Za-z0-9._~+/-]{8,}=*", re.IGNORECASE), rb"\1 REDACTED"),
    (
        re.compile(rb"\b(basic|token)\s+(?=[^\s\d]*\d)[A-Za-z0-9._~+/-]{16,}=*", re.IGNORECASE),
        rb"\1 REDACTED",
    ),
    (re.compile(rb"\b(?:gh[pousr]_|github_pat_|ntn_|secret_)[A-Za-z0-9_]{16,}"), b"REDACTED"),
    (re.compile(rb"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"), b"REDACTED"),
    (re.compile(rb"(https?://)[^/\s\"'@<>?#]+@"), rb"\1"),
)
_HEADERS_LEFT_OUT = frozenset(
    {
        "authorization", "proxy-authorization", "cookie", "set-cookie", "www-authenticate", "x-api-key",
        "x-auth-token", "x-csrf-token", "authentication-info",
    }
)  # fmt: skip


def is_secret_name(name: str) -> bool:
    """Return whether a parameter or field of that name carries a secret."""
    return _SECRET_NAME.fullmatch(name) is not None


def secret_values(secrets: Iterable[str]) -> tuple[bytes, ...]:
    """Return the ways in which known secrets may stand in an exchange, the longest first.

    Raises:
        WrongUse: a secret of fewer than ``SECRET_CHARACTERS_MIN`` characters.
    """
    found: set[bytes] = set()
    for secret in secrets:
        if len(secret) < SECRET_CHARACTERS_MIN:
            raise WrongUse(
                f"a secret of {len(secret)} characters",
                expected=f"{SECRET_CHARACTERS_MIN} or more, so that it can be told from other text",
                todo="check the credential",
            )
        raw = secret.encode()
        escaped = secret.replace("\\", "\\\\").replace('"', '\\"').replace("/", "\\/").encode()
        found |= {raw, escaped, quote(secret, safe="").encode(), b64encode(raw), b64encode(raw).rstrip(b"=")}
    return tuple(sorted(found, key=len, reverse=True))


def clean_bytes(content: bytes, values: tuple[bytes, ...] = ()) -> bytes:
    """Return text without secrets: the known ones, those in fields that carry them, and what looks like one."""
    for value in values:
        content = content.replace(value, REDACTED.encode())
    content = _JSON_FIELD.sub(rb'\1"REDACTED"', content)
    content = _QUERY_FIELD.sub(rb"\1REDACTED", content)
    for look, instead in _LOOKS:
        content = look.sub(instead, content)
    return content


def clean_url(url: str, values: tuple[bytes, ...] = ()) -> str:
    """Return a URL whose user part is gone and whose secret parameters are blanked."""
    parts = urlsplit(url)
    query = [
        (name, REDACTED if is_secret_name(name) else value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    host = parts.netloc.rpartition("@")[2]
    plain = urlunsplit((parts.scheme, host, parts.path, urlencode(query), ""))
    return clean_bytes(plain.encode(), values).decode()


def clean_headers(headers: Mapping[str, str], values: tuple[bytes, ...] = ()) -> dict[str, str]:
    """Return headers by lower-case name, without those that carry a secret."""
    return {
        name.lower(): clean_bytes(value.encode("utf-8", "replace"), values).decode("utf-8", "replace")
        for name, value in headers.items()
        if name.lower() not in _HEADERS_LEFT_OUT and not is_secret_name(name)
    }
