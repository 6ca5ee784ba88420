CREATE TABLE IF NOT EXISTS entity_links
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID COMMENT 'Deterministic id, from the raw event, the thing, the relation and the id',
    source LowCardinality(String) COMMENT 'Connector name',
    entity_type LowCardinality(String) COMMENT 'Type of the thing',
    entity_id String COMMENT 'Natural key of the thing within source and type',
    relation LowCardinality(String) COMMENT 'same: the id is one of the thing itself; refers: the thing points to what has the id',
    namespace LowCardinality(String) COMMENT 'Whose id it is: isrc, gtin, imdb, wikidata, url, or source.type for the things of a source',
    external_id String COMMENT 'The id, in the form that its namespace gives it',
    path String COMMENT 'Where in the payload of the raw event it stands',
    score Float64 COMMENT 'How sure the link is, 0 to 1; 1 for an id that the vendor states',
    observed_at DateTime64(3, 'UTC') COMMENT 'When the payload showed it, UTC',
    raw_record_id UUID COMMENT 'record_id of the raw event that is the evidence',
    row_checksum UInt64 DEFAULT sipHash64(
        tenant, record_id, source, entity_type, entity_id, relation, namespace, external_id, path, score,
        observed_at, raw_record_id
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
ORDER BY (tenant, source, entity_type, entity_id, relation, namespace, external_id, observed_at, record_id)
COMMENT 'A link from a thing to an id of another catalogue, as one payload shows it';

CREATE VIEW IF NOT EXISTS entity_links_current AS
SELECT
    tenant, source, entity_type, entity_id, relation, namespace, external_id,
    argMax(link.path, (link.observed_at, link.record_id)) AS path,
    argMax(link.score, (link.observed_at, link.record_id)) AS score,
    argMax(link.raw_record_id, (link.observed_at, link.record_id)) AS raw_record_id,
    min(link.observed_at) AS first_seen_at,
    max(link.observed_at) AS last_seen_at
FROM entity_links AS link
GROUP BY tenant, source, entity_type, entity_id, relation, namespace, external_id
COMMENT 'Each link once, with path, score and raw_record_id of its newest evidence, and first_seen_at and last_seen_at';

CREATE VIEW IF NOT EXISTS linked_entities AS
WITH ids AS
(
    SELECT tenant, source, entity_type, entity_id, relation, namespace, external_id, path, score, raw_record_id
    FROM entity_links_current
    UNION ALL
    SELECT
        tenant, source, entity_type, entity_id, 'itself' AS relation, concat(source, '.', entity_type) AS namespace,
        entity_id AS external_id, '$' AS path, 1. AS score, raw_record_id
    FROM entities_current
)
SELECT
    own.tenant AS tenant,
    own.source AS source, own.entity_type AS entity_type, own.entity_id AS entity_id,
    other.source AS linked_source, other.entity_type AS linked_entity_type, other.entity_id AS linked_entity_id,
    if('refers' IN (own.relation, other.relation), 'refers', 'same') AS relation,
    own.namespace AS namespace, own.external_id AS external_id,
    own.score * other.score AS score,
    own.path AS path, own.raw_record_id AS raw_record_id,
    other.path AS linked_path, other.raw_record_id AS linked_raw_record_id
FROM ids AS own
INNER JOIN ids AS other
    ON own.tenant = other.tenant AND own.namespace = other.namespace AND own.external_id = other.external_id
WHERE own.source != other.source
COMMENT 'The things of other sources (linked_source, linked_entity_type, linked_entity_id) that share the id external_id of namespace with a thing (source, entity_type, entity_id), or that it or they name, in both directions; relation, score, and the evidence of either side (path, raw_record_id, linked_path, linked_raw_record_id)';
