"""One poll: its pages, fetched and published, then the state that rests on them.

The order is everything: the broker acknowledges the events, then the state. A crash between the two makes
the poll again; its records have the same ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.kit.client import HttpClient, Response
from connectors.kit.conditional import NO_VALIDATORS, validators_of
from connectors.kit.cost import Cost
from connectors.kit.cursor import Since
from connectors.kit.declaration import Connector, Found, Poll
from connectors.kit.digest import content_digest
from connectors.kit.errors import Refused, TooLarge, Truncated
from connectors.kit.event import Origin, dead_letter, poll_id, raw_event
from connectors.kit.fetch import Fetcher, count_bad
from connectors.kit.instruments import PAGES_UNCHANGED
from connectors.kit.json_request import Ask
from connectors.kit.outcome import SLOW_RETRY_SECONDS, outcome_of, pause_seconds, stored_quota
from connectors.kit.pace import Pacer
from connectors.kit.page import Page
from connectors.kit.pagination import Trail, canonical_url
from connectors.kit.polled import Polled, Standing, state_record
from connectors.kit.presence import LISTED_MAX, RETURNED_HEADER, VANISHED, vanished_payload
from connectors.kit.presence_round import after_round, is_gone, keys_of_page
from connectors.kit.publisher import Publisher
from connectors.kit.quota import Remaining
from connectors.kit.state import KnownPage, RequestState
from connectors.kit.verdict import NOT_MODIFIED
from crosscurrent.clock import Clock
from crosscurrent.errors import CrosscurrentError, Poison, Transient
from schemas.records import RawEvent

_OK = 200


@dataclass(slots=True)
class _Progress:
    """A poll under way."""

    origin: Origin
    standing: Standing
    started_at: datetime
    cost: Cost = field(default_factory=Cost)
    known: list[KnownPage] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    vouch_offsets: dict[str, int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    page_index: int = 0
    complete: bool = False
    changed: bool = False
    pause_seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    gone: bool = False
    refused_by_broker: Poison | None = None

    def marked(self, page: Page, keys: tuple[str, ...] | None) -> Page:
        """Return a page with a mark on it if it shows what was told to be gone: the same version must count anew."""
        if not set(keys or ()) & set(self.standing.state.presence.gone):
            return page
        return replace(page, headers={**page.headers, RETURNED_HEADER: self.started_at.isoformat()})


class Poller:
    """Makes the polls of one source.

    Args:
        connector: what is declared.
        base_url: base address in force.
        tenant: tenant of the records.
        cluster: life of the broker.
        client: takes the credential out of addresses.
        fetcher: fetches pages.
        pacer: knows the quota.
        publisher: publishes.
        clock: the time.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        base_url: str,
        tenant: str,
        cluster: str,
        client: HttpClient,
        fetcher: Fetcher,
        pacer: Pacer,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._connector = connector
        self._base_url = base_url
        self._tenant = tenant
        self._cluster = cluster
        self._client = client
        self._fetcher = fetcher
        self._pacer = pacer
        self._publisher = publisher
        self._clock = clock

    async def poll(self, poll: Poll, standing: Standing) -> Polled:
        """Make one poll and return what came of it, once its state is acknowledged.

        Args:
            poll: what is asked.
            standing: where the request stands.

        Raises:
            Transient: the broker did not acknowledge; nothing has moved and the poll is made again.
            Fatal: the registry refuses a schema.
        """
        progress = _Progress(self._origin(poll, standing), standing, self._clock.now_utc())
        progress.vouch_offsets.update(standing.vouch_offsets)
        began = self._clock.monotonic_seconds()
        error = await self._read(poll, progress)
        left = await self._pacer.left()
        state, error = self._next_state(poll, progress, left, error or progress.refused_by_broker)
        state = await self._told_vanished(poll, progress, state, error)
        polled = Polled(
            Standing(state, progress.vouch_offsets),
            outcome_of(progress.cost, error),
            error,
            pause_seconds(progress.pause_seconds, error),
            progress.cost,
            progress.versions,
        )
        duration_ms = round((self._clock.monotonic_seconds() - began) * 1000)
        record = state_record(
            progress.origin,
            poll.state_key,
            polled,
            left=left,
            cluster=self._cluster,
            started_at=progress.started_at,
            duration_ms=duration_ms,
        )
        await self._publisher.publish_state(record)
        return polled

    async def _read(self, poll: Poll, progress: _Progress) -> CrosscurrentError | None:
        """Fetch and publish the pages; return the vendor's error that ended it, if one did."""
        url: str | None = poll.first_url(self._base_url, progress.origin.cursor)
        trail = Trail(poll.pages_max(progress.origin.cursor))
        while url is not None:
            ask = poll.ask(url)
            try:
                if not self._may_enter(trail, poll.sent_url(url)):
                    return None
                known = progress.standing.state.page(canonical_url(url))
                validators = known.validators if known is not None else None
                response = await self._fetcher.fetch(
                    ask.url, validators, progress.cost, body=ask.body, endpoint=poll.endpoint
                )
            except (Truncated, TooLarge) as error:
                await self._dead_letter(progress, error, error.partial, self._shown(ask))
                return error
            except (Transient, Poison, Refused) as error:
                progress.gone = is_gone(poll, error) and progress.page_index == 0
                return error
            progress.headers = response.headers
            progress.pause_seconds = max(progress.pause_seconds, self._asked_interval(response))
            page = Page(url, response.headers, response.body)
            try:
                if response.status == NOT_MODIFIED and known is not None:
                    url = self._following_unsent(poll, progress, page, known)
                else:
                    keys = self._keys(poll, progress, page, response.status)
                    page = progress.marked(page, keys)
                    seen = await self._take_in(progress, page, response.status, known, self._shown(ask))
                    seen = replace(seen, keys=keys)
                    url = self._following(poll, progress, page, seen)
            except Poison as error:
                return error
            progress.page_index += 1
        progress.complete = True
        return None

    def _keys(self, poll: Poll, progress: _Progress, page: Page, status: int) -> tuple[str, ...] | None:
        if poll.complete is None:
            return None
        event = self._event(progress, page, status, page.url)
        listed = sum(len(known.keys or ()) for known in progress.known)
        return keys_of_page(self._connector.map_payload, event, poll.complete, room=LISTED_MAX - listed)

    async def _told_vanished(
        self, poll: Poll, progress: _Progress, state: RequestState, error: CrosscurrentError | None
    ) -> RequestState:
        """Publish what the request no longer shows, and return the state that knows it."""
        if poll.complete is None:
            return state
        began_ms = round(progress.started_at.timestamp() * 1000)
        whole = None
        if progress.complete and error is None and len(progress.known) == progress.page_index:
            whole = progress.known
        elif progress.gone:
            whole = []
        state, gone = after_round(state, progress.standing.state, whole, began_ms)
        if gone:
            origin = replace(progress.origin, endpoint=VANISHED)
            shown = self._shown(poll.ask(poll.first_url(self._base_url, None)))
            payload = vanished_payload(poll.complete.entity_type, gone)
            await self._publish_page(
                replace(progress, origin=origin), Page(shown, progress.headers, payload), _OK, shown
            )
        return state

    def _may_enter(self, trail: Trail, url: str) -> bool:
        try:
            return trail.enter(url)
        except Poison as error:
            count_bad(self._connector.name, error)
            raise

    async def _take_in(
        self, progress: _Progress, page: Page, status: int, known: KnownPage | None, shown_url: str
    ) -> KnownPage:
        """Publish a page unless it says what was published last, and return what is known of it now."""
        now_ms = round(self._clock.now_utc().timestamp() * 1000)
        digest = content_digest(page.payload, self._connector.volatile) if status == _OK else None
        same = known is not None and digest is not None and digest == known.digest
        published_at_ms = known.published_at_ms if known is not None and same else None
        if same and not self._is_old(published_at_ms, now_ms):
            progress.cost.pages_unchanged += 1
            PAGES_UNCHANGED.labels(self._connector.name).inc()
        else:
            progress.changed = progress.changed or not same
            await self._publish_page(progress, page, status, shown_url)
            published_at_ms = now_ms if self._connector.unchanged_seconds_max is not None else None
        return KnownPage(canonical_url(page.url), validators_of(page.headers), None, digest, published_at_ms)

    def _is_old(self, published_at_ms: int | None, now_ms: int) -> bool:
        bound = self._connector.unchanged_seconds_max
        return bound is not None and now_ms - (published_at_ms or 0) >= bound * 1000

    async def _publish_page(self, progress: _Progress, page: Page, status: int, shown_url: str) -> None:
        event = self._event(progress, page, status, shown_url)
        try:
            acknowledged = await self._publisher.publish_event(event)
        except Poison as error:
            # no setting of ours helps: its beginning is kept and the poll goes on
            await self._dead_letter(progress, error, page.payload, shown_url)
            progress.refused_by_broker = error
            return
        progress.cost.events += 1
        if acknowledged.offset < 0:
            return  # it lies on disk, as the state will: the offset is known when both are sent
        place = f"{acknowledged.topic}-{acknowledged.partition}"
        reached = progress.vouch_offsets.get(place, 0)
        progress.vouch_offsets[place] = max(reached, acknowledged.offset + 1)

    def _event(self, progress: _Progress, page: Page, status: int, shown_url: str) -> RawEvent:
        return raw_event(
            progress.origin,
            url=shown_url,
            status=status,
            headers=page.headers,
            payload=page.payload,
            page_index=progress.page_index,
            fetched_at=self._clock.now_utc(),
        )

    def _next_url(self, poll: Poll, page: Page) -> str | None:
        following = poll.next_url(page)
        return following and self._client.without_credential(following)

    def _following_unsent(self, poll: Poll, progress: _Progress, page: Page, known: KnownPage) -> str | None:
        """Remember a page of which the vendor sent nothing, and return the address of the one after it."""
        progress.known.append(known)
        # a list that has grown by a page may say so beside an unchanged last page
        following = self._next_url(poll, page)
        return known.next_url or following if isinstance(poll.cursor, Since) else following or known.next_url

    def _following(self, poll: Poll, progress: _Progress, page: Page, seen: KnownPage) -> str | None:
        """Remember a page and return the address of the one after it."""
        following = self._next_url(poll, page)
        if poll.cursor is not None:
            progress.pages.append(page)
        if following is not None and isinstance(poll.cursor, Since):
            following = poll.cursor.following(page, following)
        if poll.find is not None:
            progress.found += poll.find(page.json)
        if poll.versions is not None:
            progress.versions |= poll.versions(page.json)
        # RFC 9110 section 13.1.2: a 304 is an answer to GET and HEAD only
        validators = seen.validators if poll.body is None else NO_VALIDATORS
        if validators.headers() or seen.digest is not None:
            progress.known.append(replace(seen, validators=validators, next_url=following))
        return following

    async def _dead_letter(
        self, progress: _Progress, error: CrosscurrentError, value: bytes, shown_url: str
    ) -> None:
        if not value:
            return
        letter = dead_letter(
            progress.origin,
            error,
            value,
            url=shown_url,
            failed_at=self._clock.now_utc(),
        )
        await self._publisher.publish_dead_letter(letter)

    def _next_state(
        self, poll: Poll, progress: _Progress, left: Remaining | None, error: CrosscurrentError | None
    ) -> tuple[RequestState, CrosscurrentError | None]:
        before = progress.standing.state
        cursor = before.cursor
        if poll.cursor is not None:
            complete = progress.complete and error is None
            try:
                cursor = poll.cursor.advance(cursor, progress.pages, complete=complete)
            except Poison as stuck:
                error = error or stuck
        known = progress.known
        if error is not None:
            # what a poll that was cut short did not reach is still as it was published
            reached = {page.url for page in known}
            known = known + [page for page in before.pages if page.url not in reached]
        changes = before.changes
        if error is None:
            # an incremental request is asked a little of what it knows again, and that is no news
            changed = progress.changed if poll.cursor is None else cursor != before.cursor
            changes = changes.looked(round(progress.started_at.timestamp() * 1000), changed=changed)
        state = replace(
            before,
            polls=before.polls + 1,
            cursor=cursor,
            pages=tuple(known),
            quota=stored_quota(left),
            changes=changes,
        )
        return state.with_found(tuple(progress.found)), error

    def _origin(self, poll: Poll, standing: Standing) -> Origin:
        name, key = self._connector.name, poll.request_key
        return Origin(
            tenant=self._tenant,
            source=name,
            endpoint=poll.endpoint,
            request_key=key,
            poll_id=poll_id(self._tenant, name, poll.state_key, standing.state.polls),
            cursor=standing.state.cursor,
            method=poll.method,
        )

    def _shown(self, ask: Ask) -> str:
        return self._client.redacted(ask.url) + self._client.without_credential(ask.mark)

    def _asked_interval(self, response: Response) -> float:
        value = response.headers.get(self._connector.poll_interval_header, "")
        return min(float(value), SLOW_RETRY_SECONDS) if value.isascii() and value.isdigit() else 0.0
