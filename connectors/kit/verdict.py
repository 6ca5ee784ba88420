"""What an answer means for what comes next (pure): good, ask again, wait, or leave this target."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.kit.errors import Refused
from crosscurrent.errors import Transient
from crosscurrent.settings import source_variable

NOT_MODIFIED = 304

_AWAY = frozenset({503, 529})  # 529: Notion's "service overload", with Retry-After
_ASK_AGAIN = frozenset({408, 425})
_FORBIDDEN = 403
_CREDENTIAL = frozenset({401, _FORBIDDEN})
_GONE = frozenset({404, 410, 451})
_REASON_CHARACTERS_MAX = 200
_LIMIT_WORDS = (b"rate limit", b"too many requests")


def is_good(status: int) -> bool:
    """Return whether an answer is data, or says that nothing has changed."""
    return 200 <= status < 300 or status == NOT_MODIFIED


def asks_to_wait(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether an answer asks us to stay away for a while.

    Source: RFC 6585 section 4; docs.github.com, "Rate limits for the REST API": both limits answer 403 or
    429, with ``Retry-After``, or with nothing remaining, or only in words. musicbrainz.org, "Rate limiting": a 503
    says in words that the limit is the caller's own; that of a busy server says ``Retry-After: 0``, and is asked again.
    """
    if status == 429:
        return True
    if status in _AWAY:
        return headers.get("retry-after", "0") != "0" or _speaks_of_limit(body)
    if status != 403:
        return False
    spent = headers.get("x-ratelimit-remaining") == "0"
    return "retry-after" in headers or spent or _speaks_of_limit(body)


def failure(
    status: int,
    body: bytes,
    *,
    url: str,
    source: str,
    credential_settings: tuple[str, ...] = ("token",),
    ask_again: frozenset[int] = frozenset(),
    permission: str = "",
) -> Transient | Refused:
    """Return the error for an answer that is neither good nor asks to wait.

    Args:
        status: HTTP status.
        body: of the answer, without secrets; its beginning is quoted.
        url: of the request, without secrets.
        source: name of the source.
        credential_settings: names of the settings that hold the credential.
        ask_again: further statuses after which asking again may help.
        permission: what the credential must be allowed for this, where that is more than for the rest.
    """
    found = f"{source} answers {status} for {url}{reason_in(body)}"
    if status >= 500 or status in _ASK_AGAIN | ask_again:
        return Transient(
            found, expected="status 200", todo="nothing: it is asked again", source=source, code=status
        )
    if status == _FORBIDDEN and permission:
        return Refused(
            found,
            expected=permission,
            todo=f"allow it, or take this out of {source_variable(source, 'targets')}; all else goes on without it",
            source=source,
            code=status,
        )
    if status in _CREDENTIAL:
        return Refused(
            found,
            credential=True,
            expected="a credential that may read this",
            todo=f"check {' and '.join(source_variable(source, name) for name in credential_settings)} "
            f"with `crosscurrent sources check {source}`",
            source=source,
            code=status,
        )
    if status in _GONE:
        todo = f"correct {source_variable(source, 'targets')}, or wait until it is there again"
        expected = "a target that exists and may be seen"
        return Refused(found, expected=expected, todo=todo, source=source, code=status)
    return Refused(
        found, expected="status 200", todo="look at the vendor's reason", source=source, code=status
    )


def _speaks_of_limit(body: bytes) -> bool:
    return any(words in body.lower() for words in _LIMIT_WORDS)


def reason_in(body: bytes) -> str:
    """Return the beginning of a vendor's own words, after a colon; empty if there are none.

    Args:
        body: of the answer, without secrets.
    """
    text = " ".join(body[: _REASON_CHARACTERS_MAX * 4].decode("utf-8", "replace").split())
    return f": {text[:_REASON_CHARACTERS_MAX]}" if text else ""
