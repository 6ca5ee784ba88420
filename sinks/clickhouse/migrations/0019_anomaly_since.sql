ALTER TABLE anomalies ADD COLUMN IF NOT EXISTS alarms_per_year Nullable(Float64) COMMENT 'The same rate as alarms in a year of this series at its usual step; null if the step is not known' AFTER alarms_per_1000_points;

ALTER TABLE anomalies ADD COLUMN IF NOT EXISTS since Nullable(DateTime64(3, 'UTC')) COMMENT 'Event time of the first point of the unusual stretch that this observation belongs to, UTC; null in rows written before this column' AFTER alarms_per_year;

ALTER TABLE anomalies MODIFY COLUMN row_checksum UInt64 DEFAULT if(
    isNull(since) AND isNull(alarms_per_year),
    sipHash64(
        tenant, record_id, observation_id, series_id, source, measure, entity_id, unit,
        observed_at, value, expected, lower, upper, anomaly_score,
        alarms_per_1000_points, detector, reason
    ),
    sipHash64(
        tenant, record_id, observation_id, series_id, source, measure, entity_id, unit,
        observed_at, value, expected, lower, upper, anomaly_score,
        alarms_per_1000_points, detector, reason,
        isNull(alarms_per_year), ifNull(alarms_per_year, 0), isNull(since), ifNull(since, toDateTime64(0, 3, 'UTC'))
    )
);
