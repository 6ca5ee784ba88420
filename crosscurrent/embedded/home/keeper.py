"""Keeps one process of the plan running."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence

from crosscurrent.clock import Clock
from crosscurrent.embedded.home.backoff import Backoff
from crosscurrent.embedded.home.events import HomeEvent, Report
from crosscurrent.embedded.home.logs import RotatingLog
from crosscurrent.embedded.home.ports import first_free, listens, require_free
from crosscurrent.embedded.home.probes import not_ready, port_of
from crosscurrent.embedded.home.running import Nursery, Running
from crosscurrent.embedded.home.spec import LIFE, METRICS_PORT, ProcessSpec
from crosscurrent.embedded.home.state import ProcessState, ProcessStateName
from crosscurrent.errors import CrosscurrentError

_PROBE_SECONDS = 0.05
_REASON_CHARACTERS_MAX = 300
_PORT_FREED_SECONDS_MAX = 5.0


class PortBook:
    """The metrics ports of the home: each process has another, also while none of them listens yet.

    Args:
        first: the port from which on one is looked for.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._taken: dict[str, int] = {}

    def assign(self, name: str) -> int:
        """Return a free port for a start of a process.

        Raises:
            WrongUse: there is none.
        """
        self._taken.pop(name, None)
        port = first_free(self._first, self._taken.values())
        self._taken[name] = port
        return port


