"""How a credential goes onto a request: as a header, as a query parameter, or not at all (pure)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit


class Auth(Protocol):
    """Puts a credential onto a request; called once for each request to the vendor's own origin."""

    @property
    def required(self) -> bool:
        """Whether the vendor answers nothing without a credential."""
        ...

    @property
    def description(self) -> str:
        """How the vendor takes the credential, for people."""
        ...

    def url(self, url: str, secret: str) -> str:
        """Return the address with the credential."""
        ...

    def headers(self, secret: str) -> dict[str, str]:
        """Return the headers that carry the credential."""
        ...


class _OutsideTheAddress:
    __slots__ = ()

    def url(self, url: str, secret: str) -> str:
        """Return the address as it is."""
        del secret
        return url


class _Bearer(_OutsideTheAddress):
    __slots__ = ()

    def headers(self, secret: str) -> dict[str, str]:
        """Return the ``Authorization`` header with a token."""
        return {"authorization": f"Bearer {secret}"}


@dataclass(frozen=True, slots=True)
class BearerHeader(_Bearer):
    """``Authorization: Bearer …`` (RFC 6750 section 2.1)."""

    required: bool = False
    description: str = "bearer token"


@dataclass(frozen=True, slots=True)
class ClientCredentials(_Bearer):
    """A bearer token that the vendor grants for a client id and its secret (RFC 6749 section 4.4).

    ``access_token.AccessToken`` gets it and keeps it; ``headers`` takes the token, never the client's secret.

    Attributes:
        token_url: address of the token endpoint, where the settings name no other.
        lifetime_seconds: of a token whose grant does not say how long it lives.
        required: whether the vendor answers nothing without it.
        description: how the vendor takes the credential, for people.
    """

    token_url: str
    lifetime_seconds: float = 3600.0
    required: bool = True
    description: str = "client id and secret (OAuth client credentials)"


@dataclass(frozen=True, slots=True)
class AppInstallation:
    """A bearer token that the vendor grants to the installation of an app, which signs that it is the app.

    Attributes:
        path: of the request for a token, with ``{installation}`` in it.
        lifetime_seconds: of a token whose grant does not say how long it lives.
        description: how the vendor takes the credential, for people.
    """

    path: str
    lifetime_seconds: float = 3600.0
    description: str = "an app's id, its private key and the id of its installation"


@dataclass(frozen=True, slots=True)
class BasicHeader(_OutsideTheAddress):
    """``Authorization: Basic …`` (RFC 7617); the secret is ``id:secret``, each part quoted."""

    required: bool = True
    description: str = "id and secret"

    def headers(self, secret: str) -> dict[str, str]:
        """Return the ``Authorization`` header."""
        return {"authorization": f"Basic {b64encode(secret.encode()).decode()}"}


@dataclass(frozen=True, slots=True)
class HeaderKey(_OutsideTheAddress):
    """A key in a header of the vendor's own, such as ``X-Api-Key: …``.

    Attributes:
        name: of the header, lower case.
        prefix: what stands before the key, with its space; empty if nothing does.
        required: whether the vendor answers nothing without it.
    """

    name: str
    prefix: str = ""
    required: bool = True

    @property
    def description(self) -> str:
        """How the vendor takes the credential, for people."""
        return f"key in the header {self.name}"

    def headers(self, secret: str) -> dict[str, str]:
        """Return the header with the key."""
        return {self.name: f"{self.prefix}{secret}"}


@dataclass(frozen=True, slots=True)
class QueryKey:
    """A key in the query, such as ``appid=…``.

    Attributes:
        parameter: name of the query parameter.
        required: whether the vendor answers nothing without it.
    """

    parameter: str
    required: bool = True

    @property
    def description(self) -> str:
        """How the vendor takes the credential, for people."""
        return f"key in the query ({self.parameter})"

    def url(self, url: str, secret: str) -> str:
        """Return the address with the key as its last parameter, instead of one that a next page repeats."""
        parts = urlsplit(url)
        own = f"{self.parameter}="
        others = [pair for pair in parts.query.split("&") if pair and not pair.startswith(own)]
        return urlunsplit(parts._replace(query="&".join([*others, own + quote(secret, safe="")])))

    def headers(self, secret: str) -> dict[str, str]:
        """Return no header."""
        del secret
        return {}


@dataclass(frozen=True, slots=True)
class NoAuth(_OutsideTheAddress):
    """No credential."""

    required: bool = False
    description: str = "none"

    def headers(self, secret: str) -> dict[str, str]:
        """Return no header."""
        del secret
        return {}
