"""What the home reports while it starts, runs and stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal["process", "notice", "ready", "stopping", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class HomeEvent:
    """Something that happened.

    Attributes:
        kind: ``process`` (a process changed its state), ``notice`` (worth a line), ``ready`` (everything is ready
            or has failed for good), ``stopping``, ``stopped``, or ``failed`` (the home ends).
        name: the process, if it is about one.
        state: the state of the process.
        seconds: how long it took to get there, where that means something.
        detail: what a person should know; of a failure, what was found.
        expected: of a failure, what would have been right.
        todo: of a failure, what to do.
        exit_code: of a failure, what the command ends with.
    """

    kind: Kind
    name: str = ""
    state: str = ""
    seconds: float | None = None
    detail: str = ""
    expected: str = ""
    todo: str = ""
    exit_code: int | None = None

    def to_json(self) -> str:
        """Return the event as one line of JSON, without what is empty."""
        return json.dumps({key: value for key, value in asdict(self).items() if value not in ("", None)})

    @classmethod
    def from_json(cls, line: str | bytes) -> HomeEvent:
        """Return the event that a line of JSON holds."""
        return cls(**json.loads(line))


Report = Callable[[HomeEvent], None]
