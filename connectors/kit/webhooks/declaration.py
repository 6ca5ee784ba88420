"""What a connector declares of its vendor's webhooks (plain values)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that a vendor tells.

    Attributes:
        ids: what names the delivery; one whose id, any of them, was taken in before is a replay.
        endpoint: chooses the mapping of its payload.
        target: what it is about; with the endpoint it makes the request key.
        happened_at: when it happened by the vendor's word; ``None`` if the payload does not say.
        asks: endpoints and targets to be polled now, because the payload does not hold what has changed.
    """

    ids: tuple[str, ...]
    endpoint: str
    target: str
    happened_at: datetime | None = None
    asks: tuple[tuple[str, str], ...] = ()

    @property
    def request_key(self) -> str:
        """What keeps deliveries about the same thing in order."""
        return f"{self.endpoint}:{self.target}"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A delivery that is good and tells nothing that is collected.

    Attributes:
        reason: a word for metrics.
        detail: for people.
    """

    reason: str
    detail: str


ReadDelivery = Callable[[Mapping[str, str], object, bytes, Sequence[str]], Delivery | Ignored]
"""Takes headers (lower-case names), the JSON body, the body's bytes, and the targets that are watched.

Pure; raises ``Poison`` where the delivery does not fit. It is called for signed bodies only.
"""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How a vendor sends.

    Attributes:
        port: on which it is listened where the settings name none.
        signature_header: lower-case name of the header with the signature.
        read: says what a delivery is.
        token_field: field of the body with which the vendor tells the secret itself, once; empty if a person chooses it.
    """

    port: int
    signature_header: str
    read: ReadDelivery
    token_field: str = ""
