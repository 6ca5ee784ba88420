"""What a page says, as a digest: two answers with the same one are published once (pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import orjson

ANY_DEPTH = "**"
PARSED_BYTES_MAX = 8 * 1024 * 1024
"""A larger body is compared byte by byte: parsing it twice would cost more than it may spare."""

_DIGEST_BYTES = 12


def content_digest(content: bytes, volatile: Iterable[str] = ()) -> str:
    """Return the digest of what a body says.

    Of JSON neither the order of names nor white space counts, and what is volatile is left out. Anything else is
    taken byte by byte.

    Args:
        content: body of an answer, content coding undone.
        volatile: dotted paths of what changes without being news, such as ``request_id`` or ``sys.id``. A list is
            passed through; a path that begins with ``**.`` holds at any depth.
    """
    if len(content) <= PARSED_BYTES_MAX:
        try:
            payload = orjson.loads(content)
            for path in volatile:
                leave_out(payload, path.split("."))
            content = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
        except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
            return _digest(content)
    return _digest(content)


def leave_out(value: object, steps: Sequence[str]) -> None:
    """Take what a path leads to out of a JSON value, wherever it is there.

    Args:
        value: is changed.
        steps: names of the path, from the outside.
    """
    if isinstance(value, list):
        for item in value:
            leave_out(item, steps)
    elif isinstance(value, dict):
        name, *below = steps
        if name == ANY_DEPTH:
            for inner in value.values():
                leave_out(inner, steps)
            leave_out(value, below)
        elif below:
            leave_out(value.get(name), below)
        else:
            value.pop(name, None)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()
