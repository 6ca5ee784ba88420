"""One connector in the foreground of a process."""

from __future__ import annotations

from crosscurrent.settings import Settings


def run(name: str, settings: Settings) -> None:
    """Poll a source until SIGTERM or SIGINT.

    Args:
        name: as in ``crosscurrent sources list``.
        settings: addresses, credential, targets.

    Raises:
        WrongUse: there is no such source, it lacks what it needs, or the metrics port is taken.
        ServerAway: the broker does not answer at the start.
        Fatal: the registry refuses a schema.
    """
    # whoever only imports this package, as the command line does, need not pay for an HTTP client
    from connectors.kit.process import run_connector
    from connectors.registry import connector_named

    run_connector(connector_named(name, settings.sources_directory), settings)
