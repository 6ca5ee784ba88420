"""How much of a payload a mapping reads: by path, without declaring anything twice (pure).

The mapping runs on a payload whose objects note which of their fields are asked for. What is not asked for is left out:
knowingly where the mapping's table gives a reason, unknowingly otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Coverage:
    """What becomes of the values of a payload, by path; ``[]`` stands for an array's entries, ``.*`` for a map's.

    Attributes:
        mapped: paths that the mapping reads.
        ignored: paths that it leaves out, to the reason.
        unknown: paths that it does not know.
    """

    mapped: tuple[str, ...] = ()
    ignored: Mapping[str, str] | None = None
    unknown: tuple[str, ...] = ()

    @property
    def paths(self) -> int:
        """How many paths there are."""
        return len(self.mapped) + len(self.ignored or {}) + len(self.unknown)

    @property
    def mapped_share(self) -> float:
        """Share of the paths that is mapped, 0 to 1; 1 if there are none."""
        return len(self.mapped) / self.paths if self.paths else 1.0


def noting(value: object) -> object:
    """Return a copy of decoded JSON whose objects note which of their fields are asked for."""
    if isinstance(value, dict):
        return _Noting({name: noting(inner) for name, inner in value.items()})
    return [noting(inner) for inner in value] if isinstance(value, list) else value


def coverage_of(value: object, *, maps: Collection[str], ignored: Mapping[str, str]) -> Coverage:
    """Return what was asked for, and what was not.

    Args:
        value: what ``noting`` gave, after the mapping ran on it.
        maps: paths of objects whose field names are data.
        ignored: pattern of paths (``*`` stands for anything) to the reason why they are left out.
    """
    read: dict[str, bool] = {}
    for path, was_read in _leaves(value, "$", True, frozenset(maps)):
        read[path] = was_read or read.get(path, False)
    left_out = {path: _reason(path, ignored) for path, was_read in read.items() if not was_read}
    return Coverage(
        mapped=tuple(sorted(path for path, was_read in read.items() if was_read)),
        ignored={path: reason for path, reason in sorted(left_out.items()) if reason is not None},
        unknown=tuple(sorted(path for path, reason in left_out.items() if reason is None)),
    )


class _Noting(dict[str, Any]):
    """An object that notes which of its fields are asked for by name."""

    __slots__ = ("asked",)

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)


def _leaves(value: object, path: str, was_read: bool, maps: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Yield each value that holds no other, with its path and whether it was asked for."""
    if isinstance(value, _Noting) and value:
        for name, inner in value.items():
            step = "*" if path in maps else name
            yield from _leaves(inner, f"{path}.{step}", name in value.asked, maps)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _leaves(inner, f"{path}[]", was_read, maps)
    else:
        yield path, was_read


def _reason(path: str, ignored: Mapping[str, str]) -> str | None:
    return next((reason for pattern, reason in ignored.items() if _compiled(pattern).fullmatch(path)), None)


@lru_cache(1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")))
