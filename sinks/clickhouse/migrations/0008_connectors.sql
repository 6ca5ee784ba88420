CREATE TABLE IF NOT EXISTS connector_runs
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID COMMENT 'Deterministic id of the poll',
    source LowCardinality(String) COMMENT 'Connector name',
    request_key String COMMENT 'What is polled: endpoint and target',
    started_at DateTime64(3, 'UTC') COMMENT 'Our clock when the poll began, UTC',
    duration_ms Int64 COMMENT 'Duration of the poll in milliseconds',
    requests Int32 COMMENT 'HTTP requests made, retries included',
    requests_counted Int32 COMMENT 'Requests that count against the quota of the vendor',
    not_modified Int32 COMMENT 'Requests answered 304 Not Modified',
    retries Int32 COMMENT 'Requests that repeated a failed one',
    events Int32 COMMENT 'Raw events published',
    bytes_received Int64 COMMENT 'Body bytes received, content encoding undone',
    quota_remaining Nullable(Int64) COMMENT 'Requests left by the word of the vendor; null if it says nothing',
    outcome LowCardinality(String) COMMENT 'ok, unchanged, throttled or failed',
    error Nullable(String) COMMENT 'What went wrong; null if nothing did',
    row_checksum UInt64 DEFAULT sipHash64(
        tenant, record_id, source, request_key, started_at, duration_ms, requests,
        requests_counted, not_modified, retries, events, bytes_received,
        isNull(quota_remaining), ifNull(quota_remaining, 0), outcome, isNull(error),
        ifNull(error, '')
    ) COMMENT 'Hash of what the row says, computed by ClickHouse when it came in',
    _cluster LowCardinality(String) COMMENT 'Life of the broker that gave the offset: cluster id / topic id',
    _topic LowCardinality(String) COMMENT 'Topic the row came from',
    _partition Int32 COMMENT 'Partition the row came from',
    _offset Int64 COMMENT 'Offset of the message the row came from',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when the row came in, UTC',
    INDEX record_id_index record_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(started_at)
ORDER BY (tenant, source, started_at, record_id)
COMMENT 'A poll of a connector with its cost';

CREATE TABLE IF NOT EXISTS connector_states
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID COMMENT 'Deterministic id of the poll',
    source LowCardinality(String) COMMENT 'Connector name',
    request_key String COMMENT 'What is polled: endpoint and target',
    state String CODEC(ZSTD(1)) COMMENT 'Cursor, validators and learned quota, as JSON; opaque to others',
    cluster LowCardinality(String) COMMENT 'Life of the broker whose offsets vouch_offsets means; empty if nothing was published',
    vouch_offsets Map(String, Int64) COMMENT 'topic-partition to the offset after the last event the state rests on',
    started_at DateTime64(3, 'UTC') COMMENT 'Our clock when the poll began, UTC',
    outcome LowCardinality(String) COMMENT 'ok, unchanged, throttled or failed',
    life_sequence UInt32 COMMENT 'Number of the life of the topic in the order in which lives were seen, from 1',
    version UInt64 DEFAULT bitShiftLeft(toUInt64(life_sequence), 40) + toUInt64(_offset) COMMENT 'Order of the states: later lives first, then offsets',
    _cluster LowCardinality(String) COMMENT 'Life of the broker that gave the offset: cluster id / topic id',
    _topic LowCardinality(String) COMMENT 'Topic the row came from',
    _partition Int32 COMMENT 'Partition the row came from',
    _offset Int64 COMMENT 'Offset of the message the row came from',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when the row came in, UTC'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, source, request_key)
COMMENT 'Where connectors stand, with superseded states; read connector_states_current instead';

CREATE VIEW IF NOT EXISTS connector_states_current AS
SELECT
    tenant, record_id, source, request_key, state, cluster, vouch_offsets, started_at, outcome, life_sequence, version,
    _cluster, _topic, _partition, _offset, ingested_at
FROM connector_states FINAL
COMMENT 'The latest state of each source and request whose events are all rows';
