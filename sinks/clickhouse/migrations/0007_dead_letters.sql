CREATE TABLE IF NOT EXISTS dead_letters
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID COMMENT 'Deterministic id from stage, origin and bytes',
    stage LowCardinality(String) COMMENT 'Stage that gave up: connector, normalise, correlate, detect or sink',
    cluster LowCardinality(String) COMMENT 'Life of the broker of the original message; empty if there was no message',
    topic LowCardinality(String) COMMENT 'Topic of the original message; empty if there was no message',
    partition Int32 COMMENT 'Partition of the original message; -1 if there was no message',
    offset Int64 COMMENT 'Offset of the original message; -1 if there was no message',
    key Nullable(String) COMMENT 'Key of the original message; null if it had none',
    headers Map(String, String) COMMENT 'Headers of the original message',
    value String CODEC(ZSTD(3)) COMMENT 'The original bytes',
    error LowCardinality(String) COMMENT 'Class of the error',
    found String COMMENT 'What was found',
    expected String COMMENT 'What was expected',
    todo String COMMENT 'What can be done',
    failed_at DateTime64(3, 'UTC') COMMENT 'Our clock when it failed, UTC',
    row_checksum UInt64 DEFAULT sipHash64(
        tenant, record_id, stage, cluster, topic, partition, offset, isNull(key),
        ifNull(key, ''), headers, value, error, found, expected, todo, failed_at
    ) COMMENT 'Hash of what the row says, computed by ClickHouse when it came in',
    _cluster LowCardinality(String) COMMENT 'Life of the broker that gave the offset: cluster id / topic id',
    _topic LowCardinality(String) COMMENT 'Topic the row came from',
    _partition Int32 COMMENT 'Partition the row came from',
    _offset Int64 COMMENT 'Offset of the message the row came from',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when the row came in, UTC',
    INDEX record_id_index record_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(failed_at)
ORDER BY (tenant, stage, failed_at, record_id)
COMMENT 'Something that could not be processed, with where it was and why';
