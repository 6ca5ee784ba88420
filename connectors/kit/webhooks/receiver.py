"""Takes deliveries in: checked, known ones refused, published, and only then answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson
import structlog

from connectors.kit.declaration import Connector, Poll
from connectors.kit.event import Origin, poll_id, raw_event
from connectors.kit.instruments import WEBHOOKS
from connectors.kit.publisher import Publisher
from connectors.kit.webhooks.declaration import Delivery, Ignored, Webhooks
from connectors.kit.webhooks.seen import Seen, slot_key
from connectors.kit.webhooks.signature import is_signed
from connectors.kit.webhooks.token_file import TokenFile, said_token
from crosscurrent.clock import Clock
from crosscurrent.errors import CrosscurrentError, Poison, Transient
from crosscurrent.kafka import Acknowledged
from schemas.records import ConnectorState

UNDER_WAY_MAX = 64
ANSWER_SECONDS_MAX = 8.0
"""GitHub hangs up after 10 s and counts the delivery as failed."""
RETRY_AFTER_SECONDS = 30
_CLOSE_SECONDS_MAX = 3.0

_LOG = structlog.get_logger()
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a delivery is answered.

    Attributes:
        status: HTTP status.
        outcome: ``taken``, or why not, in a word.
        detail: for the person who reads the vendor's list of deliveries.
        headers: further headers.
    """

    status: int
    outcome: str
    detail: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Receiver:
    """Takes in the deliveries of one source. Used by many tasks of one event loop.

    The event is acknowledged by the broker, then the note that it was taken in, then the vendor is answered. A crash
    before the answer makes the vendor send again; the event then gets the id it had.

    Args:
        connector: with its ``webhooks``.
        secret: with which the vendor signs; ``None`` before a vendor that tells it has done so.
        targets: what is watched.
        tenant: tenant of the records.
        cluster: life of the broker.
        publisher: publishes.
        ask: makes polls now and returns whether there was room for them.
        seen: what was taken in before.
        clock: the time.
        token_file: keeps a secret that the vendor tells.
    """

    def __init__(
        self,
        connector: Connector,
        webhooks: Webhooks,
        *,
        secret: str | None,
        targets: Sequence[str],
        tenant: str,
        cluster: str,
        publisher: Publisher,
        ask: Callable[[list[Poll]], bool],
        seen: Seen,
        clock: Clock,
        token_file: TokenFile,
    ) -> None:
        self._connector = connector
        self._webhooks = webhooks
        self._secret = secret
        self._targets = tuple(targets)
        self._tenant = tenant
        self._cluster = cluster
        self._publisher = publisher
        self._ask = ask
        self._seen = seen
        self._clock = clock
        self._token_file = token_file
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def receive(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return what a delivery is answered, once what it says is safe.

        Args:
            headers: lower-case names.
            body: as received.
        """
        reply = await self._receive(headers, body)
        name = self._connector.name
        WEBHOOKS.labels(name, reply.outcome).inc()
        if reply.outcome not in {"taken", "ping"}:
            _LOG.warning("webhook_not_taken", source=name, outcome=reply.outcome, detail=reply.detail)
        return reply

    async def _receive(self, headers: Mapping[str, str], body: bytes) -> Reply:
        if headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            return Reply(415, "not_json", f"send {_JSON}: at GitHub it is the content type of the webhook")
        told = said_token(body, self._webhooks.token_field)
        if told is not None:
            return self._told(told)
        if self._secret is None:
            return Reply(403, "no_secret", "no secret is set to check the signature with")
        if not is_signed(body, self._secret, headers.get(self._webhooks.signature_header, "")):
            return Reply(
                401, "bad_signature", f"{self._webhooks.signature_header} does not fit body and secret"
            )
        try:
            delivery = self._webhooks.read(headers, orjson.loads(body), body, self._targets)
        except orjson.JSONDecodeError:
            return Reply(400, "not_json", "the body is no JSON")
        except Poison as error:
            return Reply(422, "misfit", str(error))
        if isinstance(delivery, Ignored):
            return Reply(200, delivery.reason, delivery.detail)
        return await self._take(delivery, headers, body)

    def _told(self, token: str) -> Reply:
        kept, detail = self._token_file.keep(token, self._secret)
        return Reply(200, "ping", detail) if kept else Reply(403, "token_refused", detail)

    async def _take(self, delivery: Delivery, headers: Mapping[str, str], body: bytes) -> Reply:
        if self._seen.knows(delivery.ids):
            # a vendor that did not hear our answer sends again until it hears that we have it
            return Reply(200, "replayed", "it was taken in before; nothing is published again")
        task = self._under_way.get(delivery.ids[0])
        if task is None:
            polls = self._polls(delivery)
            if len(self._under_way) >= UNDER_WAY_MAX:
                return _busy(f"{UNDER_WAY_MAX} deliveries wait for the broker")
            task = asyncio.create_task(self._publish(delivery, polls, headers, body))
            self._under_way[delivery.ids[0]] = task
            task.add_done_callback(lambda ended: self._ended(delivery, ended))
        return await self._outcome(task)

    def _ended(self, delivery: Delivery, task: asyncio.Task[None]) -> None:
        self._under_way.pop(delivery.ids[0], None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _LOG.error(
                "webhook_dropped",
                source=self._connector.name,
                request_key=delivery.request_key,
                error=str(error),
            )

    async def close(self) -> None:
        """Wait for what is under way, as long as a vendor would, then drop it: the vendor sends it again."""
        left = list(self._under_way.values())
        if left:
            await asyncio.wait(left, timeout=_CLOSE_SECONDS_MAX)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _outcome(self, task: asyncio.Task[None]) -> Reply:
        # what does not end in time goes on: the vendor will find it taken in, or taken in under the same id
        await asyncio.wait({task}, timeout=ANSWER_SECONDS_MAX)
        if not task.done():
            return _busy("the broker has not acknowledged yet")
        error = task.exception()
        if error is None:
            return Reply(202, "taken")
        if isinstance(error, Poison):
            return Reply(413, "refused_by_broker", error.found)
        return _busy(error.found if isinstance(error, CrosscurrentError) else type(error).__name__)

    def _polls(self, delivery: Delivery) -> list[Poll]:
        make = self._connector.poll_for
        return [make(endpoint, target) for endpoint, target in delivery.asks] if make else []

    async def _publish(
        self, delivery: Delivery, polls: list[Poll], headers: Mapping[str, str], body: bytes
    ) -> None:
        started_at, began = self._clock.now_utc(), self._clock.monotonic_seconds()
        name = self._connector.name
        event = raw_event(
            Origin(
                self._tenant,
                name,
                delivery.endpoint,
                delivery.request_key,
                poll_id(self._tenant, name, "webhook", delivery.ids[0]),
                method="POST",
            ),
            url=f"/webhooks/{name}",
            status=200,
            # no vendor dates its requests; the date that counts stands in the signed body
            headers={key: value for key, value in headers.items() if key != "date"},
            payload=body,
            page_index=0,
            fetched_at=started_at,
            undated_at=delivery.happened_at,
        )
        acknowledged = await self._publisher.publish_event(event)
        if not self._ask(polls):
            raise Transient(
                f"{name} has no room for {len(polls)} more polls to be made now",
                expected="fewer deliveries in a short time",
                todo="nothing: the vendor sends again, and the schedule polls it anyway",
            )
        slot = self._seen.add(delivery.ids)
        await self._publisher.publish_state(
            ConnectorState(
                tenant=self._tenant,
                record_id=poll_id(self._tenant, name, slot_key(slot), self._seen.changes(slot)),
                source=name,
                request_key=slot_key(slot),
                state=self._seen.stored(slot),
                cluster=self._cluster,
                vouch_offsets=_vouched(acknowledged),
                started_at=started_at,
                duration_ms=round((self._clock.monotonic_seconds() - began) * 1000),
                requests=0,
                requests_counted=0,
                not_modified=0,
                pages_unchanged=0,
                retries=0,
                events=1,
                bytes_received=len(body),
                quota_remaining=None,
                outcome="ok",
                error=None,
            )
        )


def _busy(detail: str) -> Reply:
    return Reply(503, "busy", detail, {"retry-after": str(RETRY_AFTER_SECONDS)})


def _vouched(acknowledged: Acknowledged) -> dict[str, int]:
    """Return what the note of a delivery rests on; nothing yet if the delivery lies on the disk."""
    if acknowledged.offset < 0:
        return {}
    return {f"{acknowledged.topic}-{acknowledged.partition}": acknowledged.offset + 1}
