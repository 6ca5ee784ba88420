"""Starts a home in the background, and stops one, from another process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

from crosscurrent.embedded.home.events import HomeEvent, Report
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.lock import holder_of
from crosscurrent.embedded.home.options import HomeOptions
from crosscurrent.embedded.home.state import HomeState, read_state
from crosscurrent.errors import CrosscurrentError, Fatal, ServerAway, WrongUse
from crosscurrent.exit_codes import EXIT_CHECK_FAILED, EXIT_SERVER_AWAY, EXIT_WRONG_USE

_STOP_SECONDS_MAX = 75.0
_KILL_SECONDS_MAX = 10.0
_LOOK_SECONDS = 0.05


class BackgroundHome:
    """A home whose supervisor is a process of its own and goes on when this one ends.

    Args:
        home: the home directory.
        options: what to start.
        environment: settings beside those of this process's environment, such as
            ``CROSSCURRENT_SOURCES__GITHUB__TARGETS``; secrets belong here.
        directory: working directory, whose ``.env`` and ``crosscurrent.toml`` count.
    """

    def __init__(
        self,
        home: Path,
        options: HomeOptions,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        self.layout = Layout.of(home)
        self._options = options
        self._environment = dict(environment or {})
        self._directory = directory

    def start(self, report: Report = lambda _event: None) -> HomeEvent:
        """Start everything and return when all is ready; the event's ``detail`` names what is not.

        If this is interrupted, by Ctrl-C or an error of ``report``, what was started is stopped again.

        Raises:
            WrongUse: the options do not fit, the home is in use, newer or cannot be written, or a port is taken.
            ServerAway: a configured server is away.
            Fatal: the home did not start.
        """
        self.layout.make()
        ours, theirs = os.pipe()
        environment = {**os.environ, **self._environment, "CROSSCURRENT_HOME": str(self.layout.root)}
        try:
            errors = self.layout.logs / "supervisor.err"
            with errors.open("wb") as stderr:
                process = subprocess.Popen(
                    [
                        *(sys.executable, "-m", "crosscurrent.embedded.home"),
                        *("--report-descriptor", str(theirs), "--options", self._options.model_dump_json()),
                    ],
                    cwd=self._directory,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=stderr,
                    stderr=stderr,
                    pass_fds=(theirs,),
                    start_new_session=True,
                )
        finally:
            os.close(theirs)
        try:
            with os.fdopen(ours, "rb") as events, _raising_when_asked_to_end():
                for line in events:
                    event = HomeEvent.from_json(line)
                    report(event)
                    if event.kind == "ready":
                        return event
                    if event.kind == "failed":
                        process.wait(_STOP_SECONDS_MAX)
                        raise _error(event)
        except BaseException:
            _end(process)
            raise
        process.wait(_STOP_SECONDS_MAX)
        raise Fatal(
            f"the supervisor ended with exit code {process.returncode}: {_last_line(errors)}",
            expected="a home that becomes ready",
            todo=f"see {errors}",
        )

    def stop(self, report: Report = lambda _event: None) -> Stopped | None:
        """Stop everything cleanly; return what was stopped, or None if nothing ran."""
        return stop_home(self.layout, report)

    def state(self) -> HomeState | None:
        """Return what runs, or None if nothing does."""
        return read_state(self.layout) if holder_of(self.layout) else None


@dataclass(frozen=True, slots=True)
class Stopped:
    """What was stopped.

    Attributes:
        names: processes that ran.
        killed: whether the supervisor had to be killed.
        seconds: how long it took.
    """

    names: tuple[str, ...]
    killed: bool
    seconds: float


def stop_home(layout: Layout, report: Report = lambda _event: None) -> Stopped | None:
    """Stop the home that runs, in bounded time; return what was stopped, or None if nothing ran.

    Args:
        layout: the home.
        report: told of processes as they stop.

    Raises:
        Fatal: the home is still held after its supervisor was killed.
    """
    began = time.monotonic()
    holder = holder_of(layout)
    state = read_state(layout)
    if holder is None:
        names = _kill_leftovers(state)
        return Stopped(names, killed=True, seconds=time.monotonic() - began) if names else None
    names = tuple(process.name for process in state.processes if process.pid) if state else ()
    _signal(holder.pid, signal.SIGTERM)
    told: set[str] = set()
    if _wait(lambda: _released(layout, report, told), _STOP_SECONDS_MAX):
        return Stopped(names, killed=False, seconds=time.monotonic() - began)
    _signal(holder.pid, signal.SIGKILL)
    if not _wait(lambda: holder_of(layout) is None, _KILL_SECONDS_MAX):
        raise Fatal(
            f"the home {layout.root} is still held after process {holder.pid} was killed",
            expected="nobody there",
            todo="look at that process; it may belong to another user",
        )
    _kill_leftovers(state)
    return Stopped(names, killed=True, seconds=time.monotonic() - began)


def _released(layout: Layout, report: Report, told: set[str]) -> bool:
    state = read_state(layout)
    for process in state.processes if state else ():
        if process.state == "stopped" and process.name not in told:
            told.add(process.name)
            report(HomeEvent("process", process.name, "stopped"))
    return holder_of(layout) is None


def _kill_leftovers(state: HomeState | None) -> tuple[str, ...]:
    """Kill processes of a supervisor that is gone, where the system could not; return their names."""
    killed = []
    for process in state.processes if state else ():
        if process.pid and process.started_at and _is_same(process.pid, process.started_at):
            _signal(process.pid, signal.SIGKILL)
            killed.append(process.name)
    return tuple(killed)


def _is_same(pid: int, started_at: float) -> bool:
    """Return whether a pid is still that process and was not given to another since."""
    try:
        return abs(psutil.Process(pid).create_time() - started_at) < 2.0
    except psutil.Error:
        return False


@contextmanager
def _raising_when_asked_to_end() -> Iterator[None]:
    """Make SIGTERM raise, so that whoever is asked to end while a home starts takes it along."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _signal(pid: int, number: signal.Signals) -> None:
    if pid <= 0:
        return
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _wait(condition: Callable[[], bool], seconds_max: float) -> bool:
    deadline = time.monotonic() + seconds_max
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(_LOOK_SECONDS)
    return condition()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _error(event: HomeEvent) -> CrosscurrentError:
    kinds = {EXIT_WRONG_USE: WrongUse, EXIT_SERVER_AWAY: ServerAway}
    kind = kinds.get(event.exit_code or EXIT_CHECK_FAILED, Fatal)
    return kind(event.detail, expected=event.expected, todo=event.todo)


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "no output"
    return lines[-1] if lines else "no output"
