"""Publishes, and keeps on disk what the broker does not take, until it does.

What the broker refuses to acknowledge in time goes into the spool, and so does everything after it, so that the order
stays. A task sends it when the broker is back. Only then does the stored cursor of a request move, for its state waits
in the same order behind its events; the connector itself goes on from the state that is on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import orjson
import structlog
from prometheus_client import Counter, Gauge

from connectors.kit.event import Origin, cut, dead_letter
from connectors.kit.publisher import Brings
from connectors.kit.spool import Place, Spool
from crosscurrent.clock import Clock
from crosscurrent.errors import CrosscurrentError, Fatal, Poison, ServerAway, Transient
from crosscurrent.kafka import Acknowledged, cloud_event_headers
from schemas.codec import Codec
from schemas.records import ConnectorState, DeadLetter, RawEvent
from schemas.topics import CONNECTOR_STATE, DEAD_LETTER, RAW, message_key, topic_name

STATES_RESERVE: Final = 0.1
"""Share of the spool that events leave to states, so that what was begun can be finished."""


class Closes(Brings, Protocol):
    """The part of ``crosscurrent.kafka.Producer`` that is needed here."""

    def close(self, timeout_seconds: float = ...) -> int:
        """Wait for what is under way."""
        ...


_SPOOLED = Acknowledged("", -1, -1)
_DRAIN_RETRY_SECONDS = 1.0
_SENT_AT_ONCE_MAX = 100
_HEADER_LENGTH_BYTES = 4

_BYTES = Gauge("connector_spool_bytes", "Bytes on disk that wait for the broker", ["source"])
_MESSAGES = Counter(
    "connector_spool_messages_total",
    "Messages that had to wait on disk: spooled, drained, refused by the broker, or states left out as of another life",
    ["source", "outcome"],
)
_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message in the spool.

    Attributes:
        topic: where it goes.
        key: its key.
        headers: its headers.
        value: its value.
        life: of the broker, when it was spooled.
    """

    topic: str
    key: bytes
    headers: Mapping[str, bytes]
    value: bytes
    life: str

    def to_bytes(self) -> bytes:
        """Return the message as the spool keeps it."""
        head = orjson.dumps(
            {
                "topic": self.topic,
                "key": self.key.decode("latin-1"),
                "headers": {name: value.decode("latin-1") for name, value in self.headers.items()},
                "life": self.life,
            }
        )
        return len(head).to_bytes(_HEADER_LENGTH_BYTES, "big") + head + self.value

    @classmethod
    def from_bytes(cls, record: bytes) -> Waiting:
        """Return the message in a record.

        Raises:
            Fatal: it is none.
        """
        try:
            end = _HEADER_LENGTH_BYTES + int.from_bytes(record[:_HEADER_LENGTH_BYTES], "big")
            head = orjson.loads(record[_HEADER_LENGTH_BYTES:end])
            headers = {name: value.encode("latin-1") for name, value in head["headers"].items()}
            return cls(head["topic"], head["key"].encode("latin-1"), headers, record[end:], head["life"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Fatal(
                f"a record of the spool that is no message: {type(error).__name__}",
                expected="what this version wrote; with a key in the settings, if it was written with one",
                todo="set CROSSCURRENT_SPOOL__KEY as it was, or move the spool of this source away",
            ) from error


class SpooledProducer:
    """A producer that does not lose what the broker does not take. Used by one event loop.

    ``publish`` returns an acknowledgement with offset -1 for what lies on the disk.

    Args:
        source: name of the source.
        make_producer: makes what brings messages to the broker; again after it gave one up.
        spool: of this source.
        codec: decodes the states that are sent later, whose offsets are known only then.
        life: of the broker, when the process began.
        find_life: returns the present one; raises ``ServerAway`` if the broker does not answer.
        clock: the time.
    """

    def __init__(
        self,
        source: str,
        make_producer: Callable[[], Closes],
        spool: Spool,
        codec: Codec,
        *,
        life: str,
        find_life: Callable[[], str],
        clock: Clock,
    ) -> None:
        self._source = source
        self._make_producer = make_producer
        self._producer = make_producer()
        self._gave_up = False
        self._under_way = 0
        self._spool = spool
        self._codec = codec
        self._life = life
        self._find_life = find_life
        self._clock = clock
        self._lock = asyncio.Lock()
        # topic-partition to the offset after the last event that was sent from the disk
        self._drained: dict[str, int] = {}
        _BYTES.labels(source).set_function(lambda: 0 if spool.is_empty else spool.bytes_on_disk)

    async def publish(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Mapping[str, bytes]
    ) -> Acknowledged:
        """Return where the message is, once the broker has acknowledged it or it is on the disk.

        Raises:
            SpoolFull: neither the broker nor the disk takes it.
            Poison: the broker refuses it for what it is.
        """
        message = Waiting(topic, key or b"", headers, value or b"", self._life)
        if self._spool.is_empty:
            self._under_way += 1
            try:
                return await self._send(message)
            except Transient as error:
                self._gave_up = True
                _LOG.warning("broker_away", source=self._source, reason=error.found)
            finally:
                self._under_way -= 1
        reserve = STATES_RESERVE if topic.startswith(f"{RAW}.") else 0.0
        async with self._lock:
            await asyncio.to_thread(self._spool.append, message.to_bytes(), reserve=reserve)
        _MESSAGES.labels(self._source, "spooled").inc()
        return _SPOOLED

    def not_ready(self) -> list[str]:
        """Return why nothing reaches the broker now; none if everything does."""
        if self._spool.is_empty:
            return []
        return [f"{self._source}: {self._spool.bytes_on_disk} bytes wait on disk for the broker"]

    async def drain_until(self, stop: asyncio.Event) -> None:
        """Send what waits whenever the broker takes it, until asked to stop.

        Raises:
            Fatal: the spool cannot be read, or the broker began anew.
        """
        while not stop.is_set():
            if not self._spool.is_empty:
                try:
                    await self.drain()
                except (Transient, ServerAway) as error:
                    self._gave_up = True
                    _LOG.info("drain_delayed", source=self._source, reason=error.found)
            await self._pause(stop)

    async def drain(self) -> None:
        """Send everything that waits, in its order.

        Raises:
            ServerAway: the broker does not answer.
            Transient: it does not acknowledge.
            Fatal: the spool cannot be read, or the broker began anew.
        """
        if self._spool.is_empty or (self._gave_up and self._under_way):
            return
        self._check_life(await asyncio.to_thread(self._find_life))
        await self._renew()
        together: list[tuple[Place, Waiting]] = []
        for place, record in self._spool.waiting():
            message = Waiting.from_bytes(record)
            if together and (message.topic == CONNECTOR_STATE or len(together) >= _SENT_AT_ONCE_MAX):
                await self._send_all(together)
                together = []
            together.append((place, message))
            if message.topic == CONNECTOR_STATE:
                await self._send_all(together)
                together = []
        await self._send_all(together)

    async def close(self) -> None:
        """Wait for what is under way, and let the spool go."""
        await asyncio.to_thread(self._producer.close)
        self._spool.close()

    async def _renew(self) -> None:
        """Take another producer in place of one that gave up a message.

        An idempotent producer that has done so goes on with the next epoch, which Tansu takes for that of a stranger
        and refuses for ever.
        """
        if self._gave_up:
            old, self._producer = self._producer, self._make_producer()
            self._gave_up = False
            await asyncio.to_thread(old.close, 0.0)

    async def _send_all(self, together: Sequence[tuple[Place, Waiting]]) -> None:
        if not together:
            return
        answers = await asyncio.gather(
            *[self._send_later(message) for _, message in together], return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        async with self._lock:
            await asyncio.to_thread(self._spool.done, together[-1][0])

    async def _send_later(self, message: Waiting) -> None:
        if message.topic == CONNECTOR_STATE and message.life != self._life:
            # what it rests on may have gone with that life; the polls are made again, and their records are the same
            _MESSAGES.labels(self._source, "left_out").inc()
            return
        try:
            acknowledged = await self._send(message)
        except Poison as error:
            await self._bury(message, error)
            return
        if message.topic.startswith(f"{RAW}."):
            place = f"{acknowledged.topic}-{acknowledged.partition}"
            self._drained[place] = max(self._drained.get(place, 0), acknowledged.offset + 1)
        _MESSAGES.labels(self._source, "drained").inc()

    async def _send(self, message: Waiting) -> Acknowledged:
        value = message.value
        if message.topic == CONNECTOR_STATE and self._drained:
            value = await asyncio.to_thread(self._resting_on_drained, value)
        return await self._producer.publish(
            message.topic, key=message.key, value=value, headers=message.headers
        )

    def _resting_on_drained(self, value: bytes) -> bytes:
        """Return a state that says which of the events sent from the disk it rests on: all before it."""
        state = self._codec.decode(ConnectorState, value)
        offsets = {
            place: max(offset, state.vouch_offsets.get(place, 0)) for place, offset in self._drained.items()
        }
        changes = {"cluster": self._life, "vouch_offsets": {**state.vouch_offsets, **offsets}}
        return self._codec.encode(CONNECTOR_STATE, ConnectorState.from_avro(state.to_avro() | changes))

    async def _bury(self, message: Waiting, error: Poison) -> None:
        _MESSAGES.labels(self._source, "refused").inc()
        _LOG.warning("spooled_message_refused", source=self._source, topic=message.topic, error=str(error))
        if not message.topic.startswith(f"{RAW}."):
            return
        letter = _letter(self._codec.decode(RawEvent, message.value), error, self._clock.now_utc())
        headers = cloud_event_headers(
            record_id=letter.record_id,
            source=f"/connectors/{self._source}",
            event_type="crosscurrent.DeadLetter",
            time_utc=letter.failed_at,
        )
        topic = topic_name(DEAD_LETTER, letter.stage)
        key = message_key(letter.tenant, letter.stage, letter.record_id)
        value = await asyncio.to_thread(self._codec.encode, topic, letter)
        await self._producer.publish(topic, key=key, value=value, headers=headers)

    def _check_life(self, life: str) -> None:
        if life != self._life:
            raise Fatal(
                f"the broker of {self._source} was {self._life} when this process started and is {life} now",
                expected="the broker of the start",
                todo="start the connector again; `crosscurrent up` does, and what waits on disk is sent then",
            )

    async def _pause(self, stop: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(_DRAIN_RETRY_SECONDS):
                await stop.wait()
        except TimeoutError:
            return


def _letter(event: RawEvent, error: CrosscurrentError, now_utc: datetime) -> DeadLetter:
    origin = Origin(
        event.tenant,
        event.source,
        event.endpoint,
        event.request_key,
        event.poll_id,
        event.cursor,
        event.request_method,
    )
    return cut(dead_letter(origin, error, event.payload, url=event.request_url, failed_at=now_utc))
