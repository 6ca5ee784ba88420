"""Shows how a home starts and stops: a live list on a terminal, a line a change elsewhere, or JSON."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from crosscurrent.embedded.home import HomeEvent

_BUSY = frozenset({"waiting", "starting", "again soon", "stopping"})
_MARKS = {
    "ready": ("✓", "green"),
    "done": ("✓", "green"),
    "failed": ("✗", "bold red"),
    "stopped": ("·", "dim"),
}
_DETAIL_CHARACTERS_MAX = 160
_REFRESHES_PER_SECOND = 10


class HomeProgress:
    """A report for a home that shows events to a person; use it as a context.

    Args:
        console: where to show.
        as_json: write each event as a line of JSON to standard output instead.
        on_ready: called once when the home is ready, after the list was closed.
    """

    def __init__(
        self,
        console: Console,
        *,
        as_json: bool = False,
        on_ready: Callable[[HomeEvent], None] = lambda _event: None,
    ) -> None:
        self._console = console
        self._as_json = as_json
        self._on_ready = on_ready
        self._rows: dict[str, _Row] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __call__(self, event: HomeEvent) -> None:
        """Show an event."""
        if self._as_json:
            sys.stdout.write(event.to_json() + "\n")
            sys.stdout.flush()
        elif event.kind == "process":
            self._process(event)
        elif event.kind == "notice":
            self._console.print(Text(f"  {event.detail}", style="yellow"))
        elif event.kind == "stopping":
            self._console.print(Text("stopping", style="dim"))
        if event.kind == "ready":
            self._close()
            self._on_ready(event)
        elif event.kind in {"stopped", "failed"}:
            self._close()

    def _process(self, event: HomeEvent) -> None:
        row = self._rows.setdefault(event.name, _Row(event.name))
        row.show(event)
        if self._console.is_terminal:
            if self._live is None:
                self._live = Live(
                    console=self._console,
                    refresh_per_second=_REFRESHES_PER_SECOND,
                    get_renderable=self._list,
                )
                self._live.start()
        elif event.state not in {"waiting", "stopping"}:
            self._console.print(row.line())

    def _list(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        for row in self._rows.values():
            table.add_row(*row.cells())
        return table

    def _close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
            self._rows.clear()


class _Row:
    """One process in the list."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._state = ""
        self._text = ""
        self._detail = ""
        self._since = time.monotonic()
        self._spinner = Spinner("dots", style="cyan")

    def show(self, event: HomeEvent) -> None:
        if event.state != self._state:
            self._since = time.monotonic()
        self._state = event.state
        self._text = event.state if event.seconds is None else f"{event.state} in {event.seconds:.1f} s"
        self._detail = event.detail[:_DETAIL_CHARACTERS_MAX]

    def cells(self) -> tuple[RenderableType, ...]:
        text = self._text
        if self._state == "starting":
            text += f" {time.monotonic() - self._since:.1f} s"
        busy = self._state in _BUSY
        mark: RenderableType = self._spinner if busy else Text(*_MARKS.get(self._state, ("?", "")))
        style = "dim" if self._state in {"waiting", "stopped"} else ""
        return mark, Text(self._name, style=style), Text(text, style=style), Text(self._detail, style="dim")

    def line(self) -> Text:
        mark, style = _MARKS.get(self._state, ("…", "cyan"))
        detail = f"  {self._detail}" if self._detail else ""
        return Text(f"{mark} ", style=style) + Text(f"{self._name}: {self._text}{detail}")
