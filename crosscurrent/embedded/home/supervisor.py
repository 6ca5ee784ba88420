"""Runs a plan: starts, keeps, renews and stops its processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

from crosscurrent.clock import Clock
from crosscurrent.embedded.home.events import HomeEvent, Report
from crosscurrent.embedded.home.keeper import Keeper, PortBook
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.lives import Lives
from crosscurrent.embedded.home.logs import RotatingLog
from crosscurrent.embedded.home.memory import resident_bytes
from crosscurrent.embedded.home.plan import BROKER, Plan
from crosscurrent.embedded.home.running import Nursery
from crosscurrent.embedded.home.spec import Stage
from crosscurrent.embedded.home.state import BrokerState, HomeState, write_state
from crosscurrent.errors import CrosscurrentError, Fatal

_FORK_SERVER = "fork-server"
_LOOK_SECONDS = 0.05
_STATE_SECONDS = 1.0
_START_SECONDS_MAX = 180.0
_LAST_DRAIN_SECONDS_MAX = 15.0
_DRAIN_SECONDS_MAX = 120.0
_DRAINS_MAX = 15


class Supervisor:
    """Everything of one home, from the first start to the last stop.

    ``run`` once; ``kill`` from a signal handler when somebody does not want to wait for a clean stop.

    Args:
        plan: what to run.
        layout: the home; its lock is held.
        environment: the environment of the supervisor, which every process inherits.
        clock: the time.
        report: told of what happens.
        metrics_port_first: the port from which on processes get ports for metrics.
        world_anchor: real time at which the played world began.
    """

    def __init__(
        self,
        plan: Plan,
        layout: Layout,
        *,
        environment: Mapping[str, str],
        clock: Clock,
        report: Report,
        metrics_port_first: int,
        world_anchor: float | None = None,
    ) -> None:
        self._plan = plan
        self._layout = layout
        self._environment = {**environment, **plan.environment}
        self._clock = clock
        self._report = report
        self._ports = PortBook(metrics_port_first)
        self._keepers: dict[str, Keeper] = {}
        self._logs: dict[str, RotatingLog] = {}
        self._nursery: Nursery | None = None
        self._lives: Lives | None = None
        self._killed = False
        self._log_trouble: set[str] = set()
        self._state_trouble = ""
        self.state = HomeState(
            os.getpid(),
            started_at=clock.now_utc().timestamp(),
            world_anchor=world_anchor,
            world_url=plan.world_url,
            world_settings=plan.world_settings,
            addresses=dict(plan.addresses),
            broker=BrokerState(plan.broker.name, size_bytes_max=plan.broker_bytes_max)
            if plan.broker
            else None,
        )

    async def run(self, stop: asyncio.Event, *, until_drained: bool = False) -> bool:
        """Run the plan until asked to stop; everything has ended when this returns or raises.

        Args:
            stop: set by whoever wants the end, at any stage.
            until_drained: whether to end by itself as soon as everything published is taken in.

        Returns:
            Whether everything was taken in, if that was to be waited for; else False.

        Raises:
            WrongUse: a port is taken.
            Fatal: a process without which nothing works did not become ready, or not everything was taken in.
        """
        self._nursery = Nursery(self._plan.fork_server, self._environment, self._log(_FORK_SERVER))
        watching: asyncio.Task[None] | None = None
        try:
            self._make_keepers(self._nursery)
            for keeper in self._keepers.values():
                keeper.check_ports()
            watching = asyncio.create_task(self._watch())
            if any(spec.forked for spec in self._plan.specs):
                self._nursery.prepare()
            await self._until(stop, self._start())
            if until_drained:
                await self._until(stop, asyncio.create_task(self._until_drained()))
            else:
                await stop.wait()
            return until_drained and not stop.is_set()
        finally:
            await self._stop_all()
            if watching is not None:
                watching.cancel()
                await asyncio.wait([watching])
            self._nursery.close()
            self.state.state = "stopped"
            self._look()
            self._report(HomeEvent("stopped"))
            for log in self._logs.values():
                log.close()

    def kill(self) -> None:
        """Kill everything now; ``run`` then ends soon."""
        self._killed = True
        for keeper in self._keepers.values():
            keeper.kill()
        if self._nursery is not None:
            self._nursery.kill_all()

    def _make_keepers(self, nursery: Nursery) -> None:
        for spec in self._plan.specs:
            self._keepers[spec.name] = Keeper(
                spec,
                environment=self._environment,
                needs=[self._keepers[name] for name in spec.needs],
                log=self._log(spec.name),
                nursery=nursery,
                ports=self._ports,
                clock=self._clock,
                report=self._report,
            )
        renewing = self._plan.renewing
        if renewing is not None:
            self._lives = Lives(
                self._keepers[renewing.name],
                [self._keepers[spec.name] for spec in self._plan.specs if spec.name in self._plan.of_a_life],
                drain=self._drain,
                clock=self._clock,
                report=self._report,
                state=self.state,
            )

    async def _until(self, stop: asyncio.Event, work: asyncio.Task[None]) -> None:
        """Wait for the work, but not when asked to stop meanwhile."""
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([work, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not work.done():
            work.cancel()
            await asyncio.wait([work])
        if not work.cancelled():
            work.result()

    def _start(self) -> asyncio.Task[None]:
        began = self._clock.monotonic_seconds()
        of_a_life = self._lives.names if self._lives else frozenset()
        for name, keeper in self._keepers.items():
            if name not in of_a_life:
                keeper.start()
        if self._lives is not None:
            self._lives.start()
        return asyncio.create_task(self._until_settled(began))

    async def _until_settled(self, began: float) -> None:
        deadline = began + _START_SECONDS_MAX
        while not all(keeper.settled for keeper in self._keepers.values()):
            self._raise_if_hopeless()
            if self._clock.monotonic_seconds() > deadline:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        self._raise_if_hopeless()
        seconds = self._clock.monotonic_seconds() - began
        self.state.state, self.state.ready_after_seconds = "ready", seconds
        unready = [name for name, keeper in self._keepers.items() if not keeper.ready.is_set()]
        self._look()
        self._report(HomeEvent("ready", seconds=seconds, detail=", ".join(unready)))

    def _raise_if_hopeless(self) -> None:
        for name, keeper in self._keepers.items():
            if keeper.failed and keeper.spec.essential:
                raise Fatal(
                    f"{name} does not start: {keeper.state.reason}",
                    expected=f"{name} ready, because everything else needs it",
                    todo=f"see {self._layout.log(name)}, and run `crosscurrent doctor`",
                    process=name,
                )

    async def _stop_all(self) -> None:
        if self.state.processes:
            self._report(HomeEvent("stopping"))
        self.state.state = "stopping"
        draining = self._lives is not None and self._lives.can_drain() and not self._killed
        if self._lives is not None:
            await self._lives.forget()
        await stop_stages(self._keepers.values(), lowest=Stage.CONNECTOR)
        if draining and not self._killed:
            problem = await self._drain(_LAST_DRAIN_SECONDS_MAX)
            if problem:
                self._report(HomeEvent("notice", detail=f"stopped before all was written: {problem}"))
        await stop_stages(self._keepers.values(), lowest=Stage.SERVER)

    async def _drain(self, seconds_max: float) -> str | None:
        """Wait until everything published is taken in; return what went wrong, or None."""
        spec = self._plan.drain
        if spec is None or self._nursery is None:
            return None
        keeper = Keeper(
            spec,
            environment=self._environment,
            needs=(),
            log=self._log(spec.name),
            nursery=self._nursery,
            ports=self._ports,
            clock=self._clock,
            report=self._report,
        )
        return await keeper.once(seconds_max)

    async def _until_drained(self) -> None:
        """Return once everything published is taken in, which a long backlog may make wait.

        Raises:
            Fatal: it is not, after many attempts, or whoever takes in was given up.
        """
        problem: str | None = None
        for _ in range(_DRAINS_MAX):
            problem = await self._drain(_DRAIN_SECONDS_MAX)
            if problem is None:
                return
            if any(keeper.failed for keeper in self._keepers.values()):
                break
            self._report(HomeEvent("notice", detail=f"not all is taken in yet: {problem}"))
        raise Fatal(
            f"not all is taken in: {problem}",
            expected="processors and sink to reach the end of every topic",
            todo=f"see what is in trouble in {self._layout.logs}, put it right, and do it again",
        )

    async def _watch(self) -> None:
        while True:
            if self._nursery is not None:
                # a signal that came while another was handled is not told twice
                self._nursery.reap()
            self._look()
            await asyncio.sleep(_STATE_SECONDS)

    def _look(self) -> None:
        """Measure and write the state file."""
        state = self.state
        state.written_at = self._clock.now_utc().timestamp()
        runs = self._nursery if state.state != "stopped" else None
        state.guard_pid = runs.guard_pid if runs else None
        state.fork_server_pid = runs.fork_server_pid if runs else None
        own = (state.pid, state.fork_server_pid)
        state.supervisor_resident_bytes = sum(resident_bytes(pid) or 0 for pid in own if pid)
        for keeper in self._keepers.values():
            keeper.state.resident_bytes = resident_bytes(keeper.state.pid) if keeper.state.pid else None
        state.processes = [keeper.state for keeper in self._keepers.values()]
        self._measure_broker()
        try:
            write_state(self._layout, state)
            self._state_trouble = ""
        except OSError as error:
            self._tell_once(f"the state file cannot be written ({error.strerror or error})")
        for log in self._logs.values():
            if log.trouble and log.trouble not in self._log_trouble:
                self._log_trouble.add(log.trouble)
                self._report(HomeEvent("notice", detail=log.trouble))

    def _measure_broker(self) -> None:
        plan, broker = self._plan, self.state.broker
        keeper = self._keepers.get(BROKER)
        if plan.broker is None or broker is None or keeper is None:
            return
        resident = keeper.state.resident_bytes
        broker.cluster = plan.broker.cluster(plan.broker_data) or keeper.life
        broker.size_bytes = (
            plan.broker.size_bytes(resident_bytes=resident, data=plan.broker_data) if resident else None
        )
        if self._lives is not None:
            self._lives.consider(broker.size_bytes or 0, plan.broker_bytes_max or 0)
        else:
            broker.deaths = keeper.state.restarts

    def _tell_once(self, trouble: str) -> None:
        if trouble != self._state_trouble:
            self._state_trouble = trouble
            self._report(HomeEvent("notice", detail=trouble))

    def _log(self, name: str) -> RotatingLog:
        return self._logs.setdefault(name, RotatingLog(self._layout.log(name)))


async def stop_stages(keepers: Iterable[Keeper], *, lowest: Stage, keep: Keeper | None = None) -> None:
    """Stop all from the highest stage down to the lowest given, those of one stage at once."""
    chosen = [keeper for keeper in keepers if keeper.spec.stage >= lowest and keeper is not keep]
    for stage in sorted({keeper.spec.stage for keeper in chosen}, reverse=True):
        with suppress(CrosscurrentError):
            await asyncio.gather(*(keeper.stop() for keeper in chosen if keeper.spec.stage == stage))
