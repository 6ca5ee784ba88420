"""The one module that reads the environment.

Settings come from the environment (prefix ``CROSSCURRENT_``, nesting by ``__``), a ``.env`` file, or
``crosscurrent.toml`` in the working directory; the later ones yield to the earlier.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from crosscurrent.errors import WrongUse

EMBEDDED_HOST = "127.0.0.1"


def source_variable(source: str, name: str) -> str:
    """Return the environment variable of a source's setting.

    Args:
        source: name of the source.
        name: field of ``SourceSettings``.
    """
    return f"CROSSCURRENT_SOURCES__{source.upper()}__{name.upper()}"


class Section(BaseModel):
    """A group of settings: frozen, and a name it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(Section):
    """Where Kafka is and how it is used."""

    bootstrap_servers: str | None = Field(
        None, description="Kafka brokers as host:port,…; without it `up` starts the embedded broker."
    )
    embedded_port: int = Field(9092, ge=1, le=65535, description="Port of the embedded broker on loopback.")
    partitions: int = Field(1, ge=1, le=1024, description="Partitions of each topic that is created.")
    replication_factor: int = Field(1, ge=1, le=9, description="Replicas of each topic that is created.")
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
    embedded_memory_bytes_max: int = Field(
        768 * 1024 * 1024,
        ge=32 * 1024 * 1024,
        description="Resident size at which the embedded in-memory broker is drained and rolled over.",
    )


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
        None, description="The app's id, where the vendor grants tokens to an app (Spotify)."
    )
    client_secret: SecretStr | None = Field(None, description="The secret that belongs to `client_id`.")
    token_url: str | None = Field(
        None, description="Address that grants tokens for `client_id`; the vendor's own if not set."
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
    pairs_published_max: int = Field(
        2000, ge=1, description="Pairs published for a window, the smallest p first."
    )


class DetectSettings(Section):
    """The online detector."""

    alarms_per_1000_points: float = Field(
        0.25, gt=0, le=100, description="Alarms asked for in 1,000 ordinary points of a series."
    )
    series_count_max: int = Field(
        20000, ge=1, description="Series kept; further ones are refused and counted."
    )


class WorkerSettings(Section):
    """The stream processors."""

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
    sources: dict[str, SourceSettings] = Field({}, description="One section for each source.")
    correlate: CorrelateSettings = CorrelateSettings()
    detect: DetectSettings = DetectSettings()
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
    def registry_url(self) -> str:
        """The schema registry address in force."""
        return self.schema_registry.url or f"http://{EMBEDDED_HOST}:{self.schema_registry.embedded_port}"

    @property
    def clickhouse_url(self) -> str:
        """The ClickHouse address in force."""
        return self.clickhouse.url or f"http://{EMBEDDED_HOST}:{self.clickhouse.embedded_port}"

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
    except ValidationError as error:
        raise WrongUse(
            "; ".join(_describe(detail) for detail in error.errors()),
            expected="values as in the settings reference",
            todo="correct the environment variable, the .env line or the crosscurrent.toml entry named above",
        ) from error


def _describe(detail: object) -> str:
    fields = dict(detail) if isinstance(detail, dict) else {}
    location = tuple(fields.get("loc", ()))
    name = "CROSSCURRENT_" + "__".join(str(part).upper() for part in location)
    # a secret must not be echoed, so the value is shown only where the field is not one
    secret = any(str(part) in {"token", "password"} for part in location)
    value = "a secret value" if secret else repr(fields.get("input"))
    return f"{name} is {value}: {fields.get('msg', 'not valid')}"
