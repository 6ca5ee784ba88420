"""What the supervisor is told about a process: data, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

LIFE = "{life}"
"""In a command: replaced at each start by an id of its own."""
METRICS_PORT = "{metrics_port}"
"""In a command or an environment value: replaced at each start by a free port."""
METRICS = 0
"""As the port of an ``HttpProbe``: the port that was assigned at this start."""


class Stage(IntEnum):
    """The order of stopping, the highest first: whoever writes stops before whoever takes it in."""

    SERVER = 0
    TASK = 1
    SINK = 2
    WORKER = 3
    CONNECTOR = 4


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """Ready when a GET on loopback is answered with 200.

    Attributes:
        path: path of the request.
        port: port, or ``METRICS``.
    """

    path: str
    port: int = METRICS


@dataclass(frozen=True, slots=True)
class KafkaProbe:
    """Ready when a metadata request is answered with the right cluster id.

    Attributes:
        port: port on loopback.
        cluster: the id; ``LIFE`` if each start has another.
    """

    port: int
    cluster: str = LIFE


@dataclass(frozen=True, slots=True)
class ExitProbe:
    """Ready when the process has ended with 0: a task that is done once."""


Probe = HttpProbe | KafkaProbe | ExitProbe


@dataclass(frozen=True, slots=True)
class PortUse:
    """A fixed port that a process listens on.

    Attributes:
        port: the port.
        setting: the environment variable that moves it.
    """

    port: int
    setting: str


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process of the home.

    Attributes:
        name: what people see, and the name of its log.
        part: what ``--only`` calls it.
        command: program and arguments; never a secret.
        forked: if any, what the fork server is told to make instead of running the command.
        probe: how to tell that it is ready.
        stage: when it is stopped.
        needs: names of processes that must be ready before this one is started.
        environment: what it gets beside the environment of the home.
        listens: the fixed ports it takes.
        renews: whether its end takes everything that needs it down, to be started again after it.
        essential: whether the home gives up if it does not become ready at the start.
        ready_seconds_max: how long a start may take before it counts as failed.
        stop_seconds_max: how long it may take to end after SIGTERM.
    """

    name: str
    part: str
    command: tuple[str, ...]
    probe: Probe
    forked: tuple[str, ...] = ()
    stage: Stage = Stage.SERVER
    needs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    listens: tuple[PortUse, ...] = ()
    renews: bool = False
    essential: bool = False
    ready_seconds_max: float = 60.0
    stop_seconds_max: float = 10.0

    @property
    def one_shot(self) -> bool:
        """Whether it is done once instead of kept running."""
        return isinstance(self.probe, ExitProbe)


def dependents(specs: tuple[ProcessSpec, ...], name: str) -> frozenset[str]:
    """Return the names of all that need a process, directly or by way of others."""
    found: set[str] = set()
    while True:
        more = {s.name for s in specs if s.name not in found and (name in s.needs or found & set(s.needs))}
        if not more:
            return frozenset(found)
        found |= more
