"""Records as the other stages publish them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from schemas.identity import record_id, series_id
from schemas.records import (
    Anomaly,
    ConnectorState,
    Correlation,
    CorrelationBatch,
    Entity,
    EntityBatch,
    ObservationBatch,
    ProcessorState,
    RawEvent,
    RefusedSeries,
    Series,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
MINUTE_MS = 60_000
TENANT = "default"
SOURCE = "github"


def raw_event(number: int) -> RawEvent:
    return RawEvent(
        tenant=TENANT,
        record_id=record_id(TENANT, "raw", number),
        source=SOURCE,
        endpoint="repository",
        request_method="GET",
        request_url=f"https://api.example/repos/{number}",
        request_key=f"repository:{number}",
        status=200,
        headers={"etag": f'"{number}"', "date": "today"},
        fetched_at=START + timedelta(minutes=number),
        observed_at=START + timedelta(minutes=number),
        page_index=0,
        poll_id=f"poll-{number}",
        cursor=None if number % 2 else "{}",
        payload=f'{{"n":{number}}}'.encode() + b"\xff",
    )


def observations(number: int, *, series: int = 4, rows: int = 3, step_ms: int = 20_000) -> ObservationBatch:
    """Each series gets ``rows`` values, after those of the batch with the number before."""
    columns = [(s, START_MS + (number * rows + row) * step_ms) for row in range(rows) for s in range(series)]
    return observation_batch([(s, t, float(s + (t - START_MS) / 1000)) for s, t in columns], number=number)


def observation_batch(points: list[tuple[int, int, float]], *, number: int) -> ObservationBatch:
    """Points are (series number, milliseconds, value)."""
    used = sorted({series for series, _, _ in points})
    return ObservationBatch(
        tenant=TENANT,
        record_id=record_id(TENANT, "observations", number),
        source=SOURCE,
        raw_record_id=record_id(TENANT, "raw", number),
        series=[
            Series(
                series_id=series_id(TENANT, SOURCE, "stars", f"org/{n}", "1"),
                measure="stars",
                entity_id=f"org/{n}",
                unit="1",
                kind="gauge",
            )
            for n in used
        ],
        series_index=[used.index(series) for series, _, _ in points],
        observed_at=[time_ms for _, time_ms, _ in points],
        value=[value for _, _, value in points],
    )


def entities(number: int, *, count: int = 2) -> EntityBatch:
    raw = record_id(TENANT, "raw", number)
    return EntityBatch(
        tenant=TENANT,
        record_id=record_id(TENANT, "entities", number),
        source=SOURCE,
        raw_record_id=raw,
        entities=[
            Entity(
                record_id=record_id(TENANT, "entity", number, index),
                entity_type="repository",
                entity_id=f"org/{index}",
                name=f"Repository {index}",
                url=None,
                observed_at=START + timedelta(minutes=number),
                attributes={"language": '"Java"'},
            )
            for index in range(count)
        ],
    )


def correlation_window(number: int, *, pairs: int = 2) -> CorrelationBatch:
    return CorrelationBatch(
        tenant=TENANT,
        record_id=record_id(TENANT, "window", number),
        window_start=START + timedelta(hours=number),
        window_end=START + timedelta(hours=number + 1),
        step_seconds=60.0,
        window_steps=60,
        lag_steps_max=5,
        false_discovery_rate=0.05,
        family_size=10,
        method="test 1",
        pairs=[
            Correlation(
                record_id=record_id(TENANT, "pair", number, index),
                left_series_id=f"{index:016x}",
                left=f"a.b:{index}",
                right_series_id=f"{index + 100:016x}",
                right=f"c.d:{index}",
                lag_steps=1,
                lag_seconds=60.0,
                coefficient=0.5,
                n_effective=40.0,
                p_value=0.001,
                q_value=0.01,
                significant=True,
                left_prepared="differenced",
                right_prepared="as it is",
                coupling=("onset", None)[index % 2],
                coupled_since=(START + timedelta(hours=number + 1), None)[index % 2],
            )
            for index in range(pairs)
        ],
        refused=[RefusedSeries(series_id="f" * 16, reason="constant")],
        revision=0,
    )


def anomaly(number: int) -> Anomaly:
    return Anomaly(
        tenant=TENANT,
        record_id=record_id(TENANT, "anomaly", number),
        observation_id=record_id(TENANT, "observation", number),
        series_id=f"{number:016x}",
        source=SOURCE,
        measure="stars",
        entity_id="org/0",
        unit="1",
        observed_at=START + timedelta(minutes=number),
        value=9.0,
        expected=1.0,
        lower=0.0,
        upper=2.0,
        anomaly_score=0.99,
        alarms_per_1000_points=0.1,
        detector="test",
        reason="far out",
    )


def connector_state(
    number: int, *, cluster: str = "", vouch_offsets: dict[str, int] | None = None
) -> ConnectorState:
    return ConnectorState(
        tenant=TENANT,
        record_id=record_id(TENANT, "poll", number),
        source=SOURCE,
        request_key="repository:org/0",
        state=f'{{"cursor":{number}}}',
        cluster=cluster,
        vouch_offsets=vouch_offsets or {},
        started_at=START + timedelta(minutes=number),
        duration_ms=12,
        requests=1,
        requests_counted=1,
        not_modified=0,
        pages_unchanged=0,
        retries=0,
        events=1,
        bytes_received=100,
        quota_remaining=None,
        outcome="ok",
        error=None,
    )


def processor_state(
    key: str, checkpoint: int, *, cluster: str = "", vouch_offsets: dict[str, int] | None = None
) -> ProcessorState:
    return ProcessorState(
        tenant=TENANT,
        record_id=record_id(TENANT, "processor-state", "detect", key, checkpoint),
        processor="detect",
        partition=0,
        state_key=key,
        checkpoint=checkpoint,
        cluster=cluster,
        input_offsets={"observations-0": checkpoint} if key == "positions" else {},
        refill_offsets={},
        vouch_offsets=vouch_offsets or {},
        payload=f"{key}@{checkpoint}".encode(),
        written_at=START + timedelta(minutes=checkpoint),
    )
