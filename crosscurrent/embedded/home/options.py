"""What a person asks of `up`, beside the settings."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from crosscurrent.embedded.broker import BROKERS
from crosscurrent.errors import WrongUse

PROCESSORS = ("normalise", "detect", "correlate", "drift")
BROKER_OF_A_NEW_HOME = "tansu"
PARTS = ("broker", "registry", "clickhouse", "sink", *PROCESSORS, "connectors", "live")


class HomeOptions(BaseModel):
    """The options of a start.

    Attributes:
        sources: every source there is a connector for.
        only: parts and names of sources to start; everything if empty.
        broker: which embedded broker; the one the home has if None.
        move: whether a home that has another broker is moved to this one.
        world: whether the vendors are played.
        world_arguments: further arguments of the played world, such as ``--speed 3600``.
        scenario: which world, by name or path of a scenario; the demo's if None.
        recordings: directory of recorded exchanges to play instead of the world.
        live: whether the live page is served.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    broker: str | None = None
    move: bool = False
    world: bool = False
    world_arguments: tuple[str, ...] = ()
    scenario: str | None = None
    recordings: Path | None = None
    live: bool = True

    def check(self) -> None:
        """Look whether the options fit together.

        Raises:
            WrongUse: a part or a broker is not known, or options are asked for that do not go together.
        """
        known = (*PARTS, *self.sources)
        unknown = [name for name in self.only if name not in known]
        if unknown:
            raise WrongUse(
                f"no part {', '.join(unknown)}",
                expected="of " + ", ".join(known),
                todo="give --only the parts to start, separated by commas",
            )
        if self.broker is not None and self.broker not in BROKERS:
            raise WrongUse(
                f"no embedded broker {self.broker!r}",
                expected="of " + ", ".join(BROKERS),
                todo="give another --broker, or set CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS to a Kafka of your own",
            )
        if self.move and self.broker is None:
            raise WrongUse(
                "--move without a broker to move to",
                expected="of " + ", ".join(BROKERS),
                todo="give --broker with it",
            )
        if self.scenario is not None and not self.world:
            raise WrongUse(
                f"the scenario {self.scenario!r} without a played world",
                expected="--world with it",
                todo="give --world too",
            )
        if self.world and self.recordings is not None:
            raise WrongUse(
                "both a played world and recordings",
                expected="one of them",
                todo="leave out --world or the recordings",
            )

    def wants(self, part: str) -> bool:
        """Return whether a part is to be started."""
        return not self.only or part in self.only

    def wants_source(self, source: str) -> bool:
        """Return whether the connector of a source is to be started if the source is enabled."""
        return not self.only or "connectors" in self.only or source in self.only
