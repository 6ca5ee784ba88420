"""The ``--since`` of a command: a moment, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from crosscurrent.errors import WrongUse

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(s|m|h|d|w)$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_since(text: str, now_utc: datetime) -> datetime:
    """Return the moment that a text names, in UTC.

    Args:
        text: ISO 8601 (UTC where it names no zone), or a duration such as ``90s``, ``15m``, ``6h``, ``2d``, ``1w``.
        now_utc: from where durations count back.

    Raises:
        WrongUse: the text is neither.
    """
    duration = _DURATION.match(text.strip())
    try:
        if duration is not None:
            return now_utc - timedelta(seconds=float(duration[1]) * _SECONDS[duration[2]])
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError) as error:
        raise WrongUse(
            f"--since {text!r}",
            expected="a moment such as 2026-03-01T12:00:00Z, or a duration such as 15m, 6h, 2d",
            todo="write it like one of these",
        ) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
