"""The names of all topics, made by one function, so that a prefix for each tenant can come."""

from __future__ import annotations

from dataclasses import dataclass

from crosscurrent.errors import WrongUse

RAW = "raw"
DEAD_LETTER = "dead-letter"
ENTITIES = "entities"
OBSERVATIONS = "observations"
CORRELATIONS = "correlations"
ANOMALIES = "anomalies"
INCIDENTS = "incidents"
ALERTS = "alerts"
SCHEMA_DRIFT = "schema-drift"
CONNECTOR_STATE = "connector-state"
PROCESSOR_STATE = "processor-state"

STAGES = ("connector", "normalise", "correlate", "detect", "drift", "sink")
_PLAIN = (
    ENTITIES,
    OBSERVATIONS,
    CORRELATIONS,
    ANOMALIES,
    INCIDENTS,
    ALERTS,
    SCHEMA_DRIFT,
    CONNECTOR_STATE,
    PROCESSOR_STATE,
)
_COMPACTED = (CONNECTOR_STATE, PROCESSOR_STATE)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that the system writes.

    Attributes:
        name: as on the broker.
        schema: name of the Avro file without its ending.
        compacted: whether only the latest message of a key is kept.
    """

    name: str
    schema: str
    compacted: bool = False


def topic_name(kind: str, qualifier: str | None = None) -> str:
    """Return a topic's name, such as ``observations``, ``raw.github`` or ``dead-letter.sink``.

    Raises:
        WrongUse: the kind is not one of the system's, or its qualifier is missing or superfluous.
    """
    if kind in (RAW, DEAD_LETTER):
        if not qualifier:
            raise WrongUse(f"topic {kind!r} without its qualifier", expected=f"{kind}.<name>", todo="name it")
        return f"{kind}.{qualifier}"
    if kind not in _PLAIN or qualifier:
        raise WrongUse(
            f"no topic {kind!r} with qualifier {qualifier!r}",
            expected="one of " + ", ".join((f"{RAW}.<source>", *_PLAIN, f"{DEAD_LETTER}.<stage>")),
            todo="use one of these names",
        )
    return kind


def schema_of(name: str) -> str:
    """Return the schema (Avro file name without ending) that a topic's values follow.

    Raises:
        WrongUse: there is no such topic.
    """
    if name.startswith(f"{RAW}."):
        return "raw_event"
    if name.startswith(f"{DEAD_LETTER}."):
        return "dead_letter"
    schemas = {
        ENTITIES: "entity_batch",
        OBSERVATIONS: "observation_batch",
        CORRELATIONS: "correlation_batch",
        ANOMALIES: "anomaly",
        INCIDENTS: "incident",
        ALERTS: "alert",
        SCHEMA_DRIFT: "schema_drift",
        CONNECTOR_STATE: "connector_state",
        PROCESSOR_STATE: "processor_state",
    }
    if name not in schemas:
        raise WrongUse(
            f"no topic {name!r}", expected="one of " + ", ".join(schemas), todo="name one of these"
        )
    return schemas[name]


def all_topics(sources: tuple[str, ...]) -> tuple[Topic, ...]:
    """Return every topic that is created for these sources, raw topics first."""
    names = [topic_name(RAW, source) for source in sources]
    names += [ENTITIES, OBSERVATIONS, CORRELATIONS, ANOMALIES, SCHEMA_DRIFT, *_COMPACTED]
    names += [topic_name(DEAD_LETTER, stage) for stage in STAGES]
    return tuple(Topic(name, schema_of(name), name in _COMPACTED) for name in names)


def message_key(tenant: str, *parts: str) -> bytes:
    """Return a message key: UTF-8 and beginning with the tenant."""
    return "|".join((tenant, *parts)).encode()
