"""Files of code and models by their path: which version is there, and how large it is (pure)."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import Final

from connectors.github.keys import repository_in
from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from schemas.records import RawEvent

_POINTER_BYTES_MAX: Final = 1024
# a large file stands elsewhere, and in its place a text that says where
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*"
    rb"oid sha256:(?P<oid>[0-9a-f]{64})\nsize (?P<size>\d{1,15})\n?"
)


def map_contents(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a file, or what stands in a folder."""
    del event
    for row in root.rows() if isinstance(root.value, list) else [root]:
        _map_one(row, readings)


def _map_one(row: JsonNode, readings: Readings) -> None:
    repository, path = repository_in(row), row.text("path")
    kind = "folder" if row.peek("type") == "dir" else "file"
    key = f"{repository}/files/{path}"
    attributes = row.plain("sha", "type", "size", "target") | {"repository": repository}
    size, pointer = row.nullable_count("size"), _pointer(row)
    if pointer is not None:
        attributes |= {"lfs_oid": pointer["oid"].decode(), "lfs_size": int(pointer["size"])}
        size = float(pointer["size"])
    readings.thing(
        kind, key, path, url=row.peek_text("html_url"), attributes=attributes, version=row.peek_text("sha")
    )
    if kind == "file":
        readings.measure("file_size", key, size, unit="B")


def _pointer(row: JsonNode) -> re.Match[bytes] | None:
    """Return what a Git LFS pointer says, ``None`` if the file is none.

    Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    """
    size, content = row.peek("size"), row.peek_text("content")
    if not content or not isinstance(size, int) or size > _POINTER_BYTES_MAX:
        return None
    try:
        return _POINTER.fullmatch(b64decode(content))
    except (binascii.Error, ValueError):
        return None
