"""The settings that all librdkafka clients share, and the error for a broker that is away."""

from __future__ import annotations

import logging

from crosscurrent.errors import ServerAway

# librdkafka reports each refused connection on standard error; our own errors say it once
_LOGGER = logging.getLogger("crosscurrent.kafka.librdkafka")
_LOGGER.setLevel(logging.CRITICAL)


def client_config(bootstrap_servers: str) -> dict[str, object]:
    """Return the librdkafka configuration with which every client begins."""
    return {
        "bootstrap.servers": bootstrap_servers,
        "client.id": "crosscurrent",
        "broker.address.family": "v4",
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
        "logger": _LOGGER,
    }


def broker_away(bootstrap_servers: str, reason: object) -> ServerAway:
    """Return the error for a broker that does not answer."""
    return ServerAway(
        f"no Kafka broker answers at {bootstrap_servers} ({reason})",
        expected="a reachable Kafka broker",
        todo="start the embedded home with `crosscurrent up`, or set CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS",
        bootstrap_servers=bootstrap_servers,
    )
