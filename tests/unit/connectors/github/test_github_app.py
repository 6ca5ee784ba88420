"""A GitHub App against the played GitHub: its token is granted, renewed and shared, and seen nowhere."""

from __future__ import annotations

import logging
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from connectors.github.connector import GITHUB
from connectors.kit.check import check_source
from connectors.kit.errors import Refused
from connectors.kit.ledger import FOLDER
from connectors.kit.polled import Standing
from connectors.kit.poller import Poller
from connectors.kit.publisher import Publisher
from connectors.kit.signed_claim import SignedClaim
from connectors.kit.wiring import Asking, make_asking, missing
from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.github_api import GithubTerms
from crosscurrent.embedded.world.github_app import AppTerms
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings, SourceSettings
from tests.contract.connector_bench import MemoryBroker

TARGET = "quillfen-works/sailbench"
APP, INSTALLATION = "Iv23ofTheTests", "4711"


@cache
def key_pair() -> tuple[str, str]:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


class Recorded(httpx.AsyncBaseTransport):
    """The way to a world; keeps the requests and their answers' statuses."""

    def __init__(self, world: World) -> None:
        self._way = httpx.ASGITransport(create_app(world))
        self.requests: list[httpx.Request] = []
        self.statuses: list[int] = []
        self.tokens: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = await self._way.handle_async_request(request)
        self.statuses.append(response.status_code)
        if request.url.path.endswith("/access_tokens") and response.status_code == 201:
            body = await response.aread()
            self.tokens.append(orjson.loads(body)["token"])
            return httpx.Response(response.status_code, headers=response.headers, stream=_Whole(body))
        return response

    @property
    def grants(self) -> int:
        return sum(request.url.path.endswith("/access_tokens") for request in self.requests)


