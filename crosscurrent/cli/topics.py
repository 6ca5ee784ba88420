"""``crosscurrent topics``: whether the topics are as the settings want them, and making them so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from crosscurrent.cli.output import CONSOLE, print_json, print_table
from crosscurrent.cli.source_names import source_names
from crosscurrent.exit_codes import EXIT_CHECK_FAILED, EXIT_DONE
from crosscurrent.kafka import TopicChange, WantedTopic, apply_changes, plan_topics, read_topics
from crosscurrent.settings import Settings, load_settings
from schemas.topics import all_topics

app = typer.Typer(help="The topics on the broker.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("plan")
def plan(as_json: JsonOption = False) -> None:
    """Show what `apply` would change, and what it means; exit 1 if something wanted cannot be done."""
    settings = load_settings()
    _, changes = _planned(settings)
    _show(changes, as_json=as_json)
    raise typer.Exit(_exit_code(changes))


@app.command("apply")
def apply(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what changes, ask, and change it; exit 1 if something wanted cannot be done."""
    settings = load_settings()
    wanted, changes = _planned(settings)
    _show(changes, as_json=as_json)
    doable = [change for change in changes if change.kind != "refused"]
    if doable:
        if not yes:
            typer.confirm(f"make {len(doable)} changes?", abort=True, err=as_json)
        apply_changes(settings.brokers, doable, wanted)
        if not as_json:
            CONSOLE.print(f"{len(doable)} changes made")
    raise typer.Exit(_exit_code(changes))


def wanted_topics(settings: Settings) -> list[WantedTopic]:
    """Return all topics as the settings want them."""
    kafka = settings.kafka
    return [
        WantedTopic(
            topic.name,
            kafka.partitions,
            kafka.replication_factor,
            kafka.topic_config(compacted=topic.compacted),
        )
        for topic in all_topics(source_names(settings.sources_directory))
    ]


def _planned(settings: Settings) -> tuple[list[WantedTopic], list[TopicChange]]:
    wanted = wanted_topics(settings)
    return wanted, plan_topics(wanted, read_topics(settings.brokers, [topic.name for topic in wanted]))


def _show(changes: Sequence[TopicChange], *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(change) for change in changes])
        return
    if not changes:
        CONSOLE.print("all topics are as the settings want them")
        return
    rows = [[change.kind, change.topic, change.what, change.found, change.wanted] for change in changes]
    print_table("Topics", ["change", "topic", "what", "is", "wanted"], rows)
    for means in dict.fromkeys((change.kind, change.what, change.consequence) for change in changes):
        if means[2]:
            CONSOLE.print(f"{means[0]}, {means[1]}: {means[2]}", markup=False)


def _exit_code(changes: Sequence[TopicChange]) -> int:
    return EXIT_CHECK_FAILED if any(change.kind == "refused" for change in changes) else EXIT_DONE
