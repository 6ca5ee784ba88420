"""A multipart form, read in pieces: fields become values, files become tables of the query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from crosscurrent.embedded.clickhouse.failure import Failure

_FIELD_BYTES_MAX = 4 * 1024 * 1024
_FIELDS_MAX = 10_000


@dataclass(slots=True)
class Part:
    """The head of one part.

    Attributes:
        name: what the form calls it.
        is_file: whether it has a file name, which makes it a table.
    """

    name: str
    is_file: bool


@dataclass(slots=True)
class FormEvent:
    """A step through the form: a part begins, more of it is there, or it ends."""

    part: Part
    data: bytes = b""
    ended: bool = False


@dataclass(slots=True)
class _Headers:
    name: bytes = b""
    value: bytes = b""
    found: dict[str, str] = field(default_factory=dict)


def read_form(content_type: str, pieces: Iterable[bytes]) -> Iterator[FormEvent]:
    """Yield the steps through a multipart body.

    Raises:
        Failure: it is not one, or has too many parts.
    """
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise Failure(36, "multipart/form-data without a boundary", "BAD_ARGUMENTS")
    events: list[FormEvent] = []
    parser = MultipartParser(boundary.encode(), _callbacks(events))
    count = 0
    ended = False
    try:
        for piece in pieces:
            parser.write(piece)
            for event in events:
                count += event.ended
                ended = True
                yield event
            events.clear()
            if count > _FIELDS_MAX:
                raise Failure(36, f"more than {_FIELDS_MAX} parts in the form", "BAD_ARGUMENTS")
        parser.finalize()
    except FormParserError as error:
        raise Failure(36, f"multipart/form-data cannot be read: {error}", "BAD_ARGUMENTS") from None
    if not ended:
        raise Failure(36, "multipart/form-data without a part", "BAD_ARGUMENTS")


def _callbacks(events: list[FormEvent]) -> Any:
    headers = _Headers()
    part = Part("", False)

    def on_part_begin() -> None:
        nonlocal headers
        headers = _Headers()

    def on_header_field(data: bytes, start: int, end: int) -> None:
        headers.name += data[start:end]

    def on_header_value(data: bytes, start: int, end: int) -> None:
        headers.value += data[start:end]

    def on_header_end() -> None:
        headers.found[headers.name.decode("latin-1").lower()] = headers.value.decode(errors="replace")
        headers.name = headers.value = b""

    def on_headers_finished() -> None:
        nonlocal part
        part = _part(headers.found.get("content-disposition", ""))
        events.append(FormEvent(part))

    def on_part_data(data: bytes, start: int, end: int) -> None:
        events.append(FormEvent(part, data[start:end]))

    def on_part_end() -> None:
        events.append(FormEvent(part, ended=True))

    return {name: value for name, value in locals().items() if name.startswith("on_")}


def _part(disposition: str) -> Part:
    header = Message()
    header["content-disposition"] = disposition
    name = header.get_param("name", header="content-disposition")
    file_name = header.get_param("filename", header="content-disposition")
    return Part(name if isinstance(name, str) else "_data", file_name is not None)
