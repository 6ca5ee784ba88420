"""What each process of the system is: called by ``crosscurrent run`` and by the processes of a home.

Each function imports what its process runs and nothing else, because a home runs a dozen of them. It reads the
settings and returns what runs the process until it is asked to stop; nothing is connected to before that is called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from crosscurrent.cli.source_names import source_names
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings, load_settings
from crosscurrent.telemetry import configure_logging

Run = Callable[[], None]


def connector(*names: str) -> Run:
    """Poll sources and publish what they answer.

    Raises:
        WrongUse: there is no such source, or it lacks what it needs.
    """
    import connectors

    return partial(connectors.run, names, _settings("connector." + "+".join(names)))


def worker(*processors: str) -> Run:
    """Run stream processors; all of them if none is named.

    Raises:
        WrongUse: there is no such processor.
    """
    from crosscurrent.cli.processors import PROCESSORS, makers
    from streams import worker as stream_worker

    names: Sequence[str] = processors or PROCESSORS
    settings = _settings("worker." + "+".join(names))
    return partial(
        stream_worker.run, makers(names, settings), source_names(settings.sources_directory), settings
    )


def sink(name: str) -> Run:
    """Write topics to a destination.

    Raises:
        WrongUse: there is no such sink.
    """
    if name != "clickhouse":
        raise WrongUse(
            f"no sink {name!r}", expected="clickhouse", todo="run `crosscurrent run sink clickhouse`"
        )
    from sinks import clickhouse

    return partial(clickhouse.run, _settings(f"sink.{name}"))


def restore() -> Run:
    """Give a broker that forgot its topics what processors and connectors need, from ClickHouse."""
    from sinks.clickhouse.restore import restore_broker

    settings = _settings("restore")
    return partial(restore_broker, settings, sources=source_names(settings.sources_directory))


def drain() -> Run:
    """Wait until processors and sink have taken in everything that was published."""
    from sinks.clickhouse.drain import wait_until_drained

    return partial(wait_until_drained, _settings("drain"))


def live() -> Run:
    """Serve the live page."""
    from crosscurrent.live import run
    from sinks.clickhouse import query_rows

    settings = _settings("live")
    return partial(run, settings, query_rows(settings))


def _settings(process: str) -> Settings:
    settings = load_settings()
    configure_logging(settings.log_level, process=process, secrets=settings.secrets())
    return settings
