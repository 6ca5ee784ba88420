"""What processors measure of event time.

Imported when there is something to count: the fork server of a home imports the processors, and must register no
metric (ADR 11).
"""

from __future__ import annotations

from prometheus_client import Counter

LATE = Counter(
    "correlate_late_observations_total", "Observations of closed windows, by what became of them", ["outcome"]
)
FUTURE = Counter(
    "normalise_future_observations_total", "Measurements left out as from the future", ["source"]
)
