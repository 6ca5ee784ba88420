"""What the played vendors send by themselves: signed deliveries of what has happened, hour by hour.

GitHub sends once; what is not taken is lost. Notion sends again, with another attempt's number in the body. Faults are
asked for one by one: each spoils the next delivery. Notion, asked without a secret, makes one itself: it tells it to the
receiver, unsigned, and sends nothing else until somebody brings it back (``verification_token``).

Source: docs.github.com, "Webhook events and payloads" and "Validating webhook deliveries";
developers.notion.com/reference/webhooks and /reference/webhooks-events-delivery.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlsplit

import orjson
import structlog

from crosscurrent.errors import WrongUse

FAULTS = ("wrong-signature", "replay", "out-of-order", "duplicate")
FAULTS_PENDING_MAX = 1000
HOURS_TOLD_MAX = 48
"""Of a world that runs ahead of its deliveries, the last hours are told."""
NOTION_ATTEMPTS_MAX = 8
WAITING_MAX = 5000
TELLS_ITS_SECRET = "notion"
HANDSHAKE = "handshake"

_TICK_SECONDS = 0.1
_POST_SECONDS_MAX = 10.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a vendor tells.

    Attributes:
        identity: id of the delivery, or of the event.
        kind: the vendor's word for it.
        payload: body, as plain JSON data.
    """

    identity: str
    kind: str
    payload: dict[str, object]


class Tells(Protocol):
    """A vendor that tells what happened; pure."""

    def hour_at(self, now_seconds: float) -> int:
        """Return the hour that is shown at a virtual time."""
        ...

    def happenings(self, hour: int) -> list[Happening]:
        """Return what happened in an hour, in its order."""
        ...


@dataclass(slots=True)
class Hook:
    """Where a vendor sends.

    Attributes:
        vendor: name of the vendor.
        url: address of the receiver.
        secret: with which the vendor signs.
        verified: whether the receiver has shown that it has the secret.
        hour: the last hour that was told.
        faults: to be made, each of the next delivery.
        told: kinds of faults and ``sent``, to how often.
        last: the delivery before this one.
    """

    vendor: str
    url: str
    secret: str
    hour: int
    verified: bool = True
    faults: deque[str] = field(default_factory=deque)
    told: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    last: Happening | None = None
    waiting: deque[tuple[Happening, str, int]] = field(default_factory=deque)


