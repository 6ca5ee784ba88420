"""Connectors in the foreground of a process."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings

_LOG = structlog.get_logger()


def run(names: Sequence[str], settings: Settings) -> None:
    """Poll sources until SIGTERM or SIGINT.

    Args:
        names: as in ``crosscurrent sources list``; they share the process.
        settings: addresses, credentials, targets.

    Raises:
        WrongUse: there are none of these sources, one lacks what it needs, or the metrics port is taken.
        ServerAway: the broker does not answer at the start.
        Fatal: the registry refuses a schema.
    """
    # whoever only imports this package, as the command line does, need not pay for an HTTP client
    from connectors.kit.process import run_connectors
    from connectors.registry import connector_named

    connectors, refused = [], []
    for name in names:
        try:
            connectors.append(connector_named(name, settings.sources_directory))
        except WrongUse as error:
            refused.append(error)
    if not connectors and refused:
        raise refused[0]
    for wrong in refused:
        # those that share the process with it are polled all the same
        _LOG.error("source_refused", error=str(wrong))
    run_connectors(connectors, settings)
