"""The columns in which rows are sent to each table; those that ClickHouse computes are left out."""

from __future__ import annotations

import pyarrow as pa

TEXT = pa.string()
BYTES = pa.binary()
TIME = pa.timestamp("ms", "UTC")
INT32 = pa.int32()
INT64 = pa.int64()
FLOAT = pa.float64()
OFFSETS = pa.map_(TEXT, INT64)

_ORIGIN = [("_cluster", TEXT), ("_topic", TEXT), ("_partition", INT32), ("_offset", INT64)]
_WINDOW = [
    ("window_start", TIME),
    ("window_end", TIME),
    ("step_seconds", FLOAT),
    ("window_steps", INT32),
    ("lag_steps_max", INT32),
    ("false_discovery_rate", FLOAT),
    ("family_size", INT32),
    ("method", TEXT),
    ("revision", INT32),
]


def _schema(*columns: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([("tenant", TEXT), ("record_id", TEXT), *columns, *_ORIGIN])


SCHEMAS: dict[str, pa.Schema] = {
    "raw_events": _schema(
        ("source", TEXT),
        ("endpoint", TEXT),
        ("request_method", TEXT),
        ("request_url", TEXT),
        ("request_key", TEXT),
        ("status", INT32),
        ("headers", pa.map_(TEXT, TEXT)),
        ("fetched_at", TIME),
        ("observed_at", TIME),
        ("page_index", INT32),
        ("poll_id", TEXT),
        ("cursor", TEXT),
        ("payload", BYTES),
    ),
    "entities": _schema(
        ("source", TEXT),
        ("entity_type", TEXT),
        ("entity_id", TEXT),
        ("name", TEXT),
        ("url", TEXT),
        ("observed_at", TIME),
        ("attributes", pa.map_(TEXT, TEXT)),
        ("raw_record_id", TEXT),
        ("_logic", TEXT),
    ),
    "entity_links": _schema(
        ("source", TEXT),
        ("entity_type", TEXT),
        ("entity_id", TEXT),
        ("relation", TEXT),
        ("namespace", TEXT),
        ("external_id", TEXT),
        ("path", TEXT),
        ("score", FLOAT),
        ("observed_at", TIME),
        ("raw_record_id", TEXT),
        ("_logic", TEXT),
    ),
    "correlation_windows": _schema(
        *_WINDOW,
        ("pairs_published", pa.uint32()),
        ("refused_series_ids", pa.list_(TEXT)),
        ("refused_reasons", pa.list_(TEXT)),
    ),
    "correlations": _schema(
        ("window_record_id", TEXT),
        *_WINDOW,
        ("left_series_id", TEXT),
        ("left", TEXT),
        ("right_series_id", TEXT),
        ("right", TEXT),
        ("lag_steps", INT32),
        ("lag_seconds", FLOAT),
        ("coefficient", FLOAT),
        ("n_effective", FLOAT),
        ("p_value", FLOAT),
        ("q_value", FLOAT),
        ("significant", pa.bool_()),
        ("left_prepared", TEXT),
        ("right_prepared", TEXT),
        ("coupling", TEXT),
        ("coupled_since", TIME),
    ),
    "anomalies": _schema(
        ("observation_id", TEXT),
        ("series_id", TEXT),
        ("source", TEXT),
        ("measure", TEXT),
        ("entity_id", TEXT),
        ("unit", TEXT),
        ("observed_at", TIME),
        ("value", FLOAT),
        ("expected", FLOAT),
        ("lower", FLOAT),
        ("upper", FLOAT),
        ("anomaly_score", FLOAT),
        ("alarms_per_1000_points", FLOAT),
        ("alarms_per_year", FLOAT),
        ("since", TIME),
        ("detector", TEXT),
        ("reason", TEXT),
    ),
    "schema_drift": _schema(
        ("source", TEXT),
        ("endpoint", TEXT),
        ("path", TEXT),
        ("kind", TEXT),
        ("expected", TEXT),
        ("found", TEXT),
        ("example", TEXT),
        ("chance", FLOAT),
        ("payloads_before", INT64),
        ("payloads_changed", INT64),
        ("first_seen_at", TIME),
        ("first_raw_record_id", TEXT),
        ("observed_at", TIME),
        ("request_key", TEXT),
        ("raw_record_id", TEXT),
    ),
    "dead_letters": _schema(
        ("stage", TEXT),
        ("cluster", TEXT),
        ("topic", TEXT),
        ("partition", INT32),
        ("offset", INT64),
        ("key", BYTES),
        ("headers", pa.map_(TEXT, BYTES)),
        ("value", BYTES),
        ("error", TEXT),
        ("found", TEXT),
        ("expected", TEXT),
        ("todo", TEXT),
        ("failed_at", TIME),
    ),
    "connector_runs": _schema(
        ("source", TEXT),
        ("request_key", TEXT),
        ("started_at", TIME),
        ("duration_ms", INT64),
        ("requests", INT32),
        ("requests_counted", INT32),
        ("not_modified", INT32),
        ("pages_unchanged", INT32),
        ("retries", INT32),
        ("events", INT32),
        ("bytes_received", INT64),
        ("quota_remaining", INT64),
        ("outcome", TEXT),
        ("error", TEXT),
    ),
    "connector_states": _schema(
        ("source", TEXT),
        ("request_key", TEXT),
        ("state", TEXT),
        ("cluster", TEXT),
        ("vouch_offsets", OFFSETS),
        ("started_at", TIME),
        ("outcome", TEXT),
        ("life_sequence", pa.uint32()),
    ),
    "processor_states": _schema(
        ("processor", TEXT),
        ("partition", INT32),
        ("state_key", TEXT),
        ("checkpoint", INT64),
        ("cluster", TEXT),
        ("input_offsets", OFFSETS),
        ("refill_offsets", OFFSETS),
        ("vouch_offsets", OFFSETS),
        ("payload", BYTES),
        ("written_at", TIME),
        ("life_sequence", pa.uint32()),
    ),
}

LEDGER = pa.schema(
    [
        ("ledger_id", TEXT),
        ("_cluster", TEXT),
        ("_topic", TEXT),
        ("_partition", INT32),
        ("first_offset", INT64),
        ("last_offset", INT64),
        ("messages", pa.uint64()),
        ("rows_written", pa.uint64()),
        ("rows_duplicate", pa.uint64()),
        ("empty_offsets", pa.list_(INT64)),
        ("duplicate_offsets", pa.list_(INT64)),
        ("dead_letter_offsets", pa.list_(INT64)),
        ("dead_letter_ids", pa.list_(TEXT)),
        ("lost_offsets", pa.list_(INT64)),
    ]
)
