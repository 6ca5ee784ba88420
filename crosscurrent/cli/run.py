"""``crosscurrent run``: one process in the foreground, what a container runs."""

from __future__ import annotations

from typing import Annotated

import connectors
import typer
from connectors.registry import MAPPINGS

from crosscurrent.cli.processors import PROCESSORS, makers
from crosscurrent.errors import WrongUse
from crosscurrent.settings import load_settings
from crosscurrent.telemetry import configure_logging
from streams import worker as stream_worker

app = typer.Typer(help="One process in the foreground: what a container runs.", no_args_is_help=True)


@app.command("connector")
def connector(
    name: Annotated[str, typer.Argument(help="Source, as in `crosscurrent sources list`.")],
) -> None:
    """Poll one source and publish what it answers."""
    settings = load_settings()
    configure_logging(settings.log_level, process=f"connector.{name}")
    connectors.run(name, settings)


@app.command("worker")
def worker(
    processors: Annotated[
        list[str] | None, typer.Argument(help="normalise, correlate, detect; all if none.")
    ] = None,
) -> None:
    """Run stream processors."""
    settings = load_settings()
    names = tuple(processors or PROCESSORS)
    configure_logging(settings.log_level, process="worker." + "+".join(names))
    stream_worker.run(makers(names, settings), tuple(sorted(MAPPINGS)), settings)


@app.command("sink")
def sink(name: Annotated[str, typer.Argument(help="Sink: clickhouse.")]) -> None:
    """Write topics to a destination."""
    if name != "clickhouse":
        raise WrongUse(
            f"no sink {name!r}", expected="clickhouse", todo="run `crosscurrent run sink clickhouse`"
        )
    from sinks import clickhouse

    settings = load_settings()
    configure_logging(settings.log_level, process=f"sink.{name}")
    clickhouse.run(settings)


@app.command("restore", hidden=True)
def restore() -> None:
    """Give a broker that forgot its topics what processors and connectors need, from ClickHouse."""
    from sinks.clickhouse.restore import restore_broker

    settings = load_settings()
    configure_logging(settings.log_level, process="restore")
    restore_broker(settings, sources=tuple(sorted(MAPPINGS)))


@app.command("drain", hidden=True)
def drain() -> None:
    """Wait until processors and sink have taken in everything that was published."""
    from sinks.clickhouse.drain import wait_until_drained

    settings = load_settings()
    configure_logging(settings.log_level, process="drain")
    wait_until_drained(settings)


@app.command("live", hidden=True)
def live() -> None:
    """Serve the live page."""
    from crosscurrent.live import run as run_live
    from sinks.clickhouse import query_rows

    settings = load_settings()
    configure_logging(settings.log_level, process="live")
    run_live(settings, query_rows(settings))
