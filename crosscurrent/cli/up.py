"""``crosscurrent up``, ``down`` and ``status``: the home on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from crosscurrent.cli.home_progress import HomeProgress
from crosscurrent.cli.home_status import show_status, status_data
from crosscurrent.cli.output import CONSOLE, print_json
from crosscurrent.cli.source_names import source_names
from crosscurrent.embedded.home import (
    BackgroundHome,
    HomeEvent,
    HomeOptions,
    Layout,
    holder_of,
    read_state,
    run_home,
    stop_home,
)
from crosscurrent.exit_codes import EXIT_CHECK_FAILED, EXIT_SERVER_AWAY
from crosscurrent.settings import Settings, load_settings

JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def up(
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            help="Parts to start, separated by commas: broker, registry, clickhouse, sink, normalise, detect, "
            "correlate, connectors or names of sources, live.",
        ),
    ] = None,
    world: Annotated[bool, typer.Option("--world", help="Play the vendors instead of asking them.")] = False,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", help="Which played world: a name of `world scenarios`, or a file."),
    ] = None,
    world_arguments: Annotated[
        str, typer.Option("--world-arguments", help="Arguments of the played world, such as '--speed 3600'.")
    ] = "",
    recordings: Annotated[
        Path | None,
        typer.Option("--recordings", help="Play recorded exchanges.", exists=True, file_okay=False),
    ] = None,
    broker: Annotated[
        str | None,
        typer.Option(
            "--broker",
            help="Embedded broker: tansu (in memory, to try) or kafka (on disk, to stay; needs Java 17); "
            "the home's own if not given.",
        ),
    ] = None,
    move: Annotated[
        bool,
        typer.Option("--move", help="Move a home that has another broker to this one, without loss."),
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when all is ready.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Report events as JSON, one a line.")] = False,
) -> None:
    """Start what is configured on this machine; Ctrl-C stops it cleanly, a second one kills."""
    settings = load_settings()
    options = HomeOptions(
        # the world plays none that is declared, and with it nobody is asked for real
        sources=source_names(None if world else settings.sources_directory),
        only=tuple(name.strip() for name in (only or "").split(",") if name.strip()),
        broker=broker,
        move=move,
        world=world,
        world_arguments=tuple(world_arguments.split()),
        scenario=_scenario(scenario),
        recordings=recordings.absolute() if recordings else None,
    )
    options.check()
    if detach:
        _up_in_background(settings, options, as_json)
        return

    def ready(event: HomeEvent) -> None:
        if not as_json:
            _say_ready(settings, event, "Ctrl-C stops it")

    with HomeProgress(CONSOLE, as_json=as_json, on_ready=ready) as progress:
        run_home(settings, options, progress)


def _scenario(given: str | None) -> str | None:
    # the processes of a home may run in another directory
    return str(Path(given).absolute()) if given is not None and Path(given).is_file() else given


def down(as_json: JsonOption = False) -> None:
    """Stop what `up` started, cleanly and in reverse order."""
    layout = Layout.of(load_settings().home)
    with HomeProgress(CONSOLE, as_json=False) as progress:
        stopped = stop_home(layout, progress if not as_json else lambda _event: None)
    if as_json:
        print_json(
            {"stopped": [], "killed": False, "seconds": 0.0}
            if stopped is None
            else {"stopped": stopped.names, "killed": stopped.killed, "seconds": round(stopped.seconds, 3)}
        )
    elif stopped is None:
        CONSOLE.print(f"nothing runs in {layout.root}", markup=False)
    else:
        how = "killed, because it did not end by itself" if stopped.killed else "stopped cleanly"
        CONSOLE.print(
            f"{how} in {stopped.seconds:.1f} s: {', '.join(stopped.names) or 'the supervisor'}", markup=False
        )


def status(as_json: JsonOption = False) -> None:
    """Show what runs, lags or is stale; exit 3 if nothing runs."""
    settings = load_settings()
    layout = Layout.of(settings.home)
    holder, state = holder_of(layout), read_state(layout)
    if holder is None or state is None:
        stale = state is not None and state.state != "stopped"
        if as_json:
            print_json({"running": False, "home": str(layout.root), "stale": stale})
        else:
            CONSOLE.print(f"nothing runs in {layout.root}; start it with `crosscurrent up`", markup=False)
            if stale and state is not None:
                CONSOLE.print(
                    f"supervisor {state.pid} ended without stopping it: it was killed, or the machine stopped",
                    markup=False,
                )
        raise typer.Exit(EXIT_SERVER_AWAY)
    data = status_data(settings, layout, holder, state)
    if as_json:
        print_json(data)
    else:
        show_status(CONSOLE, data)


def _up_in_background(settings: Settings, options: HomeOptions, as_json: bool) -> None:
    with HomeProgress(CONSOLE, as_json=as_json) as progress:
        event = BackgroundHome(settings.home, options).start(progress)
    if not as_json:
        _say_ready(settings, event, "`crosscurrent status` shows it, `crosscurrent down` stops it")
    if event.detail:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _say_ready(settings: Settings, event: HomeEvent, stop: str) -> None:
    if event.detail:
        CONSOLE.print(
            Text(f"not ready: {event.detail}", style="bold red")
            + Text(f"; their logs are in {Layout.of(settings.home).logs}")
        )
    CONSOLE.print(f"[bold]up[/] in {event.seconds or 0:.1f} s; {stop}")
    state = read_state(Layout.of(settings.home))
    names = {process.name for process in state.processes} if state else set()
    embedded = {"kafka": "broker", "schema_registry": "registry", "clickhouse": "clickhouse", "live": "live"}
    for name, address in (state.addresses if state else {}).items():
        if embedded[name] in names:
            CONSOLE.print(f"  {name:<16} {address}", markup=False)
