"""From the settings to the list of processes: pure, but for the free port of the played vendors."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crosscurrent.embedded.broker import BROKERS, EmbeddedBroker
from crosscurrent.embedded.home.fork_server import SUPPORTED as CAN_FORK
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.options import BROKER_OF_A_NEW_HOME, PROCESSORS, HomeOptions
from crosscurrent.embedded.home.played_world import watched_settings, world_arguments
from crosscurrent.embedded.home.ports import HOST
from crosscurrent.embedded.home.spec import (
    LIFE,
    METRICS_PORT,
    ExitProbe,
    HttpProbe,
    KafkaProbe,
    PortUse,
    ProcessSpec,
    Stage,
    dependents,
)
from crosscurrent.embedded.world.vendors import VENDORS
from crosscurrent.settings import SOURCES_PREFIX, Settings, source_variable, webhook_port_of

BROKER, REGISTRY, CLICKHOUSE, RESTORE, DRAIN = "broker", "registry", "clickhouse", "restore", "drain"
SINK, LIVE, WORLD, RECORDINGS = "sink", "live", "world", "recordings"
_TASK_SECONDS_MAX = 300.0
_SINK_STOP_SECONDS_MAX = 15.0
# the world takes any credential; the connectors want one before they ask
_WORLD_CREDENTIAL = "played"
_WORLD_CONTACT = "https://world.invalid/"
_WORLD_TOKEN_PATH = "/api/token"
_WORLD_AHEAD_SECONDS_MAX = "1e10"
_WORLD_WINDOW_STEPS = "128"
_FORK_SERVER = (sys.executable, "-m", "crosscurrent.cli.fork_server")
_METRICS = {"CROSSCURRENT_METRICS__PORT": METRICS_PORT}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the supervisor runs.

    Attributes:
        specs: the processes, each after those it needs.
        environment: what every process gets beside the environment of the supervisor.
        broker: the embedded broker, if it is in the plan.
        broker_data: its directory.
        broker_bytes_max: the bound of its memory; None if it keeps its log on disk, where retention bounds it.
        drain: the task that waits until what was published is taken in; None if there is nothing to drain.
        world_url: base address of the played vendors, if they are played.
        fork_server: program and arguments of what the processes that are ``forked`` are forked from.
        addresses: where things are: ``kafka``, ``schema_registry``, ``clickhouse``, ``live``.
    """

    specs: tuple[ProcessSpec, ...]
    environment: Mapping[str, str]
    broker: EmbeddedBroker | None = None
    broker_data: Path = Path()
    broker_bytes_max: int | None = None
    drain: ProcessSpec | None = None
    world_url: str | None = None
    fork_server: tuple[str, ...] = _FORK_SERVER
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def world_settings(self) -> dict[str, str]:
        """What of the environment makes a process ask the played vendors."""
        return {
            name: value
            for name, value in self.environment.items()
            if self.world_url and name.startswith(SOURCES_PREFIX)
        }

    @property
    def renewing(self) -> ProcessSpec | None:
        """The process whose end takes others down, if there is one."""
        return next((spec for spec in self.specs if spec.renews), None)

    @property
    def of_a_life(self) -> frozenset[str]:
        """Names of what lives and dies with the process that renews."""
        renewing = self.renewing
        return dependents(self.specs, renewing.name) if renewing else frozenset()


def make_plan(
    settings: Settings,
    options: HomeOptions,
    *,
    world_port: int | None = None,
    world_anchor: float | None = None,
) -> Plan:
    """Return the processes that the settings and options ask for.

    Args:
        settings: the settings of the supervisor.
        options: what was asked for; checked already.
        world_port: the port for the played vendors, if they are to be played.
        world_anchor: real epoch seconds at which the played world began.

    Raises:
        WrongUse: the embedded broker is not installed.
    """
    layout = Layout.of(settings.home)
    broker = BROKERS[options.broker or BROKER_OF_A_NEW_HOME]
    play = _player(settings, options, world_port, world_anchor)
    servers = _servers(settings, options, broker, layout)
    names = tuple(spec.name for spec in servers)
    # a broker that keeps its log has it at the next start, but not at the first, nor after a move
    restores = BROKER in names and (CLICKHOUSE in names or bool(settings.clickhouse.url))
    task = [_task(RESTORE, "restore", names, essential=True)] if restores else []
    needs = (*names, *(spec.name for spec in task))
    specs = (
        *([play] if play else []),
        *servers,
        *task,
        *_workers(options, needs),
        *_connectors(settings, options, needs, play),
        *_live(settings, options, names),
    )
    world_url = f"http://{HOST}:{world_port}" if play else None
    drains = restores and all(options.wants(part) for part in (SINK, *PROCESSORS))
    return Plan(
        specs=specs,
        environment=_environment(settings, options, layout, broker if BROKER in names else None, world_url),
        broker=broker if BROKER in names else None,
        broker_data=layout.data(BROKER),
        broker_bytes_max=settings.kafka.embedded_memory_bytes_max if broker.forgets else None,
        drain=_task(DRAIN, "drain", (), essential=False) if drains else None,
        world_url=world_url,
        addresses={
            "kafka": settings.bootstrap_servers,
            "schema_registry": settings.registry_url,
            "clickhouse": settings.clickhouse_url,
            "live": f"http://{HOST}:{settings.live.port}",
        },
    )


