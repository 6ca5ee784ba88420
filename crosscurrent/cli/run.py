"""``crosscurrent run``: one process in the foreground, what a container runs."""

from __future__ import annotations

from typing import Annotated

import typer

from crosscurrent.cli import processes

app = typer.Typer(help="One process in the foreground: what a container runs.", no_args_is_help=True)


@app.command("connector")
def connector(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help="Source, as in `crosscurrent sources list`; several share a process."
        ),
    ],
) -> None:
    """Poll sources and publish what they answer."""
    processes.connector(*names)()


@app.command("worker")
def worker(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PROCESSOR]...", help="normalise, correlate, detect, drift; all if none."),
    ] = None,
) -> None:
    """Run stream processors."""
    processes.worker(*(names or ()))()


@app.command("sink")
def sink(name: Annotated[str, typer.Argument(help="Sink: clickhouse.")]) -> None:
    """Write topics to a destination."""
    processes.sink(name)()


@app.command("restore", hidden=True)
def restore() -> None:
    """Give a broker that forgot its topics what processors and connectors need, from ClickHouse."""
    processes.restore()()


@app.command("drain", hidden=True)
def drain() -> None:
    """Wait until processors and sink have taken in everything that was published."""
    processes.drain()()


@app.command("live", hidden=True)
def live() -> None:
    """Serve the live page."""
    processes.live()()
