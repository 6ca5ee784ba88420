"""What the tables say about a run: a handful of bounded queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Rows = list[dict[str, Any]]
Query = Callable[[str, Mapping[str, object]], Rows]
"""Runs a read-only query with parameters ``{name:Type}`` and returns its rows as dictionaries."""

PAIRS_MAX = 5
ANOMALIES_MAX = 1000

_PROGRESS = """
SELECT
    (SELECT count() FROM connector_runs WHERE tenant = {tenant:String}) AS polls,
    (SELECT sum(requests) FROM connector_runs WHERE tenant = {tenant:String}) AS requests,
    (SELECT sum(not_modified) FROM connector_runs WHERE tenant = {tenant:String}) AS not_modified,
    (SELECT count() FROM raw_events WHERE tenant = {tenant:String}) AS raw_events,
    (SELECT count() FROM observations WHERE tenant = {tenant:String}) AS observations,
    (SELECT uniqExact(series_id) FROM observations WHERE tenant = {tenant:String}) AS series,
    (SELECT uniqExact(source, entity_type, entity_id) FROM entities WHERE tenant = {tenant:String}) AS entities,
    (SELECT count() FROM correlation_windows_latest WHERE tenant = {tenant:String}) AS windows,
    (SELECT count() FROM anomalies WHERE tenant = {tenant:String}) AS anomalies,
    (SELECT count() FROM dead_letters WHERE tenant = {tenant:String}) AS dead_letters,
    (
        SELECT count() FROM dead_letters WHERE tenant = {tenant:String} AND stage = 'connector'
    ) AS unpublished,
    (SELECT max(observed_at) FROM observations WHERE tenant = {tenant:String}) AS newest_at
"""
# the pairs of each grid's latest window; a pair of two sources is what nobody could have known
_PAIRS = """
WITH latest AS (SELECT max(window_end) FROM correlation_windows WHERE tenant = {tenant:String})
SELECT pair.left AS left_name, pair.right AS right_name, lag_seconds, coefficient, n_effective, q_value,
       window_start, window_end, family_size,
       left_side.source AS left_source, left_side.measure AS left_measure, left_side.entity_id AS left_entity,
       right_side.source AS right_source, right_side.measure AS right_measure, right_side.entity_id AS right_entity,
       left_side.source != right_side.source AS across
FROM correlations_latest AS pair
INNER JOIN (SELECT DISTINCT series_id, source, measure, entity_id FROM observations WHERE tenant = {tenant:String})
    AS left_side ON left_side.series_id = pair.left_series_id
INNER JOIN (SELECT DISTINCT series_id, source, measure, entity_id FROM observations WHERE tenant = {tenant:String})
    AS right_side ON right_side.series_id = pair.right_series_id
WHERE pair.tenant = {tenant:String} AND significant AND window_end = (SELECT * FROM latest)
ORDER BY across DESC, q_value, abs(coefficient) DESC
"""
# rarity alone would put a series that hardly ever moves before one that broke: so by the size of the surprise, in
# what the series changes by from one observation to the next (nine times of ten, or on average if that is nothing)
_ANOMALIES = """
WITH usual AS (
    SELECT series_id, greatest(quantileExact(0.9)(change), avg(change)) AS usual_change
    FROM (
        SELECT series_id,
               abs(value - lagInFrame(value, 1, value) OVER (PARTITION BY series_id ORDER BY observed_at)) AS change
        FROM observations
        WHERE tenant = {tenant:String}
          AND series_id IN (SELECT series_id FROM anomalies WHERE tenant = {tenant:String})
    )
    GROUP BY series_id
)
SELECT concat(source, '.', measure, ':', entity_id) AS name, source, measure, entity_id, unit, observed_at, value,
       expected, lower, upper, reason, abs(value - expected) / usual_change AS usual_changes