def enabled_sources(settings: Settings, options: HomeOptions) -> tuple[str, ...]:
    """Return the sources that are polled: those the settings enable, or those that are played."""
    played = VENDORS if options.world else options.sources if options.recordings else ()
    return tuple(
        name
        for name in options.sources
        if options.wants_source(name) and (name in played or settings.source(name).enabled)
    )


def _servers(
    settings: Settings, options: HomeOptions, broker: EmbeddedBroker, layout: Layout
) -> tuple[ProcessSpec, ...]:
    specs = []
    if settings.kafka.bootstrap_servers is None and options.wants(BROKER):
        specs.append(_broker(settings.kafka.embedded_port, broker, layout))
    if settings.schema_registry.url is None and options.wants(REGISTRY):
        port, setting = settings.schema_registry.embedded_port, "CROSSCURRENT_SCHEMA_REGISTRY__EMBEDDED_PORT"
        specs.append(_server(REGISTRY, PortUse(port, setting), "/subjects", layout))
    if settings.clickhouse.url is None and options.wants(CLICKHOUSE):
        port, setting = settings.clickhouse.embedded_port, "CROSSCURRENT_CLICKHOUSE__EMBEDDED_PORT"
        specs.append(_server(CLICKHOUSE, PortUse(port, setting), "/ping", layout))
    return tuple(specs)


def _broker(port: int, broker: EmbeddedBroker, layout: Layout) -> ProcessSpec:
    data = layout.data(BROKER)
    command = broker.command(host=HOST, port=port, cluster=LIFE, data=data)
    return ProcessSpec(
        name=BROKER,
        part=BROKER,
        command=tuple(command),
        probe=KafkaProbe(port, broker.cluster(data) or LIFE),
        environment=broker.environment(),
        listens=(PortUse(port, "CROSSCURRENT_KAFKA__EMBEDDED_PORT"),),
        renews=broker.forgets,
        essential=True,
    )


def _server(name: str, use: PortUse, path: str, layout: Layout) -> ProcessSpec:
    place = ("--host", HOST, "--port", str(use.port), "--data", str(layout.data(name)))
    return ProcessSpec(
        name=name,
        part=name,
        command=(sys.executable, "-m", f"crosscurrent.embedded.{name}", *place),
        probe=HttpProbe(path, use.port),
        listens=(use,),
        essential=True,
    )


def _task(name: str, command: str, needs: tuple[str, ...], *, essential: bool) -> ProcessSpec:
    return ProcessSpec(
        name=name,
        part=name,
        command=_run(command),
        forked=_forked(command),
        probe=ExitProbe(),
        stage=Stage.TASK,
        needs=needs,
        essential=essential,
        ready_seconds_max=_TASK_SECONDS_MAX,
    )


def _workers(options: HomeOptions, needs: tuple[str, ...]) -> list[ProcessSpec]:
    specs = []
    if options.wants(SINK):
        specs.append(
            ProcessSpec(
                name=SINK,
                part=SINK,
                command=_run("sink", "clickhouse"),
                forked=_forked("sink", "clickhouse"),
                probe=HttpProbe("/readyz"),
                stage=Stage.SINK,
                needs=needs,
                environment=_METRICS,
                stop_seconds_max=_SINK_STOP_SECONDS_MAX,
            )
        )
    # correlation computes for long stretches, so it is not with those that must be quick; drift can wait for it
    for names in (("normalise", "detect"), ("correlate", "drift")):
        wanted = [name for name in names if options.wants(name)]
        if wanted:
            specs.append(
                ProcessSpec(
                    name="+".join(wanted),
                    part=wanted[0],
                    command=_run("worker", *wanted),
                    forked=_forked("worker", *wanted),
                    probe=HttpProbe("/readyz"),
                    stage=Stage.WORKER,
                    needs=needs,
                    environment=_METRICS,
                )
            )
    return specs


def _connectors(
    settings: Settings, options: HomeOptions, needs: tuple[str, ...], play: ProcessSpec | None
) -> list[ProcessSpec]:
    sources = enabled_sources(settings, options)
    # a credential of one's own that fails must not end the others; played ones cannot, so they share a process
    shared = options.world and len(sources) > 1
    groups = [sources] if shared else [(source,) for source in sources]
    return [
        ProcessSpec(
            name="connectors" if shared else f"connector.{group[0]}",
            part="connectors" if shared else group[0],
            command=_run("connector", *group),
            forked=_forked("connector", *group),
            probe=HttpProbe("/readyz"),
            stage=Stage.CONNECTOR,
            needs=(*needs, *([play.name] if play else [])),
            environment=_METRICS,
            listens=tuple(use for source in group for use in _webhook_ports(settings, source)),
        )
        for group in groups
    ]


