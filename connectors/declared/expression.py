"""Where a declared value stands in a payload: paths, and texts put together from them (pure).

A path is dotted: ``owner.login``, ``coordinates.0``. It counts from the row, unless it begins with ``$.``, which is the
whole body. ``@`` is the row itself, ``@key`` its name where rows are the fields of an object. A text is a path, or
holds paths in braces: ``{owner.login}/{name}``; ``{target}`` is what was asked about.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from connectors.kit.json_path import KEY_CHARACTERS_MAX, JsonNode

PATH_PATTERN: Final = r"^(@|@key|(\$\.)?[^\s.{}@$]+(\.[^\s.{}@$]+)*)$"
TARGET: Final = "target"

_PATH = re.compile(PATH_PATTERN)
_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a payload and what is around it.

    Attributes:
        node: the row.
        body: the whole payload.
        key: name of the row in the object that it is a field of; empty if it is none.
        target: gives what was asked about, or raises ``Poison`` where the address does not say it.
    """

    node: JsonNode
    body: JsonNode
    key: str
    target: Callable[[], str]


@dataclass(frozen=True, slots=True)
class FieldPath:
    """One value's place.

    Attributes:
        root: from where the steps count; a target and a key have none.
        steps: names of fields, or indexes of entries.
    """

    root: Literal["row", "body", "key", "target"]
    steps: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> FieldPath:
        """Return the place that a path names.

        Raises:
            ValueError: it is no path.
        """
        if not _PATH.match(text):
            raise ValueError(f"{text!r} is no path such as owner.login, $.date, @ or @key")
        if text in ("@", "@key"):
            return cls("key" if text == "@key" else "row")
        root: Literal["row", "body"] = "body" if text.startswith("$.") else "row"
        return cls(root, tuple(text.removeprefix("$.").split(".")))

    def node(self, row: Row) -> JsonNode:
        """Return the value as a node, which may be missing.

        Raises:
            Poison: what is on the way to it is there, but has no fields.
        """
        if self.root in ("key", "target"):
            text = row.key if self.root == "key" else row.target()
            return JsonNode(text, row.node.event, row.node, f"@{self.root}")
        node = row.body if self.root == "body" else row.node
        for step in self.steps:
            if node.missing:
                return node
            node = node.member(step)
        return node


@dataclass(frozen=True, slots=True)
class TextForm:
    """A text put together from a payload.

    Attributes:
        parts: literal texts, and places whose text goes in between.
    """

    parts: tuple[str | FieldPath, ...]

    @classmethod
    def of(cls, text: str) -> TextForm:
        """Return the form that a declaration writes.

        Raises:
            ValueError: it is neither a path nor a text with paths in braces.
        """
        if "{" not in text and "}" not in text:
            return cls((FieldPath.of(text),))
        split = _BRACES.split(text)
        literals, paths = split[::2], split[1::2]
        if any("{" in literal or "}" in literal for literal in literals):
            raise ValueError(f"{text!r} has a brace without its other half")
        parts: list[str | FieldPath] = []
        for index, literal in enumerate(literals):
            parts += [literal] if literal else []
            if index < len(paths):
                parts.append(FieldPath("target") if paths[index] == TARGET else FieldPath.of(paths[index]))
        return cls(tuple(parts))

    @property
    def uses_target(self) -> bool:
        """Whether what was asked about is part of it."""
        return any(isinstance(part, FieldPath) and part.root == "target" for part in self.parts)

    def text(self, row: Row) -> str:
        """Return the text.

        Raises:
            Poison: a part is absent, null, or neither a text nor a whole number; or the whole is too long.
        """
        text = "".join(part if isinstance(part, str) else _text(part.node(row)) for part in self.parts)
        if len(text) > KEY_CHARACTERS_MAX:
            raise row.node.misfit(
                f"a key of at most {KEY_CHARACTERS_MAX} characters", found=f"one of {len(text)}"
            )
        return text

    def nullable_text(self, row: Row) -> str | None:
        """Return the text, or None if a part of it is absent, null or empty.

        Raises:
            Poison: a part is there, but neither a text nor a whole number.
        """
        for part in self.parts:
            if isinstance(part, FieldPath) and ((node := part.node(row)).missing or node.value == ""):
                return None
        return self.text(row)


def _text(node: JsonNode) -> str:
    value = node.value
    if isinstance(value, str) and 0 < len(value) <= KEY_CHARACTERS_MAX:
        return value
    # bool is an int to Python, but no number in JSON
    if type(value) is int:
        return str(value)
    raise node.misfit(f"a text of 1 to {KEY_CHARACTERS_MAX} characters or a whole number")
