"""The values of a text that has few of them, as a state or a kind has: when another one is news (pure).

Not for ids, names and free text. A field is left alone when its name says that it names or describes something, when a
value is no single short word, or when it has had more than ``WORDS_MAX`` of them. A new value is told when for twice the
warm-up none came and each that there is came ``TIMES_MIN`` times: then the share of values not seen yet is small (Good, The
population frequencies of species, Biometrika 40 (1953): it is about the share of those seen once).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

WORDS_MAX: Final = 8
TIMES_MIN: Final = 3
TOLD_MAX: Final = 3
"""A field that had so many new values has more than few."""

_WARM_UPS = 2
_TIMES_KEPT_MAX = TIMES_MIN
_WORD = re.compile(r"(?=[^0-9]*(?:[0-9][^0-9]*){0,2}$)[A-Za-z][A-Za-z0-9_.+-]{0,31}")
_NAMING = re.compile(
    r"(?:.*[_-])?(?:id|ids|uuid|name|names|login|key|title|label|labels|text|body|url|uri|href|path|slug|sha|hash|"
    r"digest|etag|email|tag|ref|user|owner|author|version|description|message|snippet|summary|comment|note|query|"
    r"cursor|token|date|time|at|on|since|until|[a-z]*(?:Id|Name|Url|Uri|At))"
)


class Words:
    """The values that a text has had.

    Attributes:
        times: value to the payloads in which it came, up to a few.
        quiet: payloads since the last that was new.
        told: new ones that were told.
        new: values of the payload that is looked at which are not among ``times``.
    """

    __slots__ = ("new", "quiet", "times", "told")

    def __init__(self) -> None:
        self.times: dict[str, int] = {}
        self.quiet = 0
        self.told = 0
        self.new: list[str] = []

    def note(self, value: str) -> bool:
        """Note a value of this payload that is not among ``times``; return whether it may be one of few.

        Args:
            value: the text.
        """
        if not _WORD.fullmatch(value) or len(self.times) + len(self.new) >= WORDS_MAX + TOLD_MAX:
            return False
        if value not in self.new:
            self.new.append(value)
        return True

    def is_news(self, warm_up: int) -> bool:
        """Return whether the new values of this payload are outside of what was usual."""
        if not self.new or self.quiet < _WARM_UPS * warm_up:
            return False
        return 1 <= len(self.times) <= WORDS_MAX and min(self.times.values()) >= TIMES_MIN

    def learn(self, here: Mapping[str, None]) -> bool:
        """Count a payload's values; return whether they are still few.

        Args:
            here: known values that it had.
        """
        for word in here:
            self.times[word] = min(_TIMES_KEPT_MAX, self.times[word] + 1)
        self.times |= dict.fromkeys(self.new, 1)
        self.quiet = 0 if self.new else self.quiet + 1
        self.new = []
        return len(self.times) <= WORDS_MAX + self.told and self.told < TOLD_MAX


def words_of(name: str) -> Words | None:
    """Return where the values of a field are kept, ``None`` if its name says that it has many.

    Args:
        name: of the field.
    """
    return None if _NAMING.fullmatch(name) else Words()