class Keeper:
    """Starts a process, waits until it is ready, and starts it again when it ends, as far as the back-off allows.

    ``start`` begins, ``stop`` ends; both may be called again. In between, ``ready`` is set for as long as the
    process is ready (of a task that is done once: after it was done), and ``ended`` when it is given up or, of a
    process that renews the home, when it has ended.

    Args:
        spec: the process.
        environment: the environment of the home.
        needs: the keepers of what must be ready first.
        log: takes its output.
        nursery: starts the process.
        ports: gives metrics ports.
        clock: the time.
        report: told of each change.
    """

    def __init__(
        self,
        spec: ProcessSpec,
        *,
        environment: Mapping[str, str],
        needs: Sequence[Keeper],
        log: RotatingLog,
        nursery: Nursery,
        ports: PortBook,
        clock: Clock,
        report: Report,
    ) -> None:
        self.spec = spec
        self.state = ProcessState(spec.name)
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self.backoff = Backoff()
        self.life = ""
        self.exit_code: int | None = None
        self.ready_seconds: float | None = None
        self.running: Running | None = None
        self._environment = environment
        self._needs = needs
        self._log = log
        self._nursery = nursery
        self._ports = ports
        self._clock = clock
        self._report = report
        self._task: asyncio.Task[None] | None = None
        if spec.listens:
            self.state.port = spec.listens[0].port

    @property
    def failed(self) -> bool:
        """Whether it was given up."""
        return self.state.state == "failed"

    @property
    def blocked(self) -> bool:
        """Whether it waits for something that was given up."""
        return any(need.failed or need.blocked for need in self._needs)

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be expected of this start."""
        return self.ready.is_set() or self.failed or self.blocked

    def start(self) -> None:
        """Begin to keep it running."""
        self.ready.clear()
        self.ended.clear()
        self._change("waiting")
        self._task = asyncio.create_task(self._keep(), name=f"keep {self.spec.name}")

    async def once(self, seconds_max: float) -> str | None:
        """Do a task a single time instead of ``start``; return what went wrong, or None."""
        problem: str | None = f"not done within {seconds_max:.0f} s"
        try:
            async with asyncio.timeout(seconds_max):
                await self._start_once()
            problem = None if self.exit_code == 0 else self.why_ended()
        except TimeoutError:
            self.state.reason = problem or ""
        except CrosscurrentError as error:
            problem = str(error)
        finally:
            await self.stop()
        self._change("failed" if problem else "done", detail=problem or "")
        return problem

    async def stop(self, seconds_max: float | None = None) -> None:
        """End it, in bounded time, and stay away from it until the next ``start``.

        Args:
            seconds_max: how long it may take to end by itself; as its spec says if None.
        """
        if self._task is None and self.running is None:
            return
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        running = self.running
        if running is not None:
            self._change("stopping")
            bound = self.spec.stop_seconds_max if seconds_max is None else seconds_max
            self.exit_code = await running.stop(bound)
            self._gone()
        self.ready.clear()
        if not self.failed:
            self._change("stopped")

    def kill(self) -> None:
        """Kill it now and do not start it again."""
        if self._task is not None:
            self._task.cancel()
        if self.running is not None:
            self.running.kill()

    def check_ports(self) -> None:
        """Look whether the fixed ports are free.

        Raises:
            WrongUse: one is taken.
        """
        for use in self.spec.listens:
            require_free(use, self.spec.name)

    def give_up(self, reason: str) -> None:
        """Mark it as failed."""
        self.state.reason = reason
        self._change("failed", detail=reason)
        self.ended.set()

    def why_ended(self) -> str:
        """Return in a line why the process ended: its exit and its last words."""
        code = self.exit_code
        how = f"exit code {code}" if code is None or code >= 0 else f"signal {-code}"
        words = last_words(self._log.tail())
        return f"{how}: {words}" if words else how

    async def _keep(self) -> None:
        while True:
            for need in self._needs:
                await need.ready.wait()
            try:
                self.ready_seconds = await self._start_once()
            except CrosscurrentError as error:
                self.give_up(str(error))
                return
            except Exception as error:
                self.give_up(f"the supervisor made a mistake: {type(error).__name__}: {error}")
                raise
            if self.ready.is_set() and self.spec.one_shot:
                self._change("done", seconds=self.state.ready_after_seconds)
                return
            self.ready.clear()
            if self.spec.renews:
                self._change("stopped", detail=self.why_ended())
                self.ended.set()
                return
            delay_seconds = self.backoff.delay_seconds(self.exit_code or 0, self.ready_seconds)
            if delay_seconds is None:
                self.give_up(self.why_ended())
                return
            self.state.restarts = self.backoff.restarts
            self.state.reason = self.why_ended()
            self._change("again soon", detail=self.state.reason)
            await asyncio.sleep(delay_seconds)

    async def _start_once(self) -> float | None:
        """Run it until it ends; return for how long it was ready, or None if it never was."""
        await self._ports_freed()
        self.life = uuid.uuid4().hex
        metrics_port = self._ports.assign(self.spec.name) if _wants_metrics(self.spec) else None
        self._log.forget_tail()
        began = self._clock.monotonic_seconds()
        self._change("starting")
        running = await self._run(metrics_port)
        self.running, self.exit_code = running, None
        state = self.state
        state.pid, state.started_at, state.metrics_port = (
            running.pid,
            self._clock.now_utc().timestamp(),
            metrics_port,
        )
        state.ready_since = None
        became_ready = await self._until_ready(running, metrics_port or 0, began)
        if became_ready:
            state.ready_since = self._clock.now_utc().timestamp()
            state.ready_after_seconds = self._clock.monotonic_seconds() - began
            state.reason = ""
            self.ready.set()
            if not self.spec.one_shot:
                self._change("ready", seconds=state.ready_after_seconds)
        ready_from = self._clock.monotonic_seconds()
        self.exit_code = await asyncio.shield(running.exited)
        self._gone()
        return self._clock.monotonic_seconds() - ready_from if became_ready else None

    async def _run(self, metrics_port: int | None) -> Running:
        spec = self.spec
        own = {name: self._fill(value, metrics_port) for name, value in spec.environment.items()}
        if spec.forked:
            return await self._nursery.fork(spec.forked, own, self._log)
        command = [self._fill(word, metrics_port) for word in spec.command]
        return self._nursery.run(command, {**self._environment, **own}, self._log)

    async def _ports_freed(self) -> None:
        """Wait a moment for the ports of an earlier start; whoever has them after that is somebody else."""
        deadline = self._clock.monotonic_seconds() + _PORT_FREED_SECONDS_MAX
        while True:
            try:
                self.check_ports()
                return
            except CrosscurrentError:
                if self._clock.monotonic_seconds() > deadline:
                    raise
            await asyncio.sleep(_PROBE_SECONDS)

    async def _until_ready(self, running: Running, metrics_port: int, began: float) -> bool:
        """Return whether it became ready; if it ends or takes too long, not."""
        while not running.exited.done():
            reason = await not_ready(self.spec.probe, metrics_port=metrics_port, life=self.life)
            port = port_of(self.spec.probe, metrics_port)
            if reason is None and port is not None and not listens(running.pid, port):
                reason = f"port {port} is served by another process"
            if reason is None:
                return True
            self.state.reason = reason
            if self._clock.monotonic_seconds() - began > self.spec.ready_seconds_max:
                self._log.write(f"not ready after {self.spec.ready_seconds_max} s: {reason}\n".encode())
                await running.stop(self.spec.stop_seconds_max)
                return False
            await asyncio.wait([running.exited], timeout=_PROBE_SECONDS)
        return self.spec.one_shot and running.exited.result() == 0

    def _fill(self, text: str, metrics_port: int | None) -> str:
        return text.replace(LIFE, self.life).replace(METRICS_PORT, str(metrics_port))

    def _gone(self) -> None:
        self.running = None
        self.state.pid = self.state.ready_since = self.state.resident_bytes = None

    def _change(self, state: ProcessStateName, *, seconds: float | None = None, detail: str = "") -> None:
        self.state.state = state
        self._report(HomeEvent("process", self.spec.name, state, seconds, detail))


def last_words(lines: Sequence[str]) -> str:
    """Return the line that tells best why a process ended: its last error, else its last line."""
    readable = [_readable(line) for line in lines]
    telling = [line for line in readable if line.casefold().startswith(("error", "fatal"))]
    words = (telling or readable or [""])[-1].strip()
    return words[:_REASON_CHARACTERS_MAX]


def _readable(line: str) -> str:
    """Return a line of structured log as words."""
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    if not isinstance(fields, dict):
        return line
    told = [str(fields[name]) for name in ("event", "error", "reason", "exception") if fields.get(name)]
    level = str(fields.get("level", ""))
    return (f"{level}: " if level in {"error", "critical"} else "") + " ".join(told)


def _wants_metrics(spec: ProcessSpec) -> bool:
    return any(METRICS_PORT in text for text in (*spec.command, *spec.environment.values()))
