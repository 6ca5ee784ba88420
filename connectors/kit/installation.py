"""How an app gets the token of one of its installations: by a claim that it signs with its private key.

It is apart from ``granting`` because it is the only part that needs a library for keys, which takes time and memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

from connectors.kit.auth import AppInstallation, BearerHeader
from connectors.kit.client import HttpClient, Response
from connectors.kit.granting import GRANT_BYTES_MAX, Grant, is_token, json_object
from connectors.kit.quota import vendor_seconds
from connectors.kit.signed_claim import SignedClaim
from crosscurrent.clock import Clock
from crosscurrent.redaction import secret_values


class InstallationGranting:
    """Asks for the token of an app's installation, with a claim that the app's private key signs.

    Args:
        auth: what the connector declares.
        base_url: of the vendor.
        app_id: the app's id.
        private_key: the app's, PEM.
        installation_id: of the app at an account.
        clock: the time.
        headers: of every request.
        transport: takes the place of the network, for tests.

    Raises:
        WrongUse: the key is none.

    Source: docs.github.com, "Generating an installation access token for a GitHub App".
    """

    settings = ("client_id", "private_key", "installation_id")
    address_setting = "base_url"

    def __init__(
        self,
        auth: AppInstallation,
        base_url: str,
        app_id: str,
        private_key: str,
        installation_id: str,
        clock: Clock,
        *,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.lifetime_seconds = auth.lifetime_seconds
        self._claim = SignedClaim(app_id, private_key, clock)
        self._url = base_url.rstrip("/") + auth.path.format(installation=quote(installation_id, safe=""))
        self._base_url, self._headers, self._transport = base_url, headers, transport
        self.secret_values = secret_values([private_key, private_key.replace("\n", "\\n")])

    async def ask(self) -> Response:
        """Return the answer to a request for a token; a claim is good for minutes only, so each has its own."""
        client = HttpClient(
            self._base_url,
            BearerHeader(),
            self._claim.signed(),
            headers=self._headers,
            body_bytes_max=GRANT_BYTES_MAX,
            transport=self._transport,
        )
        try:
            return await client.ask(self._url, body=b"{}", follow=False)
        finally:
            await client.close()

    def grant_in(self, response: Response) -> Grant | None:
        """Return the token in an answer with status 201; it lives until ``expires_at`` by the vendor's clock."""
        said = json_object(response.body)
        token = said.get("token")
        if response.status != httpx.codes.CREATED or not is_token(token):
            return None
        return Grant(str(token), _seconds_until(said.get("expires_at"), response.headers.get("date")))

    async def close(self) -> None:
        """Do nothing: no connection is kept for a request an hour."""


def _seconds_until(moment: object, date: str | None) -> float | None:
    now = vendor_seconds(date)
    try:
        until = datetime.fromisoformat(moment) if isinstance(moment, str) else None
    except ValueError:
        return None
    if until is None or now is None:
        return None
    seconds = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now
    return seconds if seconds > 0 else None
