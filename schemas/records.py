"""The records on the topics, generated from ``schemas/avro`` by ``python -m schemas.generate``: do not edit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

__all__ = [
    "Alert",
    "Anomaly",
    "ConnectorState",
    "Correlation",
    "CorrelationBatch",
    "DeadLetter",
    "Entity",
    "EntityBatch",
    "EntityLink",
    "Incident",
    "ObservationBatch",
    "ProcessorState",
    "RawEvent",
    "RefusedSeries",
    "SchemaDrift",
    "Series",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something a person should know; each change of state is a record.

    Attributes:
        tenant: Tenant to which the record belongs.
        record_id: Deterministic id of this state of the alert.
        alert_id: Id of the alert through all its states.
        rule: Name of the rule that fired.
        state: State from changed_at on.
        severity: Severity as the rule names it.
        summary: One line for people.
        started_at: When the condition began, UTC.
        changed_at: When this state began, UTC.
        labels: Labels by which alerts are routed.
    """

    tenant: str
    record_id: str
    alert_id: str
    rule: str
    state: Literal["unknown", "pending", "firing", "acknowledged", "resolved"]
    severity: str
    summary: str
    started_at: datetime
    changed_at: datetime
    labels: dict[str, str]

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "tenant": self.tenant,
            "record_id": self.record_id,
            "alert_id": self.alert_id,
            "rule": self.rule,
            "state": self.state,
            "severity": self.severity,
            "summary": self.summary,
            "started_at": self.started_at,
            "changed_at": self.changed_at,
            "labels": self.labels,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> Alert:
        """Return the record that fastavro read."""
        return cls(
            tenant=data["tenant"],
            record_id=data["record_id"],
            alert_id=data["alert_id"],
            rule=data["rule"],
            state=data["state"],
            severity=data["severity"],
            summary=data["summary"],
            started_at=data["started_at"],
            changed_at=data["changed_at"],
            labels=data["labels"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """An observation that its series' own past does not explain.

    Attributes:
        tenant: Tenant to which the record belongs.
        record_id: Deterministic id from the observation and the detector.
        observation_id: record_id of the observation.
        series_id: series_id of the series.
        source: Connector name.
        measure: What is measured.
        entity_id: Natural key of the thing measured.
        unit: Unit of value, expected, lower and upper.
        observed_at: Event time of the observation, UTC.
        value: What came.
        expected: What was expected.
        lower: Lower end of the expected interval.
        upper: Upper end of the expected interval.
        anomaly_score: How surprising, 0 to 1.
        alarms_per_1000_points: Alarm rate that a threshold at this score would have.
        alarms_per_year: The same rate as alarms in a year of this series at its usual step; null if the step
            is not known.
        since: Event time of the first point of the unusual stretch that this observation belongs
            to, UTC; null in records of the first version.
        detector: Which detector saw it.
        reason: Why, in words.
    """

    tenant: str
    record_id: str
    observation_id: str
    series_id: str
    source: str
    measure: str
    entity_id: str
    unit: str
    observed_at: datetime
    value: float
    expected: float
    lower: float
    upper: float
    anomaly_score: float
    alarms_per_1000_points: float
    alarms_per_year: float | None = None
    since: datetime | None = None
    detector: str
    reason: str

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "tenant": self.tenant,
            "record_id": self.record_id,
            "observation_id": self.observation_id,
            "series_id": self.series_id,
            "source": self.source,
            "measure": self.measure,
            "entity_id": self.entity_id,
            "unit": self.unit,
            "observed_at": self.observed_at,
            "value": self.value,
            "expected": self.expected,
            "lower": self.lower,
            "upper": self.upper,
            "anomaly_score": self.anomaly_score,
            "alarms_per_1000_points": self.alarms_per_1000_points,
            "alarms_per_year": self.alarms_per_year,
            "since": self.since,
            "detector": self.detector,
            "reason": self.reason,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> Anomaly:
        """Return the record that fastavro read."""
        return cls(
            tenant=data["tenant"],
            record_id=data["record_id"],
            observation_id=data["observation_id"],
            series_id=data["series_id"],
            source=data["source"],
            measure=data["measure"],
            entity_id=data["entity_id"],
            unit=data["unit"],
            observed_at=data["observed_at"],
            value=data["value"],
            expected=data["expected"],
            lower=data["lower"],
            upper=data["upper"],
            anomaly_score=data["anomaly_score"],
            alarms_per_1000_points=data["alarms_per_1000_points"],
            alarms_per_year=data["alarms_per_year"],
            since=data["since"],
            detector=data["detector"],
            reason=data["reason"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorState:
    """Where a connector stands after a poll, written only after its events were acknowledged, with what the poll cost.

    Attributes:
        tenant: Tenant to which the record belongs.
        record_id: Id of the poll.
        source: Connector name.
        request_key: What is polled: endpoint and target.
        state: Cursor, validators (ETag, Last-Modified) and learned quota, as JSON; opaque to
            others.
        cluster: Life of the broker whose offsets vouch_offsets means; empty if nothing was
            published.
        vouch_offsets: topic-partition (raw.github-0) to the offset after the last event this state rests
            on: the state holds only where those are safe.
        started_at: Our clock when the poll began, UTC.
        duration_ms: Duration of the poll in milliseconds.
        requests: HTTP requests made, retries included.
        requests_counted: Requests that count against the vendor's quota.
        not_modified: Requests answered 304 Not Modified.
        pages_unchanged: Pages that said what was published last, by their digest, and were not published
            again.
        retries: Requests that repeated a failed one.
        events: Raw events published.
        bytes_received: Body bytes received, content encoding undone.
        quota_remaining: Requests left by the vendor's word; null if it says nothing.
        outcome: ok, unchanged, throttled or failed.
        error: What went wrong; null if nothing did.
    """

    tenant: str
    record_id: str
    source: str
    request_key: str
    state: str
    cluster: str
    vouch_offsets: dict[str, int]
    started_at: datetime
    duration_ms: int
    requests: int
    requests_counted: int
    not_modified: int
    pages_unchanged: int
    retries: int
    events: int
    bytes_received: int
    quota_remaining: int | None = None
    outcome: str
    error: str | None = None

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "tenant": self.tenant,
            "record_id": self.record_id,
            "source": self.source,
            "request_key": self.request_key,
            "state": self.state,
            "cluster": self.cluster,
            "vouch_offsets": self.vouch_offsets,
            "started_at": self.started_at,
            "duration_ms": self.duration_ms,
            "requests": self.requests,
            "requests_counted": self.requests_counted,
            "not_modified": self.not_modified,
            "pages_unchanged": self.pages_unchanged,
            "retries": self.retries,
            "events": self.events,
            "bytes_received": self.bytes_received,
            "quota_remaining": self.quota_remaining,
            "outcome": self.outcome,
            "error": self.error,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> ConnectorState:
        """Return the record that fastavro read."""
        return cls(
            tenant=data["tenant"],
            record_id=data["record_id"],
            source=data["source"],
            request_key=data["request_key"],
            state=data["state"],
            cluster=data["cluster"],
            vouch_offsets=data["vouch_offsets"],
            started_at=data["started_at"],
            duration_ms=data["duration_ms"],
            requests=data["requests"],
            requests_counted=data["requests_counted"],
            not_modified=data["not_modified"],
            pages_unchanged=data["pages_unchanged"],
            retries=data["retries"],
            events=data["events"],
            bytes_received=data["bytes_received"],
            quota_remaining=data["quota_remaining"],
            outcome=data["outcome"],
            error=data["error"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A pair of series in a window.

    Attributes:
        record_id: Deterministic id from tenant, grid, window and pair.
        left_series_id: series_id of the left series.
        left: Name of the left series, such as github.stargazers:apache/kafka.
        right_series_id: series_id of the right series.
        right: Name of the right series.
        lag_steps: Lag of the strongest relation in steps; positive: left leads.
        lag_seconds: The same lag in seconds.
        coefficient: Correlation of the prepared series at that lag, -1 to 1.
        n_effective: Effective sample size.
        p_value: p-value with the search over lags paid for, 0 to 1.
        q_value: p-value adjusted over the family (Benjamini-Hochberg), 0 to 1.
        significant: Whether q_value is within the false-discovery rate.
        left_prepared: How the left series was prepared and why.
        right_prepared: How the right series was prepared and why.
        coupling: What the window says of the pair as an announced coupling: onset, holds or end; null
            if it is not announced.
        coupled_since: window_end of the window that announced the coupling, UTC; null if it is not
            announced.
    """

    record_id: str
    left_series_id: str
    left: str
    right_series_id: str
    right: str
    lag_steps: int
    lag_seconds: float
    coefficient: float
    n_effective: float
    p_value: float
    q_value: float
    significant: bool
    left_prepared: str
    right_prepared: str
    coupling: str | None = None
    coupled_since: datetime | None = None

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "record_id": self.record_id,
            "left_series_id": self.left_series_id,
            "left": self.left,
            "right_series_id": self.right_series_id,
            "right": self.right,
            "lag_steps": self.lag_steps,
            "lag_seconds": self.lag_seconds,
            "coefficient": self.coefficient,
            "n_effective": self.n_effective,
            "p_value": self.p_value,
            "q_value": self.q_value,
            "significant": self.significant,
            "left_prepared": self.left_prepared,
            "right_prepared": self.right_prepared,
            "coupling": self.coupling,
            "coupled_since": self.coupled_since,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> Correlation:
        """Return the record that fastavro read."""
        return cls(
            record_id=data["record_id"],
            left_series_id=data["left_series_id"],
            left=data["left"],
            right_series_id=data["right_series_id"],
            right=data["right"],
            lag_steps=data["lag_steps"],
            lag_seconds=data["lag_seconds"],
            coefficient=data["coefficient"],
            n_effective=data["n_effective"],
            p_value=data["p_value"],
            q_value=data["q_value"],
            significant=data["significant"],
            left_prepared=data["left_prepared"],
            right_prepared=data["right_prepared"],
            coupling=data["coupling"],
            coupled_since=data["coupled_since"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedSeries:
    """A series that could not be tested.

    Attributes:
        series_id: series_id of the series.
        reason: Why, in words.
    """

    series_id: str
    reason: str

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "series_id": self.series_id,
            "reason": self.reason,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> RefusedSeries:
        """Return the record that fastavro read."""
        return cls(
            series_id=data["series_id"],
            reason=data["reason"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationBatch:
    """What moves together in one window: the pairs tested, smallest p-value first.

    Attributes:
        tenant: Tenant to which the record belongs.
        record_id: Deterministic id from tenant, grid and window.
        window_start: Begin of the window in event time, UTC, inclusive.
        window_end: Last grid point of the window in event time, UTC, inclusive.
        step_seconds: Grid step in seconds.
        window_steps: Grid points in the window.
        lag_steps_max: Largest lag searched in both directions, in steps.
        false_discovery_rate: False-discovery rate over the family, 0 to 1.
        family_size: Pairs tested in this window.
        method: Name and version of the statistical method.
        pairs: The pairs that are published.
        refused: Series that could not be tested in this window.
        revision: How often the window was told anew because late data changed it; 0: as it was first
            told. The highest counts.
    """

    tenant: str
    record_id: str
    window_start: datetime
    window_end: datetime
    step_seconds: float
    window_steps: int
    lag_steps_max: int
    false_discovery_rate: float
    family_size: int
    method: str
    pairs: list[Correlation]
    refused: list[RefusedSeries]
    revision: int

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "tenant": self.tenant,
            "record_id": self.record_id,
            "window_start": self.window_start,
            "window_end": self.window_end,
            "step_seconds": self.step_seconds,
            "window_steps": self.window_steps,
            "lag_steps_max": self.lag_steps_max,
            "false_discovery_rate": self.false_discovery_rate,
            "family_size": self.family_size,
            "method": self.method,
            "pairs": [item.to_avro() for item in self.pairs],
            "refused": [item.to_avro() for item in self.refused],
            "revision": self.revision,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> CorrelationBatch:
        """Return the record that fastavro read."""
        return cls(
            tenant=data["tenant"],
            record_id=data["record_id"],
            window_start=data["window_start"],
            window_end=data["window_end"],
            step_seconds=data["step_seconds"],
            window_steps=data["window_steps"],
            lag_steps_max=data["lag_steps_max"],
            false_discovery_rate=data["false_discovery_rate"],
            family_size=data["family_size"],
            method=data["method"],
            pairs=[Correlation.from_avro(item) for item in data["pairs"]],
            refused=[RefusedSeries.from_avro(item) for item in data["refused"]],
            revision=data["revision"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """Something that could not be processed: the original bytes, where they were, and why.

    Attributes:
        tenant: Tenant to which the record belongs.
        record_id: Deterministic id from stage, origin and bytes.
        stage: Stage that gave up: connector, normalise, correlate, detect or sink.
        cluster: Life of the broker of the original message; empty if there was no message.
        topic: Topic of the original message; empty if there was no message.
        partition: Partition of the original message; -1 if there was no message.
        offset: Offset of the original message; -1 if there was no message.
        key: Key of the original message; null if it had none.
        headers: Headers of the original message.
        value: The original bytes.
        error: Class of the error.
        found: What was found.
        expected: What was expected.
        todo: What can be done.
        failed_at: Our clock when it failed, UTC.
    """

    tenant: str
    record_id: str
    stage: str
    cluster: str
    topic: str
    partition: int
    offset: int
    key: bytes | None = None
    headers: dict[str, bytes]
    value: bytes
    error: str
    found: str
    expected: str
    todo: str
    failed_at: datetime

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "tenant": self.tenant,
            "record_id": self.record_id,
            "stage": self.stage,
            "cluster": self.cluster,
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "key": self.key,
            "headers": self.headers,
            "value": self.value,
            "error": self.error,
            "found": self.found,
            "expected": self.expected,
            "todo": self.todo,
            "failed_at": self.failed_at,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> DeadLetter:
        """Return the record that fastavro read."""
        return cls(
            tenant=data["tenant"],
            record_id=data["record_id"],
            stage=data["stage"],
            cluster=data["cluster"],
            topic=data["topic"],
            partition=data["partition"],
            offset=data["offset"],
            key=data["key"],
            headers=data["headers"],
            value=data["value"],
            error=data["error"],
            found=data["found"],
            expected=data["expected"],
            todo=data["todo"],
            failed_at=data["failed_at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A version of a thing.

    Attributes:
        record_id: Deterministic id of this version, from the raw event, the type and the key.
        entity_type: Type of the thing, such as repository or city.
        entity_id: Natural key within source and type.
        name: Name for people.
        url: Page for people; null if there is none.
        observed_at: When the thing was seen like this, UTC.
        attributes: Further properties; a value is JSON.
    """

    record_id: str
    entity_type: str
    entity_id: str
    name: str
    url: str | None = None
    observed_at: datetime
    attributes: dict[str, str]

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "record_id": self.record_id,
            "entity_type": self.entity_type,
            "entity_id": self.entity_id,
            "name": self.name,
            "url": self.url,
            "observed_at": self.observed_at,
            "attributes": self.attributes,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> Entity:
        """Return the record that fastavro read."""
        return cls(
            record_id=data["record_id"],
            entity_type=data["entity_type"],
            entity_id=data["entity_id"],
            name=data["name"],
            url=data["url"],
            observed_at=data["observed_at"],
            attributes=data["attributes"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityLink:
    """A link from a thing to an id of another catalogue, with its evidence.

    Attributes:
        record_id: Deterministic id, from the raw event, the thing, the relation and the id.
        entity_type: Type of the thing.
        entity_id: Natural key of the thing within source and type.
        relation: same: the id is one of the thing's own; refers: the thing points to what has the id.
        namespace: Whose id it is: isrc, gtin, imdb, wikidata, url, or source.type for the things of a
            source, such as spotify.artist.
        external_id: The id, in the form that its namespace gives it.
        path: Where in the payload of the raw event it stands.
        score: How sure the link is, 0 to 1; 1 for an id that the vendor states.
        observed_at: When the payload showed it, UTC.
    """

    record_id: str
    entity_type: str
    entity_id: str
    relation: Literal["same", "refers"]
    namespace: str
    external_id: str
    path: str
    score: float
    observed_at: datetime

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "record_id": self.record_id,
            "entity_type": self.entity_type,
            "entity_id": self.entity_id,
            "relation": self.relation,
            "namespace": self.namespace,
            "external_id": self.external_id,
            "path": self.path,
            "score": self.score,
            "observed_at": self.observed_at,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> EntityLink:
        """Return the record that fastavro read."""
        return cls(
            record_id=data["record_id"],
            entity_type=data["entity_type"],
            entity_id=data["entity_id"],
            relation=data["relation"],
            namespace=data["namespace"],
            external_id=data["external_id"],
            path=data["path"],
            score=data["score"],
            observed_at=data["observed_at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityBatch:
    """All things that one payload describes, as seen at that time.

    Attributes:
        tenant: Tenant to which the record belongs.
        record_id: Deterministic id of the batch, from the raw event.
        source: Connector name of the raw event.
        raw_record_id: record_id of the raw event the things were taken from.
        entities: The things.
        links: What the payload says that these things are called elsewhere, or point to.
    """

    tenant: str
    record_id: str
    source: str
    raw_record_id: str
    entities: list[Entity]
    links: list[EntityLink] = field(default_factory=list)

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "tenant": self.tenant,
            "record_id": self.record_id,
            "source": self.source,
            "raw_record_id": self.raw_record_id,
            "entities": [item.to_avro() for item in self.entities],
            "links": [item.to_avro() for item in self.links],
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> EntityBatch:
        """Return the record that fastavro read."""
        return cls(
            tenant=data["tenant"],
            record_id=data["record_id"],
            source=data["source"],
            raw_record_id=data["raw_record_id"],
            entities=[Entity.from_avro(item) for item in data["entities"]],
            links=[EntityLink.from_avro(item) for item in data["links"]],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Anomalies that belong together; each change of state is a record.

    Attributes:
        tenant: Tenant to which the record belongs.
        record_id: Deterministic id of this state of the incident.
        incident_id: Id of the incident through all its states.
        state: State from changed_at on.
        title: One line for people.
        opened_at: Event time of the first anomaly, UTC.
        changed_at: Event time of this state, UTC.
        anomaly_record_ids: record_ids of the anomalies so far, in order of event time.
    """

    tenant: str
    record_id: str
    incident_id: str
    state: Literal["unknown", "opened", "grown", "quiet", "closed", "reopened"]
    title: str
    opened_at: datetime
    changed_at: datetime
    anomaly_record_ids: list[str]

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "tenant": self.tenant,
            "record_id": self.record_id,
            "incident_id": self.incident_id,
            "state": self.state,
            "title": self.title,
            "opened_at": self.opened_at,
            "changed_at": self.changed_at,
            "anomaly_record_ids": self.anomaly_record_ids,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> Incident:
        """Return the record that fastavro read."""
        return cls(
            tenant=data["tenant"],
            record_id=data["record_id"],
            incident_id=data["incident_id"],
            state=data["state"],
            title=data["title"],
            opened_at=data["opened_at"],
            changed_at=data["changed_at"],
            anomaly_record_ids=data["anomaly_record_ids"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What is measured, on what, in which unit.

    Attributes:
        series_id: 16 hexadecimal digits: hash of tenant, source, measure, entity_id and unit.
        measure: What is measured, such as stargazers or temperature.
        entity_id: Natural key of the thing measured, such as apache/kafka.
        unit: Unit by its SI symbol or UCUM code; 1 for pure numbers.
        kind: How the statistics must treat the values.
    """

    series_id: str
    measure: str
    entity_id: str
    unit: str
    kind: Literal["gauge", "counter", "count"]

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "series_id": self.series_id,
            "measure": self.measure,
            "entity_id": self.entity_id,
            "unit": self.unit,
            "kind": self.kind,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> Series:
        """Return the record that fastavro read."""
        return cls(
            series_id=data["series_id"],
            measure=data["measure"],
            entity_id=data["entity_id"],
            unit=data["unit"],
            kind=data["kind"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationBatch:
    """All measurements of one payload, in columns: observation i has series[series_index[i]], observed_at[i] and value[i].

    Attributes:
        tenant: Tenant to which the record belongs.
        record_id: Deterministic id of the batch, from the raw event.
        source: Connector name of the raw event.
        raw_record_id: record_id of the raw event the measurements were taken from.
        series: The distinct series of the batch.
        series_index: For each observation the index into series, from 0.
        observed_at: For each observation the event time, milliseconds since the epoch, UTC.
        value: For each observation the value in the unit of its series; always finite.
    """

    tenant: str
    record_id: str
    source: str
    raw_record_id: str
    series: list[Series]
    series_index: list[int]
    observed_at: list[int]
    value: list[float]

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "tenant": self.tenant,
            "record_id": self.record_id,
            "source": self.source,
            "raw_record_id": self.raw_record_id,
            "series": [item.to_avro() for item in self.series],
            "series_index": self.series_index,
            "observed_at": self.observed_at,
            "value": self.value,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> ObservationBatch:
        """Return the record that fastavro read."""
        return cls(
            tenant=data["tenant"],
            record_id=data["record_id"],
            source=data["source"],
            raw_record_id=data["raw_record_id"],
            series=[Series.from_avro(item) for item in data["series"]],
            series_index=data["series_index"],
            observed_at=data["observed_at"],
            value=data["value"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorState:
    """A part of a stream processor's state at a checkpoint, written only after the outputs it rests on were acknowledged.

    Attributes:
        tenant: Tenant to which the record belongs.
        record_id: Id from processor, partition, key and checkpoint.
        processor: Name of the processor, such as normalise or drift.
        partition: Input partition to which the state belongs.
        state_key: series_id of a series' state, or positions for the checkpoint itself, which is
            written last.
        checkpoint: Number of the checkpoint, growing.
        cluster: Life of the broker whose offsets are meant.
        input_offsets: topic-partition to the next offset to process; only on positions.
        refill_offsets: topic-partition to the offset from which windows must be read back; only on
            positions.
        vouch_offsets: topic-partition to the offset after the last output this state rests on: the state
            holds only where those are safe.
        payload: The state, opaque to others.
        written_at: Our clock at the checkpoint, UTC.
    """

    tenant: str
    record_id: str
    processor: str
    partition: int
    state_key: str
    checkpoint: int
    cluster: str
    input_offsets: dict[str, int]
    refill_offsets: dict[str, int]
    vouch_offsets: dict[str, int]
    payload: bytes
    written_at: datetime

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "tenant": self.tenant,
            "record_id": self.record_id,
            "processor": self.processor,
            "partition": self.partition,
            "state_key": self.state_key,
            "checkpoint": self.checkpoint,
            "cluster": self.cluster,
            "input_offsets": self.input_offsets,
            "refill_offsets": self.refill_offsets,
            "vouch_offsets": self.vouch_offsets,
            "payload": self.payload,
            "written_at": self.written_at,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> ProcessorState:
        """Return the record that fastavro read."""
        return cls(
            tenant=data["tenant"],
            record_id=data["record_id"],
            processor=data["processor"],
            partition=data["partition"],
            state_key=data["state_key"],
            checkpoint=data["checkpoint"],
            cluster=data["cluster"],
            input_offsets=data["input_offsets"],
            refill_offsets=data["refill_offsets"],
            vouch_offsets=data["vouch_offsets"],
            payload=data["payload"],
            written_at=data["written_at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """One response of a source's API as received, with its provenance and without secrets.

    Attributes:
        tenant: Tenant to which the record belongs.
        record_id: Deterministic id from tenant, source, endpoint, request, vendor time and payload
            digest.
        source: Connector name, such as github.
        endpoint: Endpoint kind within the source, such as repository; chooses the mapping.
        request_method: HTTP method of the request.
        request_url: Address of the request, secrets removed.
        request_key: What the request asks for, stable over polls and pages' addresses; secrets removed.
        status: HTTP status of the response.
        headers: Response headers that matter (names in lower case).
        fetched_at: Our clock when the response was complete, UTC.
        observed_at: The vendor's clock (Date header) for the response, UTC; our clock where the vendor
            gives none.
        page_index: Position of the page in its poll, from 0.
        poll_id: Poll of which this page is a part.
        cursor: Cursor (JSON) with which the poll was made; null if the endpoint has none.
        payload: Body as received, content encoding undone.
    """

    tenant: str
    record_id: str
    source: str
    endpoint: str
    request_method: str
    request_url: str
    request_key: str
    status: int
    headers: dict[str, str]
    fetched_at: datetime
    observed_at: datetime
    page_index: int
    poll_id: str
    cursor: str | None = None
    payload: bytes

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "tenant": self.tenant,
            "record_id": self.record_id,
            "source": self.source,
            "endpoint": self.endpoint,
            "request_method": self.request_method,
            "request_url": self.request_url,
            "request_key": self.request_key,
            "status": self.status,
            "headers": self.headers,
            "fetched_at": self.fetched_at,
            "observed_at": self.observed_at,
            "page_index": self.page_index,
            "poll_id": self.poll_id,
            "cursor": self.cursor,
            "payload": self.payload,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> RawEvent:
        """Return the record that fastavro read."""
        return cls(
            tenant=data["tenant"],
            record_id=data["record_id"],
            source=data["source"],
            endpoint=data["endpoint"],
            request_method=data["request_method"],
            request_url=data["request_url"],
            request_key=data["request_key"],
            status=data["status"],
            headers=data["headers"],
            fetched_at=data["fetched_at"],
            observed_at=data["observed_at"],
            page_index=data["page_index"],
            poll_id=data["poll_id"],
            cursor=data["cursor"],
            payload=data["payload"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaDrift:
    """A change in the shape of what an endpoint answers, against what was learned of its payloads before.

    Attributes:
        tenant: Tenant to which the record belongs.
        record_id: Deterministic id from the raw event that showed the change, its kind and the path.
        source: Connector name.
        endpoint: Endpoint of the source whose payloads changed.
        path: Where in the payload, such as $.items[].id; [] stands for an array's entries, .* for
            the entries of a map.
        kind: What changed: a field is new or there again, stays away, has another type, is null
            more often, holds numbers outside of their range or a word that is none of the few
            before; or there are more paths than are learned.
        expected: What was usual, in words.
        found: What came, in words.
        example: A value that shows the change, as JSON, cut and without secrets; null where there is
            nothing to show.
        chance: How often this would be seen if nothing had changed, 0 to 1; 1 if that is not
            estimated.
        payloads_before: Payloads that showed what was usual.
        payloads_changed: Payloads from the first that deviated to the one that decided.
        first_seen_at: Event time of the first payload that deviated, UTC.
        first_raw_record_id: record_id of the raw event of that payload.
        observed_at: Event time of the payload that decided, UTC.
        request_key: What the request for that payload asked for; secrets removed.
        raw_record_id: record_id of the raw event of the payload that decided.
    """

    tenant: str
    record_id: str
    source: str
    endpoint: str
    path: str
    kind: Literal[
        "field_appeared", "field_vanished", "type_changed", "nulls_risen", "range_left", "paths_exceeded"
    ]
    expected: str
    found: str
    example: str | None = None
    chance: float
    payloads_before: int
    payloads_changed: int
    first_seen_at: datetime
    first_raw_record_id: str
    observed_at: datetime
    request_key: str
    raw_record_id: str

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        return {
            "tenant": self.tenant,
            "record_id": self.record_id,
            "source": self.source,
            "endpoint": self.endpoint,
            "path": self.path,
            "kind": self.kind,
            "expected": self.expected,
            "found": self.found,
            "example": self.example,
            "chance": self.chance,
            "payloads_before": self.payloads_before,
            "payloads_changed": self.payloads_changed,
            "first_seen_at": self.first_seen_at,
            "first_raw_record_id": self.first_raw_record_id,
            "observed_at": self.observed_at,
            "request_key": self.request_key,
            "raw_record_id": self.raw_record_id,
        }

    @classmethod
    def from_avro(cls, data: dict[str, Any]) -> SchemaDrift:
        """Return the record that fastavro read."""
        return cls(
            tenant=data["tenant"],
            record_id=data["record_id"],
            source=data["source"],
            endpoint=data["endpoint"],
            path=data["path"],
            kind=data["kind"],
            expected=data["expected"],
            found=data["found"],
            example=data["example"],
            chance=data["chance"],
            payloads_before=data["payloads_before"],
            payloads_changed=data["payloads_changed"],
            first_seen_at=data["first_seen_at"],
            first_raw_record_id=data["first_raw_record_id"],
            observed_at=data["observed_at"],
            request_key=data["request_key"],
            raw_record_id=data["raw_record_id"],
        )
