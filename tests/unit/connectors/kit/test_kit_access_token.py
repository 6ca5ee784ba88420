"""The access token of an app: granted once for many, renewed in time, and seen nowhere."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from urllib.parse import parse_qs

import httpx
import orjson
import pytest

from connectors.kit.access_token import AccessToken
from connectors.kit.auth import ClientCredentials
from connectors.kit.client import HttpClient
from connectors.kit.errors import Refused, Truncated
from connectors.kit.granting import ClientCredentialsGranting, Grant, grant_in
from connectors.kit.wiring import missing
from connectors.registry import CONNECTORS
from crosscurrent.clock import ManualClock
from crosscurrent.errors import Backpressure, CrosscurrentError, Transient, WrongUse
from crosscurrent.settings import SourceSettings
from tests.contract.connector_bench import Answer, Vendor

API = "https://api.test"
TOKEN_URL = "https://accounts.test/api/token"
SECRET = "s3cret/with:signs"
AUTH = ClientCredentials(TOKEN_URL)


class BrokenOff(httpx.AsyncByteStream):
    """A body whose end never comes."""

    def __init__(self, part: bytes) -> None:
        self._part = part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._part
        raise httpx.ReadError("gone")


class Network(Vendor):
    """A token endpoint and an API; each request waits once, so that others can come in between."""

    def __init__(self) -> None:
        super().__init__(self._any)
        self.lifetime: object = 3600
        self.breaks_off = False
        self.good: set[str] = set()
        self.grant: Callable[[], Answer] = self.granting
        self.answer: Callable[[httpx.Request], Answer] = self._answered

    @property
    def grants(self) -> list[httpx.Request]:
        return [request for request in self.requests if str(request.url) == TOKEN_URL]

    @property
    def asked(self) -> list[httpx.Request]:
        return [request for request in self.requests if str(request.url) != TOKEN_URL]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        response = await super().handle_async_request(request)
        if self.breaks_off:
            body = b"".join([piece async for piece in response.aiter_raw()])
            return httpx.Response(200, stream=BrokenOff(body[:-3]))
        return response

    def _any(self, request: httpx.Request) -> Answer:
        return self.grant() if str(request.url) == TOKEN_URL else self.answer(request)

    def granting(self) -> Answer:
        token = f"t0ken-{len(self.grants)}"
        self.good = {token}
        said = {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}
        return 200, {"content-type": "application/json"}, orjson.dumps(said)

    def _answered(self, request: httpx.Request) -> Answer:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return (200, {}, b"{}") if token in self.good else (401, {}, b'{"error": {"status": 401}}')


class Parts:
    """A client with its tokens, on a network of its own."""

    def __init__(self) -> None:
        self.network = Network()
        self.clock = ManualClock()
        granting = ClientCredentialsGranting(AUTH, "app id", SECRET, transport=self.network)
        self.tokens = AccessToken("tides", granting, self.clock)
        self.client = HttpClient(API, AUTH, None, transport=self.network, tokens=self.tokens)

    async def get(self, count: int = 1) -> list[int]:
        answers = await asyncio.gather(*(self.client.get(f"{API}/{number}") for number in range(count)))
        return [answer.status for answer in answers]


async def test_token_is_asked_for_once_by_many_requests_at_once() -> None:
    parts = Parts()

    assert await parts.get(20) == [200] * 20
    assert len(parts.network.grants) == 1


async def test_token_is_asked_for_as_the_standard_says() -> None:
    parts = Parts()
    await parts.get()

    (request,) = parts.network.grants
    assert request.method == "POST"
    assert parse_qs(request.content.decode()) == {"grant_type": ["client_credentials"]}
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    basic = b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
    assert basic == "app%20id:s3cret%2Fwith%3Asigns"


@pytest.mark.parametrize(("lifetime", "kept"), [(3600, 3540), (100, 90), (10_000_000, 30 * 86_400 - 60)])
async def test_token_is_renewed_before_it_ends(lifetime: int, kept: float) -> None:
    parts = Parts()
    parts.network.lifetime = lifetime
    await parts.get()
    parts.clock.advance(kept - 1)
    await parts.get()
    before = len(parts.network.grants)
    parts.clock.advance(1)
    await parts.get(5)

    assert (before, len(parts.network.grants)) == (1, 2)
    assert all(request.headers["authorization"] == "Bearer t0ken-2" for request in parts.network.asked[2:])


async def test_token_that_ended_early_is_renewed_once_for_all_who_were_refused() -> None:
    parts = Parts()
    await parts.get()
    parts.network.good = set()

    assert await parts.get(10) == [200] * 10
    assert len(parts.network.grants) == 2
    assert len(parts.network.asked) == 1 + 10 + 10


async def test_request_made_again_with_a_new_token_is_counted() -> None:
    parts = Parts()
    await parts.get()
    parts.network.good = set()

    assert (await parts.client.get(f"{API}/again")).requests == 2


async def test_request_that_is_refused_with_a_new_token_too_is_not_made_a_third_time() -> None:
    parts = Parts()
    await parts.get()
    parts.network.answer = lambda _: (401, {}, b"{}")

    assert await parts.get() == [401]
    assert len(parts.network.grants) == 2
    assert len(parts.network.asked) == 1 + 2


async def test_token_that_was_never_taken_is_not_renewed() -> None:
    parts = Parts()
    parts.network.answer = lambda _: (401, {}, b"{}")

    assert await parts.get(5) == [401] * 5
    assert await parts.get(5) == [401] * 5
    assert len(parts.network.grants) == 1


async def test_token_is_not_taken_where_the_answer_is_an_error() -> None:
    parts = Parts()
    parts.network.answer = lambda _: (503, {}, b"")
    await parts.get()
    parts.network.answer = lambda _: (401, {}, b"")

    assert await parts.get() == [401]
    assert len(parts.network.grants) == 1


async def test_refusal_is_told_to_all_who_waited_and_asked_for_again_by_the_next() -> None:
    parts = Parts()
    parts.network.grant = lambda: (400, {}, b'{"error": "invalid_client"}')
    found = await asyncio.gather(
        *(parts.client.get(f"{API}/{number}") for number in range(5)), return_exceptions=True
    )

    assert [type(one) for one in found] == [Refused] * 5
    assert len(parts.network.grants) == 1
    with pytest.raises(Refused):
        await parts.get()
    assert len(parts.network.grants) == 2
    assert parts.network.asked == []


async def test_refusal_says_the_vendors_reason_and_the_settings_to_check() -> None:
    parts = Parts()
    said = {"error": "invalid_client", "error_description": f"no {SECRET}", "trace": "of no use"}
    parts.network.grant = lambda: (400, {}, orjson.dumps(said))

    with pytest.raises(Refused) as caught:
        await parts.get()
    assert caught.value.credential
    assert "(invalid_client: no REDACTED)" in caught.value.found
    assert "CLIENT_ID" in caught.value.todo
    assert "CLIENT_SECRET" in caught.value.todo


async def test_vendor_that_asks_to_wait_is_left_alone_so_long() -> None:
    parts = Parts()
    parts.network.grant = lambda: (429, {"retry-after": "40"}, b"")
    waits = []
    for _ in range(3):
        with pytest.raises(Backpressure) as caught:
            await parts.get()
        waits.append(caught.value.retry_after_seconds)
        parts.clock.advance(10)
    parts.clock.advance(10)
    parts.network.grant = parts.network.granting

    assert waits == [40, 30, 20]
    assert len(parts.network.grants) == 1
    assert await parts.get() == [200]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (503, b"<html>"),
        (408, b""),
        (200, b"<html>down</html>"),
        (200, b"[]"),
        (200, b'{"access_token": "t0ken", "token_type": "mac"}'),
        (200, b'{"access_token": "' + b"x" * 70_000 + b'"}'),
    ],
)
async def test_token_endpoint_that_fails_is_asked_again_later(status: int, body: bytes) -> None:
    parts = Parts()
    parts.network.grant = lambda: (status, {}, body)

    with pytest.raises(Transient) as caught:
        await parts.get()
    assert not isinstance(caught.value, Backpressure)
    parts.network.grant = parts.network.granting
    assert await parts.get() == [200]


async def test_grant_that_breaks_off_is_kept_nowhere() -> None:
    parts = Parts()
    parts.network.breaks_off = True

    with pytest.raises(Transient) as caught:
        await parts.get()
    assert not isinstance(caught.value, Truncated)
    assert "t0ken" not in f"{caught.value} {vars(caught.value)}"
    parts.network.breaks_off = False
    assert await parts.get() == [200]


async def test_redirect_of_the_token_endpoint_is_not_followed() -> None:
    parts = Parts()
    parts.network.grant = lambda: (307, {"location": "https://elsewhere.test/token"}, b"")

    with pytest.raises(Refused, match="answers 307"):
        await parts.get()
    assert parts.network.asked == []


async def test_token_goes_to_no_other_host() -> None:
    parts = Parts()
    await parts.client.get("https://elsewhere.test/next")

    (request,) = parts.network.asked
    assert "authorization" not in request.headers


async def test_secret_and_tokens_are_seen_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    parts = Parts()
    link = '<https://api.test/2?access=t0ken-2&was=t0ken-1>; rel="next"'
    await parts.get()
    parts.network.good = set()
    parts.network.answer = lambda request: (
        (200, {"link": link}, b"{}") if request.headers["authorization"].endswith("-2") else (401, {}, b"")
    )
    with caplog.at_level(logging.DEBUG):
        response = await parts.client.get(f"{API}/1")
    parts.network.grant = lambda: (400, {}, orjson.dumps({"error": f"{SECRET} t0ken-1 t0ken-2"}))
    parts.clock.advance(4000)
    error: CrosscurrentError | None = None
    try:
        await parts.get()
    except Refused as refused:
        error = refused

    shown = f"{response!r} {error!s} {error!r} {error and error.facts} {caplog.text} {parts.tokens!r}"
    assert response.status == 200
    assert error is not None
    for secret in (SECRET, "t0ken-1", "t0ken-2", "s3cret%2Fwith%3Asigns"):
        assert secret not in shown
        assert secret not in parts.client.redacted(f"{API}/x?y={secret}")


@pytest.mark.parametrize(
    ("said", "grant"),
    [
        ({"access_token": "t0ken", "token_type": "bearer", "expires_in": 60}, Grant("t0ken", 60.0)),
        ({"access_token": "t0ken", "token_type": "BEARER", "expires_in": 59.5}, Grant("t0ken", 59.5)),
        ({"access_token": "t0ken", "token_type": "bearer"}, Grant("t0ken", None)),
        ({"access_token": "t0ken", "token_type": "bearer", "expires_in": "60"}, Grant("t0ken", None)),
        ({"access_token": "t0ken", "token_type": "bearer", "expires_in": True}, Grant("t0ken", None)),
        ({"access_token": "t0ken", "token_type": "bearer", "expires_in": -1}, Grant("t0ken", None)),
        ({"access_token": "", "token_type": "bearer"}, None),
        ({"access_token": "t0ken\r\nx: y", "token_type": "bearer"}, None),
        ({"access_token": "t\N{SNOWMAN}ken", "token_type": "bearer"}, None),
        ({"access_token": 12345, "token_type": "bearer"}, None),
        ({"access_token": "t0ken"}, None),
    ],
)
def test_grant_is_read_as_far_as_it_can_be_used(said: object, grant: Grant | None) -> None:
    assert grant_in(orjson.dumps(said)) == grant


def test_secret_that_is_too_short_to_be_hidden_is_refused() -> None:
    with pytest.raises(WrongUse):
        ClientCredentialsGranting(AUTH, "app", "abc")


@pytest.mark.parametrize(
    ("settings", "lacking"),
    [
        ({}, ["CLIENT_ID", "CLIENT_SECRET"]),
        ({"token": "is-none-of-an-app"}, ["CLIENT_ID", "CLIENT_SECRET"]),
        ({"client_id": "app", "client_secret": ""}, ["CLIENT_SECRET"]),
        ({"client_id": "app", "client_secret": SECRET}, []),
    ],
)
def test_app_without_its_id_or_secret_is_told_which(settings: dict[str, str], lacking: list[str]) -> None:
    found = missing(CONNECTORS["spotify"], SourceSettings.model_validate(settings))

    assert found == [f"CROSSCURRENT_SOURCES__SPOTIFY__{name}" for name in lacking]
