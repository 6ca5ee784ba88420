"""The state together with its journal: a change is on disk before it is in memory."""

from __future__ import annotations

from pathlib import Path

import structlog

from crosscurrent.embedded.registry.events import Event
from crosscurrent.embedded.registry.journal import Journal
from crosscurrent.embedded.registry.refusal import store_failed
from crosscurrent.embedded.registry.state import State

# events that no longer matter are dropped at a start when there are this many more than needed
SUPERFLUOUS_EVENTS_MAX = 1000

_log = structlog.get_logger(__name__)


class Store:
    """What the registry knows, kept in a data directory.

    Args:
        folder: the data directory; made if it is not there.

    Raises:
        WrongUse: the directory cannot be used, another registry uses it, or a newer version wrote it.
        Fatal: its log is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.state = State()
        self._journal = Journal(folder)
        for event in self._journal.events:
            self.state.apply(event)
        self._compact(len(self._journal.events))
        self._journal.events.clear()

    def commit(self, *events: Event) -> None:
        """Make changes that outlive this process: all of them or none.

        Raises:
            Refusal: it could not be kept, and nothing was changed.
        """
        try:
            self._journal.append(*events)
        except OSError as error:
            _log.error("registry_write_failed", reason=error.strerror)
            raise store_failed(error.strerror) from error
        for event in events:
            self.state.apply(event)

    def close(self) -> None:
        """Let another process use the directory."""
        self._journal.close()

    def _compact(self, event_count: int) -> None:
        needed = list(self.state.events())
        if event_count <= len(needed) + SUPERFLUOUS_EVENTS_MAX:
            return
        try:
            self._journal.replace(needed)
        except OSError as error:
            _log.warning("registry_compaction_failed", reason=error.strerror)
