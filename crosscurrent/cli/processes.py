"""What each process of the system is: called by ``crosscurrent run`` and by the processes of a home.

Each function imports what its process runs and nothing else, because a home runs a dozen of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from crosscurrent.cli.source_names import source_names
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings, load_settings
from crosscurrent.telemetry import configure_logging


def connector(name: str) -> None:
    """Poll one source and publish what it answers.

    Raises:
        WrongUse: there is no such source, or it lacks what it needs.
    """
    import connectors

    connectors.run(name, _settings(f"connector.{name}"))


def worker(*processors: str) -> None:
    """Run stream processors; all of them if none is named.

    Raises:
        WrongUse: there is no such processor.
    """
    from crosscurrent.cli.processors import PROCESSORS, makers
    from streams import worker as stream_worker

    names: Sequence[str] = processors or PROCESSORS
    settings = _settings("worker." + "+".join(names))
    stream_worker.run(makers(names, settings), source_names(), settings)


def sink(name: str) -> None:
    """Write topics to a destination.

    Raises:
        WrongUse: there is no such sink.
    """
    if name != "clickhouse":
        raise WrongUse(
            f"no sink {name!r}", expected="clickhouse", todo="run `crosscurrent run sink clickhouse`"
        )
    from sinks import clickhouse

    clickhouse.run(_settings(f"sink.{name}"))


def restore() -> None:
    """Give a broker that forgot its topics what processors and connectors need, from ClickHouse."""
    from sinks.clickhouse.restore import restore_broker

    restore_broker(_settings("restore"), sources=source_names())


def drain() -> None:
    """Wait until processors and sink have taken in everything that was published."""
    from sinks.clickhouse.drain import wait_until_drained

    wait_until_drained(_settings("drain"))


def live() -> None:
    """Serve the live page."""
    from crosscurrent.live import run
    from sinks.clickhouse import query_rows

    settings = _settings("live")
    run(settings, query_rows(settings))


def _settings(process: str) -> Settings:
    settings = load_settings()
    configure_logging(settings.log_level, process=process)
    return settings
