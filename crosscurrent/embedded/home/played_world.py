"""What a home asks of the played vendors, and how fast they and those who ask them live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosscurrent.embedded.home.options import HomeOptions
from crosscurrent.embedded.world.watched import UNHINDERED_ARGUMENTS, pace_arguments, watched_sources
from crosscurrent.settings import Settings, source_variable

if TYPE_CHECKING:
    from crosscurrent.embedded.world.scenario import Scenario

# an hour of the played vendors in half a second: a day in 12 s, a first window of 128 hours in a minute
WORLD_HOUR_SECONDS = 0.5
_SPEED = 3600 / WORLD_HOUR_SECONDS


def world_arguments(settings: Settings, options: HomeOptions, sources: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments of the world, but for where it listens.

    Args:
        settings: of the supervisor.
        options: what was asked for.
        sources: who is polled.
    """
    own = options.world_arguments or ("--speed", str(_SPEED), *UNHINDERED_ARGUMENTS)
    if options.scenario is None:
        return own
    named = ("--scenario", options.scenario)
    if options.world_arguments:
        return (*named, *own)
    watched = [source for source in sources if not _is_set(settings.source(source), "targets")]
    series = tuple(movement.series for movement in _scenario(options.scenario).movements)
    return (*named, *pace_arguments(watched, series), *own)


def watched_settings(settings: Settings, options: HomeOptions, sources: Sequence[str]) -> dict[str, str]:
    """Return what is watched and how often, where the settings do not say, as environment variables.

    Args:
        settings: of the supervisor.
        options: what was asked for.
        sources: who is polled.
    """
    faster = _lives_faster(settings, options, sources)
    scenario = None if options.scenario is None else _scenario(options.scenario)
    watched = watched_sources(
        # an hour of who lives as fast as the world is one of its hours
        3600.0 if faster else WORLD_HOUR_SECONDS,
        () if scenario is None else [movement.series for movement in scenario.movements],
        lists=() if scenario is None else [change.list for change in scenario.items],
    )
    given = {
        source_variable(source, name): value
        for source, section in watched.items()
        for name, value in section.items()
        if not _is_set(settings.source(source), name)
    }
    return given | ({"CROSSCURRENT_POLLING_SPEED": str(_SPEED)} if faster else {})


def _lives_faster(settings: Settings, options: HomeOptions, sources: Sequence[str]) -> bool:
    """Return whether the connectors live as fast as the world, so that their rests are as long there as in production.

    Who says how fast either goes means real seconds.
    """
    return (
        options.scenario is not None
        and not options.world_arguments
        and not _is_set(settings, "polling_speed")
        and not any(_is_set(settings.source(source), "poll_interval_seconds") for source in sources)
    )


def _scenario(name: str) -> Scenario:
    # what reads files needs what computes values, which no other home pays for
    from crosscurrent.embedded.world.scenario_file import load_scenario

    return load_scenario(name)


def _is_set(section: object, name: str) -> bool:
    return name in getattr(section, "model_fields_set", ())
