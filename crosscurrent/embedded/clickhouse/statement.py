"""What a statement is, and where its clauses stand: pure, so that ``query`` only has to act on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from crosscurrent.embedded.clickhouse.sql_tokens import Token, tokens, unquoted

_SELECT_WORDS = frozenset({"SELECT", "WITH", "FROM"})
_PEEK_TOKENS_MAX = 3


class Kind(Enum):
    """How a statement is run."""

    SELECT = "select"
    """Its result is streamed out."""
    INSERT_DATA = "insert data"
    """Its rows follow the statement and are streamed in."""
    INSERT_INPUT = "insert input"
    """An ``INSERT … SELECT`` that reads the rows that follow by ``input('structure')``."""
    OTHER = "other"
    """Everything whose answer is small."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement and its parts.

    Attributes:
        kind: how it is run.
        head: its text without a trailing ``FORMAT`` clause and without data.
        format: the format it names, of its result or of its data; empty if none.
        tail: what follows the ``FORMAT`` clause and belongs to the statement (``SETTINGS …``).
        data_start: index in the whole text at which the rows begin; ``None`` if no rows follow.
        words: its first keywords, upper case.
    """

    kind: Kind
    head: str
    format: str = ""
    tail: str = ""
    data_start: int | None = None
    words: tuple[str, ...] = ()

    @property
    def inserts(self) -> bool:
        """Whether rows follow it."""
        return self.kind in {Kind.INSERT_DATA, Kind.INSERT_INPUT}


def parse_statement(text: str) -> Statement:
    """Return what the statement is; whether it is right, the engine will say."""
    first: list[Token] = []
    for token in tokens(text):
        first.append(token)
        if len(first) == _PEEK_TOKENS_MAX:
            break
    words = tuple(token.keyword for token in first)
    if words[:1] == ("INSERT",):
        return _parse_insert(text, words)
    all_tokens = list(tokens(text))
    while all_tokens and all_tokens[-1].text == ";":
        all_tokens.pop()
    opening = next((token for token in all_tokens if token.text != "("), None)
    selects = opening is not None and opening.keyword in _SELECT_WORDS
    head, format_name, tail = _cut_format(text, all_tokens)
    return Statement(Kind.SELECT if selects else Kind.OTHER, head, format_name, tail, words=words)


def _cut_format(text: str, found: list[Token]) -> tuple[str, str, str]:
    """Return the text before a trailing ``FORMAT name``, the name, and the ``SETTINGS`` after it."""
    end = found[-1].end if found else 0
    for index in range(len(found) - 2, 0, -1):
        token, after = found[index], found[index + 1]
        if token.depth or token.keyword != "FORMAT" or not after.name:
            continue
        rest = found[index + 2 :]
        if not rest or rest[0].keyword == "SETTINGS":
            return text[: token.start], after.name, text[rest[0].start : end] if rest else ""
    return text[:end], "", ""


def _parse_insert(text: str, words: tuple[str, ...]) -> Statement:
    previous: Token | None = None
    reads_input = selects = False
    seen: list[Token] = []
    for token in tokens(text):
        seen.append(token)
        if selects and token.keyword == "INPUT":
            reads_input = True
        follows_dot = previous is not None and previous.text == "."
        is_name = follows_dot or (previous is not None and previous.keyword in {"INTO", "TABLE", "FUNCTION"})
        if token.depth == 0 and not is_name and not selects:
            if token.keyword == "VALUES":
                return Statement(Kind.INSERT_DATA, text[: token.start], "Values", "", token.end, words)
            if token.keyword in {"SELECT", "WITH"} or (token.text == "(" and _selects_next(text, token)):
                selects = True
        if previous is not None and previous.keyword == "FORMAT" and previous.depth == 0 and token.name:
            if not selects:
                start = _data_start(text, token.end)
                return Statement(Kind.INSERT_DATA, text[: previous.start], token.name, "", start, words)
            if reads_input:
                start = _data_start(text, token.end)
                return Statement(Kind.INSERT_INPUT, text[: previous.start], token.name, "", start, words)
        previous = token
    while seen and seen[-1].text == ";":
        seen.pop()
    head = text[: seen[-1].end] if seen else ""
    if selects or any(token.keyword == "INFILE" for token in seen):
        return Statement(Kind.OTHER, head, words=words)
    return Statement(Kind.INSERT_DATA, head, "", "", len(text), words)


def _selects_next(text: str, bracket: Token) -> bool:
    following = next(iter(tokens(text[bracket.end : bracket.end + 256])), None)
    return following is not None and following.keyword in {"SELECT", "WITH"}


def _data_start(text: str, end: int) -> int:
    """Return where the rows begin: after the format's name, spaces and one line end, or a semicolon."""
    position = end
    while position < len(text) and text[position] in " \t\f\v":
        position += 1
    if text[position : position + 1] == ";":
        position += 1
    if text[position : position + 1] == "\r":
        position += 1
    if text[position : position + 1] == "\n":
        position += 1
    return position


__all__ = ["Kind", "Statement", "parse_statement", "unquoted"]
