"""A connector as a process, with the tests' registry.

``python -m tests.integration.connectors.connector_process NAME [N]``: N is the state, of those that rest
on new events, before which it dies.
"""

from __future__ import annotations

import os
import signal
import sys

from connectors.kit import process
from connectors.kit.publisher import Publisher
from connectors.registry import connector_named
from crosscurrent.kafka import Acknowledged
from crosscurrent.settings import load_settings
from crosscurrent.telemetry import configure_logging
from schemas.records import ConnectorState
from tests.integration.sink.fixed_registry import FixedRegistry


def dies_before_state(number: int) -> type[Publisher]:
    """A publisher that is killed when the events of a poll are acknowledged and its state is not yet sent."""

    class Dying(Publisher):
        stored = 0

        async def publish_state(self, state: ConnectorState) -> Acknowledged:
            Dying.stored += state.events > 0
            if Dying.stored >= number:
                os.kill(os.getpid(), signal.SIGKILL)
            return await super().publish_state(state)

    return Dying


if __name__ == "__main__":
    name, dies_at = sys.argv[1], int(sys.argv[2])
    configure_logging("info", process=f"connector.{name}")
    if dies_at:
        setattr(process, "Publisher", dies_before_state(dies_at))  # noqa: B010 - a seam of this test only
    process.run_connectors([connector_named(name)], load_settings(), registry=FixedRegistry())
