"""A place in the payloads of an endpoint: what has been seen there so far, and what this payload shows (pure)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from streams.drift.sequential import RateWatch
from streams.drift.words import words_of

BOOLEAN, NUMBER, STRING, ARRAY, OBJECT = 1, 2, 4, 8, 16
TYPE_NAMES: Final = {
    BOOLEAN: "boolean",
    NUMBER: "number",
    STRING: "string",
    ARRAY: "array",
    OBJECT: "object",
}
ITEMS, ENTRIES = "[]", ".*"
NAME_CHARACTERS_MAX = 100

# a map's keys are data of their own: this many, far more than one payload has, all of one type
_MAP_KEYS_MIN = 12
_MAP_KEYS_RATIO = 2
# of an object whose fields all look alike, so many new ones are reported; then it is a map
LIKE_FIELDS_REPORTED_MAX = 5
_LIKE_FIELDS_MIN = 3
# small whole numbers leave a narrow range by counting on
_WHOLE_SLACK_MIN = 10.0

_DATA_KEY = re.compile(
    r"[0-9]+|[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}"
    r"|(?!ID)[A-Z]{2}|[a-z]{2}[-_][A-Z]{2}|\d{4}-\d\d(-\d\d.*)?|https?:.*|[^@]+@[^@]+|.*[\s\x00-\x1f].*|[0-9a-f]{32,}",
    re.DOTALL,
)


def is_data(name: str) -> bool:
    """Return whether a field's name is data rather than a name: a number, an id, a country, a date, words."""
    return len(name) > NAME_CHARACTERS_MAX or not name.isascii() or bool(_DATA_KEY.fullmatch(name))


class Node:
    """A path with its statistics.

    The counts named ``here_`` are those of the payload whose number is ``mark``.

    Args:
        step: name of the field, or ``[]`` for an array's entries and ``.*`` for a map's.
        parent: the node around it; None for the whole payload.
    """

    __slots__ = (
        "absent",
        "alike_reported",
        "entries",
        "example",
        "fields",
        "fields_widest",
        "gone",
        "here_count",
        "here_high",
        "here_low",
        "here_null",
        "here_number",
        "here_object",
        "here_outside",
        "here_types",
        "here_words",
        "high",
        "is_map",
        "is_whole",
        "items",
        "low",
        "lower",
        "mark",
        "nulls",
        "objects",
        "outside",
        "parent",
        "pending_high",
        "pending_low",
        "step",
        "times_gone",
        "types",
        "upper",
        "values",
        "words",
    )  # fmt: skip

    def __init__(self, step: str, parent: Node | None) -> None:
        self.step = step
        self.parent = parent
        self.fields: dict[str, Node] = {}
        self.items: Node | None = None
        self.entries: Node | None = None
        self.is_map = False
        self.types = 0
        self.objects = 0  # payloads in which it was an object
        self.values = 0  # payloads in which it was not null
        self.fields_widest = 0
        self.alike_reported = 0
        self.gone = False
        self.times_gone = 0
        self.absent = RateWatch()
        self.nulls = RateWatch()
        self.outside: RateWatch | None = None
        self.is_whole = True
        self.low, self.high = math.inf, -math.inf
        self.pending_low, self.pending_high = math.inf, -math.inf
        self.lower, self.upper = -math.inf, math.inf
        # an array's entries are called as the array is
        self.words = words_of(parent.step if parent is not None and step in (ITEMS, ENTRIES) else step)
        self.mark = -1
        self.begin(-1)

    def begin(self, mark: int) -> None:
        """Begin with the counts of another payload."""
        self.mark = mark
        self.here_count = self.here_null = self.here_object = self.here_number = self.here_outside = 0
        self.here_types = 0
        self.here_words: dict[str, None] = {}
        self.here_low, self.here_high = math.inf, -math.inf
        self.example: object = None

    @property
    def path(self) -> str:
        """Where it is, such as ``$.items[].id``."""
        if self.parent is None:
            return "$"
        if self.step in (ITEMS, ENTRIES):
            return self.parent.path + self.step
        return f"{self.parent.path}.{self.step}"

    def children(self) -> Iterator[Node]:
        """Yield the nodes right below."""
        yield from self.fields.values()
        if self.items is not None:
            yield self.items
        if self.entries is not None:
            yield self.entries

    def below(self) -> Iterator[Node]:
        """Yield this node and all below it, parents first."""
        yield self
        for child in self.children():
            yield from child.below()

    @property
    def has_alike_fields(self) -> bool:
        """Whether its fields all hold values of one type, as the entries of a map do."""
        types = {child.types or child.here_types for child in self.fields.values()} - {0}
        return len(self.fields) >= _LIKE_FIELDS_MIN and len(types) == 1

    def seems_map(self) -> bool:
        """Return whether its fields come and go and look alike, so that their names are data."""
        count = len(self.fields)
        if count < _MAP_KEYS_MIN or count <= _MAP_KEYS_RATIO * self.fields_widest:
            return False
        return self.has_alike_fields

    def become_map(self) -> int:
        """Forget the fields, as their names are data; return how many nodes that were."""
        forgotten = sum(1 for child in self.fields.values() for _ in child.below())
        self.is_map = True
        self.fields = {}
        return forgotten

    def set_bounds(self, warm_up: int) -> None:
        """Say from where on a number is outside: further off than the range is wide, or half or twice its end.

        Nothing is outside before the warm-up.
        """
        if self.outside is None or self.outside.trials < warm_up:
            self.lower, self.upper = -math.inf, math.inf
            return
        width = self.high - self.low
        least = _WHOLE_SLACK_MIN if self.is_whole else 0.0
        self.lower = self.low - max(width, abs(self.low) / 2, least)
        self.upper = self.high + max(width, abs(self.high), least)


def type_names(types: int) -> str:
    """Return the names of the types in a set of them."""
    return " or ".join(name for bit, name in TYPE_NAMES.items() if types & bit) or "null"
