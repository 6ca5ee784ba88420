"""Connectors in the foreground of a process."""

from __future__ import annotations

from collections.abc import Sequence

from crosscurrent.settings import Settings


def run(names: Sequence[str], settings: Settings) -> None:
    """Poll sources until SIGTERM or SIGINT.

    Args:
        names: as in ``crosscurrent sources list``; they share the process.
        settings: addresses, credentials, targets.

    Raises:
        WrongUse: there is no such source, one lacks what it needs, or the metrics port is taken.
        ServerAway: the broker does not answer at the start.
        Fatal: the registry refuses a schema.
    """
    # whoever only imports this package, as the command line does, need not pay for an HTTP client
    from connectors.kit.process import run_connectors
    from connectors.registry import connector_named

    run_connectors([connector_named(name) for name in names], settings)
