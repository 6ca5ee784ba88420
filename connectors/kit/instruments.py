"""What a connector tells about itself in ``/metrics``."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("connector_requests_total", "HTTP requests by what came of them", ["source", "outcome"])
RETRIES = Counter("connector_retries_total", "Requests that repeated a failed one", ["source"])
POLLS = Counter("connector_polls_total", "Polls by what came of them", ["source", "outcome"])
POLL_SECONDS = Histogram(
    "connector_poll_seconds", "Time from a poll's first request to its stored state", ["source"]
)
EVENTS = Counter("connector_events_total", "Raw events published", ["source", "endpoint"])
PAGES_UNCHANGED = Counter(
    "connector_pages_unchanged_total",
    "Answers that said what was published last, by their digest, and were not published again",
    ["source"],
)
RECEIVED_BYTES = Counter(
    "connector_received_bytes_total", "Body bytes received, content coding undone", ["source"]
)
DEAD_LETTERS = Counter("connector_dead_letters_total", "Answers that could not be published", ["source"])
QUOTA_REMAINING = Gauge("connector_quota_remaining", "Requests left by the vendor's word", ["source"])
DATA_AGE_SECONDS = Gauge(
    "connector_data_age_seconds", "Seconds since the vendor last gave or confirmed data", ["source"]
)
POLLS_PLANNED = Gauge(
    "connector_polls_planned_per_second", "Polls a second that the planned intervals make", ["source"]
)
POLLS_SCHEDULED = Gauge("connector_polls_scheduled", "Different requests in the schedule", ["source"])
BAD_ANSWERS = Counter(
    "connector_bad_answers_total",
    "Answers that passed a bound: too_large, bomb, huge_headers, too_slow, redirects, private_address, page_again",
    ["source", "reason"],
)
WEBHOOKS = Counter(
    "connector_webhooks_total", "Webhook deliveries by what came of them", ["source", "outcome"]
)
WEBHOOK_SECONDS = Histogram(
    "connector_webhook_seconds", "Time from a delivery's last byte to its answer", ["source"]
)
