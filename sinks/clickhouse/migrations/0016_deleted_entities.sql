CREATE OR REPLACE VIEW entities_current AS
SELECT
    tenant, record_id, source, entity_type, entity_id, name, url, observed_at, attributes,
    parseDateTime64BestEffortOrNull(JSONExtractString(attributes['deleted_at']), 3, 'UTC') AS deleted_at,
    raw_record_id, _cluster, _topic, _partition, _offset, ingested_at
FROM entities
ORDER BY tenant, source, entity_type, entity_id, observed_at DESC, record_id DESC
LIMIT 1 BY tenant, source, entity_type, entity_id
COMMENT 'The latest version of each thing; deleted_at is since when its source no longer shows it, null while it does';
