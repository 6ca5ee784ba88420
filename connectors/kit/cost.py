"""What one poll has cost so far."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Cost:
    """Counts of one poll; the fetcher and the poller add to them.

    Attributes:
        requests: HTTP requests made, retries and redirects included.
        requests_counted: those that count against the vendor's quota.
        not_modified: requests answered 304.
        pages_unchanged: pages that said what was published last, by their digest.
        retries: requests that repeated a failed one.
        events: raw events published.
        bytes_received: body bytes, content coding undone.
    """

    requests: int = 0
    requests_counted: int = 0
    not_modified: int = 0
    pages_unchanged: int = 0
    retries: int = 0
    events: int = 0
    bytes_received: int = 0
