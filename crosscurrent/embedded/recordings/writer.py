"""Keeping exchanges in the format of a directory of recordings, without secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from crosscurrent.embedded.recordings.directory import BODY_BYTES_MAX, BODY_ENDING, HEADERS_ENDING
from crosscurrent.errors import Fatal, WrongUse
from crosscurrent.redaction import clean_bytes, clean_headers, clean_url, secret_values

NAME_CHARACTERS_MAX = 80
SAME_NAME_MAX = 10_000

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
# the body is kept as the caller read it: decoded and in one piece
_HEADERS_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding", "connection")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A real exchange, as a client saw it.

    Attributes:
        method: HTTP method.
        url: full address with query.
        status: of the response.
        headers: of the response; the request's are not kept.
        body: of the response, after any content coding was undone.
        request_body: of the request, empty for none.
    """

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    request_body: bytes = b""


class RecordingWriter:
    """Writes exchanges into a directory of recordings, one writer a directory.

    Args:
        directory: is made if it is not there.
        source: the vendor, such as ``github``.
        secrets: values that must not be written, in whatever field they stand.

    Raises:
        WrongUse: a secret too short to be told from other text.
    """

    def __init__(self, directory: Path, source: str, secrets: Sequence[str] = ()) -> None:
        self._directory = directory
        self._source = safe_name(source)
        self._secrets = secret_values(secrets)

    def write(self, endpoint_kind: str, name: str, exchange: Exchange) -> Path:
        """Store an exchange and return its headers file; an earlier one of that name stays, this one is numbered.

        Args:
            endpoint_kind: folder, such as ``repos``.
            name: name within it; what cannot stand in a file name is replaced.
            exchange: what to keep.

        Raises:
            WrongUse: a body above ``BODY_BYTES_MAX``.
            Fatal: the directory cannot be written.
        """
        if len(exchange.body) > BODY_BYTES_MAX:
            raise WrongUse(
                f"a body of {len(exchange.body)} bytes",
                expected=f"at most {BODY_BYTES_MAX}",
                todo="record a smaller response",
            )
        # a name may be made from an address, so a secret may stand in it too
        clean_name = safe_name(clean_bytes(name.encode(), self._secrets).decode())
        folder = self._directory / self._source / safe_name(endpoint_kind)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stem = self._free_stem(folder, clean_name)
            return self._store(folder, stem, exchange)
        except OSError as error:
            raise Fatal(
                f"{folder} cannot be written ({error.strerror})",
                expected="a directory with room that this user may write",
                todo="give another directory",
            ) from error

    def _store(self, folder: Path, stem: str, exchange: Exchange) -> Path:
        described = described_exchange(exchange, self._secrets)
        body = clean_bytes(exchange.body, self._secrets)
        if body:
            ending = BODY_ENDING if _is_json(body) else ".body"
            if ending != BODY_ENDING:
                described["body_file"] = f"{self._source}/{folder.name}/{stem}{ending}"
            _write_whole(folder / (stem + ending), body)
        headers_file = folder / (stem + HEADERS_ENDING)
        _write_whole(headers_file, orjson.dumps(described, option=orjson.OPT_INDENT_2))
        return headers_file

    def _free_stem(self, folder: Path, name: str) -> str:
        for number in range(1, SAME_NAME_MAX + 1):
            # numbers of equal width, so that the order of names is the order of recording
            stem = name if number == 1 else f"{name}-{number:05d}"
            if not (folder / (stem + HEADERS_ENDING)).exists():
                return stem
        raise WrongUse(
            f"{SAME_NAME_MAX} exchanges named {name}",
            expected="fewer of one name",
            todo="use another directory",
        )


def described_exchange(exchange: Exchange, secrets: tuple[bytes, ...] = ()) -> dict[str, object]:
    """Return the content of a headers file, without secrets.

    Args:
        exchange: what is kept.
        secrets: as ``secret_values`` gives them.
    """
    headers = clean_headers(exchange.headers, secrets)
    request: dict[str, object] = {"method": exchange.method.upper(), "url": clean_url(exchange.url, secrets)}
    if exchange.request_body:
        body = clean_bytes(exchange.request_body, secrets)
        request["body"] = orjson.loads(body) if _is_json(body) else body.decode("utf-8", "replace")
    kept = {name: value for name, value in headers.items() if name not in _HEADERS_OF_THE_WIRE}
    return {"status": exchange.status, "request": request, "headers": kept}


def safe_name(text: str) -> str:
    """Return text that can be a file name anywhere, never empty and never hidden."""
    return _UNSAFE.sub("-", text).strip(".-")[:NAME_CHARACTERS_MAX] or "unnamed"


def _is_json(content: bytes) -> bool:
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    return True


def _write_whole(file: Path, content: bytes) -> None:
    # a half-written file must never be taken for a recording
    partial = file.with_name(f".{file.name}.partial")
    partial.write_bytes(content)
    partial.replace(file)
