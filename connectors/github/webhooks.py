"""GitHub's webhooks: which deliveries correspond to what is polled, and when that happened (pure).

Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from connectors.github.endpoints import WEBHOOK
from connectors.kit.webhooks.declaration import Delivery, Ignored, Webhooks
from crosscurrent.errors import Poison
from crosscurrent.settings import WEBHOOK_PORTS

PUSH: Final = "push"
ISSUES: Final = "issues"
PULL_REQUEST: Final = "pull_request"
RELEASE: Final = "release"
STAR: Final = "star"
FORK: Final = "fork"
WORKFLOW_RUN: Final = "workflow_run"
REPOSITORY: Final = "repository"

# where a delivery says when it happened; a star that was taken back says nothing
_HAPPENED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    PUSH: (("repository", "pushed_at"),),
    ISSUES: (("issue", "updated_at"),),
    PULL_REQUEST: (("pull_request", "updated_at"),),
    RELEASE: (("release", "updated_at"), ("release", "published_at"), ("release", "created_at")),
    STAR: (("starred_at",), ("repository", "updated_at")),
    FORK: (("forkee", "created_at"),),
    WORKFLOW_RUN: (("workflow_run", "updated_at"),),
    REPOSITORY: (("repository", "updated_at"),),
}
KINDS: Final = tuple(_HAPPENED)
_ID_CHARACTERS_MAX = 100


def read_delivery(
    headers: Mapping[str, str], payload: object, body: bytes, targets: Sequence[str]
) -> Delivery | Ignored:
    """Return what a delivery tells.

    Its ids are the delivery's own, which GitHub keeps when it sends again, and the digest of the body, which is what
    the signature covers: whoever replays a body can write another id into the header.

    Raises:
        Poison: it names no event, no delivery or no repository.
    """
    kind, delivery_id = headers.get("x-github-event", ""), headers.get("x-github-delivery", "")
    if kind == "ping":
        return Ignored("ping", "GitHub reaches us, and signs with our secret")
    if not kind or not delivery_id or len(delivery_id) > _ID_CHARACTERS_MAX:
        raise Poison(
            "a delivery without X-GitHub-Event or X-GitHub-Delivery",
            expected="both headers",
            todo="let the proxy in front pass all headers",
            source="github",
        )
    if kind not in _HAPPENED:
        return Ignored("other_kind", f"{kind[:40]} is not collected; of {', '.join(KINDS)}")
    repository = _text(payload, "repository", "full_name")
    if repository is None:
        raise Poison(
            f"a {kind} without repository.full_name",
            expected="an event of a repository",
            todo="look at the delivery at GitHub",
            source="github",
        )
    if not _is_watched(repository, targets):
        return Ignored("other_target", f"{repository[:120]} is not among the targets")
    digest = hashlib.sha256(body).hexdigest()
    happened_at = next((at for path in _HAPPENED[kind] if (at := _moment(payload, *path))), None)
    return Delivery((delivery_id, digest), f"{WEBHOOK}{kind}", repository.lower(), happened_at)


WEBHOOKS: Final = Webhooks(
    port=WEBHOOK_PORTS["github"], signature_header="x-hub-signature-256", read=read_delivery
)


def _is_watched(repository: str, targets: Sequence[str]) -> bool:
    owner = f"org:{repository.partition('/')[0]}".lower()
    return any(target.lower() in (repository.lower(), owner) for target in targets)


def _value(payload: object, *path: str) -> object:
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def _text(payload: object, *path: str) -> str | None:
    value = _value(payload, *path)
    return value if isinstance(value, str) and value else None


def _moment(payload: object, *path: str) -> datetime | None:
    value = _value(payload, *path)
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            # a push has its repository's times in seconds
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