def _webhook_ports(settings: Settings, source: str) -> tuple[PortUse, ...]:
    port = webhook_port_of(source, settings.source(source))
    return () if port is None else (PortUse(port, source_variable(source, "webhook_port")),)


def _told(settings: Settings, options: HomeOptions) -> Iterator[str]:
    for source in enabled_sources(settings, options):
        port = webhook_port_of(source, settings.source(source))
        if port is not None and settings.source(source).webhook_secret is not None:
            yield from ("--webhook", f"{source}=http://{HOST}:{port}/webhooks/{source}")


def _live(settings: Settings, options: HomeOptions, servers: tuple[str, ...]) -> list[ProcessSpec]:
    if not options.live or not options.wants(LIVE):
        return []
    return [
        ProcessSpec(
            name=LIVE,
            part=LIVE,
            command=_run("live"),
            forked=_forked("live"),
            probe=HttpProbe("/readyz", settings.live.port),
            stage=Stage.CONNECTOR,
            needs=tuple(name for name in servers if name == CLICKHOUSE),
            listens=(PortUse(settings.live.port, "CROSSCURRENT_LIVE__PORT"),),
        )
    ]


def _player(
    settings: Settings, options: HomeOptions, port: int | None, anchor: float | None
) -> ProcessSpec | None:
    if port is None:
        return None
    place = ("--host", HOST, "--port", str(port))
    if options.recordings is not None:
        arguments, name, path = ("--dir", str(options.recordings)), RECORDINGS, "/_recordings/index"
    else:
        given = (*world_arguments(settings, options, enabled_sources(settings, options)),)
        anchored = ("--anchor", str(anchor)) if anchor is not None and "--anchor" not in given else ()
        arguments, name, path = (*given, *anchored, *_told(settings, options)), WORLD, "/_world/state"
    return ProcessSpec(
        name=name,
        part=name,
        command=(sys.executable, "-m", f"crosscurrent.embedded.{name}", *place, *arguments),
        probe=HttpProbe(path, port),
        listens=(PortUse(port, "the port of the played vendors"),),
    )


def _environment(
    settings: Settings,
    options: HomeOptions,
    layout: Layout,
    broker: EmbeddedBroker | None,
    world_url: str | None,
) -> dict[str, str]:
    environment = {
        "CROSSCURRENT_HOME": str(layout.root),
        "CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "CROSSCURRENT_SCHEMA_REGISTRY__URL": settings.registry_url,
        "CROSSCURRENT_CLICKHOUSE__URL": settings.clickhouse_url,
        # many small processes on one machine: one arena and one thread of linear algebra each
        "MALLOC_ARENA_MAX": "2",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    if broker:
        # settings of security are for a Kafka elsewhere; the embedded one listens on loopback alone
        environment["CROSSCURRENT_KAFKA__SECURITY_PROTOCOL"] = "PLAINTEXT"
    if broker and broker.session_timeout_seconds and not _is_set(settings.kafka, "session_timeout_seconds"):
        environment["CROSSCURRENT_KAFKA__SESSION_TIMEOUT_SECONDS"] = str(broker.session_timeout_seconds)
    for source in enabled_sources(settings, options) if world_url else ():
        environment[source_variable(source, "enabled")] = "true"
        if options.recordings is not None:
            environment[source_variable(source, "recordings_url")] = str(world_url)
            continue
        environment[source_variable(source, "base_url")] = f"{world_url}/{source}"
        # else the vendor's own would be asked for a token that the world does not know
        environment[source_variable(source, "token_url")] = f"{world_url}/{source}{_WORLD_TOKEN_PATH}"
        played = dict.fromkeys(("token", "client_id", "client_secret"), _WORLD_CREDENTIAL)
        for name, value in (played | {"contact": _WORLD_CONTACT}).items():
            if not _is_set(settings.source(source), name):
                environment[source_variable(source, name)] = value
    if world_url and not _is_set(settings.worker, "event_ahead_seconds_max"):
        # played vendors have a clock of their own, which may be ahead of the machine's
        environment["CROSSCURRENT_WORKER__EVENT_AHEAD_SECONDS_MAX"] = _WORLD_AHEAD_SECONDS_MAX
    if options.world:
        environment |= watched_settings(settings, options, enabled_sources(settings, options))
        if not _is_set(settings.correlate, "window_steps"):
            environment["CROSSCURRENT_CORRELATE__WINDOW_STEPS"] = _WORLD_WINDOW_STEPS
    return environment


def _is_set(section: object, name: str) -> bool:
    return name in getattr(section, "model_fields_set", ())


def _run(*words: str) -> tuple[str, ...]:
    # `crosscurrent run`, without what only a person's command line needs
    return (sys.executable, "-m", "crosscurrent.cli.process", *words)


def _forked(*words: str) -> tuple[str, ...]:
    return words if CAN_FORK else ()
