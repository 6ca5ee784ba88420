CREATE TABLE IF NOT EXISTS observations_1m_data
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    source LowCardinality(String) COMMENT 'Connector name',
    measure LowCardinality(String) COMMENT 'What is measured',
    entity_id LowCardinality(String) COMMENT 'Natural key of the thing measured',
    unit LowCardinality(String) COMMENT 'Unit of sum, min, max, first, last and avg',
    kind LowCardinality(String) COMMENT 'How statistics treat the values: gauge, counter or count',
    series_id LowCardinality(String) COMMENT '16 hexadecimal digits: id of the series',
    bucket_start DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'Begin of the minute in event time, UTC, inclusive',
    count UInt64 COMMENT 'Observations in the bucket; also the version: a recount never has fewer',
    sum Float64 COMMENT 'Sum of the values, added in order of event time',
    min Float64 COMMENT 'Smallest value',
    max Float64 COMMENT 'Largest value',
    first Float64 COMMENT 'Value with the earliest event time',
    last Float64 COMMENT 'Value with the latest event time',
    first_at DateTime64(3, 'UTC') COMMENT 'Earliest event time in the bucket, UTC',
    last_at DateTime64(3, 'UTC') COMMENT 'Latest event time in the bucket, UTC',
    computed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse at the computation, UTC'
)
ENGINE = ReplacingMergeTree(count)
PARTITION BY toYYYYMM(bucket_start)
ORDER BY (tenant, series_id, bucket_start)
SETTINGS index_granularity = 1024
COMMENT 'Rollup by minute with its superseded versions; read observations_1m instead';

CREATE VIEW IF NOT EXISTS observations_1m AS
SELECT
    tenant, source, measure, entity_id, unit, kind, series_id,
    concat(source, '.', measure, ':', entity_id) AS series,
    bucket_start, count, sum, min, max, first, last, sum / count AS avg, first_at, last_at, computed_at
FROM observations_1m_data FINAL
COMMENT 'Rollup by minute of event time; right after replays and late data';

CREATE TABLE IF NOT EXISTS observations_1h_data
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    source LowCardinality(String) COMMENT 'Connector name',
    measure LowCardinality(String) COMMENT 'What is measured',
    entity_id LowCardinality(String) COMMENT 'Natural key of the thing measured',
    unit LowCardinality(String) COMMENT 'Unit of sum, min, max, first, last and avg',
    kind LowCardinality(String) COMMENT 'How statistics treat the values: gauge, counter or count',
    series_id LowCardinality(String) COMMENT '16 hexadecimal digits: id of the series',
    bucket_start DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'Begin of the hour in event time, UTC, inclusive',
    count UInt64 COMMENT 'Observations in the bucket; also the version: a recount never has fewer',
    sum Float64 COMMENT 'Sum of the values, added in order of event time',
    min Float64 COMMENT 'Smallest value',
    max Float64 COMMENT 'Largest value',
    first Float64 COMMENT 'Value with the earliest event time',
    last Float64 COMMENT 'Value with the latest event time',
    first_at DateTime64(3, 'UTC') COMMENT 'Earliest event time in the bucket, UTC',
    last_at DateTime64(3, 'UTC') COMMENT 'Latest event time in the bucket, UTC',
    computed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse at the computation, UTC'
)
ENGINE = ReplacingMergeTree(count)
PARTITION BY toYear(bucket_start)
ORDER BY (tenant, series_id, bucket_start)
SETTINGS index_granularity = 1024
COMMENT 'Rollup by hour with its superseded versions; read observations_1h instead';

CREATE VIEW IF NOT EXISTS observations_1h AS
SELECT
    tenant, source, measure, entity_id, unit, kind, series_id,
    concat(source, '.', measure, ':', entity_id) AS series,
    bucket_start, count, sum, min, max, first, last, sum / count AS avg, first_at, last_at, computed_at
FROM observations_1h_data FINAL
COMMENT 'Rollup by hour of event time; right after replays and late data';

CREATE TABLE IF NOT EXISTS observations_1d_data
(
    tenant LowCardinality(String) COMMENT 'Tenant to which the row belongs',
    source LowCardinality(String) COMMENT 'Connector name',
    measure LowCardinality(String) COMMENT 'What is measured',
    entity_id LowCardinality(String) COMMENT 'Natural key of the thing measured',
    unit LowCardinality(String) COMMENT 'Unit of sum, min, max, first, last and avg',
    kind LowCardinality(String) COMMENT 'How statistics treat the values: gauge, counter or count',
    series_id LowCardinality(String) COMMENT '16 hexadecimal digits: id of the series',
    bucket_start DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'Begin of the day (UTC) in event time, UTC, inclusive',
    count UInt64 COMMENT 'Observations in the bucket; also the version: a recount never has fewer',
    sum Float64 COMMENT 'Sum of the values, added in order of event time',
    min Float64 COMMENT 'Smallest value',
    max Float64 COMMENT 'Largest value',
    first Float64 COMMENT 'Value with the earliest event time',
    last Float64 COMMENT 'Value with the latest event time',
    first_at DateTime64(3, 'UTC') COMMENT 'Earliest event time in the bucket, UTC',
    last_at DateTime64(3, 'UTC') COMMENT 'Latest event time in the bucket, UTC',
    computed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Clock of ClickHouse at the computation, UTC'
)
ENGINE = ReplacingMergeTree(count)
PARTITION BY toYear(bucket_start)
ORDER BY (tenant, series_id, bucket_start)
SETTINGS index_granularity = 1024
COMMENT 'Rollup by day (UTC) with its superseded versions; read observations_1d instead';

CREATE VIEW IF NOT EXISTS observations_1d AS
SELECT
    tenant, source, measure, entity_id, unit, kind, series_id,
    concat(source, '.', measure, ':', entity_id) AS series,
    bucket_start, count, sum, min, max, first, last, sum / count AS avg, first_at, last_at, computed_at
FROM observations_1d_data FINAL
COMMENT 'Rollup by day (UTC) of event time; right after replays and late data';
