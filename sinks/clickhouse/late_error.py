"""The error that ClickHouse writes into an answer which it has already begun.

Source: https://clickhouse.com/docs/interfaces/http#http_response_codes_caveats (the block between two
``__exception__`` lines at the very end, with a tag and its own length).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_MARK = b"\r\n__exception__\r\n"
_BLOCK_BYTES_MAX = 64 * 1024
_BLOCK = re.compile(
    rb"\r\n__exception__\r\n(?P<tag>\w+)\r\n(?P<words>.*)\n\d+ (?P=tag)\r\n__exception__\r\n\Z", re.DOTALL
)


class LateError(Exception):
    """An answer ended with an error.

    Attributes:
        words: what ClickHouse said.
    """

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


def without_late_error(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield an answer as it is, but for an error at its end.

    Args:
        pieces: the answer, divided anywhere. If they break off after the error, the error is raised.

    Raises:
        LateError: the answer ends with one; what came before it was yielded.
    """
    held = b""
    broken: Exception | None = None
    source = iter(pieces)
    while True:
        try:
            held += next(source)
        except StopIteration:
            break
        except Exception as error:  # noqa: BLE001 - raised again below, unless ClickHouse said why
            broken = error
            break
        place = held.find(_MARK)
        while place >= 0 and len(held) - place > _BLOCK_BYTES_MAX:
            # too far from the end: it is data
            yield held[: place + 1]
            held = held[place + 1 :]
            place = held.find(_MARK)
        # the end may be the begin of a mark
        free = place if place >= 0 else max(0, len(held) - len(_MARK) + 1)
        if free:
            yield held[:free]
            held = held[free:]
    block = _BLOCK.search(held)
    if block is None:
        if held:
            yield held
        if broken is not None:
            raise broken
        return
    if block.start():
        yield held[: block.start()]
    raise LateError(block["words"].decode("utf-8", "replace"))
