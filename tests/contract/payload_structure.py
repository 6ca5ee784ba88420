"""The structure of JSON payloads: which paths there are, of which types, how often below their parent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

# a path that nearly all recordings have where they have its parent
REQUIRED_SHARE = 0.95


@dataclass
class Structure:
    """Paths with array indices folded to ``[]``: their types, and in how many payloads they occur."""

    types: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    payload_counts: Counter[str] = field(default_factory=Counter)

    def add(self, payload: object) -> None:
        """Take in one payload."""
        seen: set[str] = set()
        for path, kind in _walk(payload, "$"):
            self.types[path].add(kind)
            seen.add(path)
        self.payload_counts.update(seen)

    def required(self, parent: str) -> set[str]:
        """Return the paths directly below a path that nearly all payloads with that path have."""
        least = self.payload_counts[parent] * REQUIRED_SHARE
        return {
            path for path, count in self.payload_counts.items() if _parent(path) == parent and count >= least
        }


def structure_of(payloads: Iterable[object]) -> Structure:
    """Return the structure of several payloads together."""
    structure = Structure()
    for payload in payloads:
        structure.add(payload)
    return structure


def differences(played: Structure, recorded: Structure, allowed: frozenset[str] = frozenset()) -> list[str]:
    """Return what the played payloads have that no recording has, and what they lack that nearly all have."""
    found = []
    for path in sorted(played.types):
        if path in allowed or any(path.startswith((f"{one}.", f"{one}[]")) for one in allowed):
            continue
        if path not in recorded.types:
            found.append(f"{path}: played, never recorded")
            continue
        unknown = played.types[path] - recorded.types[path]
        if unknown:
            found.append(f"{path}: played as {sorted(unknown)}, recorded as {sorted(recorded.types[path])}")
        for child in sorted(recorded.required(path) - played.required(path) - allowed):
            # an array may be empty now and then, but not always
            if not (child.endswith("[]") and child in played.types):
                often = "in some" if child in played.types else "never"
                found.append(f"{child}: recorded in nearly all, played {often}")
    return found


def _walk(value: object, path: str) -> Iterator[tuple[str, str]]:
    yield path, _kind(value)
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, f"{path}[]")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _parent(path: str) -> str:
    return path[:-2] if path.endswith("[]") else path.rpartition(".")[0]