FROM anomalies INNER JOIN usual ON usual.series_id = anomalies.series_id
WHERE tenant = {tenant:String}
ORDER BY usual_changes DESC, observed_at LIMIT {limit:UInt32}
"""
_NAMES = """
SELECT source, entity_id, any(name) AS name FROM entities_current
WHERE tenant = {tenant:String} AND entity_id IN {ids:Array(String)}
GROUP BY source, entity_id
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has got.

    Attributes:
        polls: polls made.
        requests: HTTP requests, retries included.
        not_modified: requests answered 304, which cost no quota.
        raw_events: pages received.
        observations: measurements.
        series: distinct series.
        entities: distinct things.
        windows: windows correlated.
        anomalies: anomalies found.
        dead_letters: items that could not be processed.
        unpublished: those of them that never became a raw event.
        newest_at: newest event time, or ``None`` before the first.
    """

    polls: int
    requests: int
    not_modified: int
    raw_events: int
    observations: int
    series: int
    entities: int
    windows: int
    anomalies: int
    dead_letters: int
    unpublished: int
    newest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two series that move together, the leading one first.

    Attributes:
        first: source, measure and entity of the series that leads.
        second: the same of the one that follows.
        first_name: the leading series as people write it.
        second_name: the following one.
        lag_seconds: by how much it leads; 0 if both move at once.
        coefficient: correlation of the prepared series.
        n_effective: effective sample size.
        q_value: share of false pairs among those at least as strong.
        family_size: pairs tested in the window.
        window_start: begin of the window.
        window_end: end of the window.
        across: whether the two come from different sources.
    """

    first: tuple[str, str, str]
    second: tuple[str, str, str]
    first_name: str
    second_name: str
    lag_seconds: float
    coefficient: float
    n_effective: float
    q_value: float
    family_size: int
    window_start: datetime
    window_end: datetime
    across: bool


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A value that its series' past does not explain.

    Attributes:
        series: source, measure and entity.
        name: the series as people write it.
        unit: unit of the values.
        observed_at: event time.
        value: what came.
        expected: what was expected.
        lower: lower end of the expected interval.
        upper: upper end.
        reason: why, in words.
        usual_changes: size of the surprise, in what the series usually changes by from one observation to the next.
    """

    series: tuple[str, str, str]
    name: str
    unit: str
    observed_at: datetime
    value: float
    expected: float
    lower: float
    upper: float
    reason: str
    usual_changes: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What a run found.

    Attributes:
        progress: the counts.
        pairs_across: significant pairs of two sources in the latest window, strongest first, at most ``PAIRS_MAX``.
        pairs_across_count: how many there are.
        pairs_within_count: significant pairs within one source in that window.
        anomalies: the anomalies, largest first, at most ``ANOMALIES_MAX``.
        entity_names: (source, entity id) to the name for people.
    """

    progress: Progress
    pairs_across: list[Pair]
    pairs_across_count: int
    pairs_within_count: int
    anomalies: list[Anomaly]
    entity_names: dict[tuple[str, str], str]


def take_progress(query: Query, tenant: str) -> Progress:
    """Return how far the run has got; raises what ``query`` raises."""
    row = query(_PROGRESS, {"tenant": tenant})[0]
    newest = row.pop("newest_at")
    counts = {name: int(value) for name, value in row.items()}
    return Progress(**counts, newest_at=newest if counts["observations"] else None)


def take_facts(query: Query, tenant: str) -> Facts:
    """Return what the run found; raises what ``query`` raises."""
    parameters: dict[str, object] = {"tenant": tenant}
    pairs = [_pair(row) for row in query(_PAIRS, parameters)]
    across = [pair for pair in pairs if pair.across]
    anomalies = [_anomaly(row) for row in query(_ANOMALIES, {**parameters, "limit": ANOMALIES_MAX})]
    shown = across[:PAIRS_MAX]
    series = [side for pair in shown for side in (pair.first, pair.second)] + [
        one.series for one in anomalies
    ]
    names = query(_NAMES, {**parameters, "ids": sorted({entity for _, _, entity in series})})
    return Facts(
        progress=take_progress(query, tenant),
        pairs_across=shown,
        pairs_across_count=len(across),
        pairs_within_count=len(pairs) - len(across),
        anomalies=anomalies,
        entity_names={(row["source"], row["entity_id"]): row["name"] for row in names},
    )


def _pair(row: dict[str, Any]) -> Pair:
    sides = [
        ((row[f"{side}_source"], row[f"{side}_measure"], row[f"{side}_entity"]), row[f"{side}_name"])
        for side in ("left", "right")
    ]
    if row["lag_seconds"] < 0:
        sides.reverse()
    return Pair(
        first=sides[0][0],
        second=sides[1][0],
        first_name=sides[0][1],
        second_name=sides[1][1],
        lag_seconds=abs(float(row["lag_seconds"])),
        coefficient=float(row["coefficient"]),
        n_effective=float(row["n_effective"]),
        q_value=float(row["q_value"]),
        family_size=int(row["family_size"]),
        window_start=row["window_start"],
        window_end=row["window_end"],
        across=bool(row["across"]),
    )


def _anomaly(row: dict[str, Any]) -> Anomaly:
    return Anomaly(
        series=(row["source"], row["measure"], row["entity_id"]),
        name=row["name"],
        unit=row["unit"],
        observed_at=row["observed_at"],
        value=float(row["value"]),
        expected=float(row["expected"]),
        lower=float(row["lower"]),
        upper=float(row["upper"]),
        reason=row["reason"],
        usual_changes=float(row["usual_changes"]),
    )
