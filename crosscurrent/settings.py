"""The one module that reads the environment.

Settings come from the environment (prefix ``CROSSCURRENT_``, nesting by ``__``), a ``.env`` file, or
``crosscurrent.toml`` in the working directory; the later ones yield to the earlier. A secret may also be the content of a
file, whose path is set instead (``…__TOKEN_FILE``), or an entry of the system's keyring (``keyring:service/name``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from crosscurrent.errors import WrongUse
from crosscurrent.kafka_access import KafkaAccess
from crosscurrent.secret_reference import BadReference, resolved

EMBEDDED_HOST = "127.0.0.1"
WEBHOOK_PORTS = {"github": 8091, "notion": 8092}
"""Where it is listened for webhooks of the sources that send them, if the settings name no port."""


_HOUR_MS = 3_600_000
_BAD_REFERENCE: Literal["bad_reference"] = "bad_reference"


SOURCES_PREFIX = "CROSSCURRENT_SOURCES__"
"""Begins the environment variable of every source's setting."""


def source_variable(source: str, name: str) -> str:
    """Return the environment variable of a source's setting.

    Args:
        source: name of the source.
        name: field of ``SourceSettings``.
    """
    return f"{SOURCES_PREFIX}{source.upper()}__{name.upper()}"


class Section(BaseModel):
    """A group of settings: frozen, and a name it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _take_secrets(cls, given: object) -> object:
        """Put the secrets in place of what refers to them."""
        if not isinstance(given, Mapping):
            return given
        try:
            return resolved(given, [name for name, field in cls.model_fields.items() if is_secret(field)])
        except BadReference as error:
            facts = {
                "field": error.field,
                "found": error.found,
                "expected": error.expected,
                "todo": error.todo,
            }
            raise PydanticCustomError(_BAD_REFERENCE, "{found}", facts) from None


def is_secret(field: FieldInfo) -> bool:
    """Return whether a field holds a secret."""
    return field.annotation is SecretStr or SecretStr in get_args(field.annotation)


class KafkaSettings(Section):
    """Where Kafka is and how it is used."""

    bootstrap_servers: str | None = Field(
        None, description="Kafka brokers as host:port,…; without it `up` starts the embedded broker."
    )
    embedded_port: int = Field(9092, ge=1, le=65535, description="Port of the embedded broker on loopback.")
    partitions: int = Field(1, ge=1, le=1024, description="Partitions of each topic that is created.")
    replication_factor: int = Field(1, ge=1, le=9, description="Replicas of each topic that is created.")
    min_insync_replicas: int | None = Field(
        None,
        ge=1,
        le=9,
        description="Replicas that must have a message before it is acknowledged; the brokers' default if not set.",
    )
    retention_hours: float | None = Field(
        None,
        gt=0,
        description="How long messages are kept on topics that are not compacted; longer than the sink may be "
        "away. The brokers' default if not set.",
    )
    retention_bytes_max: int | None = Field(
        None,
        ge=1024 * 1024,
        description="Bytes kept of each partition that is not compacted; the brokers' default if not set.",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="Whether connections are encrypted (SSL) and users authenticated (SASL)."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="How a user is authenticated."
    )
    sasl_username: str | None = Field(None, description="User on the brokers.")
    sasl_password: SecretStr | None = Field(None, description="Password of that user.")
    ssl_ca_location: Path | None = Field(
        None, description="File of the certificates that are trusted (PEM); the system's if not set."
    )
    ssl_certificate_location: Path | None = Field(
        None, description="File of this process's own certificate (PEM), where the brokers ask for one."
    )
    ssl_key_location: Path | None = Field(None, description="File of that certificate's key (PEM).")
    ssl_key_password: SecretStr | None = Field(None, description="Password of that key, if it has one.")
    instance_id: str | None = Field(
        None,
        min_length=1,
        description="Name of this process among those of its consumer group, another for each; with it a "
        "restart within the session timeout moves no partitions (static membership).",
    )
    session_timeout_seconds: float = Field(
        6.0,
        gt=0,
        le=300,
        description="How long a silent group member is kept; the embedded broker makes "
        "a join wait half of it.",
    )
    delivery_timeout_seconds: float = Field(
        60.0, gt=0, description="How long a producer tries before a publish has failed."
    )
    embedded_heap_bytes_max: int = Field(
        512 * 1024 * 1024,
        ge=128 * 1024 * 1024,
        description="Java heap of the embedded Apache Kafka (`up --broker kafka`).",
    )
    embedded_memory_bytes_max: int = Field(
        768 * 1024 * 1024,
        ge=32 * 1024 * 1024,
        description="Resident size at which the embedded in-memory broker is drained and rolled over.",
    )

    @model_validator(mode="after")
    def _has_a_user_where_one_is_authenticated(self) -> Self:
        if self.security_protocol.startswith("SASL_") and not (self.sasl_username and self.sasl_password):
            raise ValueError(f"{self.security_protocol} needs SASL_USERNAME and SASL_PASSWORD")
        if (self.ssl_certificate_location is None) != (self.ssl_key_location is None):
            raise ValueError("SSL_CERTIFICATE_LOCATION and SSL_KEY_LOCATION go together")
        return self

    @model_validator(mode="after")
    def _has_replicas_enough_to_write(self) -> Self:
        if (self.min_insync_replicas or 0) > self.replication_factor:
            raise ValueError("MIN_INSYNC_REPLICAS is more than REPLICATION_FACTOR: nothing could be written")
        return self

    def topic_config(self, *, compacted: bool) -> dict[str, str]:
        """Return Kafka's settings of a topic, without those that are left to the brokers.

        Source: https://kafka.apache.org/documentation/#topicconfigs
        """
        config = {"cleanup.policy": "compact" if compacted else "delete"}
        if self.min_insync_replicas is not None:
            config["min.insync.replicas"] = str(self.min_insync_replicas)
        if self.retention_hours is not None and not compacted:
            config["retention.ms"] = str(int(self.retention_hours * _HOUR_MS))
        if self.retention_bytes_max is not None and not compacted:
            config["retention.bytes"] = str(self.retention_bytes_max)
        return config

    def security(self) -> dict[str, str]:
        """Return librdkafka's settings for encryption and authentication; empty if there is neither.

        Source: https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md
        """
        if self.security_protocol == "PLAINTEXT":
            return {}
        given = {
            "security.protocol": self.security_protocol,
            "ssl.ca.location": self.ssl_ca_location,
            "ssl.certificate.location": self.ssl_certificate_location,
            "ssl.key.location": self.ssl_key_location,
            "ssl.key.password": self.ssl_key_password and self.ssl_key_password.get_secret_value(),
        }
        if self.security_protocol.startswith("SASL_"):
            given |= {
                "sasl.mechanism": self.sasl_mechanism,
                "sasl.username": self.sasl_username,
                "sasl.password": self.sasl_password and self.sasl_password.get_secret_value(),
            }
        return {name: str(value) for name, value in given.items() if value}


class SchemaRegistrySettings(Section):
    """Where the schema registry is."""

    url: str | None = Field(None, description="Schema registry; without it `up` starts the embedded one.")
    embedded_port: int = Field(8081, ge=1, le=65535, description="Port of the embedded registry on loopback.")


class ClickHouseSettings(Section):
    """Where ClickHouse is (its HTTP interface)."""

    url: str | None = Field(
        None, description="ClickHouse HTTP address; without it `up` starts the embedded one."
    )
    embedded_port: int = Field(
        8123, ge=1, le=65535, description="Port of the embedded ClickHouse on loopback."
    )
    user: str = Field("default", description="ClickHouse user.")
    password: SecretStr = Field(SecretStr(""), description="ClickHouse password.")
    database: str = Field(
        "crosscurrent", description="Database of all tables.", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"
    )


class LiveSettings(Section):
    """The live page."""

    port: int = Field(8080, ge=0, le=65535, description="Port of the live page on loopback.")


class MetricsSettings(Section):
    """Metrics and health of a process."""

    host: str = Field(
        EMBEDDED_HOST, description="Address of /metrics, /livez and /readyz; 0.0.0.0 inside a container."
    )
    port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port of /metrics, /livez and /readyz; first free from 9464 if not set.",
    )


class SourceSettings(Section):
    """How one source is polled."""

    enabled: bool = Field(False, description="Whether `up` polls this source.")
    base_url: str | None = Field(None, description="Base address of the API; the vendor's own if not set.")
    token: SecretStr | None = Field(
        None, description="The credential: a token or a key, as the vendor calls it."
    )
    client_id: str | None = Field(
        None, description="The app's id, where the vendor grants tokens to an app (Spotify, a GitHub App)."
    )
    client_secret: SecretStr | None = Field(None, description="The secret that belongs to `client_id`.")
    private_key: SecretStr | None = Field(
        None,
        description="The private key of a GitHub App, PEM; with it, `client_id` and `installation_id` the connector asks "
        "as the app instead of with `token`.",
    )
    installation_id: str | None = Field(
        None,
        max_length=64,
        pattern=r"^[0-9A-Za-z_-]+$",
        description="The installation of the GitHub App at an account: the number at the end of its settings' address.",
    )
    token_url: str | None = Field(
        None, description="Address that grants tokens for `client_id`; the vendor's own if not set."
    )
    webhook_secret: SecretStr | None = Field(
        None,
        description="Secret with which the vendor signs its webhooks (GitHub, Notion); with it the connector listens.",
    )
    webhook_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port on which the connector listens for webhooks; the source's own if not set.",
    )
    webhook_host: str = Field(
        EMBEDDED_HOST,
        description="Address on which the connector listens for webhooks; 0.0.0.0 inside a container.",
    )
    contact: str | None = Field(
        None,
        max_length=200,
        pattern=r"^[!-~ ]*(?:@|://)[!-~ ]*$",
        description="A mail or web address for the User-Agent, for vendors that ask who is calling.",
    )
    poll_interval_seconds: float | None = Field(
        None,
        gt=0,
        description="Seconds between polls, at least; if not set, the connector's own choice, from which it "
        "stretches the polls of what seldom changes.",
    )
    poll_interval_seconds_max: float | None = Field(
        None,
        gt=0,
        description="Seconds to which the polls of what seldom changes are stretched at most. Without it a "
        "`poll_interval_seconds` that is set is kept to.",
    )
    requests_per_minute_max: float | None = Field(
        None,
        gt=0,
        description="Requests a minute that the vendor's plan allows; the documented ones if not set.",
    )
    recordings_url: str | None = Field(
        None,
        description="Address of a player of recorded exchanges; each recorded exchange is fetched once "
        "instead of polling the vendor.",
    )
    targets: tuple[str, ...] = Field(
        (),
        description="What to watch: repositories and organisations, cities, creatures; see the source's README.",
    )


def webhook_port_of(name: str, source: SourceSettings) -> int | None:
    """Return the port on which a source's webhooks are awaited; ``None`` if neither a secret nor a port is set."""
    if source.webhook_port is None and source.webhook_secret is None:
        return None
    return WEBHOOK_PORTS.get(name) if source.webhook_port is None else source.webhook_port


