"""What a connector declares: who the vendor is, what is asked of it, and how often (plain values)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from connectors.kit.auth import AppInstallation, Auth
from connectors.kit.cursor import Cursor
from connectors.kit.history import History
from connectors.kit.json_request import Ask, JsonBody
from connectors.kit.mapping_table import MappingTable
from connectors.kit.page import Page
from connectors.kit.pagination import OnePage, Pagination
from connectors.kit.presence import Complete
from connectors.kit.quota import Quota
from connectors.kit.webhooks.declaration import Webhooks
from crosscurrent.errors import CrosscurrentError
from schemas.mapping import MapPayload

CONCURRENCY_DEFAULT = 8
INTERVAL_STRETCH_MAX_DEFAULT = 8.0
FOUND_MAX = 20_000  # further targets that one payload may name

Found = tuple[str, str]
"""An endpoint and a target that a payload names."""


@dataclass(frozen=True, slots=True)
class Poll:
    """One request that is made again and again.

    Attributes:
        endpoint: name of the endpoint; chooses the mapping.
        target: what is asked about, such as ``apache/kafka``; with the endpoint it identifies the request.
        path: below the base address, with a leading slash.
        parameters: of the query, without the credential.
        interval_multiple: how many of the source's poll intervals lie between two polls, at least.
        pagination: how its pages follow each other.
        cursor: from where it goes on; ``None`` asks for everything each time.
        find: names further targets that a payload shows; ``None`` if it shows none.
        versions: of a list that tells of what other requests ask: request key to version. One whose version has moved
            is made at once, so that it needs no turns of its own to find out; ``None`` if it tells none.
        noted: parameters of a page's address that are written down in its record and not sent.
        wakes: endpoints that are asked about the same target as soon as this answer has changed: where it tells that
            theirs did, they need not be asked to find out.
        body: makes it a POST, into whose body the query's parameters move; ``None`` for a GET.
        history: how it is asked for a span of time; ``None`` if the vendor does not allow that.
        complete: of what it shows everything, so that one can tell what vanishes; ``None`` if that cannot be told.
        aside: begins the key of its state where that is kept beside the live poll's.
    """

    endpoint: str
    target: str
    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    interval_multiple: int = 1
    pagination: Pagination = field(default_factory=OnePage)
    cursor: Cursor | None = None
    find: Callable[[object], Sequence[Found]] | None = None
    versions: Callable[[object], Mapping[str, str]] | None = None
    noted: frozenset[str] = frozenset()
    wakes: tuple[str, ...] = ()
    body: JsonBody | None = None
    history: History | None = None
    complete: Complete | None = None
    aside: str = ""

    @property
    def request_key(self) -> str:
        """What is polled: endpoint and target, and for a POST which question."""
        key = f"{self.endpoint}:{self.target}" if self.target else self.endpoint
        return key if self.body is None else f"{key}@{self.body.digest}"

    @property
    def state_key(self) -> str:
        """Under which its state is kept."""
        return f"{self.aside}/{self.request_key}" if self.aside else self.request_key

    @property
    def wakes_keys(self) -> tuple[str, ...]:
        """Keys of the requests that it wakes."""
        return tuple(f"{endpoint}:{self.target}" for endpoint in self.wakes)

    @property
    def method(self) -> str:
        """HTTP method."""
        return "GET" if self.body is None else "POST"

    def ask(self, url: str) -> Ask:
        """Return the request for the page with this address."""
        sent, notes = self.sent_url(url), urlencode(self._notes(url))
        ask = Ask(sent) if self.body is None else self.body.ask(sent)
        marks = "&".join(part for part in (ask.mark.removeprefix("#"), notes) if part)
        return replace(ask, mark=f"#{marks}" if marks else "")

    def sent_url(self, url: str) -> str:
        """Return the address of a page less what is only noted: two with the same one are the same page."""
        if not self.noted:
            return url
        parts = urlsplit(url)
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in self.noted]
        return urlunsplit(parts._replace(query=urlencode(query)))

    def _notes(self, url: str) -> list[tuple[str, str]]:
        return [pair for pair in parse_qsl(urlsplit(url).query) if pair[0] in self.noted]

    def first_url(self, base_url: str, cursor: str | None) -> str:
        """Return the address of the first page, without credential."""
        parameters = {**self.parameters, **self.pagination.parameters()}
        if self.cursor is not None:
            parameters |= self.cursor.parameters(cursor)
        query = f"?{urlencode(parameters)}" if parameters else ""
        return f"{base_url.rstrip('/')}{self.path}{query}"

    def next_url(self, page: Page) -> str | None:
        """Return the address of the page after this one, ``None`` if it is the last."""
        following = self.pagination.next_url(page)
        return self.cursor.following(page, following) if following and self.cursor else following

    def pages_max(self, cursor: str | None) -> int:
        """Return how many pages a poll with this cursor reads at most."""
        bound = self.pagination.pages_max
        return bound if self.cursor is None else self.cursor.pages_max(cursor, bound)


@dataclass(frozen=True, slots=True)
class Connector:
    """A source: what the kit needs to collect it.

    Attributes:
        name: as in settings, topics and records.
        title: for people.
        base_url: the vendor's base address.
        auth: how the credential goes onto a request.
        quota: how many requests the vendor allows.
        interval_seconds: between two polls of the fastest endpoint, at least: nothing changes faster, or the vendor
            asks for it.
        endpoints: all that it may poll.
        polls: gives the polls for the targets in the settings.
        map_payload: what a payload says.
        endpoint_of: the endpoint of a recorded exchange, by method, path and the folder it was recorded in.
        anonymous_interval_seconds: the interval without a credential; the same as with one if ``None``.
        interval_stretch_max: how many times its interval a request waits at most whose answer seldom changes.
        poll_for: gives the poll for a target that a payload named.
        targets_default: what is watched if the settings name nothing.
        targets_help: what a target looks like, for people.
        headers: of every request.
        poll_interval_header: header in which the vendor says how many seconds to leave between two polls.
        not_modified_is_free: whether a 304 to a caller with a credential does not count against the quota.
        concurrency_max: requests at once.
        contact_required: whether the vendor wants an address of the caller in the ``User-Agent``.
        not_measured: endpoint to the reason why its payloads give no measurement.
        ask_again: statuses, beside those of every vendor, after which asking again may help.
        table: the table behind ``map_payload``, which knows what of a payload is read; ``None`` if it has none.
        volatile: dotted paths of what changes in an answer without being news, such as ``request_id``; an answer
            that is else equal to the one published last is not published again (see ``content_digest``).
        unchanged_seconds_max: after how long an equal answer is published all the same, for a source that measures
            by the time of the answer; never if ``None``.
        failure_in: the error that a body with status 200 is, ``None`` if it is data; for vendors that answer so.
        webhooks: how the vendor sends by itself; ``None`` if it does not.
        account_help: where a person gets the credential, and with which rights.
        cost_in: how many requests an answer counts as by its own word, for vendors that count in points.
        app: how the installation of an app gets its tokens, where it may ask instead of whom ``auth`` is about.
        permissions: endpoint to what a credential must be allowed for it, where that is more than for the others.
        no_history: why its vendor cannot be asked for a stretch of time, if no poll has a ``history``.
    """

    name: str
    title: str
    base_url: str
    auth: Auth
    quota: Quota
    interval_seconds: float
    endpoints: tuple[str, ...]
    polls: Callable[[Sequence[str]], list[Poll]]
    map_payload: MapPayload
    endpoint_of: Callable[[str, str | None, str], str]
    anonymous_interval_seconds: float | None = None
    interval_stretch_max: float = INTERVAL_STRETCH_MAX_DEFAULT
    poll_for: Callable[[str, str], Poll] | None = None
    targets_default: tuple[str, ...] = ()
    targets_help: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    poll_interval_header: str = ""
    not_modified_is_free: bool = False
    concurrency_max: int = CONCURRENCY_DEFAULT
    contact_required: bool = False
    not_measured: Mapping[str, str] = field(default_factory=dict)
    ask_again: frozenset[int] = frozenset()
    table: MappingTable | None = None
    volatile: tuple[str, ...] = ()
    unchanged_seconds_max: float | None = None
    failure_in: Callable[[bytes], CrosscurrentError | None] | None = None
    webhooks: Webhooks | None = None
    account_help: str = ""
    no_history: str = "none of its targets has a history"
    cost_in: Callable[[bytes], int] | None = None
    app: AppInstallation | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)
