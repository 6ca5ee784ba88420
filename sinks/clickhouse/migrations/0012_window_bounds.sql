ALTER TABLE correlation_windows COMMENT COLUMN window_end 'Last grid point of the window in event time, UTC, inclusive';

ALTER TABLE correlations COMMENT COLUMN window_end 'Last grid point of the window in event time, UTC, inclusive';
