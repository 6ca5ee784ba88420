"""The files and the log of a Kafka node, and how it is run."""

from __future__ import annotations

import base64
import shutil
import subprocess
import uuid
from pathlib import Path

from crosscurrent.embedded.broker.java import Java
from crosscurrent.embedded.broker.node_config import (
    NodePlace,
    java_arguments,
    logging_properties,
    server_properties,
    to_arguments_file,
    to_properties,
)
from crosscurrent.errors import Fatal

_SERVER, _STORAGE_TOOL = "kafka.Kafka", "kafka.tools.StorageTool"
_FORMAT_SECONDS_MAX = 60.0
_WORDS_MAX = 300


def write_files(java: Java, place: NodePlace, class_path: str, archive: tuple[str, ...]) -> None:
    """Write the configuration of a node.

    Args:
        java: what it will run on.
        place: where it is.
        class_path: Kafka's jars.
        archive: arguments about the class archive.

    Raises:
        OSError: the directory cannot be written.
    """
    place.data.mkdir(parents=True, exist_ok=True)
    place.logging_file.write_text(to_properties(logging_properties()))
    place.properties_file.write_text(to_properties(server_properties(place, place.log)))
    place.arguments_file.write_text(to_arguments_file(java_arguments(place, class_path, archive, java.major)))


def node_command(java: Java, place: NodePlace) -> tuple[str, ...]:
    """Return the command that runs the node whose files were written, in the foreground."""
    return (str(java.program), f"@{place.arguments_file}", _SERVER, str(place.properties_file))


def new_cluster_id() -> str:
    """Return an id as Kafka makes them: 22 characters of URL-safe Base64, the first no hyphen."""
    while True:
        found = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # the storage tool would take it for an option
        if not found.startswith("-"):
            return found


def make_log(java: Java, place: NodePlace) -> None:
    """Make an empty log with a cluster id of its own; whoever is interrupted leaves no half of one.

    Raises:
        Fatal: the storage tool fails.
        OSError: the directory cannot be written.
    """
    partial = place.data / "log.partial"
    shutil.rmtree(partial, ignore_errors=True)
    properties = place.data / "format.properties"
    properties.write_text(to_properties(server_properties(place, partial)))
    command = [str(java.program), f"@{place.arguments_file}", _STORAGE_TOOL, "format"]
    command += ["--cluster-id", new_cluster_id(), "--config", str(properties)]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=_FORMAT_SECONDS_MAX, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _not_made(place.data, f"not within {_FORMAT_SECONDS_MAX:.0f} s") from error
    if result.returncode != 0:
        words = (
            result.stderr.strip() or result.stdout.strip() or f"exit code {result.returncode}"
        ).splitlines()
        raise _not_made(place.data, words[-1])
    properties.unlink()
    partial.rename(place.log)


def _not_made(data: Path, why: str) -> Fatal:
    return Fatal(
        f"Kafka's storage tool cannot make a log in {data} ({why[:_WORDS_MAX]})",
        expected="an empty log on a disk with room",
        todo=f"see that disk; delete {data / 'log.partial'} if it is there",
    )
