CREATE TABLE IF NOT EXISTS observations
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID
        DEFAULT reinterpretAsUUID(concat(reverse(unhex(series_id)), reinterpretAsFixedString(toUnixTimestamp64Milli(observed_at))))
        COMMENT 'Deterministic id: 64 bits of the series and 64 bits of the event time in milliseconds',
    source LowCardinality(String) COMMENT 'Connector name',
    measure LowCardinality(String) COMMENT 'What is measured, such as stargazers',
    entity_id LowCardinality(String) COMMENT 'Natural key of the thing measured',
    unit LowCardinality(String) COMMENT 'Unit of the value: SI symbol or UCUM code; 1 for pure numbers',
    kind LowCardinality(String) COMMENT 'How statistics treat the values: gauge, counter or count',
    series_id LowCardinality(String) COMMENT '16 hexadecimal digits: hash of tenant, source, measure, entity_id and unit',
    series String ALIAS concat(source, '.', measure, ':', entity_id) COMMENT 'Name of the series, such as github.stargazers:apache/kafka',
    observed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'Event time, UTC',
    value Float64 CODEC(Gorilla, ZSTD(1)) COMMENT 'Value in the unit of the series; finite',
    raw_record_id UUID COMMENT 'record_id of the raw event the measurement was taken from',
    row_checksum UInt64 DEFAULT sipHash64(
        tenant, record_id, source, measure, entity_id, unit, kind, series_id,
        observed_at, value, raw_record_id
    ) COMMENT 'Hash of what the row says, computed by ClickHouse when it came in',
    _cluster LowCardinality(String) COMMENT 'Life of the broker that gave the offset: cluster id / topic id',
    _topic LowCardinality(String) COMMENT 'Topic the row came from',
    _partition Int32 COMMENT 'Partition the row came from',
    _offset Int64 COMMENT 'Offset of the message the row came from',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when the row came in, UTC'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(observed_at)
ORDER BY (tenant, series_id, observed_at)
SETTINGS index_granularity = 1024
COMMENT 'A measurement: one value of one series at one time';
