"""The one place where Faust apps are made.

Faust's known traps are avoided by construction (trackers of faust-streaming): concurrency is 1 and events are
acknowledged by our own checkpoints (issue 606); its exactly-once flag stays off (136, 177, 323, 440, 517); its
tables are not used, so neither changelog recovery (373, 176, 596, 597, 651) nor RocksDB is in play.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import faust

# Faust imports itself when something of it is first used; a worker is to do that before it connects to anything
import faust.app.base
import faust.auth
import faust.transport.drivers.aiokafka

from crosscurrent.errors import WrongUse
from crosscurrent.settings import KafkaSettings, Settings

_BUFFERED_EVENTS_MAX = 1024
_COMMIT_INTERVAL_SECONDS = 0.5
_HEARTBEATS_PER_SESSION = 3.0
_FETCH_BYTES_MAX = 8 * 1024 * 1024


def consumer_group(processor: str) -> str:
    """Return the consumer group of a processor."""
    return f"crosscurrent-{processor}"


def make_app(processor: str, settings: Settings) -> faust.App:
    """Return the Faust app of one processor, with a consumer group of its own.

    Raises:
        WrongUse: the home cannot be written, or a certificate cannot be read.
    """
    session_seconds = settings.kafka.session_timeout_seconds
    return faust.App(
        consumer_group(processor),
        broker="kafka://" + settings.bootstrap_servers.replace(",", ";"),
        **_membership(settings.kafka),
        broker_session_timeout=session_seconds,
        broker_heartbeat_interval=session_seconds / _HEARTBEATS_PER_SESSION,
        broker_commit_interval=_COMMIT_INTERVAL_SECONDS,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=_FETCH_BYTES_MAX,
        stream_buffer_maxsize=_BUFFERED_EVENTS_MAX,
        stream_wait_empty=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        store="memory://",
        datadir=str(_data_directory(processor, settings)),
    )


def _membership(kafka: KafkaSettings) -> dict[str, Any]:
    """Return who this process is to the brokers: its user, and its place in the group."""
    membership: dict[str, Any] = {}
    if kafka.instance_id is not None:
        membership["consumer_group_instance_id"] = kafka.instance_id
    credentials = _credentials(kafka)
    if credentials is not None:
        membership["broker_credentials"] = credentials
    return membership


def _credentials(kafka: KafkaSettings) -> faust.auth.Credentials | None:
    if kafka.bootstrap_servers is None or kafka.security_protocol == "PLAINTEXT":
        return None
    context = _ssl_context(kafka) if kafka.security_protocol.endswith("SSL") else None
    if context is not None and kafka.security_protocol == "SSL":
        return faust.SSLCredentials(context)
    return faust.SASLCredentials(
        username=kafka.sasl_username,
        password=kafka.sasl_password.get_secret_value() if kafka.sasl_password else None,
        ssl_context=context,
        mechanism=kafka.sasl_mechanism,
    )


def _ssl_context(kafka: KafkaSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=kafka.ssl_ca_location)
        if kafka.ssl_certificate_location is not None:
            password = kafka.ssl_key_password.get_secret_value() if kafka.ssl_key_password else None
            context.load_cert_chain(kafka.ssl_certificate_location, kafka.ssl_key_location, password)
    except OSError as error:
        raise WrongUse(
            f"the certificates for Kafka cannot be read ({error.strerror or error})",
            expected="files in PEM format that this user may read",
            todo="correct CROSSCURRENT_KAFKA__SSL_CA_LOCATION, …__SSL_CERTIFICATE_LOCATION, …__SSL_KEY_LOCATION",
        ) from error
    return context


def _data_directory(processor: str, settings: Settings) -> Path:
    """Return the directory that Faust insists on; without tables nothing is kept in it."""
    directory = settings.home / "run" / f"faust-{processor}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(
            f"{directory} cannot be made: {error.strerror}",
            expected="a home that this user may write to",
            todo="set CROSSCURRENT_HOME to such a directory",
        ) from error
    return directory
