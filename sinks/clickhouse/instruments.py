"""What the sink measures of itself."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

ROWS = Counter("sink_rows", "Rows inserted.", ["table"])
DUPLICATES = Counter("sink_duplicates", "Rows left out: their record_id is there already.", ["table"])
BATCHES = Counter("sink_batches", "Batches whose ledger rows are written.")
MESSAGES = Counter("sink_messages", "Messages whose ledger rows are written.")
DEAD_LETTERS = Counter("sink_dead_letters", "Messages sent to dead-letter.sink.", ["topic"])
RETRIES = Counter("sink_retries", "Attempts at a batch that failed and were made again.")
LOST = Counter(
    "sink_messages_lost", "Messages left out: what they rest on is lost with its broker.", ["topic"]
)
INSERT_SECONDS = Histogram("sink_insert_seconds", "Duration of an insert.", ["table"])
ROLLUP_SECONDS = Histogram("sink_rollup_seconds", "Duration of recomputing the rollups of a batch.")
LAG_MESSAGES = Gauge(
    "sink_lag_messages", "Messages between the ledger and the end of the partition.", ["topic", "partition"]
)
PENDING_BYTES = Gauge("sink_pending_bytes", "Bytes of messages that wait to be written.")
