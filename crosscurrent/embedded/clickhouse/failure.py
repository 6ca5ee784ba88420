"""Errors in ClickHouse's own form, and the HTTP status that goes with each code.

Source: ``exceptionCodeToHTTPStatus`` in src/Server/HTTP/exceptionCodeToHTTPStatus.cpp, and src/Common/ErrorCodes.cpp.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"\bCode: (\d+)\. ?")
_VERSION_SUFFIX = re.compile(r"\s*\(version [^()]*(?:\([^()]*\)[^()]*)*\)\s*$")

_NAME_SUFFIX = re.compile(r"\s*\([A-Z][A-Z0-9_]+\)\s*$")

UNKNOWN_ERROR = 1002

_STATUS = {
    **dict.fromkeys((194,), 401),
    **dict.fromkeys((192, 193, 516, 512, 497), 403),
    **dict.fromkeys(
        (36, 427, 6, 25, 26, 38, 41, 72, 441, 675, 676, 27, 376, 15, 44, 37, 123, 8, 167, 168), 400
    ),
    **dict.fromkeys((223, 62, 117, 53, 321), 400),
    **dict.fromkeys((60, 46, 47, 50, 56, 81, 115, 152, 63, 73, 336, 78, 511), 404),
    229: 413,
    48: 501,
    **dict.fromkeys((209, 76, 439), 503),
    381: 411,
    159: 408,
    779: 415,
}


class Failure(Exception):
    """A statement that failed, as ClickHouse would say it.

    Args:
        code: ClickHouse's error code.
        text: what went wrong, without the code's number and the version.
        name: the code's name, such as ``UNKNOWN_TABLE``; empty if the text carries it already.
    """

    def __init__(self, code: int, text: str, name: str = "") -> None:
        self.code = code
        self.text = f"{text} ({name})" if name else text
        super().__init__(code, self.text)

    def __str__(self) -> str:
        """Return the error as ClickHouse writes it, without the version."""
        return f"Code: {self.code}. DB::Exception: {self.text}"


def failure_from_engine(message: str) -> Failure:
    """Return the failure that chDB's message tells of."""
    match = _CODE.search(message)
    if match is None:
        return Failure(UNKNOWN_ERROR, message.strip(), "UNKNOWN_EXCEPTION")
    code, text = match.group(1), _stripped(message[match.end() :])
    # an error of a format says itself once for each layer it passed
    while (inner := _CODE.match(text)) is not None and inner.group(1) == code:
        text = _NAME_SUFFIX.sub("", _stripped(text[inner.end() :])).rstrip(". ")
        text = _stripped(text)
    return Failure(int(code), text)


def _stripped(text: str) -> str:
    return _VERSION_SUFFIX.sub("", re.sub(r"^DB::\w*Exception: ", "", text.strip()))


def http_status(code: int) -> int:
    """Return the HTTP status of an answer with this error code."""
    return _STATUS.get(code, 500)