class SpoolSettings(Section):
    """What connectors keep on disk while the broker is away."""

    bytes_max: int = Field(
        256 * 1024 * 1024,
        ge=0,
        description="Bytes on disk for a source at most; 0 rests as soon as the broker is away.",
    )
    key: SecretStr | None = Field(
        None,
        description="Key with which the spool is encrypted (AES-256-GCM); plain, for this user only, if not set.",
    )


class CorrelateSettings(Section):
    """The rolling correlation."""

    step_seconds: float = Field(3600.0, gt=0, description="Grid step in event time.")
    window_steps: int = Field(256, ge=32, le=4096, description="Steps in a window.")
    hop_steps: int | None = Field(
        None, ge=1, description="Steps between windows; an eighth of the window if not set."
    )
    lag_steps_max: int = Field(
        12, ge=0, le=128, description="Largest lag searched, in steps, in both directions."
    )
    false_discovery_rate: float = Field(
        0.05, gt=0, lt=1, description="False-discovery rate over the pairs of a window."
    )
    series_count_max: int = Field(
        2000, ge=2, description="Series kept; further ones are refused and counted."
    )
    lateness_steps: int = Field(
        1,
        ge=0,
        le=4096,
        description="Steps by which event time must have passed a window before it is closed.",
    )
    late_policy: Literal["accept", "dead-letter"] = Field(
        "accept",
        description="What late observations do: `accept` tells the closed windows anew, as a further revision; "
        "`dead-letter` leaves these windows as they are and tells of it on `dead-letter.correlate`.",
    )
    late_steps_max: int | None = Field(
        None,
        ge=0,
        le=16_384,
        description="How far behind the last window closed one is told anew, in steps; a quarter of the window if not set.",
    )
    pairs_published_max: int = Field(
        2000, ge=1, description="Pairs published for a window, the smallest p first."
    )


