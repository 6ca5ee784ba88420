"""Apache Kafka as a single KRaft node on loopback, its log on disk: nothing is forgotten by a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from crosscurrent.embedded.broker.archive import archive_arguments
from crosscurrent.embedded.broker.jars import (
    Say,
    are_there,
    cache_directory,
    class_path,
    fetcher,
    kafka_version,
    resolve_jars,
)
from crosscurrent.embedded.broker.java import find_java
from crosscurrent.embedded.broker.node import make_log, node_command, write_files
from crosscurrent.embedded.broker.node_config import NodePlace
from crosscurrent.errors import WrongUse

_BLOCK_BYTES = 512


class Kafka:
    """The broker from Maven's jars on this machine's Java."""

    name = "kafka"
    forgets = False
    inner_ports = 1
    session_timeout_seconds = None

    def look(self) -> str:
        """Return the Java and whether the jars are there.

        Raises:
            WrongUse: no Java, or no jars and nothing that gets them.
        """
        java = find_java()
        runtime = (
            f"Apache Kafka {kafka_version()} on Java {java.version} ({java.program}, by {java.found_by})"
        )
        if are_there(cache_directory()):
            return f"{runtime}, jars in {cache_directory()}"
        return f"{runtime}; its jars are not here yet: {fetcher()[0]} gets them at the first start"

    def prepare(self, place: NodePlace, say: Say) -> None:
        """Get jars and write configuration; at a first start also make the class archive and the empty log.

        Raises:
            WrongUse: no Java, nothing that gets jars, or a directory that cannot be written.
            ServerAway: the jars are not to be had.
            Fatal: a jar differs, or the log cannot be made.
        """
        java, cache = find_java(), cache_directory()
        resolve_jars(cache, say)
        try:
            write_files(java, place, class_path(cache), archive_arguments(java, cache, say))
            if self.cluster(place.data) is None:
                make_log(java, place)
        except OSError as error:
            raise WrongUse(
                f"{place.data} cannot be written ({error.strerror or error})",
                expected="a directory of this user on a disk with room",
                todo="make room, correct its permissions, or set CROSSCURRENT_HOME to another directory",
            ) from error

    def command(self, *, host: str, port: int, cluster: str, data: Path) -> Sequence[str]:
        """Return the command line of the node that was prepared in the directory."""
        del host, port, cluster  # they are in its files
        return node_command(find_java(), NodePlace("", 0, 0, data, 0))

    def cluster(self, data: Path) -> str | None:
        """Return the id that the log was made with, or None if there is no log yet."""
        try:
            text = (NodePlace("", 0, 0, data, 0).log / "meta.properties").read_text()
        except OSError:
            return None
        found = [line.partition("=")[2] for line in text.splitlines() if line.startswith("cluster.id=")]
        return found[0].strip() if found else None

    def environment(self) -> Mapping[str, str]:
        """Return nothing: all is in its files, and nothing there is secret."""
        return {}

    def size_bytes(self, *, resident_bytes: int, data: Path) -> int:
        """Return what the log takes on the disk; its indexes are sparse files, so their length does not count."""
        del resident_bytes
        return _disk_bytes(data)


def _disk_bytes(directory: Path) -> int:
    total = 0
    try:
        for entry in directory.iterdir():
            if entry.is_dir():
                total += _disk_bytes(entry)
            else:
                total += entry.stat().st_blocks * _BLOCK_BYTES
    except OSError:
        return total  # segments come and go
    return total
