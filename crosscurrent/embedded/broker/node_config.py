"""The configuration files of a Kafka node that is a whole cluster: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_MEBIBYTE = 1024 * 1024
_MESSAGE_BYTES_MAX = 64 * _MEBIBYTE
"""As producers here allow."""
_UNSAFE_WARNED_MAJOR = 23
"""From here on Java warns at each start of what Kafka unmaps files with (JEP 471, JEP 498)."""


@dataclass(frozen=True, slots=True)
class NodePlace:
    """Where a node lies and listens.

    Attributes:
        host: loopback address.
        port: port for clients.
        controller_port: port on which the node's controller is asked by its broker.
        data: directory that belongs to the node alone.
        heap_bytes_max: bound of the Java heap.
    """

    host: str
    port: int
    controller_port: int
    data: Path
    heap_bytes_max: int

    @property
    def log(self) -> Path:
        """Where topics are kept."""
        return self.data / "log"

    @property
    def properties_file(self) -> Path:
        """The node's configuration."""
        return self.data / "server.properties"

    @property
    def logging_file(self) -> Path:
        """How it logs."""
        return self.data / "log4j2.properties"

    @property
    def arguments_file(self) -> Path:
        """The arguments of the Java runtime."""
        return self.data / "java.arguments"


def server_properties(place: NodePlace, log: Path) -> dict[str, str]:
    """Return the configuration of the node.

    Args:
        place: where it is.
        log: where topics are kept.

    Source: https://kafka.apache.org/documentation/#brokerconfigs
    """
    client, controller = f"{place.host}:{place.port}", f"{place.host}:{place.controller_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{client},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{client}",
        "log.dirs": str(log),
        # a topic that is not asked for is a mistyped one
        "auto.create.topics.enable": "false",
        **_alone(),
        **_small(),
    }


def _alone() -> dict[str, str]:
    """Return what a single node needs, which nobody else can hold a copy for."""
    return {
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # a node that was killed is let in again only when its last session is over: 9 s unless said otherwise
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
        # no replica has what the operating system has not written yet when the power fails
        "log.flush.interval.ms": "1000",
        "log.flush.scheduler.interval.ms": "1000",
    }


def _small() -> dict[str, str]:
    """Return what keeps a node small, and quick to start and to let members in."""
    return {
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "num.recovery.threads.per.data.dir": "2",
        "log.segment.bytes": str(128 * _MEBIBYTE),
        "log.cleaner.dedupe.buffer.size": str(32 * _MEBIBYTE),
        "message.max.bytes": str(_MESSAGE_BYTES_MAX),
        "replica.fetch.max.bytes": str(_MESSAGE_BYTES_MAX),
        "controlled.shutdown.max.retries": "1",
        "metric.reporters": "",
    }


def logging_properties() -> dict[str, str]:
    """Return how the node logs: warnings and errors, a line each, to standard output, which the home keeps."""
    return {
        "rootLogger.level": "warn",
        "rootLogger.appenderRef.stdout.ref": "stdout",
        "appender.stdout.type": "Console",
        "appender.stdout.name": "stdout",
        "appender.stdout.layout.type": "PatternLayout",
        "appender.stdout.layout.pattern": "%p %d{ISO8601} %c{1}: %m%n",
    }


def java_arguments(
    place: NodePlace, class_path: str, archive: tuple[str, ...], java_major: int
) -> tuple[str, ...]:
    """Return the arguments of the Java runtime, before the name of a main class.

    Args:
        place: where the node is.
        class_path: the jars.
        archive: what makes it start from an archive of classes, if there is one.
        java_major: feature release of the Java.
    """
    return (
        f"-Xmx{place.heap_bytes_max}",
        "-Xms64m",
        # collects small heaps with the least memory and the quickest start
        "-XX:+UseSerialGC",
        # a broker that is out of memory must end and be started again, not limp
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile={place.logging_file}",
        *archive,
        *(("--sun-misc-unsafe-memory-access=allow",) if java_major >= _UNSAFE_WARNED_MAJOR else ()),
        "-cp",
        class_path,
    )


def to_properties(values: Mapping[str, str]) -> str:
    """Return a file of Java properties."""
    return "".join(f"{name}={_escaped(value)}\n" for name, value in values.items())


def to_arguments_file(arguments: tuple[str, ...]) -> str:
    """Return a file of arguments, each in quotes. Source: the ``java`` command, "Using Command-Line Argument Files"."""
    return "".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"\n' for word in arguments)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\")
