"""YAML as plain JSON data that knows on which line everything stands (pure).

Scalars are read by the core schema of YAML 1.2: ``no`` and ``on`` are texts, not booleans, and a date is a text. Two
keys of one name, aliases and tags are refused: whoever reads the file must see what it says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

TEXT_BYTES_MAX: Final = 256 * 1024
NODES_MAX: Final = 10_000
DEPTH_MAX: Final = 20

Location = tuple[str | int, ...]
"""Keys and indexes from the top of a document on."""

_NULL = re.compile(r"^(~|null|Null|NULL|)$")
_BOOLEAN = re.compile(r"^(true|True|TRUE|false|False|FALSE)$")
_WHOLE = re.compile(r"^[-+]?[0-9]{1,18}$")
_FRACTION = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?$")
_PLAIN_TAG = "tag:yaml.org,2002:"


class NotYaml(ValueError):
    """A text that is not the YAML that is read here.

    Args:
        found: what is there.
        line: where, from 1; None if no line is to blame.
    """

    def __init__(self, found: str, line: int | None) -> None:
        self.found = found
        self.line = line
        super().__init__(found)


@dataclass(frozen=True, slots=True)
class Document:
    """A document and where its parts stand.

    Attributes:
        data: plain JSON data.
        lines: location to line, from 1; a field's line is that of its key.
    """

    data: object
    lines: Mapping[Location, int]

    def line(self, location: Location) -> int | None:
        """Return the line of a location, or of the nearest part around it that is there."""
        for length in range(len(location), -1, -1):
            if location[:length] in self.lines:
                return self.lines[location[:length]]
        return None


def read_yaml(text: str) -> Document:
    """Return the only document of a text.

    Raises:
        NotYaml: it is not YAML, more than one document, too large, or uses what is not read here.
    """
    if len(text.encode()) > TEXT_BYTES_MAX:
        raise NotYaml(f"more than {TEXT_BYTES_MAX} bytes", None)
    try:
        _refuse_aliases(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(part for part in (error.context, error.problem) if part)
        raise NotYaml(words, mark.line + 1 if mark else None) from error
    except yaml.YAMLError as error:
        raise NotYaml(str(error).splitlines()[0], None) from error
    if root is None:
        raise NotYaml("an empty file", None)
    builder = _Builder()
    return Document(builder.plain(root, ()), builder.lines)


def _refuse_aliases(text: str) -> None:
    """Look at the parser's events before anything is built: depth and number of nodes are bounded, too."""
    depth = nodes = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise NotYaml(f"the alias *{event.anchor}", line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > DEPTH_MAX or nodes > NODES_MAX:
            raise NotYaml(f"more than {NODES_MAX} values, or {DEPTH_MAX} of them inside each other", line)


class _Builder:
    def __init__(self) -> None:
        self.lines: dict[Location, int] = {}

    def plain(self, node: Node, location: Location) -> object:
        self.lines.setdefault(location, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self._mapping(node, location)
        if isinstance(node, SequenceNode):
            return [self.plain(value, (*location, index)) for index, value in enumerate(node.value)]
        assert isinstance(node, ScalarNode), "YAML has three kinds of nodes"
        return _scalar(node)

    def _mapping(self, node: MappingNode, location: Location) -> dict[str, object]:
        fields: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                raise NotYaml("a key that is no plain text", line)
            key = str(key_node.value)
            if key in fields:
                raise NotYaml(f"the key {key!r} a second time", line)
            self.lines[(*location, key)] = line
            fields[key] = self.plain(value_node, (*location, key))
        return fields


def _scalar(node: ScalarNode) -> object:
    text = str(node.value)
    if not node.tag.startswith(_PLAIN_TAG):
        raise NotYaml(f"the tag {node.tag}", node.start_mark.line + 1)
    if node.style is not None:
        return text
    if _NULL.match(text):
        return None
    if _BOOLEAN.match(text):
        return text.lower() == "true"
    if _WHOLE.match(text):
        return int(text)
    return float(text) if _FRACTION.match(text) else text
