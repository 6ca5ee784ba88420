"""``crosscurrent world``: the played vendors, their scenarios, and what a run found of what was planted in one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from crosscurrent.cli.demo_watch import get_json
from crosscurrent.cli.output import CONSOLE, print_json
from crosscurrent.demo.score import Score, take_score
from crosscurrent.demo.score_report import score_data, score_lines
from crosscurrent.embedded.home import Layout, read_state
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.playable import playable
from crosscurrent.embedded.world.scenario_file import load_scenario, shipped
from crosscurrent.embedded.world.truth import truth as truth_of
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings, load_settings
from sinks.clickhouse import query_rows

DEFAULT_PORT = 8070

app = typer.Typer(
    help="The played vendors: one local server, its scenarios, and what a run found of what was planted.",
    invoke_without_command=True,
)
ScenarioOption = Annotated[
    str | None, typer.Option("--scenario", help="A name of `world scenarios`, or the path of a file.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.callback(invoke_without_command=True)
def world(
    context: typer.Context,
    scenario: ScenarioOption = None,
    port: Annotated[int, typer.Option("--port", help="Port on loopback; 0 takes a free one.")] = DEFAULT_PORT,
    speed: Annotated[
        float | None,
        typer.Option("--speed", help="Virtual seconds a real second; an hour in 0.2 s if not said."),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Another seed is another world.")] = None,
    faults: Annotated[int, typer.Option("--faults", min=0, help="So many faults at random hours.")] = 0,
    until_hours: Annotated[
        float | None, typer.Option("--until-hours", help="Virtual hours after which time stands still.")
    ] = None,
) -> None:
    """Play the vendors in the foreground until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    from crosscurrent.embedded.world.__main__ import main

    given = {
        "--scenario": scenario,
        "--port": port,
        "--speed": speed,
        "--seed": seed,
        "--faults": faults,
        "--until-hours": until_hours,
    }
    words = [word for name, value in given.items() if value is not None for word in (name, str(value))]
    raise typer.Exit(main(words))


@app.command("scenarios")
def scenarios(as_json: JsonOption = False) -> None:
    """List the scenarios that come with this program."""
    found = [load_scenario(name) for name in shipped()]
    if as_json:
        print_json([{"name": one.name, "description": one.description, "hours": one.hours} for one in found])
        return
    for one in found:
        CONSOLE.print(f"{one.name:<20} {one.description}", markup=False, soft_wrap=True)


@app.command("series")
def series(as_json: JsonOption = False) -> None:
    """List series that a scenario may move: some of each measure."""
    names = list(playable(default_scenario(1)))
    if as_json:
        print_json(names)
        return
    for name in names:
        CONSOLE.print(name, markup=False, soft_wrap=True)


@app.command("truth")
def truth(scenario: ScenarioOption = None) -> None:
    """Print what is planted in a scenario, or in the world that runs, as JSON."""
    print_json(_truth(load_settings(), scenario))


@app.command("score")
def score(scenario: ScenarioOption = None, as_json: JsonOption = False) -> None:
    """Say what the system found of what was planted, and what it found that was not there."""
    settings = load_settings()
    taken: Score = take_score(query_rows(settings), settings.tenant, _truth(settings, scenario))
    if as_json:
        print_json(score_data(taken))
        return
    for line in score_lines(taken):
        CONSOLE.print(line, markup=False, soft_wrap=True)


def _truth(settings: Settings, scenario: str | None) -> dict[str, Any]:
    if scenario is not None:
        return truth_of(load_scenario(scenario))
    state = read_state(Layout.of(settings.home))
    url = state.world_url if state is not None and state.state != "stopped" else None
    if url is None:
        raise WrongUse(
            f"no played world runs in {Path(settings.home)}",
            expected="`crosscurrent up --world`, or a scenario by name",
            todo=f"give --scenario NAME, one of {', '.join(shipped())}",
        )
    answer: dict[str, Any] = get_json(f"{url}/_world/truth")
    return answer
