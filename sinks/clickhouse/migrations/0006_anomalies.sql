CREATE TABLE IF NOT EXISTS anomalies
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID COMMENT 'Deterministic id from the observation and the detector',
    observation_id UUID COMMENT 'record_id of the observation',
    series_id LowCardinality(String) COMMENT 'series_id of the series',
    source LowCardinality(String) COMMENT 'Connector name',
    measure LowCardinality(String) COMMENT 'What is measured',
    entity_id LowCardinality(String) COMMENT 'Natural key of the thing measured',
    unit LowCardinality(String) COMMENT 'Unit of value, expected, lower and upper',
    series String ALIAS concat(source, '.', measure, ':', entity_id) COMMENT 'Name of the series',
    observed_at DateTime64(3, 'UTC') COMMENT 'Event time of the observation, UTC',
    value Float64 COMMENT 'What came',
    expected Float64 COMMENT 'What was expected',
    lower Float64 COMMENT 'Lower end of the expected interval',
    upper Float64 COMMENT 'Upper end of the expected interval',
    anomaly_score Float64 COMMENT 'How surprising, 0 to 1',
    alarms_per_1000_points Float64 COMMENT 'Alarm rate that a threshold at this score would have',
    detector LowCardinality(String) COMMENT 'Which detector saw it',
    reason String COMMENT 'Why, in words',
    row_checksum UInt64 DEFAULT sipHash64(
        tenant, record_id, observation_id, series_id, source, measure, entity_id, unit,
        observed_at, value, expected, lower, upper, anomaly_score,
        alarms_per_1000_points, detector, reason
    ) COMMENT 'Hash of what the row says, computed by ClickHouse when it came in',
    _cluster LowCardinality(String) COMMENT 'Life of the broker that gave the offset: cluster id / topic id',
    _topic LowCardinality(String) COMMENT 'Topic the row came from',
    _partition Int32 COMMENT 'Partition the row came from',
    _offset Int64 COMMENT 'Offset of the message the row came from',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when the row came in, UTC',
    INDEX record_id_index record_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(observed_at)
ORDER BY (tenant, series_id, observed_at, record_id)
COMMENT 'An observation that the past of its series does not explain';
