"""Fetches each recorded exchange of a player once, instead of polling the vendor."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import structlog

from connectors.kit.client import HttpClient, Response
from connectors.kit.declaration import Connector
from connectors.kit.errors import TooLarge, Truncated
from connectors.kit.event import Origin, dead_letter, poll_id, raw_event
from connectors.kit.publisher import Publisher
from crosscurrent.clock import Clock
from crosscurrent.errors import CrosscurrentError, Poison, Transient, WrongUse
from schemas.records import ConnectorState, RawEvent

REQUEST_KEY = "recorded-exchanges"

_BATCH_EXCHANGES = 50
_ENTRIES_MAX = 100_000
_INDEX_PATH = "/_recordings/index"

_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the player's index.

    Attributes:
        endpoint_kind: folder in which it was recorded.
        name: within the folder.
        method: of the recorded request.
        path: of the recorded request; ``None`` if unknown.
        address: where the player has it, below its own address.
    """

    endpoint_kind: str
    name: str
    method: str
    path: str | None
    address: str

    @property
    def key(self) -> str:
        """What the exchange is, stable over runs."""
        return f"{self.endpoint_kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the exchanges were published.

    Attributes:
        index_digest: of the index that is meant; another one begins from its beginning.
        position: exchanges that are done.
        began_at_ms: when the first was fetched: the time of exchanges that have none.
    """

    index_digest: str
    position: int
    began_at_ms: int

    def to_json(self) -> str:
        """Return the progress as JSON."""
        return orjson.dumps([self.index_digest, self.position, self.began_at_ms]).decode()


def progress_of(stored: ConnectorState | None, index_digest: str, now: datetime) -> Progress:
    """Return how far an index was published by the stored state; from its beginning if that means another."""
    fresh = Progress(index_digest, 0, round(now.timestamp() * 1000))
    if stored is None:
        return fresh
    try:
        digest, position, began_at_ms = orjson.loads(stored.state)
        known = Progress(str(digest), int(position), int(began_at_ms))
    except (ValueError, TypeError):
        return fresh
    return known if known.index_digest == index_digest else fresh


def entries_of(index: bytes) -> list[Entry]:
    """Return the lines of an index.

    Raises:
        WrongUse: it is none.
    """
    try:
        return [
            Entry(
                endpoint_kind=str(line["endpoint_kind"]),
                name=str(line["name"]),
                method=str(line["method"]),
                path=None if line["path"] is None else str(line["path"]),
                address=str(line["address"]),
            )
            for line in orjson.loads(index)[:_ENTRIES_MAX]
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise WrongUse(
            f"an index of recorded exchanges that cannot be read ({type(error).__name__})",
            expected="what `python -m crosscurrent.embedded.recordings` serves",
            todo="check CROSSCURRENT_SOURCES__<NAME>__RECORDINGS_URL",
        ) from error


class RecordedPlayer:
    """Publishes what a player has, as received and whatever its status.

    Args:
        connector: whose exchanges.
        recordings_url: address of the player.
        tenant: tenant of the records.
        cluster: life of the broker.
        client: asks the player.
        publisher: publishes.
        clock: the time.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        recordings_url: str,
        tenant: str,
        cluster: str,
        client: HttpClient,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._connector = connector
        self._url = recordings_url.rstrip("/")
        self._tenant = tenant
        self._cluster = cluster
        self._client = client
        self._publisher = publisher
        self._clock = clock
        self._vouch_offsets: dict[str, int] = {}

    async def play(self, stored: ConnectorState | None, stop: asyncio.Event) -> int:
        """Publish the exchanges that are not yet done and return how many there were.

        Args:
            stored: the last state of ``REQUEST_KEY``; ``None`` if there is none.
            stop: ends it between two batches.

        Raises:
            Transient: the player or the broker does not answer.
            WrongUse: the address is none of a player.
        """
        index = await self._index()
        entries = entries_of(index)
        progress = progress_of(stored, hashlib.sha256(index).hexdigest(), self._clock.now_utc())
        if stored is not None and stored.cluster == self._cluster:
            self._vouch_offsets = dict(stored.vouch_offsets)
        if progress.position == 0:
            # stored before the first event, so that exchanges without a date keep their time after a crash
            await self._store(progress, [])
        published = 0
        while progress.position < len(entries) and not stop.is_set():
            batch = entries[progress.position : progress.position + _BATCH_EXCHANGES]
            sizes = [await self._publish(entry, progress) for entry in batch]
            progress = Progress(progress.index_digest, progress.position + len(batch), progress.began_at_ms)
            await self._store(progress, sizes)
            published += len(batch)
        _LOG.info("recordings_published", source=self._connector.name, exchanges=progress.position)
        return published

    async def _index(self) -> bytes:
        url = f"{self._url}{_INDEX_PATH}?source={self._connector.name}"
        response = await self._client.get(url)
        if response.status == 404:
            return b"[]"
        if response.status != 200:
            raise Transient(
                f"the player of recordings answers {response.status} for {url}",
                expected="its index",
                todo="check CROSSCURRENT_SOURCES__<NAME>__RECORDINGS_URL",
            )
        return response.body

    async def _publish(self, entry: Entry, progress: Progress) -> int:
        origin = self._origin(entry, progress)
        url = f"{self._url}{entry.address}"
        try:
            response = await self._client.get(url, follow=False)
            event = self._event(origin, entry, response, progress)
            acknowledged = await self._publisher.publish_event(event)
        except (Truncated, TooLarge) as error:
            await self._dead_letter(origin, error, error.partial, url)
            return len(error.partial)
        except Poison as error:
            await self._dead_letter(origin, error, response.body, url)
            return len(response.body)
        if acknowledged.offset < 0:
            return len(response.body)  # on disk: its offset is known when it is sent
        place = f"{acknowledged.topic}-{acknowledged.partition}"
        self._vouch_offsets[place] = max(self._vouch_offsets.get(place, 0), acknowledged.offset + 1)
        return len(response.body)

    def _event(self, origin: Origin, entry: Entry, response: Response, progress: Progress) -> RawEvent:
        # the recorded vendor's address where it is known: the player's differs from run to run
        path = entry.path if entry.path is not None else f"/{entry.key}"
        return raw_event(
            origin,
            url=self._client.redacted(f"{self._connector.base_url}{path}"),
            status=response.status,
            headers=response.headers,
            payload=response.body,
            page_index=0,
            fetched_at=self._clock.now_utc(),
            undated_at=datetime.fromtimestamp(progress.began_at_ms / 1000, UTC),
        )

    async def _dead_letter(self, origin: Origin, error: CrosscurrentError, value: bytes, url: str) -> None:
        letter = dead_letter(origin, error, value, url=url, failed_at=self._clock.now_utc())
        await self._publisher.publish_dead_letter(letter)

    def _origin(self, entry: Entry, progress: Progress) -> Origin:
        return Origin(
            tenant=self._tenant,
            source=self._connector.name,
            endpoint=self._connector.endpoint_of(entry.method, entry.path, entry.endpoint_kind),
            request_key=entry.key,
            poll_id=self._poll_id(progress),
            method=entry.method,
        )

    def _poll_id(self, progress: Progress) -> str:
        number = f"{progress.index_digest}:{progress.position}"
        return poll_id(self._tenant, self._connector.name, REQUEST_KEY, number)

    async def _store(self, progress: Progress, sizes: Sequence[int]) -> None:
        record = ConnectorState(
            tenant=self._tenant,
            record_id=self._poll_id(progress),
            source=self._connector.name,
            request_key=REQUEST_KEY,
            state=progress.to_json(),
            cluster=self._cluster if self._vouch_offsets else "",
            vouch_offsets=dict(self._vouch_offsets),
            started_at=self._clock.now_utc(),
            duration_ms=0,
            requests=len(sizes),
            requests_counted=0,
            pages_unchanged=0,
            not_modified=0,
            retries=0,
            events=len(sizes),
            bytes_received=sum(sizes),
            outcome="ok" if sizes else "unchanged",
        )
        await self._publisher.publish_state(record)
