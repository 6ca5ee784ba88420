"""One page, fetched: within the quota, conditional, and again if asking again helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import stamina

from connectors.kit.client import HttpClient, Response
from connectors.kit.conditional import Validators
from connectors.kit.cost import Cost
from connectors.kit.instruments import BAD_ANSWERS, RECEIVED_BYTES, REQUESTS, RETRIES
from connectors.kit.pace import POLL_WAIT_SECONDS_MAX, Pacer, Turn
from connectors.kit.verdict import NOT_MODIFIED, asks_to_wait, failure, is_good, reason_in
from crosscurrent.errors import Backpressure, CrosscurrentError, Transient

_RETRY_ATTEMPTS = 4
_RETRY_SECONDS_MAX = 120.0
_RETRY_WAIT_SECONDS_INITIAL = 0.25
_RETRY_WAIT_SECONDS_MAX = 15.0
_RETRY_JITTER_SECONDS = 0.25


class Fetcher:
    """Fetches pages of one source for many polls.

    Args:
        source: name of the source.
        client: asks the vendor.
        pacer: holds the quota.
        not_modified_is_free: whether a 304 does not count against the quota.
        credential_settings: names of the settings that hold the credential, for errors.
        ask_again: further statuses after which asking again may help.
        failure_in: the error that a body with status 200 is, if it is one.
        permissions: endpoint to what a credential must be allowed for it.
        cost_in: how many requests an answer counts as, where it says that itself.
    """

    def __init__(
        self,
        source: str,
        client: HttpClient,
        pacer: Pacer,
        *,
        not_modified_is_free: bool,
        credential_settings: tuple[str, ...] = ("token",),
        ask_again: frozenset[int] = frozenset(),
        failure_in: Callable[[bytes], CrosscurrentError | None] | None = None,
        permissions: Mapping[str, str] | None = None,
        cost_in: Callable[[bytes], int] | None = None,
    ) -> None:
        self._source = source
        self._client = client
        self._pacer = pacer
        self._not_modified_is_free = not_modified_is_free
        self._credential_settings = credential_settings
        self._ask_again = ask_again
        self._failure_in = failure_in
        self._permissions = permissions or {}
        self._cost_in = cost_in

    async def fetch(
        self,
        url: str,
        validators: Validators | None,
        cost: Cost,
        *,
        body: bytes | None = None,
        endpoint: str = "",
    ) -> Response:
        """Return a good answer: data, or 304 if the validators still hold.

        Args:
            url: address of the page, without credential.
            validators: of the version that was published; ``None`` if there is none.
            cost: is added to.
            body: JSON of a POST; ``None`` for a GET.
            endpoint: of the request: vendors count some apart.

        Raises:
            Backpressure: the vendor asks to wait longer than a poll may.
            Transient: no good answer after all attempts; ``Truncated`` if bytes came.
            Refused: asking again will not help.
            Poison: an answer that cannot be read, such as ``TooLarge``.
        """
        async for attempt in stamina.retry_context(
            on=_is_worth_another_attempt,
            attempts=_RETRY_ATTEMPTS,
            timeout=_RETRY_SECONDS_MAX,
            wait_initial=_RETRY_WAIT_SECONDS_INITIAL,
            wait_max=_RETRY_WAIT_SECONDS_MAX,
            wait_jitter=_RETRY_JITTER_SECONDS,
        ):
            with attempt:
                if attempt.num > 1:
                    cost.retries += 1
                    RETRIES.labels(self._source).inc()
                return await self._attempt(url, validators, cost, body, endpoint)
        raise AssertionError("unreachable: the retry returns or raises")

    async def _attempt(
        self, url: str, validators: Validators | None, cost: Cost, body: bytes | None, endpoint: str
    ) -> Response:
        async with self._pacer.turn(endpoint) as turn:
            try:
                conditions = validators.headers() if validators else None
                response = await self._client.ask(url, conditions, body=body)
            except CrosscurrentError as error:
                cost.requests += 1
                REQUESTS.labels(self._source, type(error).__name__.lower()).inc()
                count_bad(self._source, error)
                raise
            turn.requests = response.requests
            self._count(response, cost)
            return await self._judged(turn, response, endpoint)

    def _count(self, response: Response, cost: Cost) -> None:
        not_modified = response.status == NOT_MODIFIED
        cost.requests += response.requests
        cost.requests_counted += response.requests - (not_modified and self._not_modified_is_free)
        if self._cost_in is not None:
            cost.requests_counted += max(0, self._cost_in(response.body) - 1)
        cost.not_modified += not_modified
        cost.bytes_received += len(response.body)
        RECEIVED_BYTES.labels(self._source).inc(len(response.body))

    async def _judged(self, turn: Turn, response: Response, endpoint: str) -> Response:
        if asks_to_wait(response.status, response.headers, response.body):
            REQUESTS.labels(self._source, "throttled").inc()
            wait_seconds = await self._pacer.pause(turn, response.headers)
            raise Backpressure(
                f"{self._source} answers {response.status} and asks to wait {wait_seconds:.0f} s"
                f"{reason_in(self._client.cleaned(response.body[:4096]))}",
                retry_after_seconds=wait_seconds,
                expected="fewer requests",
                todo="nothing: polling goes on after that; a longer poll_interval_seconds avoids it",
                source=self._source,
                code=response.status,
            )
        turn.headers = response.headers
        if is_good(response.status) and response.status not in self._ask_again:
            self._refuse_if_failed(response.body)
            outcome = "not_modified" if response.status == NOT_MODIFIED else "ok"
            REQUESTS.labels(self._source, outcome).inc()
            return response
        error = failure(
            response.status,
            self._client.cleaned(response.body[:4096]),
            url=response.url,
            source=self._source,
            credential_settings=self._credential_settings,
            ask_again=self._ask_again,
            permission=self._permissions.get(endpoint, ""),
        )
        REQUESTS.labels(self._source, type(error).__name__.lower()).inc()
        raise error

    def _refuse_if_failed(self, body: bytes) -> None:
        # looked at as it came, because cleaning costs; what is quoted of it is cleaned
        if self._failure_in is None or self._failure_in(body) is None:
            return
        failed = self._failure_in(self._client.cleaned(body))
        if failed is not None:
            REQUESTS.labels(self._source, type(failed).__name__.lower()).inc()
            raise failed


def count_bad(source: str, error: CrosscurrentError) -> None:
    """Count an answer that passed a bound, by the bound."""
    reason = error.facts.get("reason")
    if isinstance(reason, str):
        BAD_ANSWERS.labels(source, reason).inc()


def _is_worth_another_attempt(error: Exception) -> bool:
    # the wait that the vendor asks for happens at the gate, before the next attempt
    if isinstance(error, Backpressure):
        return error.retry_after_seconds <= POLL_WAIT_SECONDS_MAX
    return isinstance(error, Transient)
