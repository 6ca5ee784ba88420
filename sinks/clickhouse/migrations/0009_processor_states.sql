CREATE TABLE IF NOT EXISTS processor_states
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    record_id UUID COMMENT 'Deterministic id from processor, partition, key and checkpoint',
    processor LowCardinality(String) COMMENT 'normalise, correlate or detect',
    partition Int32 COMMENT 'Input partition to which the state belongs',
    state_key String COMMENT 'series_id of the state of a series, or positions for the checkpoint itself',
    checkpoint Int64 COMMENT 'Number of the checkpoint, growing',
    cluster LowCardinality(String) COMMENT 'Life of the broker whose offsets are meant',
    input_offsets Map(String, Int64) COMMENT 'topic-partition to the next offset to process; only on positions',
    refill_offsets Map(String, Int64) COMMENT 'topic-partition to the offset from which windows must be read back; only on positions',
    vouch_offsets Map(String, Int64) COMMENT 'topic-partition to the offset after the last output the state rests on',
    payload String CODEC(ZSTD(1)) COMMENT 'The state, opaque to others',
    written_at DateTime64(3, 'UTC') COMMENT 'Our clock at the checkpoint, UTC',
    life_sequence UInt32 COMMENT 'Number of the life of the topic in the order in which lives were seen, from 1',
    version UInt64 DEFAULT bitShiftLeft(toUInt64(life_sequence), 40) + toUInt64(_offset) COMMENT 'Order of the states: later lives first, then offsets',
    _cluster LowCardinality(String) COMMENT 'Life of the broker that gave the offset: cluster id / topic id',
    _topic LowCardinality(String) COMMENT 'Topic the row came from',
    _partition Int32 COMMENT 'Partition the row came from',
    _offset Int64 COMMENT 'Offset of the message the row came from',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when the row came in, UTC'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, processor, partition, state_key)
COMMENT 'State of stream processors, with superseded states; read processor_states_current instead';

CREATE VIEW IF NOT EXISTS processor_states_current AS
SELECT
    tenant, record_id, processor, partition, state_key, checkpoint, cluster, input_offsets, refill_offsets,
    vouch_offsets, payload, written_at, life_sequence, version, _cluster, _topic, _partition, _offset, ingested_at
FROM processor_states FINAL
COMMENT 'The latest state of each processor, partition and key whose outputs are all rows';
