"""What became of each recorded exchange: measured, described, without anything to map, or dead-lettered."""

from __future__ import annotations

from dataclasses import dataclass

from crosscurrent.demo.facts import Query

REASONS_MAX = 12

_JUDGED = """
SELECT
    source, endpoint, status,
    record_id IN (SELECT raw_record_id FROM observations WHERE tenant = {tenant:String}) AS is_measured,
    record_id IN (SELECT raw_record_id FROM entities WHERE tenant = {tenant:String}) AS is_described,
    (_topic, _partition, _offset, splitByChar('/', _cluster)[1]) IN (
        SELECT topic, partition, offset, splitByChar('/', cluster)[1] FROM dead_letters
        WHERE tenant = {tenant:String} AND stage = 'normalise'
    ) AS is_dead,
    NOT is_measured AND NOT is_described AND NOT is_dead AS is_nothing
FROM raw_events WHERE tenant = {tenant:String}
"""
_OUTCOMES = f"""
SELECT
    source,
    count() AS exchanges,
    countIf(is_measured) AS measured,
    countIf(is_described AND NOT is_measured) AS described,
    countIf(is_dead) AS dead_lettered,
    countIf(is_nothing) AS nothing
FROM ({_JUDGED})
GROUP BY source ORDER BY source
"""
_NOTHING = f"""
SELECT source, endpoint, status, count() AS count FROM ({_JUDGED}) WHERE is_nothing
GROUP BY source, endpoint, status ORDER BY count DESC, source, endpoint, status
"""
_REASONS = """
SELECT substring(topic, 5) AS source, found, count() AS count FROM dead_letters
WHERE tenant = {tenant:String} AND stage = 'normalise'
GROUP BY source, found ORDER BY count DESC, source, found LIMIT {limit:UInt32}
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the exchanges of one source.

    Attributes:
        source: the source.
        exchanges: raw events, one an exchange.
        measured: gave observations.
        described: gave entities, and no observation.
        nothing: hold nothing to map, for a stated reason.
        dead_lettered: could not be mapped, for a stated reason.
    """

    source: str
    exchanges: int
    measured: int
    described: int
    nothing: int
    dead_lettered: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some exchanges gave nothing.

    Attributes:
        source: the source.
        text: endpoint and status, or what was found.
        count: how many.
    """

    source: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """Exchanges that hold nothing to map.

    Attributes:
        source: the source.
        endpoint: our name of the endpoint.
        status: HTTP status.
        count: how many.
    """

    source: str
    endpoint: str
    status: int
    count: int


def take_outcomes(query: Query, tenant: str) -> list[Outcome]:
    """Return what became of the exchanges; raises what ``query`` raises."""
    return [Outcome(**row) for row in query(_OUTCOMES, {"tenant": tenant})]


def take_reasons(query: Query, tenant: str) -> list[Reason]:
    """Return the commonest reasons of dead letters, at most ``REASONS_MAX``."""
    rows = query(_REASONS, {"tenant": tenant, "limit": REASONS_MAX})
    return [Reason(row["source"], row["found"], int(row["count"])) for row in rows]


def take_nothing(query: Query, tenant: str) -> list[Nothing]:
    """Return the exchanges without anything to map, by endpoint and status."""
    return [Nothing(**row) for row in query(_NOTHING, {"tenant": tenant})]
