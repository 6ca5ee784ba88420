"""What an answer means for what comes next (pure): good, ask again, wait, or leave this target."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.kit.errors import Refused
from crosscurrent.errors import Transient
from crosscurrent.settings import source_variable

NOT_MODIFIED = 304

_AWAY = frozenset({503, 529})  # 529: Notion's "service overload", with Retry-After
_ASK_AGAIN = frozenset({408, 425})
_CREDENTIAL = frozenset({401, 403})
_GONE = frozenset({404, 410, 451})
_REASON_CHARACTERS_MAX = 200
_LIMIT_WORDS = (b"rate limit", b"too many requests")


def is_good(status: int) -> bool:
    """Return whether an answer is data, or says that nothing has changed."""
    return 200 <= status < 300 or status == NOT_MODIFIED


def asks_to_wait(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether an answer asks us to stay away for a while.

    Source: RFC 6585 section 4; docs.github.com, "Rate limits for the REST API": both limits answer 403 or
    429, with ``Retry-After``, or with nothing remaining, or only in words.
    """
    if status == 429:
        return True
    if status in _AWAY:
        return "retry-after" in headers
    if status != 403:
        return False
    spent = headers.get("x-ratelimit-remaining") == "0"
    return "retry-after" in headers or spent or any(words in body.lower() for words in _LIMIT_WORDS)


def failure(
    status: int, body: bytes, *, url: str, source: str, ask_again: frozenset[int] = frozenset()
) -> Transient | Refused:
    """Return the error for an answer that is neither good nor asks to wait.

    Args:
        status: HTTP status.
        body: of the answer, without secrets; its beginning is quoted.
        url: of the request, without secrets.
        source: name of the source.
        ask_again: further statuses after which asking again may help.
    """
    found = f"{source} answers {status} for {url}{_reason(body)}"
    if status >= 500 or status in _ASK_AGAIN | ask_again:
        return Transient(
            found, expected="status 200", todo="nothing: it is asked again", source=source, code=status
        )
    if status in _CREDENTIAL:
        return Refused(
            found,
            credential=True,
            expected="a credential that may read this",
            todo=f"check {source_variable(source, 'token')} with `crosscurrent sources check {source}`",
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


def _reason(body: bytes) -> str:
    text = " ".join(body[: _REASON_CHARACTERS_MAX * 4].decode("utf-8", "replace").split())
    return f": {text[:_REASON_CHARACTERS_MAX]}" if text else ""
