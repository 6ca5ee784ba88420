ALTER TABLE correlations
    ADD COLUMN IF NOT EXISTS coupling LowCardinality(Nullable(String))
        COMMENT 'What the window says of the pair as an announced coupling: onset, holds or end; null if it is not announced'
        AFTER right_prepared,
    ADD COLUMN IF NOT EXISTS coupled_since Nullable(DateTime64(3, 'UTC'))
        COMMENT 'window_end of the window that announced the coupling, UTC; null if it is not announced' AFTER coupling;

ALTER TABLE correlations MODIFY COLUMN row_checksum UInt64 DEFAULT multiIf(
    isNull(coupling) AND revision = 0,
    sipHash64(
        tenant, record_id, window_record_id, window_start, window_end, step_seconds,
        window_steps, lag_steps_max, false_discovery_rate, family_size, method,
        left_series_id, left, right_series_id, right, lag_steps, lag_seconds,
        coefficient, n_effective, p_value, q_value, significant, left_prepared,
        right_prepared
    ),
    isNull(coupling),
    sipHash64(
        tenant, record_id, window_record_id, window_start, window_end, step_seconds,
        window_steps, lag_steps_max, false_discovery_rate, family_size, method,
        left_series_id, left, right_series_id, right, lag_steps, lag_seconds,
        coefficient, n_effective, p_value, q_value, significant, left_prepared,
        right_prepared, revision
    ),
    sipHash64(
        tenant, record_id, window_record_id, window_start, window_end, step_seconds,
        window_steps, lag_steps_max, false_discovery_rate, family_size, method,
        left_series_id, left, right_series_id, right, lag_steps, lag_seconds,
        coefficient, n_effective, p_value, q_value, significant, left_prepared,
        right_prepared, revision,
        ifNull(coupling, ''), isNull(coupled_since), ifNull(coupled_since, toDateTime64(0, 3, 'UTC'))
    )
);

CREATE OR REPLACE VIEW correlations_latest AS
SELECT * FROM correlations WHERE window_record_id IN (SELECT record_id FROM correlation_windows_latest)
COMMENT 'The pairs of each window in its latest revision';

CREATE OR REPLACE VIEW correlations_current AS
SELECT
    tenant, record_id, window_record_id, window_start, window_end, step_seconds, window_steps, lag_steps_max,
    false_discovery_rate, family_size, method, revision, left_series_id, left, right_series_id, right, lag_steps, lag_seconds,
    coefficient, n_effective, p_value, q_value, significant, left_prepared, right_prepared, coupling, coupled_since,
    _cluster, _topic, _partition, _offset, ingested_at
FROM correlations_latest
ORDER BY tenant, left_series_id, right_series_id, step_seconds, window_steps, window_end DESC, record_id DESC
LIMIT 1 BY tenant, left_series_id, right_series_id, step_seconds, window_steps
COMMENT 'The latest window of each pair on each grid, in its latest revision';

CREATE VIEW IF NOT EXISTS coupling_changes AS
SELECT
    tenant, window_end, coupling, left, right, lag_seconds, coefficient, p_value, coupled_since, step_seconds,
    window_steps, left_series_id, right_series_id, record_id
FROM correlations
WHERE coupling IN ('onset', 'end')
ORDER BY tenant, window_end, left, right
COMMENT 'When couplings were announced and withdrawn: what began, and what ended';
