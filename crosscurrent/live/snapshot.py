"""What the live page shows at a moment: a handful of bounded queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Rows = list[dict[str, Any]]
Query = Callable[[str, Mapping[str, object]], Rows]
"""Runs a read-only query with parameters ``{name:Type}`` and returns its rows as dictionaries."""

SERIES_SHOWN_MAX = 12
POINTS_SHOWN_MAX = 160
PAIRS_SHOWN_MAX = 20
ANOMALIES_SHOWN_MAX = 12

_TOTALS = """
SELECT
    (SELECT count() FROM raw_events WHERE tenant = {tenant:String}) AS raw_events,
    (SELECT count() FROM observations WHERE tenant = {tenant:String}) AS observations,
    (SELECT count() FROM correlation_windows_latest WHERE tenant = {tenant:String}) AS windows,
    (SELECT count() FROM anomalies WHERE tenant = {tenant:String}) AS anomalies,
    (SELECT count() FROM dead_letters WHERE tenant = {tenant:String}) AS dead_letters
"""
_SOURCES = """
SELECT source, count() AS polls, sum(requests) AS requests, sum(not_modified) AS not_modified,
       sum(pages_unchanged) AS pages_unchanged, sum(events) AS events, argMax(outcome, started_at) AS last_outcome,
       toUnixTimestamp64Milli(max(started_at)) AS last_poll_ms
FROM connector_runs WHERE tenant = {tenant:String}
GROUP BY source ORDER BY source
"""
_PAIRS = """
SELECT left, right, left_series_id, right_series_id, lag_steps, lag_seconds, coefficient, n_effective, q_value,
       toUnixTimestamp64Milli(window_end) AS window_end_ms
FROM correlations_current
WHERE tenant = {tenant:String} AND significant
ORDER BY q_value, abs(coefficient) DESC LIMIT {limit:UInt32}
"""
_ANOMALIES = """
SELECT concat(source, '.', measure, ':', entity_id) AS series, series_id, value, expected, lower, upper, unit,
       anomaly_score, detector, reason, toUnixTimestamp64Milli(observed_at) AS observed_at_ms
FROM anomalies WHERE tenant = {tenant:String}
ORDER BY observed_at DESC LIMIT {limit:UInt32}
"""
_SERIES = """
SELECT series_id, any(concat(source, '.', measure, ':', entity_id)) AS series, any(unit) AS unit,
       arrayMap(p -> p.1, points) AS times_ms, arrayMap(p -> p.2, points) AS values,
       arraySlice(arraySort(groupArray((toUnixTimestamp64Milli(observed_at), value))), -{points:Int32}) AS points
FROM observations
WHERE tenant = {tenant:String} AND series_id IN {ids:Array(String)}
GROUP BY series_id
"""
_BUSIEST = """
SELECT series_id FROM observations WHERE tenant = {tenant:String}
GROUP BY series_id ORDER BY uniq(value) DESC, series_id LIMIT {limit:UInt32}
"""


def take_snapshot(query: Query, tenant: str) -> dict[str, Any]:
    """Return what the page shows now, as JSON data.

    Args:
        query: how to ask ClickHouse.
        tenant: whose data.
    """
    parameters: dict[str, object] = {"tenant": tenant}
    pairs = query(_PAIRS, {**parameters, "limit": PAIRS_SHOWN_MAX})
    anomalies = query(_ANOMALIES, {**parameters, "limit": ANOMALIES_SHOWN_MAX})
    ids = _series_to_show(pairs, anomalies)
    if len(ids) < SERIES_SHOWN_MAX:
        busiest = query(_BUSIEST, {**parameters, "limit": SERIES_SHOWN_MAX})
        ids = list(dict.fromkeys([*ids, *(row["series_id"] for row in busiest)]))[:SERIES_SHOWN_MAX]
    rows = query(_SERIES, {**parameters, "ids": ids, "points": POINTS_SHOWN_MAX})
    series = {row["series_id"]: {key: row[key] for key in row if key != "points"} for row in rows}
    return {
        "totals": query(_TOTALS, parameters)[0],
        "sources": query(_SOURCES, parameters),
        "pairs": pairs,
        "anomalies": anomalies,
        "series": [series[identity] for identity in ids if identity in series],
    }


def _series_to_show(pairs: Rows, anomalies: Rows) -> list[str]:
    ids = [identity for pair in pairs for identity in (pair["left_series_id"], pair["right_series_id"])]
    ids += [anomaly["series_id"] for anomaly in anomalies]
    return list(dict.fromkeys(ids))[:SERIES_SHOWN_MAX]
