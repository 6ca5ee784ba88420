"""An endpoint of the world, and the recordings that what it plays is held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of the world and the recordings of the same kind.

    ``row`` picks the rows to compare out of a body (a list's rows are compared one by one), ``key`` tells the
    recordings of this endpoint from others in the same folder, and ``allowed`` lists the paths that may differ.
    """

    name: str
    vendor: str
    paths: tuple[str, ...]
    kinds: tuple[str, ...]
    key: str
    row: Callable[[object], Iterator[object]]
    allowed: frozenset[str] = frozenset()


def whole(body: object) -> Iterator[object]:
    yield body


def rows(body: object) -> Iterator[object]:
    yield from body if isinstance(body, list) else [body]


def rows_below(*names: str) -> Callable[[object], Iterator[object]]:
    def chosen(body: object) -> Iterator[object]:
        assert isinstance(body, dict)
        lists = [body[name] for name in names if name in body]
        yield from lists[0] if lists else [body]

    return chosen
