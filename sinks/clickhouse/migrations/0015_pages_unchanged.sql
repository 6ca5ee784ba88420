ALTER TABLE connector_runs ADD COLUMN IF NOT EXISTS pages_unchanged Int32 DEFAULT 0 COMMENT 'Pages that said what was published last, by their digest, and were not published again' AFTER not_modified;

ALTER TABLE connector_runs MODIFY COLUMN row_checksum UInt64 DEFAULT if(
    pages_unchanged = 0,
    sipHash64(
        tenant, record_id, source, request_key, started_at, duration_ms, requests,
        requests_counted, not_modified, retries, events, bytes_received,
        isNull(quota_remaining), ifNull(quota_remaining, 0), outcome, isNull(error),
        ifNull(error, '')
    ),
    sipHash64(
        tenant, record_id, source, request_key, started_at, duration_ms, requests,
        requests_counted, not_modified, retries, events, bytes_received,
        isNull(quota_remaining), ifNull(quota_remaining, 0), outcome, isNull(error),
        ifNull(error, ''), pages_unchanged
    )
);
