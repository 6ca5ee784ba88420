"""The errors that only a connector knows, on the branches of ``crosscurrent.errors``.

Transient
└── Truncated        the body ended early: ask again; dead-letter what came when asking does not help
Poison
└── TooLarge         a body above the bound: dead-letter its beginning
CrosscurrentError
└── Refused          the vendor refuses this target for good: leave it, the others go on
    └── BadAnswer    an answer that would harm us; ``reason`` says how
"""

from __future__ import annotations

from crosscurrent.errors import CrosscurrentError, Poison, Transient


class Truncated(Transient):
    """A body that ended before its stated length.

    Args:
        found: what was there.
        partial: the bytes that came.
        expected: what would have been right.
        todo: what the reader can do now.
        facts: further fields.
    """

    def __init__(
        self, found: str, *, partial: bytes, expected: str = "", todo: str = "", **facts: object
    ) -> None:
        super().__init__(found, expected=expected, todo=todo, **facts)
        self.partial = partial


class TooLarge(Poison):
    """A body above the bound.

    Args:
        found: what was there.
        partial: the bytes that were read before the reader gave up.
        expected: what would have been right.
        todo: what the reader can do now.
        facts: further fields.
    """

    def __init__(
        self, found: str, *, partial: bytes, expected: str = "", todo: str = "", **facts: object
    ) -> None:
        super().__init__(found, expected=expected, todo=todo, **facts)
        self.partial = partial


class Refused(CrosscurrentError):
    """An answer that asking again soon will not change.

    Args:
        found: what was there.
        credential: whether it is the credential that is refused.
        expected: what would have been right.
        todo: what the reader can do now.
        facts: further fields.
    """

    def __init__(
        self, found: str, *, credential: bool = False, expected: str = "", todo: str = "", **facts: object
    ) -> None:
        super().__init__(found, expected=expected, todo=todo, **facts)
        self.credential = credential


class BadAnswer(Refused):
    """An answer that passes a bound meant for servers that are broken, or mean harm.

    Args:
        found: what was there.
        reason: a word for metrics.
        expected: what would have been right.
        todo: what the reader can do now.
    """

    def __init__(self, found: str, *, reason: str, expected: str = "", todo: str = "") -> None:
        super().__init__(found, expected=expected, todo=todo, reason=reason)