class DetectSettings(Section):
    """The online detector."""

    alarms_per_1000_points: float = Field(
        0.25, gt=0, le=100, description="Alarms asked for in 1,000 ordinary points of a series."
    )
    alarms_per_year: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="Alarms asked for in a year of each ordinary series, by its own step; takes the place of "
        "alarms_per_1000_points.",
    )
    series_count_max: int = Field(
        20000, ge=1, description="Series kept; further ones are refused and counted."
    )


class DriftSettings(Section):
    """The watch over the shape of payloads."""

    warm_up_payloads: int = Field(
        20, ge=2, le=10_000, description="Payloads of an endpoint that are only learned from."
    )
    payloads_per_false_alarm: float = Field(
        1e6, ge=100, description="Mean payloads between two false alarms of a path, at least."
    )


class WorkerSettings(Section):
    """The stream processors."""

    event_ahead_seconds_max: float = Field(
        86_400.0,
        ge=0,
        description="How far after its arrival a measurement may claim to have been made; one that claims more is "
        "left out and told on `dead-letter.normalise`. A day covers time zones and periods stamped by their end.",
    )

    stall_seconds_max: float = Field(
        60.0,
        gt=0,
        description="How long nothing may come while messages wait, before the worker starts again.",
    )
    checkpoint_interval_seconds: float = Field(
        2.0, gt=0, description="Least time between two checkpoints of state."
    )
    checkpoint_bytes_per_second_max: int = Field(
        256 * 1024, ge=1024, description="Rate above which checkpoints are spaced further apart."
    )
    events_unacknowledged_max: int = Field(
        2000, ge=1, description="Events taken in between two checkpoints at most."
    )


