"""Who may ask: the one user, and no web page of another site."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from crosscurrent.embedded.clickhouse.failure import Failure
from crosscurrent.embedded.clickhouse.request import Request


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask.

    Attributes:
        user: the one user's name.
        password: its password; empty lets everyone in who knows the name.
        host: the name or address the server listens on.
    """

    user: str
    password: str
    host: str

    def check_origin(self, headers: Mapping[str, str]) -> None:
        """Return if the request can come from a program on this machine.

        A page on the web can make a browser send requests here, also under a name of its own that it lets point to
        127.0.0.1; such a request names that page's host or origin.

        Raises:
            Failure: the host or the origin is a name of another site.
        """
        host = headers.get("host", "")
        if host and not self._is_here(urlsplit(f"//{host}").hostname or ""):
            raise Failure(497, f"Host '{host}' is not a name of this server", "ACCESS_DENIED")
        origin = headers.get("origin", "")
        if origin and not self._is_here(urlsplit(origin).hostname or ""):
            raise Failure(497, f"Requests from pages of '{origin}' are refused", "ACCESS_DENIED")

    def check_credentials(self, request: Request) -> None:
        """Return if user and password are right.

        Raises:
            Failure: they are not; code 194 if none were given, else 516.
        """
        given = request.credentials
        if self.password and not given.password and not request.headers.get("authorization"):
            raise Failure(
                194, f"{given.user}: Authentication failed: the user needs a password", "REQUIRED_PASSWORD"
            )
        right = given.user == self.user and (
            not self.password or hmac.compare_digest(given.password.encode(), self.password.encode())
        )
        if not right:
            raise Failure(
                516,
                f"{given.user}: Authentication failed: password is incorrect, or there is no user with such name",
                "AUTHENTICATION_FAILED",
            )

    def _is_here(self, name: str) -> bool:
        if name in {"localhost", self.host} or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        # an address cannot be rebound to another
        return True
