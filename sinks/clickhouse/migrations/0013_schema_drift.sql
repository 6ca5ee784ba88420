CREATE TABLE IF NOT EXISTS schema_drift
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID COMMENT 'Deterministic id from the raw event that showed the change, its kind and the path',
    source LowCardinality(String) COMMENT 'Connector name',
    endpoint LowCardinality(String) COMMENT 'Endpoint of the source whose payloads changed',
    path String COMMENT 'Where in the payload; [] stands for the entries of an array, .* for the entries of a map',
    kind LowCardinality(String) COMMENT 'field_appeared, field_vanished, type_changed, nulls_risen, range_left or paths_exceeded',
    expected String COMMENT 'What was usual, in words',
    found String COMMENT 'What came, in words',
    example Nullable(String) COMMENT 'A value that shows the change, as JSON, cut and without secrets; null where there is nothing to show',
    chance Float64 COMMENT 'How often this would be seen if nothing had changed, 0 to 1; 1 if that is not estimated',
    payloads_before Int64 COMMENT 'Payloads that showed what was usual',
    payloads_changed Int64 COMMENT 'Payloads from the first that deviated to the one that decided',
    first_seen_at DateTime64(3, 'UTC') COMMENT 'Event time of the first payload that deviated, UTC',
    first_raw_record_id UUID COMMENT 'record_id of the raw event of that payload',
    observed_at DateTime64(3, 'UTC') COMMENT 'Event time of the payload that decided, UTC',
    request_key String COMMENT 'What the request for that payload asked for; secrets removed',
    raw_record_id UUID COMMENT 'record_id of the raw event of the payload that decided',
    row_checksum UInt64 DEFAULT sipHash64(
        tenant, record_id, source, endpoint, path, kind, expected, found, isNull(example), ifNull(example, ''),
        chance, payloads_before, payloads_changed, first_seen_at, first_raw_record_id, observed_at, request_key,
        raw_record_id
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
COMMENT 'A change in the shape of what an endpoint answers';

ALTER TABLE processor_states COMMENT COLUMN processor 'Name of the processor, such as normalise or drift';

ALTER TABLE processor_states COMMENT COLUMN state_key 'What the state is of, such as a series_id or an endpoint; positions for the checkpoint itself';
