"""How the brokers are reached: their addresses, and what proves who is who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """Addresses and security of the brokers; as text, the addresses alone.

    Attributes:
        bootstrap_servers: ``host:port,…``.
        security: librdkafka's settings for encryption and authentication; they hold secrets.
    """

    bootstrap_servers: str
    security: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """Return the addresses."""
        return self.bootstrap_servers


Brokers = str | KafkaAccess
"""Brokers that are reached without more, by their addresses, or by way of a ``KafkaAccess``."""


def security_of(brokers: Brokers) -> Mapping[str, str]:
    """Return librdkafka's settings for encryption and authentication; empty if there is neither."""
    return brokers.security if isinstance(brokers, KafkaAccess) else {}