class _Whole(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


@dataclass
class Parts:
    """A connector that asks a played GitHub as an app."""

    asking: Asking
    poller: Poller
    way: Recorded
    clock: ManualClock
    broker: MemoryBroker

    async def poll(self) -> str:
        polled = await self.poller.poll(self.asking.polls[0], Standing())
        return polled.outcome if polled.error is None else f"{polled.error}"


def settings(**more: object) -> SourceSettings:
    given = {
        "base_url": "http://vendor.test/github",
        "client_id": APP,
        "private_key": key_pair()[0],
        "installation_id": INSTALLATION,
        "targets": (TARGET,),
    }
    return SourceSettings.model_validate(given | more)


@asynccontextmanager
async def app(
    terms: AppTerms | None = None, home: Path | None = None, **more: object
) -> AsyncIterator[Parts]:
    clock, broker = ManualClock(), MemoryBroker()
    scenario = default_scenario(1)
    known = terms or AppTerms(APP, key_pair()[1], INSTALLATION)
    time = VirtualTime(scenario.start_seconds, clock, speed=0)
    way = Recorded(World(scenario, time, WorldTerms(GithubTerms(app=known))))
    asking = make_asking(GITHUB, settings(**more), clock, transport=way, home=home)
    poller = Poller(
        GITHUB,
        base_url=asking.base_url,
        tenant="default",
        cluster="life-1",
        client=asking.client,
        fetcher=asking.fetcher,
        pacer=asking.pacer,
        publisher=Publisher("github", broker, broker.codec),
        clock=clock,
    )
    try:
        yield Parts(asking, poller, way, clock, broker)
    finally:
        await asking.close()


async def test_app_gets_a_token_of_its_installation_and_polls_with_it() -> None:
    async with app() as parts:
        assert await parts.poll() == "ok"
        assert await parts.poll() == "ok"

    grant, first, second = parts.way.requests
    assert (grant.method, grant.url.path) == (
        "POST",
        f"/github/app/installations/{INSTALLATION}/access_tokens",
    )
    assert grant.headers["x-github-api-version"] == "2022-11-28"
    assert {one.headers["authorization"] for one in (first, second)} == {f"Bearer {parts.way.tokens[0]}"}
    assert parts.asking.unchanged_is_free
    assert parts.asking.interval_seconds == GITHUB.interval_seconds


async def test_claim_says_who_and_how_long_as_github_wants_it() -> None:
    clock = ManualClock()
    header, claim, _ = SignedClaim(APP, key_pair()[0].replace("\n", "\\n"), clock).signed().split(".")
    now = int(clock.now_utc().timestamp())

    said = [orjson.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (header, claim)]
    assert said == [
        {"alg": "RS256", "typ": "JWT"},
        {"iss": APP, "iat": now - 60, "exp": now + 540},
    ]


async def test_token_is_renewed_before_its_hour_is_over() -> None:
    async with app() as parts:
        await parts.poll()
        parts.clock.advance(3600 - 61)
        await parts.poll()
        assert parts.way.grants == 1
        parts.clock.advance(2)
        assert await parts.poll() == "ok"

    assert parts.way.grants == 2
    assert 401 not in parts.way.statuses


async def test_token_that_ends_in_mid_run_is_renewed_and_the_poll_goes_on() -> None:
    terms = AppTerms(APP, key_pair()[1], INSTALLATION, token_requests_max=2)
    async with app(terms) as parts:
        assert [await parts.poll() for _ in range(5)] == ["ok"] * 5

    assert parts.way.statuses.count(401) == 2
    assert parts.way.grants == 3


async def test_installations_quota_is_one_whichever_token_asks(tmp_path: Path) -> None:
    async with (
        app(home=tmp_path) as parts,
        app(home=tmp_path) as others,
        app(AppTerms(), home=tmp_path, installation_id="4712") as strangers,
    ):
        for one in (parts, others, strangers):
            assert await one.poll() == "ok"
        assert parts.way.tokens != strangers.way.tokens

    budgets = {path.name.split(".")[0] for path in (tmp_path / FOLDER).iterdir()}
    assert len(budgets) == 2


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        (AppTerms("another"), "Integration not found"),
        (AppTerms(installation_id="1"), "Not Found"),
    ],
)
async def test_app_that_is_refused_says_which_settings_to_check(terms: AppTerms, says: str) -> None:
    async with app(terms) as parts:
        polled = await parts.poller.poll(parts.asking.polls[0], Standing())

    assert isinstance(polled.error, Refused)
    assert says in polled.error.found
    for name in ("CLIENT_ID", "PRIVATE_KEY", "INSTALLATION_ID"):
        assert f"CROSSCURRENT_SOURCES__GITHUB__{name}" in polled.error.todo


async def test_neither_key_nor_token_is_seen_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with app(AppTerms(APP, key_pair()[1], INSTALLATION, token_requests_max=1)) as parts:
        for _ in range(3):
            await parts.poll()
        shown = repr(parts.broker.messages) + caplog.text + repr(parts.asking) + repr(settings())

    assert parts.way.tokens
    lines = [line for line in key_pair()[0].splitlines() if not line.startswith("-")]
    assert [secret for secret in (*parts.way.tokens, *lines) if secret in shown] == []


def test_key_that_is_none_is_refused_without_being_quoted() -> None:
    with pytest.raises(WrongUse) as refused:
        SignedClaim(APP, "-----BEGIN nonsense-----", ManualClock())

    assert "nonsense" not in str(refused.value)
    assert "PRIVATE_KEY_FILE" in refused.value.todo


@pytest.mark.parametrize("left_out", ["client_id", "private_key", "installation_id"])
def test_check_says_what_an_app_lacks(left_out: str, tmp_path: Path) -> None:
    given = settings().model_dump() | {left_out: None}
    lacking = missing(GITHUB, SourceSettings.model_validate(given))
    assert lacking == [f"CROSSCURRENT_SOURCES__GITHUB__{left_out.upper()}"]

    result = check_source(
        GITHUB,
        Settings.model_validate({"home": tmp_path, "sources": {"github": given}}),
    )

    assert isinstance(result.error, WrongUse)
    assert left_out.upper() in result.error.found