class SinkSettings(Section):
    """The ClickHouse sink."""

    batch_rows_max: int = Field(50_000, ge=1, description="Rows after which a batch is written.")
    batch_bytes_max: int = Field(
        32 * 1024 * 1024, ge=1024, description="Message bytes after which a batch is written."
    )
    batch_interval_seconds: float = Field(0.5, gt=0, description="Age at which a batch is written.")


class Settings(BaseSettings):
    """All settings of a process."""

    model_config = SettingsConfigDict(
        env_prefix="CROSSCURRENT_",
        env_nested_delimiter="__",
        env_file=".env",
        toml_file="crosscurrent.toml",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    home: Path = Field(Path(".crosscurrent"), description="Data directory of the embedded home.")
    tenant: str = Field(
        "default", pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="Tenant of everything here."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    kafka: KafkaSettings = KafkaSettings()
    schema_registry: SchemaRegistrySettings = SchemaRegistrySettings()
    clickhouse: ClickHouseSettings = ClickHouseSettings()
    live: LiveSettings = LiveSettings()
    metrics: MetricsSettings = MetricsSettings()
    sources_directory: Path = Field(
        Path("sources.d"),
        description="Directory of sources that are declared in YAML, one file each; it need not be there.",
    )
    sources: dict[str, SourceSettings] = Field({}, description="One section for each source.")
    polling_speed: float = Field(
        1.0,
        ge=1,
        le=3_600_000,
        description="Seconds that pass for the connectors in a real one; more than 1 only for vendors that are "
        "played on this machine.",
    )
    spool: SpoolSettings = SpoolSettings()
    correlate: CorrelateSettings = CorrelateSettings()
    detect: DetectSettings = DetectSettings()
    drift: DriftSettings = DriftSettings()
    worker: WorkerSettings = WorkerSettings()
    sink: SinkSettings = SinkSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the order of precedence: arguments, environment, ``.env``, ``crosscurrent.toml``."""
        return init_settings, env_settings, dotenv_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def bootstrap_servers(self) -> str:
        """The Kafka address in force."""
        return self.kafka.bootstrap_servers or f"{EMBEDDED_HOST}:{self.kafka.embedded_port}"

    @property
    def brokers(self) -> KafkaAccess:
        """How the brokers are reached; the embedded one without more."""
        return KafkaAccess(
            self.bootstrap_servers, self.kafka.security() if self.kafka.bootstrap_servers else {}
        )

    @property
    def registry_url(self) -> str:
        """The schema registry address in force."""
        return self.schema_registry.url or f"http://{EMBEDDED_HOST}:{self.schema_registry.embedded_port}"

    @property
    def clickhouse_url(self) -> str:
        """The ClickHouse address in force."""
        return self.clickhouse.url or f"http://{EMBEDDED_HOST}:{self.clickhouse.embedded_port}"

    def secrets(self) -> list[str]:
        """Return every secret that is set."""
        sections: list[Section] = [self.kafka, self.clickhouse, self.spool, *self.sources.values()]
        return [secret for section in sections for secret in _secrets_in(section)]

    def source(self, name: str) -> SourceSettings:
        """Return the section of one source, empty if nothing was set."""
        return self.sources.get(name, SourceSettings())


def load_settings() -> Settings:
    """Return the settings of this process.

    Raises:
        WrongUse: a value does not fit; says which setting, what was found and what is expected.
    """
    try:
        return Settings()
    except SettingsError as error:
        # its cause quotes what could not be read, which may be a secret
        raise WrongUse(
            str(error),
            expected="values as in the settings reference; lists and sections as JSON",
            todo="correct the environment variable, the .env line or the crosscurrent.toml entry named above",
        ) from None
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        raise _wrong(details) from None


def _wrong(details: Sequence[Mapping[str, Any]]) -> WrongUse:
    bad = next((detail for detail in details if detail["type"] == _BAD_REFERENCE), None)
    if bad is not None:
        facts = bad["ctx"]
        name = _variable((*bad["loc"], facts["field"]))
        return WrongUse(f"{name} {facts['found']}", expected=facts["expected"], todo=facts["todo"])
    return WrongUse(
        "; ".join(_describe(detail) for detail in details),
        expected="values as in the settings reference",
        todo="correct the environment variable, the .env line or the crosscurrent.toml entry named above",
    )


def _describe(detail: Mapping[str, Any]) -> str:
    # a name that is not known may be a mistyped one of a secret
    shown = repr(detail["input"]) if _is_shown(detail["loc"]) else "a value that is not shown"
    return f"{_variable(detail['loc'])} is {shown}: {detail['msg']}"


def _variable(location: tuple[object, ...]) -> str:
    return "CROSSCURRENT_" + "__".join(str(part).upper() for part in location)


def _is_shown(location: tuple[object, ...]) -> bool:
    of_source = location[:1] == ("sources",)
    fields = SourceSettings.model_fields if of_source else Settings.model_fields
    for part in location[2:] if of_source else location:
        field = fields.get(str(part))
        if field is None:
            return False
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return not is_secret(field)
        fields = field.annotation.model_fields
    return False


def _secrets_in(section: Section) -> Iterator[str]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if is_secret(field) and isinstance(value, SecretStr) and value.get_secret_value():
            yield value.get_secret_value()
