CREATE TABLE IF NOT EXISTS ingest_ledger
(
    ledger_id UUID COMMENT 'Deterministic id from life, topic, partition, first and last offset',
    _cluster LowCardinality(String) COMMENT 'Life of the broker: cluster id / topic id',
    _topic LowCardinality(String) COMMENT 'Topic',
    _partition Int32 COMMENT 'Partition',
    first_offset Int64 COMMENT 'First offset of the stretch, inclusive: the last of the stretch before plus 1',
    last_offset Int64 COMMENT 'Last offset of the stretch, inclusive',
    messages UInt64 COMMENT 'Messages in the stretch; fewer than offsets where the broker skipped some',
    rows_written UInt64 COMMENT 'Rows that stand in the tables with an origin in this stretch',
    rows_duplicate UInt64 COMMENT 'Rows left out because their record_id was there with another origin',
    empty_offsets Array(Int64) COMMENT 'Offsets of messages that hold no rows',
    duplicate_offsets Array(Int64) COMMENT 'Offsets of messages all of whose rows were duplicates',
    dead_letter_offsets Array(Int64) COMMENT 'Offsets of messages that went to dead-letter.sink',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when the stretch was done, UTC'
)
ENGINE = ReplacingMergeTree
ORDER BY (_cluster, _topic, _partition, first_offset, last_offset)
COMMENT 'Which offsets are in: a stretch of a partition, written after its rows and rollups';
