"""Cutting a ClickHouse statement into tokens, just finely enough to find its clauses.

Source: the lexer of ClickHouse, src/Parsers/Lexer.cpp: comments, the four kinds of quotes, heredocs, brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<space>[\s\ufeff]+ | --[^\n]* | \#[\s!][^\n]* | /\*.*?(?:\*/|\Z))
  | (?P<string>'(?:[^'\\]|\\.|'')*')
  | (?P<quoted>`(?:[^`\\]|\\.|``)*` | "(?:[^"\\]|\\.|"")*")
  | (?P<heredoc>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
  | (?P<word>[^\W\d]\w*)
  | (?P<number>\d\w*(?:\.\w*)?)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: ``word``, ``quoted``, ``string``, ``heredoc``, ``number`` or ``other``.
        text: as it stands in the statement.
        start: index of its first character.
        end: index after its last.
        depth: how many brackets are open around it; a bracket counts as outside of itself.
    """

    kind: str
    text: str
    start: int
    end: int
    depth: int

    @property
    def keyword(self) -> str:
        """The word in upper case if it can be a keyword, else empty."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """The identifier without its quotes; empty if it is none."""
        if self.kind == "word":
            return self.text
        return unquoted(self.text) if self.kind == "quoted" else ""


def tokens(sql: str) -> Iterator[Token]:
    """Yield the tokens of a statement that matter, without spaces and comments."""
    depth = 0
    position = 0
    while position < len(sql):
        match = _TOKEN.match(sql, position)
        assert match is not None, "the last alternative matches any character"
        position = match.end()
        kind = match.lastgroup or "other"
        kind = "heredoc" if kind == "tag" else kind
        text = match.group()
        if kind == "space":
            continue
        if text in _CLOSING:
            depth = max(0, depth - 1)
        yield Token(kind, text, match.start(), position, depth)
        if text in _OPENING:
            depth += 1


def unquoted(text: str) -> str:
    """Return what a quoted identifier or a string literal says."""
    quote = text[0]
    return re.sub(r"\\(.)|" + quote * 2, lambda match: match.group(1) or quote, text[1:-1], flags=re.DOTALL)


def quoted(text: str) -> str:
    """Return a string literal that says the text."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
