"""The errors of the project, in a tree whose branches say what the pipeline does next.

    CrosscurrentError
    ├── Transient              retry with back-off
    │   └── Backpressure       pause for retry_after_seconds, then go on
    ├── Poison                 dead-letter this item, go on with the next
    ├── Fatal                  stop the process, a person is needed
    │   └── ServerAway         a needed server does not answer (exit code 3)
    └── WrongUse               the caller gave something that cannot work (exit code 2)

Every message has three parts: what was found, what was expected, what to do. Facts are attributes, so that a
log or a dead letter carries them as fields and nobody has to parse a sentence.
"""

from __future__ import annotations


class CrosscurrentError(Exception):
    """The root: anything this project raises on purpose.

    Args:
        found: what was there, in a few words, without secrets.
        expected: what would have been right.
        todo: what the reader can do now.
        facts: fields such as ``source``, ``topic``, ``partition``, ``offset``, ``code``.
    """

    def __init__(self, found: str, *, expected: str = "", todo: str = "", **facts: object) -> None:
        self.found = found
        self.expected = expected
        self.todo = todo
        self.facts = facts
        super().__init__(found, expected, todo)

    def __str__(self) -> str:
        """Return the parts as sentences on one line."""
        parts = [self.found]
        if self.expected:
            parts.append(f"Expected: {self.expected}")
        if self.todo:
            parts.append(f"To do: {self.todo}")
        return ". ".join(part.rstrip(".") for part in parts) + "."


class Transient(CrosscurrentError):
    """A failure that may go away by itself: try again."""


class Backpressure(Transient):
    """The other side asks us to wait.

    Args:
        found: what was there.
        retry_after_seconds: how long it asked us to stay away.
        expected: what would have been right.
        todo: what the reader can do now.
        facts: further fields.
    """

    def __init__(
        self, found: str, *, retry_after_seconds: float, expected: str = "", todo: str = "", **facts: object
    ) -> None:
        super().__init__(found, expected=expected, todo=todo, **facts)
        self.retry_after_seconds = retry_after_seconds


class Poison(CrosscurrentError):
    """An item that no retry can help: it goes to its dead letter and the rest flows on."""


class Fatal(CrosscurrentError):
    """Nothing sensible can be done without a person."""


class ServerAway(Fatal):
    """A server that this process needs does not answer."""


class WrongUse(CrosscurrentError):
    """A command, a setting or a file that cannot work as given."""
