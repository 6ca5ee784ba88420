"""The access token of one app: granted for its id and secret, kept until shortly before it expires.

Many requests share it. One of them gets it and the others wait for that one; if it is not granted, those that
waited are told the same, and do not ask again one after the other.

How a vendor is asked for one says ``granting``.
"""

from __future__ import annotations

import asyncio

from connectors.kit.client import Response
from connectors.kit.errors import Refused, Truncated
from connectors.kit.granting import Grant, Granting, json_object
from connectors.kit.quota import BACKPRESSURE_SECONDS_DEFAULT, retry_after_seconds
from connectors.kit.verdict import asks_to_wait
from crosscurrent.clock import Clock
from crosscurrent.errors import Backpressure, CrosscurrentError, Poison, Transient
from crosscurrent.redaction import clean_bytes, secret_values
from crosscurrent.settings import source_variable

LIFETIME_SECONDS_MAX = 30 * 86_400.0
EARLY_SECONDS_MAX = 60.0  # a token is renewed so long before it expires …
EARLY_SHARE = 0.1  # … or a tenth of its life, if that is shorter

_REASON_CHARACTERS_MAX = 200


class AccessToken:
    """Gets and keeps the token of one app; may be used by many tasks of one event loop.

    Args:
        source: name of the source, for errors.
        granting: asks for it; is closed with this.
        clock: the time.
    """

    def __init__(self, source: str, granting: Granting, clock: Clock) -> None:
        self._source = source
        self._granting = granting
        self._clock = clock
        self._token_secrets: tuple[bytes, ...] = ()
        self._lock = asyncio.Lock()
        self._token: str | None = None
        self._before: str | None = None
        self._taken = False
        self._renew_at = 0.0
        self._rest_until = 0.0
        self._attempts_made = 0
        self._error: CrosscurrentError | None = None

    @property
    def secret_values(self) -> tuple[bytes, ...]:
        """The app's secret, and its present and its last token, in the ways in which they may be written."""
        return self._token_secrets + self._granting.secret_values

    async def current(self) -> str:
        """Return a token that has not expired by our clock.

        Raises:
            Refused: the vendor grants none for this id and secret.
            Backpressure: the vendor asks to wait before another is asked for.
            Transient: the token endpoint does not answer, or not as it should.
        """
        attempts_made = self._attempts_made
        if self._token is not None and self._clock.monotonic_seconds() < self._renew_at:
            return self._token
        async with self._lock:
            if self._token is not None and self._clock.monotonic_seconds() < self._renew_at:
                return self._token
            if self._error is not None and self._attempts_made > attempts_made:
                raise self._error
            return await self._obtain()

    def accepted(self, token: str) -> None:
        """Take note that the vendor took a token, so that a later 401 means that it has ended since."""
        self._taken = self._taken or token == self._token

    async def renewed(self, refused: str) -> str | None:
        """Return another token after a 401.

        A token that was never taken is not renewed: another would fare no better, and each poll would ask for one.

        Args:
            refused: the token that came with the 401.

        Raises:
            Refused: the vendor grants none for this id and secret.
            Backpressure: the vendor asks to wait before another is asked for.
            Transient: the token endpoint does not answer, or not as it should.
        """
        if refused == self._token:
            if not self._taken:
                return None
            self._renew_at = 0.0
        return await self.current()

    async def close(self) -> None:
        """Close the connections."""
        await self._granting.close()

    async def _obtain(self) -> str:
        self._error = None
        try:
            grant = await self._ask()
        except CrosscurrentError as error:
            self._error = error
            raise
        finally:
            self._attempts_made += 1
        lifetime = grant.lifetime_seconds or self._granting.lifetime_seconds
        lifetime = min(lifetime, LIFETIME_SECONDS_MAX)
        early = min(EARLY_SECONDS_MAX, lifetime * EARLY_SHARE)
        self._renew_at = self._clock.monotonic_seconds() + lifetime - early
        self._before, self._token, self._taken = self._token, grant.token, False
        self._token_secrets = secret_values(token for token in (self._token, self._before) if token)
        return grant.token

    async def _ask(self) -> Grant:
        wait_seconds = self._rest_until - self._clock.monotonic_seconds()
        if wait_seconds > 0:
            raise self._backpressure(wait_seconds)
        try:
            response = await self._granting.ask()
        except (Poison, Truncated):
            # these hold what came of the body, a token perhaps, and a poll would keep it as a dead letter
            raise self._unfit("a body that ends early, is too long or cannot be read") from None
        if asks_to_wait(response.status, response.headers, response.body):
            seconds = retry_after_seconds(response.headers)
            wait_seconds = BACKPRESSURE_SECONDS_DEFAULT if seconds is None else seconds
            self._rest_until = self._clock.monotonic_seconds() + wait_seconds
            raise self._backpressure(wait_seconds)
        if not 200 <= response.status < 300:
            raise self._failure(response)
        grant = self._granting.grant_in(response)
        if grant is None:
            raise self._unfit("a body without a bearer token that can be used")
        return grant

    def _failure(self, response: Response) -> CrosscurrentError:
        if response.status >= 500 or response.status == 408:
            return self._unfit(f"status {response.status}")
        return Refused(
            f"the token endpoint of {self._source} answers {response.status}{self._reason(response.body)}",
            credential=True,
            expected="a token for the app",
            todo=f"check {' and '.join(source_variable(self._source, name) for name in self._granting.settings)}",
            source=self._source,
            code=response.status,
        )

    def _unfit(self, found: str) -> Transient:
        return Transient(
            f"the token endpoint of {self._source} answers with {found}",
            expected="a good status and JSON with the token and how long it lives",
            todo="nothing: it is asked again; if it stays so, check "
            f"{source_variable(self._source, self._granting.address_setting)}",
            source=self._source,
        )

    def _backpressure(self, wait_seconds: float) -> Backpressure:
        return Backpressure(
            f"the token endpoint of {self._source} asks to wait {wait_seconds:.0f} s",
            retry_after_seconds=wait_seconds,
            expected="a token",
            todo="nothing: it is asked again after that",
            source=self._source,
        )

    def _reason(self, body: bytes) -> str:
        # the vendor's own words, and nothing else of an answer to a request that held the secret
        said = json_object(body)
        words = [
            said[name]
            for name in ("error", "error_description", "message")
            if isinstance(said.get(name), str)
        ]
        text = clean_bytes(": ".join(map(str, words)).encode(), self.secret_values).decode()
        return f" ({text[:_REASON_CHARACTERS_MAX]})" if text else ""
