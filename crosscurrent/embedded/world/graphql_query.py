"""Reading a GraphQL query: one operation with variables, fields, aliases and arguments; no fragments (pure).

Source: the GraphQL specification of October 2021, section 2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

QUERY_CHARACTERS_MAX = 20_000
DEPTH_MAX = 20

_TOKEN = re.compile(r'[_A-Za-z][_0-9A-Za-z]*|-?\d+(?:\.\d+)?|"(?:[^"\\\n]|\\.)*"|[$!:(){}\[\]=]')
_IGNORED = re.compile(r"(?:[\s,]|#[^\n]*)*")
_CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}


class NotAQuery(Exception):
    """A text that is no query that is understood here."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable in the place of a value."""

    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a selection.

    Attributes:
        name: as the schema has it.
        key: under which the answer has it, the alias if there is one.
        arguments: values, with ``Variable`` where one stands.
        selection: fields below; empty for a scalar.
    """

    name: str
    key: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    selection: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """A query.

    Attributes:
        selection: its roots.
        required: variables that must have a value.
    """

    selection: tuple[Field, ...]
    required: tuple[str, ...]


def operation_of(text: str) -> Operation:
    """Return the operation in a query.

    Raises:
        NotAQuery: the text is none.
    """
    tokens = _Tokens(text)
    required: list[str] = []
    if tokens.next_is("query"):
        if tokens.peek() not in ("(", "{"):
            tokens.name()
        if tokens.next_is("("):
            while not tokens.next_is(")"):
                required += _variable_definition(tokens)
    selection = _selection(tokens, DEPTH_MAX)
    if tokens.peek() is not None:
        raise NotAQuery
    return Operation(selection, tuple(required))


class _Tokens:
    """The tokens of a text, one after the other."""

    def __init__(self, text: str) -> None:
        self._tokens = _split(text)
        self._place = 0

    def peek(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise NotAQuery
        self._place += 1
        return token

    def next_is(self, token: str) -> bool:
        found = self.peek() == token
        self._place += found
        return found

    def expect(self, token: str) -> None:
        if not self.next_is(token):
            raise NotAQuery

    def name(self) -> str:
        token = self.take()
        if not (token[0].isalpha() or token[0] == "_"):
            raise NotAQuery
        return token


def _split(text: str) -> list[str]:
    if len(text) > QUERY_CHARACTERS_MAX:
        raise NotAQuery
    tokens, place = [], _ignored(text, 0)
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise NotAQuery
        tokens.append(found[0])
        place = _ignored(text, found.end())
    return tokens


def _ignored(text: str, place: int) -> int:
    found = _IGNORED.match(text, place)
    return found.end() if found else place


def _variable_definition(tokens: _Tokens) -> list[str]:
    tokens.expect("$")
    name = tokens.name()
    tokens.expect(":")
    while tokens.next_is("["):
        pass
    tokens.name()
    required = False
    while tokens.peek() in ("!", "]"):
        required = tokens.take() == "!"
    if tokens.next_is("="):
        _value(tokens, DEPTH_MAX)
        required = False
    return [name] if required else []


def _selection(tokens: _Tokens, depth: int) -> tuple[Field, ...]:
    if depth == 0:
        raise NotAQuery
    tokens.expect("{")
    fields = []
    while not tokens.next_is("}"):
        fields.append(_field(tokens, depth))
    if not fields:
        raise NotAQuery
    return tuple(fields)


def _field(tokens: _Tokens, depth: int) -> Field:
    key = name = tokens.name()
    if tokens.next_is(":"):
        name = tokens.name()
    arguments: dict[str, object] = {}
    if tokens.next_is("("):
        while not tokens.next_is(")"):
            argument = tokens.name()
            tokens.expect(":")
            arguments[argument] = _value(tokens, depth)
    selection = _selection(tokens, depth - 1) if tokens.peek() == "{" else ()
    return Field(name, key, arguments, selection)


def _value(tokens: _Tokens, depth: int) -> object:
    token = tokens.take()
    if depth == 0:
        raise NotAQuery
    if token == "$":
        return Variable(tokens.name())
    if token == "{":
        return _object(tokens, depth)
    if token == "[":
        items = []
        while not tokens.next_is("]"):
            items.append(_value(tokens, depth - 1))
        return items
    if token[0] == '"':
        return orjson.loads(token)
    if token[0].isdigit() or token[0] == "-":
        return float(token) if "." in token else int(token)
    if not token[0].isalpha():
        raise NotAQuery
    return _CONSTANTS.get(token, token)


def _object(tokens: _Tokens, depth: int) -> dict[str, object]:
    fields: dict[str, object] = {}
    while not tokens.next_is("}"):
        name = tokens.name()
        tokens.expect(":")
        fields[name] = _value(tokens, depth - 1)
    return fields
