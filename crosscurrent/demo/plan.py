"""How the demo runs: which world, how fast, and the settings of the processes in it (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from crosscurrent.embedded.world.watched import (
    UNHINDERED_ARGUMENTS,
    watched_cities,
    watched_organisations,
    watched_sources,
)
from crosscurrent.settings import Settings, source_variable

SECONDS_PER_HOUR = 3600.0
DEMO_SOURCES = ("github", "openweathermap", "pokeapi")
"""Who is polled in a demo: its coupling needs two of them, and its minute has no room for eight."""
_STEP_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """The pace of a demo.

    Attributes:
        hour_seconds: real seconds a virtual hour takes.
        until_hours: virtual hours after which the world stands still.
        break_after_hours: virtual hours to the planted break.
        window_steps: hours in a correlation window.
        seed: seed of the world.
    """

    hour_seconds: float = 0.2
    until_hours: int = 240
    break_after_hours: int = 190
    window_steps: int = 128
    seed: int = 1

    @property
    def speed(self) -> float:
        """Virtual seconds a real second."""
        return SECONDS_PER_HOUR / self.hour_seconds

    @property
    def world_arguments(self) -> tuple[str, ...]:
        """Arguments of the world."""
        return (
            # an hour ends when it was seen, however busy the machine is
            *("--pace", f"/openweathermap/data/2.5/weather={len(watched_cities())}"),
            *("--pace", f"/github/orgs/={len(watched_organisations())}"),
            # its time runs once everything is ready to see it
            *("--seed", str(self.seed), "--speed", str(self.speed), "--hold"),
            *("--until-hours", str(self.until_hours), "--break-after-hours", str(self.break_after_hours)),
            *UNHINDERED_ARGUMENTS,
        )


FULL = DemoPlan()
FAST = DemoPlan(until_hours=150, break_after_hours=120, window_steps=96)


def environment(plan: DemoPlan, settings: Settings) -> dict[str, str]:
    """Return the settings of a demo's processes, as environment variables.

    Args:
        plan: the pace.
        settings: the caller's, for the ports.
    """
    watched = {
        source_variable(source, name): value
        for source, section in watched_sources(plan.hour_seconds, sources=DEMO_SOURCES).items()
        for name, value in section.items()
    }
    return {
        **_ports(settings),
        **watched,
        "CROSSCURRENT_CORRELATE__STEP_SECONDS": str(_STEP_SECONDS),
        "CROSSCURRENT_CORRELATE__WINDOW_STEPS": str(plan.window_steps),
        "CROSSCURRENT_LOG_LEVEL": "warning",
    }


def recorded_environment(settings: Settings) -> dict[str, str]:
    """Return the settings of the processes of a demo on recorded exchanges.

    Args:
        settings: the caller's, for the ports.
    """
    return {**_ports(settings), "CROSSCURRENT_LOG_LEVEL": "warning"}


def _ports(settings: Settings) -> dict[str, str]:
    # a demo does not read the caller's files
    return {
        "CROSSCURRENT_KAFKA__EMBEDDED_PORT": str(settings.kafka.embedded_port),
        "CROSSCURRENT_SCHEMA_REGISTRY__EMBEDDED_PORT": str(settings.schema_registry.embedded_port),
        "CROSSCURRENT_CLICKHOUSE__EMBEDDED_PORT": str(settings.clickhouse.embedded_port),
        "CROSSCURRENT_LIVE__PORT": str(settings.live.port),
    }
