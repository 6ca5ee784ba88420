"""The HTTP client: redirects, credentials and what may be seen of them."""

from __future__ import annotations

import httpx
import pytest

from connectors.kit.auth import Auth, BearerHeader, NoAuth, QueryKey
from connectors.kit.client import REDIRECTS_MAX, HttpClient
from connectors.kit.errors import Refused, TooLarge, Truncated
from crosscurrent.errors import Poison, Transient
from tests.contract.connector_bench import Answer, Vendor

BASE = "https://api.test"
SECRET = "k3y/with+signs"


def client(
    vendor: httpx.AsyncBaseTransport, auth: Auth | None = None, body_bytes_max: int = 1000
) -> HttpClient:
    return HttpClient(BASE, auth or BearerHeader(), SECRET, transport=vendor, body_bytes_max=body_bytes_max)


def redirecting(to: str) -> Vendor:
    def answer(request: httpx.Request) -> Answer:
        first = request.url.path == "/old"
        return (301, {"location": to}, b"") if first else (200, {"X-Kind": "new"}, b"here")

    return Vendor(answer)


async def test_client_follows_a_redirect_and_counts_it() -> None:
    vendor = redirecting("/new")
    response = await client(vendor).get(f"{BASE}/old")

    assert (response.status, response.body, response.requests) == (200, b"here", 2)
    assert response.headers["x-kind"] == "new"
    assert [request.headers["authorization"] for request in vendor.requests] == [f"Bearer {SECRET}"] * 2


async def test_client_gives_its_credential_to_no_other_host() -> None:
    for auth in (BearerHeader(), QueryKey("key")):
        vendor = redirecting("https://elsewhere.test/new")
        await client(vendor, auth).get(f"{BASE}/old")

        assert "authorization" not in vendor.requests[1].headers
        assert str(vendor.requests[1].url) == "https://elsewhere.test/new"


async def test_client_gives_up_endless_redirects() -> None:
    vendor = Vendor(lambda request: (302, {"location": f"{request.url.path}x"}, b""))

    with pytest.raises(Refused, match="redirects"):
        await client(vendor).get(f"{BASE}/old")
    assert len(vendor.requests) == REDIRECTS_MAX + 1


async def test_client_leaves_a_redirect_alone_when_told() -> None:
    response = await client(redirecting("/new")).get(f"{BASE}/old", follow=False)

    assert response.status == 301


async def test_query_key_stands_once_and_is_never_seen() -> None:
    link = f'<{BASE}/a?key=k3y%2Fwith%2Bsigns&page=2>; rel="next"'
    vendor = Vendor(lambda _: (200, {"link": link}, b"{}"))
    asking = client(vendor, QueryKey("key"))

    response = await asking.get(f"{BASE}/a?page=1")
    await asking.get(asking.without_credential(f"{BASE}/a?key=k3y%2Fwith%2Bsigns&page=2"))

    assert str(vendor.requests[0].url) == f"{BASE}/a?page=1&key=k3y%2Fwith%2Bsigns"
    assert vendor.requests[1].url.query.count(b"key=") == 1
    assert "k3y" not in repr(response)
    assert "k3y" not in asking.redacted(f"{BASE}/a?key=k3y%2Fwith%2Bsigns")


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadError, httpx.RemoteProtocolError, httpx.ProxyError],
)
async def test_client_says_what_failed_without_the_secret(error: type[httpx.TransportError]) -> None:
    def answer(request: httpx.Request) -> Answer:
        raise error(f"something about {request.url}")

    with pytest.raises(Transient, match=error.__name__) as failed:
        await client(Vendor(answer), QueryKey("key")).get(f"{BASE}/a")
    assert "k3y" not in repr(failed.value)
    assert failed.value.__cause__ is None


async def test_client_keeps_what_came_of_a_body_that_ended_early() -> None:
    class Breaking(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            yield b"the first half"
            raise httpx.RemoteProtocolError("peer closed connection")

    class Half(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=Breaking())

    with pytest.raises(Truncated) as failed:
        await client(Half()).get(f"{BASE}/a")
    assert failed.value.partial == b"the first half"


async def test_client_bounds_a_body() -> None:
    with pytest.raises(TooLarge):
        await client(Vendor(lambda _: (200, {}, b"x" * 101)), body_bytes_max=100).get(f"{BASE}/a")


async def test_client_keeps_no_cookies() -> None:
    vendor = Vendor(lambda _: (200, {"set-cookie": "a=b; path=/"}, b""))
    asking = client(vendor)
    await asking.get(f"{BASE}/a")
    await asking.get(f"{BASE}/a")

    assert "cookie" not in vendor.requests[1].headers


@pytest.mark.parametrize("url", ["ftp://api.test/a", "https://[::bad/"])
async def test_client_refuses_an_address_that_is_none(url: str) -> None:
    with pytest.raises(Poison, match="the address"):
        await HttpClient(BASE, NoAuth(), None).get(url)
