CREATE TABLE IF NOT EXISTS correlation_windows
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID COMMENT 'Deterministic id from tenant, grid and window',
    window_start DateTime64(3, 'UTC') COMMENT 'Begin of the window in event time, UTC, inclusive',
    window_end DateTime64(3, 'UTC') COMMENT 'End of the window in event time, UTC, exclusive',
    step_seconds Float64 COMMENT 'Grid step in seconds',
    window_steps Int32 COMMENT 'Grid points in the window',
    lag_steps_max Int32 COMMENT 'Largest lag searched in both directions, in steps',
    false_discovery_rate Float64 COMMENT 'False-discovery rate over the family, 0 to 1',
    family_size Int32 COMMENT 'Pairs tested in the window',
    method LowCardinality(String) COMMENT 'Name and version of the statistical method',
    pairs_published UInt32 COMMENT 'Pairs of the window that were published',
    refused_series_ids Array(String) COMMENT 'series_id of each series that could not be tested',
    refused_reasons Array(String) COMMENT 'For each refused series why, in words',
    row_checksum UInt64 DEFAULT sipHash64(
        tenant, record_id, window_start, window_end, step_seconds, window_steps,
        lag_steps_max, false_discovery_rate, family_size, method, pairs_published,
        refused_series_ids, refused_reasons
    ) COMMENT 'Hash of what the row says, computed by ClickHouse when it came in',
    _cluster LowCardinality(String) COMMENT 'Life of the broker that gave the offset: cluster id / topic id',
    _topic LowCardinality(String) COMMENT 'Topic the row came from',
    _partition Int32 COMMENT 'Partition the row came from',
    _offset Int64 COMMENT 'Offset of the message the row came from',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when the row came in, UTC',
    INDEX record_id_index record_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(window_end)
ORDER BY (tenant, window_end, record_id)
COMMENT 'A window in which pairs were tested';

CREATE TABLE IF NOT EXISTS correlations
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID COMMENT 'Deterministic id from tenant, grid, window and pair',
    window_record_id UUID COMMENT 'record_id of the window in correlation_windows',
    window_start DateTime64(3, 'UTC') COMMENT 'Begin of the window in event time, UTC, inclusive',
    window_end DateTime64(3, 'UTC') COMMENT 'End of the window in event time, UTC, exclusive',
    step_seconds Float64 COMMENT 'Grid step in seconds',
    window_steps Int32 COMMENT 'Grid points in the window',
    lag_steps_max Int32 COMMENT 'Largest lag searched in both directions, in steps',
    false_discovery_rate Float64 COMMENT 'False-discovery rate over the family, 0 to 1',
    family_size Int32 COMMENT 'Pairs tested in the window',
    method LowCardinality(String) COMMENT 'Name and version of the statistical method',
    left_series_id LowCardinality(String) COMMENT 'series_id of the left series',
    left LowCardinality(String) COMMENT 'Name of the left series',
    right_series_id LowCardinality(String) COMMENT 'series_id of the right series',
    right LowCardinality(String) COMMENT 'Name of the right series',
    lag_steps Int32 COMMENT 'Lag of the strongest relation in steps; positive: left leads',
    lag_seconds Float64 COMMENT 'The same lag in seconds',
    coefficient Float64 COMMENT 'Correlation of the prepared series at that lag, -1 to 1',
    n_effective Float64 COMMENT 'Effective sample size',
    p_value Float64 COMMENT 'p-value with the search over lags paid for, 0 to 1',
    q_value Float64 COMMENT 'p-value adjusted over the family, 0 to 1',
    significant Bool COMMENT 'Whether q_value is within the false-discovery rate',
    left_prepared LowCardinality(String) COMMENT 'How the left series was prepared and why',
    right_prepared LowCardinality(String) COMMENT 'How the right series was prepared and why',
    row_checksum UInt64 DEFAULT sipHash64(
        tenant, record_id, window_record_id, window_start, window_end, step_seconds,
        window_steps, lag_steps_max, false_discovery_rate, family_size, method,
        left_series_id, left, right_series_id, right, lag_steps, lag_seconds,
        coefficient, n_effective, p_value, q_value, significant, left_prepared,
        right_prepared
    ) COMMENT 'Hash of what the row says, computed by ClickHouse when it came in',
    _cluster LowCardinality(String) COMMENT 'Life of the broker that gave the offset: cluster id / topic id',
    _topic LowCardinality(String) COMMENT 'Topic the row came from',
    _partition Int32 COMMENT 'Partition the row came from',
    _offset Int64 COMMENT 'Offset of the message the row came from',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when the row came in, UTC',
    INDEX record_id_index record_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(window_end)
ORDER BY (tenant, window_end, left_series_id, right_series_id, record_id)
COMMENT 'A pair of series in a window';

CREATE VIEW IF NOT EXISTS correlations_current AS
SELECT
    tenant, record_id, window_record_id, window_start, window_end, step_seconds, window_steps, lag_steps_max,
    false_discovery_rate, family_size, method, left_series_id, left, right_series_id, right, lag_steps, lag_seconds,
    coefficient, n_effective, p_value, q_value, significant, left_prepared, right_prepared,
    _cluster, _topic, _partition, _offset, ingested_at
FROM correlations
ORDER BY tenant, left_series_id, right_series_id, step_seconds, window_steps, window_end DESC, record_id DESC
LIMIT 1 BY tenant, left_series_id, right_series_id, step_seconds, window_steps
COMMENT 'The latest window of each pair on each grid';
