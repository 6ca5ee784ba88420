CREATE TABLE IF NOT EXISTS raw_events
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID COMMENT 'Deterministic id of the raw event',
    source LowCardinality(String) COMMENT 'Connector name',
    endpoint LowCardinality(String) COMMENT 'Endpoint kind within the source; chooses the mapping',
    request_method LowCardinality(String) COMMENT 'HTTP method of the request',
    request_url String CODEC(ZSTD(1)) COMMENT 'Address of the request, secrets removed',
    request_key String CODEC(ZSTD(1)) COMMENT 'What the request asks for, stable over polls; secrets removed',
    status Int32 COMMENT 'HTTP status of the response',
    headers Map(String, String) CODEC(ZSTD(1)) COMMENT 'Response headers that matter, names in lower case',
    fetched_at DateTime64(3, 'UTC') COMMENT 'Our clock when the response was complete, UTC',
    observed_at DateTime64(3, 'UTC') COMMENT 'Clock of the vendor for the response, UTC',
    page_index Int32 COMMENT 'Position of the page in its poll, from 0',
    poll_id String CODEC(ZSTD(1)) COMMENT 'Poll of which the page is a part',
    cursor Nullable(String) COMMENT 'Cursor (JSON) with which the poll was made; null if the endpoint has none',
    payload String CODEC(ZSTD(3)) COMMENT 'Body as received, content encoding undone',
    row_checksum UInt64 DEFAULT sipHash64(
        tenant, record_id, source, endpoint, request_method, request_url, request_key,
        status, headers, fetched_at, observed_at, page_index, poll_id, isNull(cursor),
        ifNull(cursor, ''), payload
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
ORDER BY (tenant, source, endpoint, observed_at, record_id)
COMMENT 'One response page of an API as received';
