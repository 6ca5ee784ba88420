"""The one door to httpx: a GET or POST within bounds of time, size and redirects, and no secret in what comes out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from http.cookiejar import CookieJar
from importlib.metadata import version
from typing import Protocol
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from connectors.kit.auth import Auth
from connectors.kit.body import ACCEPT_ENCODING, Body
from connectors.kit.errors import BadAnswer, Truncated
from connectors.kit.reach import Resolve, check_peer, check_reach, resolve
from crosscurrent.errors import CrosscurrentError, Poison, Transient
from crosscurrent.redaction import clean_bytes, clean_url, secret_values

BODY_BYTES_MAX = 64 * 1024 * 1024
REDIRECTS_MAX = 5
HEADER_BYTES_MAX = 64 * 1024
TOTAL_SECONDS_MAX = 300.0  # an answer that drips is given up
CONNECTIONS_MAX = 32

_UNAUTHORISED = 401
_FIRST_ERROR_STATUS = 400
_TOO_LONG = "too long"  # h11 of headers that pass its own bound
_TIMEOUT = httpx.Timeout(connect=10.0, read=30.0, write=10.0, pool=60.0)
_KEEP_ALIVE_SECONDS = 55.0  # less than most servers', so that a connection is not found closed
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REDIRECTS_OF_A_POST = frozenset({307, 308})  # RFC 9110 section 15.4: these keep method and body
_URLS_CACHED_MAX = 4096
_BROKEN_OFF = (httpx.RemoteProtocolError, httpx.ReadError, httpx.ReadTimeout, TimeoutError)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as received.

    Attributes:
        status: HTTP status.
        url: address that answered, without secrets.
        headers: lower-case names; of one given twice both values, with a comma between.
        body: content coding undone.
        requests: requests made for it, redirects included.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    requests: int = 1


class Tokens(Protocol):
    """Gives the token that goes onto requests, where the vendor grants tokens that expire.

    ``current`` is asked before each request; after it either ``accepted``, or ``renewed`` when the vendor answered
    401. Both may be asked by many requests at once. ``close`` comes last.
    """

    @property
    def secret_values(self) -> tuple[bytes, ...]:
        """What must not be seen: the tokens, and what they are granted for."""
        ...

    async def current(self) -> str:
        """Return a token that has not expired by our clock."""
        ...

    def accepted(self, token: str) -> None:
        """Take note that the vendor took a token."""
        ...

    async def renewed(self, refused: str) -> str | None:
        """Return another token after a 401, or ``None`` if another would fare no better."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class HttpClient:
    """Asks one vendor. May be used by many tasks of one event loop; ``close`` it at the end.

    The credential goes only to the origin of the base address, wherever a redirect or a next page leads.

    Args:
        base_url: the vendor's base address.
        auth: how the credential goes onto a request.
        secret: the credential; ``None`` for none.
        headers: of every request.
        body_bytes_max: bytes of a body at most, content coding undone.
        transport: takes the place of the network, for tests.
        tokens: gives the credential of each request, instead of ``secret``; is closed with the client.
        find: resolves host names that an answer leads to; with a ``transport`` there is no network to ask.
        total_seconds_max: for one request, from its first byte to the last of its answer.
    """

    def __init__(
        self,
        base_url: str,
        auth: Auth,
        secret: str | None,
        *,
        headers: Mapping[str, str] | None = None,
        body_bytes_max: int = BODY_BYTES_MAX,
        transport: httpx.AsyncBaseTransport | None = None,
        tokens: Tokens | None = None,
        find: Resolve | None = None,
        total_seconds_max: float = TOTAL_SECONDS_MAX,
    ) -> None:
        self._find = find or (resolve if transport is None else _finds_nothing)
        self._total_seconds_max = total_seconds_max
        _keep_libraries_quiet()
        parts = urlsplit(base_url)
        self._origin = (parts.scheme, parts.netloc)
        self._auth = auth
        self._secret = secret
        self._own_secret_values = secret_values([secret]) if secret else ()
        self._tokens = tokens
        self._body_bytes_max = body_bytes_max
        self._client = httpx.AsyncClient(
            http2=parts.scheme == "https",
            # a proxy of the surroundings does not reach our own loopback
            trust_env=parts.hostname not in _LOOPBACK,
            transport=transport,
            timeout=_TIMEOUT,
            limits=httpx.Limits(
                max_connections=CONNECTIONS_MAX,
                max_keepalive_connections=CONNECTIONS_MAX,
                keepalive_expiry=_KEEP_ALIVE_SECONDS,
            ),
            cookies=_NoCookies(),
            headers={
                "user-agent": user_agent(),
                "accept": "application/json",
                **(headers or {}),
                "accept-encoding": ACCEPT_ENCODING,
            },
        )

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, follow: bool = True
    ) -> Response:
        """Return the answer to a GET, whatever its status; see ``ask``."""
        return await self.ask(url, headers, follow=follow)

    async def ask(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        follow: bool = True,
    ) -> Response:
        """Return the answer to a GET, or to a POST if there is a body, whatever its status.

        A token that is refused is renewed once.

        Args:
            url: address, without credential.
            headers: of this request.
            body: JSON; it goes to the vendor's own origin only, wherever a redirect leads.
            follow: whether redirects are followed; those that would make a GET of a POST are not.

        Raises:
            Transient: no connection, a timeout, or a connection that broke.
            Truncated: the body ended early; holds what came.
            TooLarge: the body passes its bound; holds its beginning.
            Refused: no token is granted; ``BadAnswer`` for more redirects than are followed, huge headers, or an
                address that is not public.
            Poison: a content coding that was not asked for, or an address that is none.
        """
        headers = dict(headers or {})
        if body is not None:
            headers["content-type"] = "application/json"
        if self._tokens is None:
            return await self._followed(url, headers, self._secret, body, follow=follow)
        token = await self._tokens.current()
        response = await self._followed(url, headers, token, body, follow=follow)
        if response.status != _UNAUTHORISED:
            self._note_accepted(token, response)
            return response
        renewed = await self._tokens.renewed(token)
        if renewed is None:
            return response
        again = await self._followed(url, headers, renewed, body, follow=follow)
        self._note_accepted(renewed, again)
        return replace(again, requests=again.requests + response.requests)

    async def post_form(self, url: str, form: Mapping[str, str]) -> Response:
        """Return the answer to a POST of a form, whatever its status; redirects are not followed.

        Args:
            url: address, without credential.
            form: fields and values.

        Raises:
            Transient: no connection, a timeout, or a connection that broke.
            Truncated: the body ended early; holds what came.
            TooLarge: the body passes its bound; holds its beginning.
            Poison: a content coding that was not asked for, or an address that is none.
        """
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return await self._ask_once(url, headers, self._secret, urlencode(form).encode())

    def redacted(self, url: str) -> str:
        """Return an address without secrets."""
        return _redacted(url, self._secret_values)

    def without_credential(self, url: str) -> str:
        """Return an address that can be asked again, less our own credential if the vendor repeated it."""
        content = url.encode()
        for value in self._secret_values:
            content = content.replace(value, b"")
        return content.decode()

    def cleaned(self, content: bytes) -> bytes:
        """Return text without secrets."""
        return clean_bytes(content, self._secret_values)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
        if self._tokens is not None:
            await self._tokens.close()

    def _note_accepted(self, token: str, response: Response) -> None:
        # an error may come from before the place where tokens are looked at
        if self._tokens is not None and response.status < _FIRST_ERROR_STATUS:
            self._tokens.accepted(token)

    @property
    def _secret_values(self) -> tuple[bytes, ...]:
        return self._own_secret_values if self._tokens is None else self._tokens.secret_values

    async def _followed(
        self, url: str, headers: Mapping[str, str], secret: str | None, content: bytes | None, *, follow: bool
    ) -> Response:
        for hop in range(1, REDIRECTS_MAX + 2):
            response = await self._ask_once(url, headers, secret, content, requests=hop)
            location = response.headers.get("location")
            followed = _REDIRECTS if content is None else _REDIRECTS_OF_A_POST
            if not follow or response.status not in followed or not location:
                return response
            url = urljoin(url, location)
            if content is not None and not self._is_own(url):
                return response
        raise BadAnswer(
            f"more than {REDIRECTS_MAX} redirects from {self.redacted(url)}",
            reason="redirects",
            expected=f"at most {REDIRECTS_MAX}",
            todo="check the base address and the target",
        )

    async def _ask_once(
        self,
        url: str,
        headers: Mapping[str, str],
        secret: str | None,
        content: bytes | None,
        *,
        requests: int = 1,
    ) -> Response:
        body: Body | None = None
        try:
            sent_url, sent_headers = self._with_credential(url, headers, secret)
            own = self._is_own(url)
            async with asyncio.timeout(self._total_seconds_max):
                if not own:
                    await check_reach(url, self.redacted(url), self._find)
                method = "GET" if content is None else "POST"
                request = self._client.build_request(
                    method, _parsed(sent_url), headers=sent_headers, content=content
                )
                answer = await self._client.send(request, stream=True)
                try:
                    if not own:
                        stream = answer.extensions.get("network_stream")
                        check_peer(stream and stream.get_extra_info("server_addr"), self.redacted(url))
                    self._check_headers(answer.headers, url)
                    body = Body(answer.headers.get("content-encoding", ""), self._body_bytes_max)
                    async for piece in answer.aiter_raw():
                        body.feed(piece)
                finally:
                    await answer.aclose()
            received_body = body.finish()
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
            raise self._broken(error, url, body) from None
        except (httpx.InvalidURL, ValueError):
            # it is not quoted: what cannot be parsed cannot be cleaned
            raise Poison(
                f"the address of {len(url)} characters that cannot be parsed",
                expected="an http or https address",
                todo="check the base address and the pagination that the connector declares",
            ) from None
        received = {name: self._clean_value(value) for name, value in answer.headers.items()}
        return Response(answer.status_code, self.redacted(url), received, received_body, requests)

    def _with_credential(
        self, url: str, headers: Mapping[str, str], secret: str | None
    ) -> tuple[str, dict[str, str]]:
        if secret is None or not self._is_own(url):
            return url, dict(headers)
        return self._auth.url(url, secret), {**headers, **self._auth.headers(secret)}

    def _is_own(self, url: str) -> bool:
        parts = urlsplit(url)
        return (parts.scheme, parts.netloc) == self._origin

    def _clean_value(self, value: str) -> str:
        # the vendor may repeat our request in a Link or Location
        if not self._secret_values:
            return value
        content = value.encode("utf-8", "replace")
        return self.cleaned(content).decode("utf-8", "replace") if b"=" in content else value

    def _check_headers(self, headers: httpx.Headers, url: str) -> None:
        if sum(len(name) + len(value) for name, value in headers.raw) > HEADER_BYTES_MAX:
            raise self._huge_headers(url)

    def _huge_headers(self, url: str) -> BadAnswer:
        return BadAnswer(
            f"headers of more than {HEADER_BYTES_MAX} bytes from {self.redacted(url)}",
            reason="huge_headers",
            expected=f"at most {HEADER_BYTES_MAX} bytes",
            todo="check the base address",
        )

    def _broken(self, error: Exception, url: str, body: Body | None) -> CrosscurrentError:
        # the error's own text may hold the address with its key, so only its kind is told
        kind, where = type(error).__name__, self.redacted(url)
        if isinstance(error, httpx.RemoteProtocolError) and _TOO_LONG in str(error).lower():
            return self._huge_headers(url)
        # httpx has timeouts of its own: this one is ours, over all of it
        facts = {"reason": "too_slow"} if isinstance(error, TimeoutError) else {}
        if body is not None and isinstance(error, _BROKEN_OFF):
            partial = body.partial
            return Truncated(
                f"a body that ended after {len(partial)} bytes from {where}",
                partial=partial,
                expected="as many bytes as its Content-Length or chunks say",
                todo="nothing: it is asked for again",
                **facts,
            )
        if isinstance(error, httpx.UnsupportedProtocol):
            return Poison(
                f"the address {where}", expected="an http or https address", todo="check the base address"
            )
        return Transient(
            f"no answer from {where} ({kind})",
            expected="an answer within the timeouts",
            todo="check the network and the base address; it is asked again",
            **facts,
        )


async def _finds_nothing(host: str) -> tuple[str, ...]:
    del host
    return ()


def user_agent(contact: str | None = None) -> str:
    """Return who is asking: our name and version, and the address of whoever runs us if it is known."""
    name = f"crosscurrent/{version('crosscurrent')}"
    return f"{name} ( {contact} )" if contact else name


class _NoCookies(CookieJar):
    """Keeps none: an answer must not depend on the answers before it."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Take in nothing."""


@lru_cache(maxsize=_URLS_CACHED_MAX)
def _redacted(url: str, secrets: tuple[bytes, ...]) -> str:
    return clean_url(url, secrets)


@lru_cache(maxsize=_URLS_CACHED_MAX)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)


def _keep_libraries_quiet() -> None:
    # they log whole addresses, keys included
    for name in ("httpx", "httpcore", "hpack"):
        logging.getLogger(name).setLevel(logging.WARNING)
