"""What a request asks for, as a value: from the URL, the headers and the fields of a form."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from crosscurrent.embedded.clickhouse.failure import Failure

# what the HTTP interface takes for itself; every other name is a setting
# Source: HTTPHandler::processQuery in src/Server/HTTPHandler.cpp
_RESERVED = frozenset(
    {
        *(
            "query",
            "query_id",
            "database",
            "default_format",
            "user",
            "password",
            "quota_key",
            "role",
            "stacktrace",
        ),
        *("session_id", "session_timeout", "session_check", "close_session", "client_protocol_version"),
        *("compress", "decompress", "buffer_size", "wait_end_of_query", "enable_http_compression"),
        *(
            "http_zlib_compression_level",
            "send_progress_in_http_headers",
            "http_headers_progress_interval_ms",
        ),
    }
)
_PARAMETER_PREFIX = "param_"
_EXTERNAL_SUFFIXES = ("_format", "_types", "_structure")
SESSION_TIMEOUT_SECONDS_DEFAULT, SESSION_TIMEOUT_SECONDS_MAX = 60, 3600


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks.

    Attributes:
        user: its name; ``default`` if it gave none.
        password: what it gave.
    """

    user: str = "default"
    password: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, without its body.

    Attributes:
        is_get: whether it may only read.
        fields: every name in the URL and in the form, with its last value.
        headers: lower-case names to values.
        query_id: how the statement is called while it runs.
    """

    is_get: bool
    fields: Mapping[str, str]
    headers: Mapping[str, str]
    query_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def with_fields(self, more: Mapping[str, str]) -> Request:
        """Return the request with the fields of a form added."""
        return replace(self, fields={**self.fields, **more})

    @property
    def is_form(self) -> bool:
        """Whether the body is a multipart form."""
        return self.headers.get("content-type", "").startswith("multipart/form-data")

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the statement and its parameters, by name."""
        return {
            name: value
            for name, value in self.fields.items()
            if name not in _RESERVED and not (self.is_form and name.endswith(_EXTERNAL_SUFFIXES))
        }

    @property
    def database(self) -> str:
        """The database in which names are looked up; empty for the default one."""
        return self.fields.get("database") or self.headers.get("x-clickhouse-database", "")

    @property
    def default_format(self) -> str:
        """The format of the result where the statement names none."""
        return self.fields.get("default_format") or self.headers.get("x-clickhouse-format") or "TabSeparated"

    def flag(self, name: str) -> bool:
        """Return whether a field says yes."""
        return self.fields.get(name, "").lower() in {"1", "true", "yes", "on"}

    def number(self, name: str, default: int) -> int:
        """Return a field that is a whole number, not negative.

        Raises:
            Failure: it is none.
        """
        text = self.fields.get(name, "")
        if not text:
            return default
        if not text.isascii() or not text.isdigit():
            raise Failure(72, f"Cannot parse number {text!r} of HTTP parameter {name}", "CANNOT_PARSE_NUMBER")
        return int(text)

    @property
    def readonly_level(self) -> int:
        """What the request may do: 0 everything, 1 read, 2 read and set settings, as a GET may.

        Raises:
            Failure: ``readonly`` is not a number.
        """
        return self.number("readonly", 0) or (2 if self.is_get else 0)

    @property
    def session_timeout_seconds(self) -> int:
        """How long the session outlives this request.

        Raises:
            Failure: it is no number, or too large.
        """
        seconds = self.number("session_timeout", SESSION_TIMEOUT_SECONDS_DEFAULT)
        if seconds > SESSION_TIMEOUT_SECONDS_MAX:
            raise Failure(
                374,
                f"Session timeout '{seconds}' is larger than max_session_timeout: {SESSION_TIMEOUT_SECONDS_MAX}",
                "INVALID_SESSION_TIMEOUT",
            )
        return seconds

    @property
    def credentials(self) -> Credentials:
        """Who asks: by ``X-ClickHouse-User``/``-Key``, by basic auth, or in the URL.

        Raises:
            Failure: two ways at once, or a header that is not as it should be.
        """
        user, key = self.headers.get("x-clickhouse-user", ""), self.headers.get("x-clickhouse-key", "")
        authorization = self.headers.get("authorization", "")
        in_url = "user" in self.fields or "password" in self.fields
        ways = (bool(user or key), bool(authorization), in_url)
        if sum(ways) > 1:
            raise Failure(
                516,
                "Invalid authentication: it is not allowed to use X-ClickHouse HTTP headers, Authorization "
                "HTTP header and authentication via parameters simultaneously",
                "AUTHENTICATION_FAILED",
            )
        if ways[0]:
            return Credentials(user or "default", key)
        if authorization:
            return _basic(authorization)
        return Credentials(self.fields.get("user") or "default", self.fields.get("password", ""))


def make_request(method: str, query_items: Iterable[tuple[str, str]], headers: Mapping[str, str]) -> Request:
    """Return the request that a URL and headers make.

    Args:
        method: HTTP method.
        query_items: names and values of the URL's query, decoded.
        headers: lower-case names to values.
    """
    fields = dict(query_items)
    query_id = fields.get("query_id") or headers.get("x-clickhouse-query-id") or str(uuid.uuid4())
    return Request(method in {"GET", "HEAD"}, fields, headers, query_id)


def is_parameter(name: str) -> bool:
    """Return whether a setting's name is that of a query parameter."""
    return name.startswith(_PARAMETER_PREFIX)


def _basic(authorization: str) -> Credentials:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise Failure(
            516,
            f"Invalid authentication: '{scheme}' HTTP Authorization scheme is not supported",
            "AUTHENTICATION_FAILED",
        )
    try:
        user, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Failure(516, "Invalid authentication: not base64", "AUTHENTICATION_FAILED") from None
    return Credentials(user or "default", password)
