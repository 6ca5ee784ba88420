"""How a vendor is asked for an access token, and what it grants; see ``installation`` for another way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

import httpx
import orjson

from connectors.kit.auth import BasicHeader, ClientCredentials
from connectors.kit.client import HttpClient, Response
from crosscurrent.redaction import secret_values

GRANT_BYTES_MAX = 64 * 1024

_TOKEN_CHARACTERS_MAX = 8192
_TOKEN_CHARACTERS_MIN = 4


@dataclass(frozen=True, slots=True)
class Grant:
    """A token as the vendor granted it.

    Attributes:
        token: the access token.
        lifetime_seconds: how long it lives; ``None`` if the vendor does not say.
    """

    token: str
    lifetime_seconds: float | None


class Granting(Protocol):
    """Asks a vendor for a token; ``ask`` is called for one token at a time, ``close`` comes last."""

    @property
    def settings(self) -> tuple[str, ...]:
        """Names of the settings that a refusal may be about."""
        ...

    @property
    def address_setting(self) -> str:
        """Name of the setting that leads to where tokens are granted."""
        ...

    @property
    def lifetime_seconds(self) -> float:
        """Of a token whose grant does not say how long it lives."""
        ...

    @property
    def secret_values(self) -> tuple[bytes, ...]:
        """What it is asked with, in the ways in which that may be written."""
        ...

    async def ask(self) -> Response:
        """Return the vendor's answer, whatever its status; raises as ``HttpClient.ask`` does."""
        ...

    def grant_in(self, response: Response) -> Grant | None:
        """Return the grant in a good answer, ``None`` if there is none that can be used."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class ClientCredentialsGranting:
    """Asks for a token with an app's id and secret.

    Args:
        auth: what the connector declares.
        client_id: the app's id.
        client_secret: the app's secret.
        token_url: address of the token endpoint; the declared one if ``None``.
        transport: takes the place of the network, for tests.

    Source: RFC 6749 sections 4.4, 5.1 and 5.2.
    """

    settings = ("client_id", "client_secret")
    address_setting = "token_url"

    def __init__(
        self,
        auth: ClientCredentials,
        client_id: str,
        client_secret: str,
        *,
        token_url: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.lifetime_seconds = auth.lifetime_seconds
        self._url = token_url or auth.token_url
        basic = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
        self._client = HttpClient(
            self._url, BasicHeader(), basic, body_bytes_max=GRANT_BYTES_MAX, transport=transport
        )
        self.secret_values = secret_values([client_secret, basic])

    async def ask(self) -> Response:
        """Return the answer of the token endpoint."""
        return await self._client.post_form(self._url, {"grant_type": "client_credentials"})

    def grant_in(self, response: Response) -> Grant | None:
        """Return the bearer token in an answer with status 200."""
        return grant_in(response.body) if response.status == httpx.codes.OK else None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def grant_in(body: bytes) -> Grant | None:
    """Return the grant in an answer of a token endpoint; ``None`` if there is none that can be used.

    A lifetime that is no positive number counts as not said: the token is there and works.
    """
    said = json_object(body)
    token, kind, lifetime = said.get("access_token"), said.get("token_type"), said.get("expires_in")
    if not is_token(token) or not isinstance(kind, str) or kind.lower() != "bearer":
        return None
    if isinstance(lifetime, bool) or not isinstance(lifetime, int | float) or lifetime <= 0:
        return Grant(str(token), None)
    return Grant(str(token), float(lifetime))


def json_object(body: bytes) -> dict[str, object]:
    """Return the JSON object that a body is; an empty one if it is none."""
    try:
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def is_token(token: object) -> bool:
    """Return whether a value can be a token in a header."""
    if not isinstance(token, str) or not _TOKEN_CHARACTERS_MIN <= len(token) <= _TOKEN_CHARACTERS_MAX:
        return False
    return token.isascii() and token.isprintable()
