"""``crosscurrent demo``: the whole system on the simulated APIs, or on recorded exchanges."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from crosscurrent.cli.demo_recordings import show_recordings
from crosscurrent.cli.demo_world import print_next, show_world
from crosscurrent.cli.home_progress import HomeProgress
from crosscurrent.cli.output import CONSOLE
from crosscurrent.cli.source_names import source_names
from crosscurrent.demo.plan import DEMO_SOURCES, FAST, FULL, environment, recorded_environment
from crosscurrent.embedded.home import BackgroundHome, HomeOptions
from crosscurrent.errors import Fatal, WrongUse
from crosscurrent.exit_codes import EXIT_CHECK_FAILED
from crosscurrent.settings import Settings, load_settings

_FOLDER = "demo"


def demo(
    fast: Annotated[bool, typer.Option("--fast", help="A shorter run, with less to find.")] = False,
    keep_up: Annotated[bool, typer.Option("--keep-up", help="Leave everything running at the end.")] = False,
    recordings: Annotated[
        Path | None,
        typer.Option("--recordings", help="Play the recorded exchanges of this directory instead."),
    ] = None,
) -> None:
    """Run the whole system on simulated APIs and say what it found."""
    settings = load_settings()
    _refuse_addresses(settings)
    plan = FAST if fast else FULL
    home = settings.home / _FOLDER
    if recordings is None:
        sources: tuple[str, ...] = DEMO_SOURCES
        options = HomeOptions(sources=sources, world=True, world_arguments=plan.world_arguments)
        background = _fresh(home, options, environment(plan, settings))
    else:
        sources = _recorded_sources(recordings)
        options = HomeOptions(sources=sources, recordings=recordings.resolve())
        background = _fresh(home, options, recorded_environment(settings))
    CONSOLE.print("[bold]starting the whole system on this machine[/bold] (nothing leaves it)")
    with HomeProgress(CONSOLE) as progress:
        background.start(progress)
    try:
        facts, passed = None, True
        if recordings is None:
            facts, passed = show_world(settings, _player_url(background), plan)
        else:
            passed = show_recordings(settings, _player_url(background), sources)
        print_next(facts, settings, home, keeps_up=keep_up)
    except BaseException:
        background.stop()
        raise
    if not keep_up:
        background.stop()
    if not passed:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _player_url(background: BackgroundHome) -> str:
    state = background.state()
    if state is None or state.world_url is None:
        raise Fatal(
            "the played vendors have gone",
            expected="a home that runs",
            todo=f"see the logs in {background.layout.logs}",
        )
    return state.world_url


def _fresh(home: Path, options: HomeOptions, environment: Mapping[str, str]) -> BackgroundHome:
    """Return a home for this demo, without what an earlier demo left there."""
    background = BackgroundHome(home, options, environment, directory=home)
    background.stop()
    if home.is_dir():
        shutil.rmtree(home)
    home.mkdir(parents=True)
    return background


def _refuse_addresses(settings: Settings) -> None:
    addresses = {
        "CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "CROSSCURRENT_SCHEMA_REGISTRY__URL": settings.schema_registry.url,
        "CROSSCURRENT_CLICKHOUSE__URL": settings.clickhouse.url,
    }
    given = [name for name, address in addresses.items() if address is not None]
    if given:
        raise WrongUse(
            f"{', '.join(given)} set, and the demo would write simulated data there",
            expected="a demo on its own embedded servers",
            todo=f"unset it for this command, such as `env -u {' -u '.join(given)} crosscurrent demo`",
        )


def _recorded_sources(recordings: Path) -> tuple[str, ...]:
    if not recordings.is_dir():
        raise WrongUse(
            f"{recordings} is no directory",
            expected="recorded exchanges as <source>/<endpoint-kind>/<name>.json",
            todo="make one with `crosscurrent sources record NAME DIR`",
        )
    sources = tuple(name for name in source_names() if (recordings / name).is_dir())
    if not sources:
        raise WrongUse(
            f"{recordings} holds no recordings of {', '.join(source_names())}",
            expected="a folder named after one of them",
            todo="give a directory made by `crosscurrent sources record NAME DIR`",
        )
    return sources
