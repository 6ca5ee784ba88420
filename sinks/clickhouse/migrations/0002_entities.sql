CREATE TABLE IF NOT EXISTS entities
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID COMMENT 'Deterministic id of this version of the thing',
    source LowCardinality(String) COMMENT 'Connector name',
    entity_type LowCardinality(String) COMMENT 'Type of the thing, such as repository or city',
    entity_id String COMMENT 'Natural key within source and type',
    name String COMMENT 'Name for people',
    url Nullable(String) COMMENT 'Page for people; null if there is none',
    observed_at DateTime64(3, 'UTC') COMMENT 'When the thing was seen like this, UTC',
    attributes Map(String, String) CODEC(ZSTD(1)) COMMENT 'Further properties; a value is JSON',
    raw_record_id UUID COMMENT 'record_id of the raw event the thing was taken from',
    row_checksum UInt64 DEFAULT sipHash64(
        tenant, record_id, source, entity_type, entity_id, name, isNull(url),
        ifNull(url, ''), observed_at, attributes, raw_record_id
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
ORDER BY (tenant, source, entity_type, entity_id, observed_at, record_id)
COMMENT 'A version of a thing, as one payload shows it';

CREATE VIEW IF NOT EXISTS entities_current AS
SELECT
    tenant, record_id, source, entity_type, entity_id, name, url, observed_at, attributes, raw_record_id,
    _cluster, _topic, _partition, _offset, ingested_at
FROM entities
ORDER BY tenant, source, entity_type, entity_id, observed_at DESC, record_id DESC
LIMIT 1 BY tenant, source, entity_type, entity_id
COMMENT 'The latest version of each thing';
