"""A connector as a process: broker, topics, stored states, loop, health, and a clean end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable, Sequence

import structlog
import uvloop

from connectors.kit.auth import NoAuth
from connectors.kit.client import HttpClient
from connectors.kit.declaration import Connector
from connectors.kit.health import Health
from connectors.kit.polled import Standing
from connectors.kit.polling import make_loop
from connectors.kit.polling_clock import clock_of
from connectors.kit.publisher import Publisher
from connectors.kit.quota import Remaining
from connectors.kit.recorded import REQUEST_KEY, RecordedPlayer
from connectors.kit.source_topics import ensure_source_topics, find_cluster
from connectors.kit.spool import Spool, spool_directory
from connectors.kit.spool_seal import Seal
from connectors.kit.spooling import SpooledProducer
from connectors.kit.state_store import load_states, standing_of
from connectors.kit.webhooks.wiring import Listening, listening_for
from connectors.kit.wiring import Asking, make_asking
from crosscurrent.clock import Clock
from crosscurrent.errors import Transient
from crosscurrent.kafka import make_producer
from crosscurrent.metrics import ProcessServer
from crosscurrent.settings import MetricsSettings, Settings
from schemas.codec import Codec, SchemaRegistry
from schemas.records import ConnectorState
from schemas.registry import ConfluentRegistry

_LOG = structlog.get_logger()
_START_RETRY_SECONDS = 2.0
_SAME_WINDOW_MS = 5000


def run_connectors(
    connectors: Sequence[Connector], settings: Settings, *, registry: SchemaRegistry | None = None
) -> None:
    """Poll sources until SIGTERM or SIGINT, each with connections, state and quota of its own.

    They share the process, its metrics port and its end: what ends one of them ends all.

    Args:
        connectors: what is declared.
        settings: addresses, credentials, targets.
        registry: the schema registry; the one in the settings if ``None``.

    Raises:
        WrongUse: a source lacks what it needs, or the metrics port is taken.
        ServerAway: the broker does not answer at the start.
        Fatal: the registry refuses a schema.
    """
    codec = Codec(registry or ConfluentRegistry(settings.registry_url))
    runtimes = [Runtime(connector, settings, codec) for connector in connectors]
    uvloop.run(_run_until_signal(runtimes, settings.metrics))


async def _run_until_signal(runtimes: Sequence[Runtime], metrics: MetricsSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_until(stop, runtimes, metrics)


async def run_until(stop: asyncio.Event, runtimes: Sequence[Runtime], metrics: MetricsSettings) -> None:
    """Run connectors, with the metrics and health of all of them on one port, until asked to stop.

    Args:
        stop: set to end; it is set too when one of them ends.
        runtimes: the connectors.
        metrics: where metrics and health are served.

    Raises:
        WrongUse: a source lacks what it needs, or the metrics port is taken.
        ServerAway: the broker does not answer at the start.
        Fatal: the registry refuses a schema.
    """
    # wrong settings are told before any server is waited for
    for runtime in runtimes:
        runtime.prepare()
    server = ProcessServer(
        metrics.host,
        metrics.port,
        lambda: [reason for runtime in runtimes for reason in runtime.not_ready()],
    )
    server.start()
    try:
        await _run_together(runtimes, stop)
    finally:
        server.close()


async def _run_together(runtimes: Sequence[Runtime], stop: asyncio.Event) -> None:
    tasks = [asyncio.create_task(runtime.run(stop)) for runtime in runtimes]
    for task in tasks:
        task.add_done_callback(lambda _: stop.set())
    # whoever did not fail ends cleanly before the failure is told
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome


class Runtime:
    """Everything that lives as long as a connector runs.

    Args:
        connector: what is declared.
        settings: addresses, credential, targets.
        codec: encodes and decodes.
    """

    def __init__(self, connector: Connector, settings: Settings, codec: Codec) -> None:
        self._connector = connector
        self._settings = settings
        self._source = settings.source(connector.name)
        self._codec = codec
        self._clock: Clock = clock_of(settings, connector.name)
        self._health = Health(connector.name, self._clock)
        self._cluster = ""
        self._publisher: Publisher | None = None
        self._spooled: SpooledProducer | None = None
        self._asking: Asking | None = None
        self._listening: Listening | None = None

    def prepare(self) -> None:
        """Read the settings; comes before ``run``, on its event loop.

        Raises:
            WrongUse: the source lacks what it needs, or the port of its webhooks is taken.
        """
        if not self._source.recordings_url:
            self._asking = self._make_asking()
            self._listening = listening_for(self._connector, self._settings)

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until asked to stop.

        Raises:
            ServerAway: the broker does not answer at the start.
            Fatal: the registry refuses a schema.
        """
        asking, listening = self._asking, self._listening
        try:
            await asyncio.to_thread(ensure_source_topics, self._settings, self._connector.name)
            self._cluster = await asyncio.to_thread(find_cluster, self._settings, self._connector.name)
            spooled = self._spooled = self._spooled_producer()
            publisher = self._publisher = Publisher(self._connector.name, spooled, self._codec)
            # before the states are read: what waits on disk holds later ones
            await spooled.drain()
            stored = await self._load(stop)
            draining = asyncio.create_task(spooled.drain_until(stop))
            draining.add_done_callback(lambda _: stop.set())
            try:
                if asking is None:
                    await self._play_recordings(publisher, stored, stop)
                else:
                    await self._poll(asking, publisher, stored, stop, listening)
                await draining
            finally:
                draining.cancel()
        finally:
            if asking is not None:
                await asking.close()
            if self._spooled is not None:
                await self._spooled.close()
            if listening is not None:
                listening.close()

    def not_ready(self) -> list[str]:
        """Return the reasons why it cannot work now; none means ready."""
        away = self._publisher.not_ready() if self._publisher is not None else []
        away += self._spooled.not_ready() if self._spooled is not None else []
        return away or self._health.not_ready()

    async def _poll(
        self,
        asking: Asking,
        publisher: Publisher,
        stored: dict[str, ConnectorState],
        stop: asyncio.Event,
        listening: Listening | None,
    ) -> None:
        standings = {key: standing_of(state, self._cluster) for key, state in stored.items()}
        await restore_quota(asking, standings.values(), self._clock)
        loop = make_loop(
            self._connector,
            asking,
            publisher,
            tenant=self._settings.tenant,
            cluster=self._cluster,
            health=self._health,
            clock=self._clock,
            standings=standings,
        )
        resting = loop.wait_seconds() > _START_RETRY_SECONDS
        first = f"{self._connector.name}: its first request has not been answered yet"
        self._health.started(None if resting else first)
        _LOG.info(
            "connector_started",
            source=self._connector.name,
            base_url=asking.client.redacted(asking.base_url),
            requests=len(asking.polls),
            states=len(standings),
            interval_seconds=asking.interval_seconds,
        )
        if listening is None:
            await loop.run(stop)
        else:
            async with listening.serving(publisher, loop.ask, stored, self._cluster, self._clock):
                await loop.run(stop)
        _LOG.info("connector_stopped", source=self._connector.name)

    async def _play_recordings(
        self, publisher: Publisher, stored: dict[str, ConnectorState], stop: asyncio.Event
    ) -> None:
        url = self._source.recordings_url or ""
        client = HttpClient(url, NoAuth(), None)
        player = RecordedPlayer(
            self._connector,
            recordings_url=url,
            tenant=self._settings.tenant,
            cluster=self._cluster,
            client=client,
            publisher=publisher,
            clock=self._clock,
        )
        try:
            while not stop.is_set():
                try:
                    await player.play(stored.get(REQUEST_KEY), stop)
                    self._health.started()
                    await stop.wait()
                except Transient as error:
                    await self._wait_again(error, stop)
                    stored = await self._load(stop)
        finally:
            await client.close()

    async def _load(self, stop: asyncio.Event) -> dict[str, ConnectorState]:
        while not stop.is_set():
            try:
                return await asyncio.to_thread(
                    load_states,
                    self._settings.brokers,
                    self._codec,
                    tenant=self._settings.tenant,
                    source=self._connector.name,
                )
            except Transient as error:
                await self._wait_again(error, stop)
        return {}

    async def _wait_again(self, error: Transient, stop: asyncio.Event) -> None:
        _LOG.warning("start_delayed", source=self._connector.name, error=str(error))
        self._health.started(f"{self._connector.name}: {error.found}")
        try:
            async with asyncio.timeout(_START_RETRY_SECONDS):
                await stop.wait()
        except TimeoutError:
            return

    def _spooled_producer(self) -> SpooledProducer:
        name, spool = self._connector.name, self._settings.spool
        seal = Seal(spool.key.get_secret_value(), name) if spool.key is not None else None
        return SpooledProducer(
            name,
            lambda: make_producer(self._settings),
            Spool(spool_directory(self._settings.home, self._settings.tenant, name), spool.bytes_max, seal),
            self._codec,
            life=self._cluster,
            find_life=lambda: find_cluster(self._settings, name),
            clock=self._clock,
        )

    def _make_asking(self) -> Asking:
        # a ledger holds moments, which mean nothing to who lives by another clock
        home = self._settings.home if self._settings.polling_speed == 1 else None
        return make_asking(self._connector, self._source, self._clock, home=home)


async def restore_quota(asking: Asking, standings: Iterable[Standing], clock: Clock) -> None:
    """Take over what stored states say of the quota, unless the ledger knows more."""
    quotas = [standing.state.quota for standing in standings if standing.state.quota]
    if not quotas:
        return
    # of the latest window what was left last; its end is known to a few seconds
    reset_at_ms = max(quota.reset_at_ms for quota in quotas)
    window = [quota for quota in quotas if quota.reset_at_ms > reset_at_ms - _SAME_WINDOW_MS]
    last = min(window, key=lambda quota: quota.remaining)
    if reset_at_ms / 1000 > clock.now_utc().timestamp():
        await asking.pacer.restore(Remaining(last.limit, last.remaining, reset_at_ms / 1000))
