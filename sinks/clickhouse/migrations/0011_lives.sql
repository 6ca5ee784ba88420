CREATE TABLE IF NOT EXISTS broker_lives
(
    cluster_id String COMMENT 'Cluster id of the broker; a broker that forgets has a new one at each start',
    life_sequence UInt32 COMMENT 'Number of the life in the order in which lives began, from 1',
    stage UInt8 COMMENT 'Version: 1 begun, 2 restored, 3 over and what its last batches left is in the ledger',
    changed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when the stage was reached, UTC'
)
ENGINE = ReplacingMergeTree(stage)
ORDER BY cluster_id
COMMENT 'The lives of the broker in their order';

CREATE TABLE IF NOT EXISTS replayed_messages
(
    cluster_id String COMMENT 'Life to which the message was given again',
    topic LowCardinality(String) COMMENT 'Topic in both lives',
    partition Int32 COMMENT 'Partition in that life',
    offset Int64 COMMENT 'Offset in that life',
    origin_cluster LowCardinality(String) COMMENT 'Life that the rows of the message name as their origin: cluster id / topic id',
    origin_partition Int32 COMMENT 'Partition that the rows name',
    origin_offset Int64 COMMENT 'Offset that the rows name',
    replayed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse when it was noted, UTC'
)
ENGINE = ReplacingMergeTree
ORDER BY (cluster_id, topic, partition, offset)
COMMENT 'Messages that a new life of the broker was given again from the tables, with where their rows come from';

ALTER TABLE ingest_ledger
    ADD COLUMN IF NOT EXISTS dead_letter_ids Array(UUID) COMMENT 'For each of dead_letter_offsets the record_id of its row in dead_letters';

ALTER TABLE ingest_ledger
    ADD COLUMN IF NOT EXISTS lost_offsets Array(Int64) COMMENT 'Offsets that were in no row yet when their broker was lost; what they said is made again';
