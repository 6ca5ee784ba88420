"""One recorded exchange as a directory of recordings holds it, without its body."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from crosscurrent.redaction import is_secret_name

STATUS_WITHOUT_HEADERS_FILE = 200


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """What is known of an exchange; its body stays on disk until it is asked for.

    Attributes:
        source: the vendor, such as ``github``.
        endpoint_kind: folder within the source, such as ``repos``.
        name: file name without its endings.
        method: of the request; ``GET`` if unknown.
        path: of the request, from the host on with its query and without secrets; None if unknown.
        request_body: the request's body in canonical JSON; None if it had none or it is unknown.
        status: of the response; 200 if unknown.
        headers: of the response, lower-case names; one recorded with several values stands here several times.
        body_file: where the body is; None if there is none.
        kind: ``recorded``, ``derived`` or ``documentation example``, as ``SOURCES.tsv`` says.
    """

    source: str
    endpoint_kind: str
    name: str
    method: str
    path: str | None
    request_body: bytes | None
    status: int
    headers: tuple[tuple[str, str], ...]
    body_file: Path | None
    kind: str

    @property
    def synthetic_path(self) -> str:
        """The address below the source's base at which just this exchange is played."""
        return f"/_recordings/{self.endpoint_kind}/{self.name}"

    @property
    def request_key(self) -> str | None:
        """What a request must agree in to get this exchange, or None if its request is unknown."""
        return None if self.path is None else request_key(self.method, self.path)

    def header(self, name: str) -> str | None:
        """Return the first value of a response header."""
        return next((value for key, value in self.headers if key == name), None)


def request_key(method: str, path: str) -> str:
    """Return what two requests for the same thing have in common.

    The order of query parameters does not matter, nor do parameters that carry a secret; all others do.

    Args:
        method: HTTP method, in any case.
        path: path with query.
    """
    return f"{method.upper()} {without_secrets(path, ordered=True)}"


def without_secrets(path: str, *, ordered: bool = False) -> str:
    """Return a path with its query less the parameters that carry a secret, sorted if ``ordered``."""
    parts = urlsplit(path)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not is_secret_name(pair[0])]
    # a slash at the end makes no other resource in any of the APIs
    where = (parts.path.rstrip("/") or "/") if ordered else parts.path or "/"
    return where + (f"?{urlencode(sorted(query) if ordered else query)}" if query else "")


def path_of(url: str) -> str:
    """Return a URL from its host on, without secrets."""
    parts = urlsplit(url)
    return without_secrets(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def canonical_json(body: object) -> bytes:
    """Return JSON data as bytes that do not depend on the order of keys."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
