"""Holding the targets in the settings against what a source can ask for (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crosscurrent.errors import WrongUse
from crosscurrent.settings import source_variable

_SHOWN_CHARACTERS_MAX = 80


def checked_targets(source: str, targets: Sequence[str], pattern: str, expected: str) -> list[str]:
    """Return the targets, each once.

    Args:
        source: name of the source.
        targets: from the settings.
        pattern: regular expression of a whole target.
        expected: what a target looks like, for people.

    Raises:
        WrongUse: one of them is none.
    """
    for target in targets:
        if not re.fullmatch(pattern, target):
            raise WrongUse(
                f"the {source} target {target[:_SHOWN_CHARACTERS_MAX]!r}",
                expected=expected,
                todo=f"correct {source_variable(source, 'targets')}",
                source=source,
            )
    return list(dict.fromkeys(targets))
