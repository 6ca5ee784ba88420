"""The state file: what runs, for `status`, `down` and whoever scripts against the home."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from crosscurrent.embedded.home.layout import Layout

ProcessStateName = Literal[
    "waiting", "starting", "ready", "again soon", "failed", "stopping", "stopped", "done"
]
HomeStateName = Literal["starting", "ready", "rolling over", "stopping", "stopped"]


@dataclass(slots=True)
class ProcessState:
    """One process as the supervisor sees it.

    Attributes:
        name: as in the plan.
        state: what it is doing.
        pid: process id; None when it does not run.
        started_at: when this pid was started, seconds since the epoch.
        ready_since: when it became ready, seconds since the epoch.
        ready_after_seconds: how long the last start took.
        restarts: starts after the first that were not asked for.
        port: where it serves, if anywhere.
        metrics_port: where its metrics and health are, if anywhere.
        resident_bytes: memory; None before the first look.
        reason: why it is not ready, in a line.
    """

    name: str
    state: ProcessStateName = "waiting"
    pid: int | None = None
    started_at: float | None = None
    ready_since: float | None = None
    ready_after_seconds: float | None = None
    restarts: int = 0
    port: int | None = None
    metrics_port: int | None = None
    resident_bytes: int | None = None
    reason: str = ""


@dataclass(slots=True)
class BrokerState:
    """The embedded broker's size and lives.

    Attributes:
        name: which broker: ``tansu`` or ``kafka``.
        cluster: cluster id, of the present life if each has another.
        size_bytes: its size: of memory, or of its log on disk.
        size_bytes_max: the bound at which it is rolled over; None if it never is.
        rollovers: how often it was drained and started anew because of its size.
        last_rollover: what became of the last attempt, in a line.
        deaths: how often it ended by itself.
    """

    name: str = ""
    cluster: str = ""
    size_bytes: int | None = None
    size_bytes_max: int | None = None
    rollovers: int = 0
    last_rollover: str = ""
    deaths: int = 0


@dataclass(slots=True)
class HomeState:
    """Everything in the state file.

    Attributes:
        pid: the supervisor.
        guard_pid: its guard.
        fork_server_pid: what it forks processes from.
        state: what the home is doing.
        started_at: seconds since the epoch.
        written_at: when this was written, seconds since the epoch.
        ready_after_seconds: how long the start took.
        supervisor_resident_bytes: memory of the supervisor and the fork server.
        world_anchor: real time at which the played world began, seconds since the epoch.
        world_url: base address of the played vendors, if they are played.
        world_settings: the environment that makes a process ask these; no secret is in it.
        addresses: where things are: ``kafka``, ``schema_registry``, ``clickhouse``, ``live``.
        processes: in the order of the plan.
        broker: None if the broker is not the home's.
    """

    pid: int
    guard_pid: int | None = None
    fork_server_pid: int | None = None
    state: HomeStateName = "starting"
    started_at: float = 0.0
    written_at: float = 0.0
    ready_after_seconds: float | None = None
    supervisor_resident_bytes: int | None = None
    world_anchor: float | None = None
    world_url: str | None = None
    world_settings: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    processes: list[ProcessState] = field(default_factory=list)
    broker: BrokerState | None = None

    def to_data(self) -> dict[str, Any]:
        """Return the state as JSON data."""
        return asdict(self)


def write_state(layout: Layout, state: HomeState) -> None:
    """Replace the state file; a reader sees the old or the new one, never half of it.

    Raises:
        OSError: the disk is full or the home cannot be written any more.
    """
    partial = layout.state_file.with_suffix(".partial")
    partial.write_text(json.dumps(state.to_data(), indent=1) + "\n")
    partial.replace(layout.state_file)


def read_state(layout: Layout) -> HomeState | None:
    """Return what the state file says, or None if there is none that can be read."""
    try:
        data = json.loads(layout.state_file.read_text())
        processes = [ProcessState(**fields) for fields in data.pop("processes")]
        broker = data.pop("broker")
        return HomeState(**data, processes=processes, broker=BrokerState(**broker) if broker else None)
    except (OSError, ValueError, KeyError, TypeError):
        return None
