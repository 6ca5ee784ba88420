"""The settings that all librdkafka clients share, and the errors for a broker that is away or refuses."""

from __future__ import annotations

import logging
import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from crosscurrent.errors import CrosscurrentError, Fatal, ServerAway
from crosscurrent.kafka_access import Brokers, security_of

# librdkafka reports each refused connection on standard error; our own errors say it once
_LOGGER = logging.getLogger("crosscurrent.kafka.librdkafka")
_LOGGER.setLevel(logging.CRITICAL)

_USER = "sasl.username"
_ASK_SECONDS_MAX = 5.0
_POLL_SECONDS = 0.1
_REASON_CHARACTERS_MAX = 300

FORBIDDEN_CODES = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
"""What a broker answers a user without the right (ACL)."""


def client_config(bootstrap_servers: Brokers) -> dict[str, object]:
    """Return the librdkafka configuration with which every client begins."""
    return {
        "bootstrap.servers": str(bootstrap_servers),
        "client.id": "crosscurrent",
        "broker.address.family": "v4",
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
        "logger": _LOGGER,
        **security_of(bootstrap_servers),
    }


def broker_away(bootstrap_servers: Brokers, reason: object) -> CrosscurrentError:
    """Return the error for a broker that does not answer, or that lets this process not in or not do something.

    Where connections are secured and the reason does not tell, the brokers are asked once more for it: a refused
    handshake looks like a silent broker to whoever only asks for topics.
    """
    error = _kafka_error(reason)
    if error is not None and error.code() in FORBIDDEN_CODES:
        return forbidden(bootstrap_servers, error)
    if security_of(bootstrap_servers):
        error = _why_not_let_in(bootstrap_servers)
    if error is not None and error.code() in {
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
    }:
        return _not_authenticated(bootstrap_servers, error)
    if error is not None and error.code() == KafkaError._SSL:
        return _not_trusted(bootstrap_servers, error)
    return ServerAway(
        f"no Kafka broker answers at {bootstrap_servers} ({reason})",
        expected="a reachable Kafka broker",
        todo="start the embedded home with `crosscurrent up`, or set CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS",
        bootstrap_servers=str(bootstrap_servers),
    )


def forbidden(bootstrap_servers: Brokers, error: KafkaError, what: str = "") -> Fatal:
    """Return the error for a user without the right that an action needs.

    Args:
        bootstrap_servers: the brokers.
        error: what they answered.
        what: the topic or group, if it is known.
    """
    user = security_of(bootstrap_servers).get(_USER, "of this process")
    place = f" on {what}" if what else ""
    return Fatal(
        f"the Kafka at {bootstrap_servers} does not let the user {user} do this{place} ({error.str()})",
        expected="the rights (ACLs) that docs/how-to/use-your-own-kafka.md lists for each process",
        todo=f"let an administrator grant them to User:{user}",
        code=error.name(),
    )


def _not_authenticated(bootstrap_servers: Brokers, error: KafkaError) -> Fatal:
    security = security_of(bootstrap_servers)
    return Fatal(
        f"the Kafka at {bootstrap_servers} does not accept the user {security.get(_USER, '')} "
        f"({error.str()[:_REASON_CHARACTERS_MAX]})",
        expected=f"a user that it knows, by {security.get('sasl.mechanism', 'its certificate')}",
        todo="correct CROSSCURRENT_KAFKA__SASL_USERNAME, …__SASL_PASSWORD (or …_FILE) and …__SASL_MECHANISM",
        code=error.name(),
    )


def _not_trusted(bootstrap_servers: Brokers, error: KafkaError) -> Fatal:
    trusted = security_of(bootstrap_servers).get("ssl.ca.location", "the system's certificates")
    return Fatal(
        f"no trusted connection to the Kafka at {bootstrap_servers} ({error.str()[:_REASON_CHARACTERS_MAX]})",
        expected=f"a certificate for that host name, signed by one in {trusted}",
        todo="set CROSSCURRENT_KAFKA__SSL_CA_LOCATION to the file of the authority that signed the brokers' "
        "certificates, and name the brokers as their certificates do",
        code=error.name(),
    )


def _kafka_error(reason: object) -> KafkaError | None:
    if isinstance(reason, KafkaException) and reason.args and isinstance(reason.args[0], KafkaError):
        return reason.args[0]
    return reason if isinstance(reason, KafkaError) else None


def _why_not_let_in(bootstrap_servers: Brokers) -> KafkaError | None:
    """Return what goes wrong when a client connects, or None if nothing does or nothing tells."""
    told: list[KafkaError] = []
    telling = {KafkaError._AUTHENTICATION, KafkaError._SSL}
    admin = AdminClient({**client_config(bootstrap_servers), "error_cb": told.append})
    deadline = time.monotonic() + _ASK_SECONDS_MAX
    while time.monotonic() < deadline:
        admin.poll(_POLL_SECONDS)
        found = next((error for error in told if error.code() in telling), None)
        if found is not None:
            return found
    return None
