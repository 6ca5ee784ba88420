"""Watching a demo's tables until nothing changes any more."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from crosscurrent.cli.output import CONSOLE
from crosscurrent.demo import Progress
from crosscurrent.errors import Fatal

_LOOK_SECONDS = 0.5
_SAY_SECONDS = 5.0
_SETTLED_LOOKS = 5
_SETTLE_SECONDS_MAX = 120.0
_REFRESHES_PER_SECOND = 4
_HTTP_SECONDS_MAX = 5.0
_BAR_CELLS = 30


def watch(
    look: Callable[[], Progress],
    share: Callable[[Progress], float],
    picture: Callable[[Progress, float], RenderableType],
    sentence: Callable[[Progress, float], str],
) -> Progress:
    """Show a run until its input is at its end and its tables have come to rest; return the last counts.

    Args:
        look: returns the counts.
        share: returns how much of the input is over, 0 to 1, given the counts.
        picture: what a terminal shows, redrawn at each look.
        sentence: what is printed now and then where there is no terminal.

    Raises:
        Fatal: rows still come long after the end of the input.
    """
    settled, before, ended_at, said_at = 0, None, None, 0.0
    terminal = CONSOLE.is_terminal
    with Live(
        console=CONSOLE, refresh_per_second=_REFRESHES_PER_SECOND, transient=True, auto_refresh=terminal
    ) as live:
        while True:
            now, progress = time.monotonic(), look()
            done = share(progress)
            if terminal:
                live.update(picture(progress, done))
            elif now - said_at >= _SAY_SECONDS:
                said_at = now
                CONSOLE.print(Text(f"  {sentence(progress, done)}"))
            if done >= 1.0:
                ended_at = ended_at or now
                settled = settled + 1 if _substance(progress) == before else 0
                if settled >= _SETTLED_LOOKS:
                    return progress
                if now - ended_at > _SETTLE_SECONDS_MAX:
                    raise _restless()
            before = _substance(progress)
            time.sleep(_LOOK_SECONDS)


def bar(share: float) -> Text:
    """Return a bar that is filled to a share, 0 to 1."""
    filled = round(share * _BAR_CELLS)
    return Text("━" * filled, "cyan") + Text("━" * (_BAR_CELLS - filled), "dim")


def get_json(url: str) -> Any:
    """Return the JSON at a loopback address."""
    with urllib.request.urlopen(url, timeout=_HTTP_SECONDS_MAX) as response:
        return json.load(response)


def post(url: str) -> None:
    """Send an empty request to a loopback address."""
    request = urllib.request.Request(url, data=b"", method="POST")
    with urllib.request.urlopen(request, timeout=_HTTP_SECONDS_MAX) as response:
        response.read()


def _substance(progress: Progress) -> tuple[int, ...]:
    # polls go on after the end and change nothing but their own number
    return (
        progress.raw_events,
        progress.observations,
        progress.windows,
        progress.anomalies,
        progress.dead_letters,
    )


def _restless() -> Fatal:
    return Fatal(
        f"rows still come {_SETTLE_SECONDS_MAX:.0f} s after the end of the input",
        expected="tables that come to rest",
        todo="look at the logs in the demo's home, .crosscurrent/demo/logs",
    )
