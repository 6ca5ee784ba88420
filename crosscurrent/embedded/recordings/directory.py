"""Reading a directory of recordings: an index of small facts, bodies only when they are played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

from crosscurrent.embedded.recordings.exchange import (
    STATUS_WITHOUT_HEADERS_FILE,
    RecordedExchange,
    canonical_json,
    path_of,
)
from crosscurrent.errors import WrongUse

EXCHANGES_MAX = 100_000
HEADERS_FILE_BYTES_MAX = 1024 * 1024
BODY_BYTES_MAX = 128 * 1024 * 1024
HEADERS_ENDING = ".headers.json"
BODY_ENDING = ".json"
SOURCES_FILE = "SOURCES.tsv"
KIND_UNSTATED = "recorded"


def read_exchanges(directory: Path) -> list[RecordedExchange]:
    """Return all exchanges of a directory, ordered by source, endpoint kind and name.

    Args:
        directory: holds ``<source>/<endpoint-kind>/<name>.json`` and ``<name>.headers.json``.

    Raises:
        WrongUse: it is no such directory, or a file in it is not in that format; says which.
    """
    if not directory.is_dir():
        raise _not_recordings(f"{directory} is no directory")
    kinds = _stated_kinds(directory / SOURCES_FILE)
    exchanges: list[RecordedExchange] = []
    for folder in sorted(directory.glob("*/*")):
        if folder.is_dir():
            exchanges += _read_folder(directory, folder, kinds)
        if len(exchanges) > EXCHANGES_MAX:
            raise _not_recordings(f"{directory} holds more than {EXCHANGES_MAX} exchanges")
    if not exchanges:
        raise _not_recordings(f"{directory} holds no recorded exchange")
    return exchanges


def read_body(exchange: RecordedExchange) -> bytes:
    """Return the body of a response, empty if there was none.

    Raises:
        WrongUse: the file has gone or is larger than ``BODY_BYTES_MAX``.
    """
    if exchange.body_file is None:
        return b""
    return _read_file(exchange.body_file, BODY_BYTES_MAX)


def _read_folder(directory: Path, folder: Path, kinds: Mapping[str, str]) -> Iterator[RecordedExchange]:
    files = {file.name for file in folder.iterdir() if file.name.endswith(BODY_ENDING)}
    names = {file.removesuffix(HEADERS_ENDING).removesuffix(BODY_ENDING) for file in files}
    for name in sorted(names):
        body_file = folder / (name + BODY_ENDING) if name + BODY_ENDING in files else None
        headers_file = folder / (name + HEADERS_ENDING) if name + HEADERS_ENDING in files else None
        stated = (str(file.relative_to(directory)) for file in (body_file, headers_file) if file)
        kind = next((kinds[path] for path in stated if path in kinds), KIND_UNSTATED)
        yield _read_exchange(directory, folder, name, body_file, headers_file, kind)


def _read_exchange(
    directory: Path, folder: Path, name: str, body_file: Path | None, headers_file: Path | None, kind: str
) -> RecordedExchange:
    known = _object(headers_file) if headers_file else {}
    request = known.get("request")
    request = request if isinstance(request, dict) else {}
    if body_file is None and isinstance(known.get("body_file"), str):
        body_file = _inside(directory, str(known["body_file"]), headers_file)
    url, body = request.get("url"), request.get("body")
    status = known.get("status", STATUS_WITHOUT_HEADERS_FILE)
    if not isinstance(status, int) or not 100 <= status <= 599:
        raise _not_recordings(f"{headers_file} has status {status!r}")
    return RecordedExchange(
        source=folder.parent.name,
        endpoint_kind=folder.name,
        name=name,
        method=str(request.get("method", "GET")).upper(),
        path=path_of(url) if isinstance(url, str) else None,
        request_body=None if body is None else canonical_json(body),
        status=status,
        headers=_headers(known.get("headers")),
        body_file=body_file,
        kind=kind,
    )


def _headers(recorded: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(recorded, dict):
        return ()
    # some recordings have numbers, or a list where a header came more than once
    return tuple(
        (str(name).lower(), str(value))
        for name, values in recorded.items()
        for value in (values if isinstance(values, list) else [values])
    )


def _inside(directory: Path, relative: str, named_in: Path | None) -> Path:
    file = (directory / relative).resolve()
    if not file.is_relative_to(directory.resolve()):
        raise _not_recordings(f"{named_in} names a body outside of the directory")
    return file


def _object(file: Path) -> dict[str, object]:
    try:
        decoded = orjson.loads(_read_file(file, HEADERS_FILE_BYTES_MAX))
    except orjson.JSONDecodeError as error:
        raise _not_recordings(f"{file} is not JSON ({error})") from error
    if not isinstance(decoded, dict):
        raise _not_recordings(f"{file} holds no JSON object")
    return decoded


def _stated_kinds(sources: Path) -> dict[str, str]:
    if not sources.is_file():
        return {}
    rows = (line.split("\t") for line in sources.read_text("utf-8").splitlines()[1:])
    return {row[0]: row[4] for row in rows if len(row) > 4}


def _read_file(file: Path, bytes_max: int) -> bytes:
    try:
        if file.stat().st_size > bytes_max:
            raise _not_recordings(f"{file} is larger than {bytes_max} bytes")
        return file.read_bytes()
    except OSError as error:
        raise _not_recordings(f"{file} cannot be read ({error.strerror})") from error


def _not_recordings(found: str) -> WrongUse:
    return WrongUse(
        found,
        expected="recorded exchanges as <source>/<endpoint-kind>/<name>.json with <name>.headers.json beside it",
        todo="give a directory made by `crosscurrent sources record`, or correct that file",
    )