class Hooks:
    """Sends what the vendors tell to those who asked for it.

    Args:
        vendors: what each vendor tells.
    """

    def __init__(self, vendors: Mapping[str, Tells]) -> None:
        self._vendors = vendors
        self._hooks: dict[str, Hook] = {}

    def __bool__(self) -> bool:
        """Return whether anybody has asked for deliveries."""
        return bool(self._hooks)

    def subscribe(self, request: Mapping[str, object], now_seconds: float) -> dict[str, object]:
        """Take what is asked for: ``vendor``, ``url``, ``secret``, and ``faults`` if wanted; return the state of the hook.

        Raises:
            WrongUse: a vendor that sends nothing, an address that is none, or an unknown fault.
        """
        vendor, url, secret = (str(request.get(name, "")) for name in ("vendor", "url", "secret"))
        if "verification_token" in request:
            return self._verify(vendor, str(request["verification_token"]))
        faults = request.get("faults", [])
        if vendor not in self._vendors:
            raise WrongUse(
                f"vendor {vendor!r}", expected=f"one of {', '.join(self._vendors)}", todo="correct it"
            )
        if not isinstance(faults, list) or not set(faults) <= set(FAULTS) or len(faults) > FAULTS_PENDING_MAX:
            raise WrongUse(
                f"faults {faults!r:.200}", expected=f"a list of {', '.join(FAULTS)}", todo="correct it"
            )
        hook = self._hooks.get(vendor)
        if hook is None or url:
            handshake = vendor == TELLS_ITS_SECRET and not secret
            secret = _made_secret(url) if handshake else secret
            if urlsplit(url).scheme != "http" or not secret:
                raise WrongUse(
                    "a hook without url or secret", expected="http://…, and a secret", todo="send both"
                )
            hour = self._vendors[vendor].hour_at(now_seconds)
            hook = self._hooks[vendor] = Hook(vendor, url, secret, hour, verified=not handshake)
            if handshake:
                hook.waiting.append(
                    (Happening(HANDSHAKE, HANDSHAKE, {"verification_token": secret}), secret, 1)
                )
        hook.faults.extend(str(fault) for fault in faults)
        return self.state()[vendor]

    def _verify(self, vendor: str, token: str) -> dict[str, object]:
        hook = self._hooks.get(vendor)
        if hook is None or not hmac.compare_digest(token.encode(), hook.secret.encode()):
            raise WrongUse(
                f"a verification_token of {vendor!r} that is not the one it told",
                expected="the token that the receiver was told",
                todo="read it where the receiver keeps it",
            )
        hook.verified = True
        return self.state()[vendor]

    def hook(self, vendor: str) -> Hook:
        """Return where a vendor sends."""
        return self._hooks[vendor]

    def state(self) -> dict[str, dict[str, object]]:
        """Return what was sent and answered, by vendor."""
        return {
            vendor: {
                "hour": hook.hour,
                "verified": hook.verified,
                "told": dict(hook.told),
                "answers": {str(status): count for status, count in hook.answers.items()},
                "waiting": len(hook.waiting),
            }
            for vendor, hook in self._hooks.items()
        }

    async def run(self, now_seconds: Callable[[], float]) -> None:
        """Send for ever.

        Args:
            now_seconds: returns the virtual time.
        """
        while True:
            for hook in list(self._hooks.values()):
                self.collect(hook.vendor, now_seconds())
                await self._send(hook)
            await asyncio.sleep(_TICK_SECONDS)

    def collect(self, vendor: str, now_seconds: float) -> None:
        """Let wait what has happened since the hour that was told last."""
        hook, tells = self._hooks[vendor], self._vendors[vendor]
        hour = tells.hour_at(now_seconds)
        for at in range(max(hook.hour + 1, hour - HOURS_TOLD_MAX + 1), hour + 1) if hook.verified else ():
            for happening in tells.happenings(at):
                if len(hook.waiting) < WAITING_MAX:
                    self._spoil(hook, happening)
        hook.hour = max(hook.hour, hour)

    def _spoil(self, hook: Hook, happening: Happening) -> None:
        fault = hook.faults.popleft() if hook.faults else ""
        hook.told[fault or "sent"] += 1
        secret = hook.secret
        if fault == "wrong-signature":
            # somebody else sends first
            hook.waiting.append((happening, f"not {secret}", 1))
        if fault == "out-of-order" and hook.waiting:
            hook.waiting.appendleft((happening, secret, 1))
        else:
            hook.waiting.append((happening, secret, 1))
        if fault == "duplicate":
            hook.waiting.append((happening, secret, 1))
        if fault == "replay" and hook.last is not None:
            # by somebody who has seen the body and its signature, and writes another id into the header
            hook.waiting.append((replace(hook.last, identity=f"replayed-{hook.told['replay']}"), secret, 1))
        hook.last = happening

    async def _send(self, hook: Hook) -> None:
        again: list[tuple[Happening, str, int]] = []
        while hook.waiting:
            happening, secret, attempt = hook.waiting.popleft()
            body, headers = written(hook.vendor, happening, secret, attempt)
            status = await asyncio.to_thread(_post, hook.url, body, headers)
            hook.answers[status] += 1
            if not 200 <= status < 300:
                _log.info("webhook_refused", vendor=hook.vendor, status=status, attempt=attempt)
                if hook.vendor == "notion" and status != 401 and attempt < NOTION_ATTEMPTS_MAX:
                    again.append((happening, secret, attempt + 1))
        hook.waiting.extend(again)


def written(vendor: str, happening: Happening, secret: str, attempt: int) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a delivery."""
    payload = happening.payload
    if happening.kind == HANDSHAKE:
        # there is nothing yet that it could be signed with
        return orjson.dumps(payload), {
            "content-type": "application/json",
            "user-agent": "notion-api-webhooks",
        }
    if vendor == "notion":
        payload = {**payload, "attempt_number": attempt}
    body = orjson.dumps(payload)
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "accept": "*/*"}
    if vendor == "notion":
        return body, {**headers, "user-agent": "notion-api-webhooks", "x-notion-signature": signature}
    return body, {
        **headers,
        "user-agent": "GitHub-Hookshot/played",
        "x-github-event": happening.kind,
        "x-github-delivery": happening.identity,
        "x-github-hook-id": "1",
        "x-hub-signature-256": signature,
    }


def _made_secret(url: str) -> str:
    return f"secret_{hashlib.sha256(url.encode()).hexdigest()[:43]}"


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_POST_SECONDS_MAX)
    try:
        connection.request("POST", parts.path, body, dict(headers))
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
