"""A supervisor over fake programs: ``python -m tests.integration.home.fake_home SCENARIO HOME PORT``.

Events go to standard output, a line of JSON each.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from crosscurrent.embedded.broker import Tansu
from crosscurrent.embedded.home.events import HomeEvent
from crosscurrent.embedded.home.foreground import held, run_plan
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.plan import Plan
from crosscurrent.embedded.home.spec import (
    LIFE,
    METRICS_PORT,
    ExitProbe,
    HttpProbe,
    KafkaProbe,
    PortUse,
    ProcessSpec,
    Stage,
)
from crosscurrent.errors import CrosscurrentError

_FORK_SERVER = (sys.executable, "-m", "tests.integration.home.fake_fork_server")
_METRICS = {"CROSSCURRENT_METRICS__PORT": METRICS_PORT}


def _program(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-m", "tests.integration.home.fake_program", *arguments)


class Stages:
    """Fake programs with the names and needs of a home."""

    def __init__(self, home: Path, port: int) -> None:
        self.note = home.parent / "note.txt"
        self.port = port

    def fake(
        self, name: str, *arguments: str, stage: Stage = Stage.WORKER, needs: tuple[str, ...] = ()
    ) -> ProcessSpec:
        return ProcessSpec(
            name=name,
            part=name,
            command=_program("--name", name, "--note", str(self.note), *arguments),
            probe=HttpProbe("/readyz"),
            stage=stage,
            needs=needs,
            environment=_METRICS,
            stop_seconds_max=1.0,
        )

    def server(self, *arguments: str) -> ProcessSpec:
        return ProcessSpec(
            name="server",
            part="server",
            command=_program(
                "--name", "server", "--note", str(self.note), "--port", str(self.port), *arguments
            ),
            probe=HttpProbe("/ping", self.port),
            listens=(PortUse(self.port, "FAKE_PORT"),),
            essential=True,
            stop_seconds_max=1.0,
        )

    def task(self, name: str, *arguments: str, needs: tuple[str, ...] = ()) -> ProcessSpec:
        return ProcessSpec(
            name=name,
            part=name,
            command=_program("--name", name, "--note", str(self.note), *arguments),
            probe=ExitProbe(),
            stage=Stage.TASK,
            needs=needs,
            essential=True,
        )

    def broker(self) -> ProcessSpec:
        command = Tansu().command(host="127.0.0.1", port=self.port, cluster=LIFE, data=Path())
        return ProcessSpec(
            name="broker",
            part="broker",
            command=tuple(command),
            probe=KafkaProbe(self.port),
            listens=(PortUse(self.port, "FAKE_PORT"),),
            renews=True,
            essential=True,
        )


def ordered(stages: Stages) -> Plan:
    return _plan(
        stages.server("--ready-after", "0.2"),
        stages.task("restore", "--exit-code", "0", needs=("server",)),
        stages.fake("sink", stage=Stage.SINK, needs=("server", "restore")),
        stages.fake("worker", needs=("server", "restore")),
        stages.fake(
            "connector", "--grandchild", "fake-grandchild", stage=Stage.CONNECTOR, needs=("restore",)
        ),
    )


def slow(stages: Stages) -> Plan:
    """Never ready, so that there is time to interrupt the start."""
    return _plan(
        stages.server(),
        stages.task("restore", "--ready-after", "0.6", "--exit-code", "0", needs=("server",)),
        stages.fake("worker", "--ready-after", "600", needs=("restore",)),
    )


def stubborn(stages: Stages) -> Plan:
    return _plan(stages.server("--ignore-term"), stages.fake("worker", needs=("server",)))


def crashing(stages: Stages) -> Plan:
    words = "error: there is no such widget"
    return _plan(
        stages.server(), stages.fake("worker", "--exit-code", "1", "--say", words), stages.fake("other")
    )


def forked(stages: Stages) -> Plan:
    return _forked(ordered(stages))


def crashing_forked(stages: Stages) -> Plan:
    return _forked(crashing(stages))


def no_fork_server(stages: Stages) -> Plan:
    failing = (sys.executable, "-c", "raise SystemExit('error: no library')")
    return replace(_forked(ordered(stages)), fork_server=failing)


def _forked(plan: Plan) -> Plan:
    """The same, with all but the server forked."""
    specs = tuple(
        spec if spec.listens else replace(spec, forked=spec.command[spec.command.index("--name") :])
        for spec in plan.specs
    )
    return replace(plan, specs=specs, fork_server=_FORK_SERVER)


def hopeless(stages: Stages) -> Plan:
    return _plan(stages.server("--exit-code", "1", "--say", "error: no widget"), stages.fake("other"))


def away_at_first(stages: Stages) -> Plan:
    return _plan(stages.server(), stages.fake("worker", "--die-after", "0.3"))


def lives(stages: Stages) -> Plan:
    return _lives(stages, bytes_max=1 << 40, drain_exit=0)


def too_big(stages: Stages) -> Plan:
    return _lives(stages, bytes_max=1, drain_exit=0)


def too_big_and_stuck(stages: Stages) -> Plan:
    return _lives(stages, bytes_max=1, drain_exit=1)


def _lives(stages: Stages, *, bytes_max: int, drain_exit: int) -> Plan:
    specs = (
        stages.broker(),
        stages.task("restore", "--exit-code", "0", needs=("broker",)),
        stages.fake("steady"),
        stages.fake("sink", stage=Stage.SINK, needs=("restore",)),
        stages.fake("connector", stage=Stage.CONNECTOR, needs=("restore",)),
    )
    drain = stages.task("drain", "--exit-code", str(drain_exit), "--say", "error: lag stays at 3")
    return Plan(specs=specs, environment={}, broker=Tansu(), broker_bytes_max=bytes_max, drain=drain)


def _plan(*specs: ProcessSpec) -> Plan:
    return Plan(specs=specs, environment={})


SCENARIOS: dict[str, Callable[[Stages], Plan]] = {
    function.__name__: function
    for function in (
        ordered,
        slow,
        stubborn,
        crashing,
        forked,
        crashing_forked,
        no_fork_server,
        hopeless,
        away_at_first,
        lives,
        too_big,
        too_big_and_stuck,
    )
}


def _report(event: HomeEvent) -> None:
    print(event.to_json(), flush=True)


def main() -> int:
    scenario, home, port = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    layout = Layout.of(home)
    try:
        with held(layout):
            plan = SCENARIOS[scenario](Stages(home, port))
            asyncio.run(
                run_plan(plan, layout, report=_report, environment=os.environ, metrics_port_first=20000)
            )
    except CrosscurrentError as error:
        _report(HomeEvent("failed", detail=str(error), exit_code=1))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
