ALTER TABLE correlation_windows ADD COLUMN IF NOT EXISTS revision Int32 DEFAULT 0 COMMENT 'How often the window was told anew because late data changed it; the highest counts' AFTER method;

ALTER TABLE correlations ADD COLUMN IF NOT EXISTS revision Int32 DEFAULT 0 COMMENT 'Revision of the window; the highest counts' AFTER method;

ALTER TABLE correlation_windows MODIFY COLUMN row_checksum UInt64 DEFAULT if(
    revision = 0,
    sipHash64(
        tenant, record_id, window_start, window_end, step_seconds, window_steps,
        lag_steps_max, false_discovery_rate, family_size, method, pairs_published,
        refused_series_ids, refused_reasons
    ),
    sipHash64(
        tenant, record_id, window_start, window_end, step_seconds, window_steps,
        lag_steps_max, false_discovery_rate, family_size, method, pairs_published,
        refused_series_ids, refused_reasons, revision
    )
);

ALTER TABLE correlations MODIFY COLUMN row_checksum UInt64 DEFAULT if(
    revision = 0,
    sipHash64(
        tenant, record_id, window_record_id, window_start, window_end, step_seconds,
        window_steps, lag_steps_max, false_discovery_rate, family_size, method,
        left_series_id, left, right_series_id, right, lag_steps, lag_seconds,
        coefficient, n_effective, p_value, q_value, significant, left_prepared,
        right_prepared
    ),
    sipHash64(
        tenant, record_id, window_record_id, window_start, window_end, step_seconds,
        window_steps, lag_steps_max, false_discovery_rate, family_size, method,
        left_series_id, left, right_series_id, right, lag_steps, lag_seconds,
        coefficient, n_effective, p_value, q_value, significant, left_prepared,
        right_prepared, revision
    )
);

CREATE VIEW IF NOT EXISTS correlation_windows_latest AS
SELECT * FROM correlation_windows
ORDER BY tenant, step_seconds, window_steps, lag_steps_max, false_discovery_rate, method, window_end, revision DESC, record_id DESC
LIMIT 1 BY tenant, step_seconds, window_steps, lag_steps_max, false_discovery_rate, method, window_end
COMMENT 'Each window once, in its latest revision';

CREATE VIEW IF NOT EXISTS correlations_latest AS
SELECT * FROM correlations WHERE window_record_id IN (SELECT record_id FROM correlation_windows_latest)
COMMENT 'The pairs of each window in its latest revision';

CREATE OR REPLACE VIEW correlations_current AS
SELECT
    tenant, record_id, window_record_id, window_start, window_end, step_seconds, window_steps, lag_steps_max,
    false_discovery_rate, family_size, method, revision, left_series_id, left, right_series_id, right, lag_steps, lag_seconds,
    coefficient, n_effective, p_value, q_value, significant, left_prepared, right_prepared,
    _cluster, _topic, _partition, _offset, ingested_at
FROM correlations_latest
ORDER BY tenant, left_series_id, right_series_id, step_seconds, window_steps, window_end DESC, record_id DESC
LIMIT 1 BY tenant, left_series_id, right_series_id, step_seconds, window_steps
COMMENT 'The latest window of each pair on each grid, in its latest revision';

ALTER TABLE entities ADD COLUMN IF NOT EXISTS _logic LowCardinality(String) DEFAULT '' COMMENT 'Version of the mapping that made the row; empty for rows from before it was recorded' AFTER _offset;

ALTER TABLE entity_links ADD COLUMN IF NOT EXISTS _logic LowCardinality(String) DEFAULT '' COMMENT 'Version of the mapping that made the row; empty for rows from before it was recorded' AFTER _offset;

ALTER TABLE observations ADD COLUMN IF NOT EXISTS _logic LowCardinality(String) DEFAULT '' COMMENT 'Version of the mapping that made the row; empty for rows from before it was recorded' AFTER _offset;
