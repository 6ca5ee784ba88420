"""What came of one poll, where its request stands then, and how that is written down (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.kit.cost import Cost
from connectors.kit.event import Origin
from connectors.kit.quota import Remaining
from connectors.kit.state import RequestState
from crosscurrent.errors import CrosscurrentError
from schemas.records import ConnectorState

_ERROR_CHARACTERS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a request stands, and what that rests on.

    Attributes:
        state: after its last poll.
        vouch_offsets: ``topic-partition`` to the offset after the last event of this request, in the present
            life of the broker.
    """

    state: RequestState = field(default_factory=RequestState)
    vouch_offsets: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Polled:
    """What came of a poll.

    Attributes:
        standing: for the next one.
        outcome: ``ok``, ``unchanged``, ``throttled`` or ``failed``.
        error: what went wrong; ``None`` if nothing did.
        pause_seconds: how long the request must rest at least.
        cost: what the poll took.
        versions: of other requests' answers, as far as this one told them.
    """

    standing: Standing
    outcome: str
    error: CrosscurrentError | None
    pause_seconds: float
    cost: Cost
    versions: Mapping[str, str] = field(default_factory=dict)


def state_record(
    origin: Origin,
    state_key: str,
    polled: Polled,
    *,
    left: Remaining | None,
    cluster: str,
    started_at: datetime,
    duration_ms: int,
) -> ConnectorState:
    """Return the record of a poll that has ended.

    Args:
        origin: of its events.
        state_key: under which the state is kept.
        polled: what came of it.
        left: what is left of the quota; ``None`` if that is not known.
        cluster: life of the broker.
        started_at: when it began.
        duration_ms: how long it took.
    """
    cost = polled.cost
    return ConnectorState(
        tenant=origin.tenant,
        record_id=origin.poll_id,
        source=origin.source,
        request_key=state_key,
        state=polled.standing.state.to_json(),
        cluster=cluster if polled.standing.vouch_offsets else "",
        vouch_offsets=dict(polled.standing.vouch_offsets),
        started_at=started_at,
        duration_ms=duration_ms,
        requests=cost.requests,
        requests_counted=cost.requests_counted,
        not_modified=cost.not_modified,
        pages_unchanged=cost.pages_unchanged,
        retries=cost.retries,
        events=cost.events,
        bytes_received=cost.bytes_received,
        quota_remaining=None if left is None else left.remaining,
        outcome=polled.outcome,
        error=None if polled.error is None else str(polled.error)[:_ERROR_CHARACTERS_MAX],
    )
