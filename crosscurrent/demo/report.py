"""The end of the demo in words: what came in, what moves together, what broke, and whether the books are in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crosscurrent.demo.facts import Anomaly, Facts, Pair
from crosscurrent.demo.planted import PlantedBreak, PlantedCoupling

ANOMALIES_SHOWN_MAX = 3

_SECONDS_PER_HOUR = 3600.0


def volume_lines(facts: Facts) -> list[str]:
    """Return what came in and what it cost."""
    counts = facts.progress
    share = counts.not_modified / counts.requests if counts.requests else 0.0
    return [
        f"{counts.raw_events:,} responses became {counts.observations:,} observations of {counts.series:,} series "
        f"and {counts.entities:,} entities",
        f"{counts.requests:,} requests; {counts.not_modified:,} ({share:.0%}) were answered 304 and cost no quota",
        f"{counts.windows:,} windows correlated, {counts.anomalies:,} anomalies, {counts.dead_letters:,} dead letters",
    ]


def pair_lines(facts: Facts) -> list[str]:
    """Return the pairs of two sources that move together in the latest window, strongest first."""
    if not facts.pairs_across:
        return [f"no pair of two sources in the latest window ({_within(facts)})"]
    lines = [line for pair in facts.pairs_across for line in _pair(pair, facts)]
    more = facts.pairs_across_count - len(facts.pairs_across)
    lines.append(f"{f'{more} more across sources; ' if more else ''}{_within(facts)}")
    return lines


def anomaly_lines(facts: Facts) -> list[str]:
    """Return the largest anomalies."""
    lines = []
    for anomaly in facts.anomalies[:ANOMALIES_SHOWN_MAX]:
        lines += [
            f"{_named(anomaly.series, facts)} at {_time(anomaly.observed_at)}",
            f"  came {_number(anomaly.value)}{_unit(anomaly.unit)}, expected {_expected(anomaly)}: "
            f"{anomaly.usual_changes:.0f} times its usual change",
        ]
    more = facts.progress.anomalies - ANOMALIES_SHOWN_MAX
    return [*lines, *([f"and {more} more"] if more > 0 else [])] or ["nothing"]


def planted_lines(
    facts: Facts,
    couplings: Sequence[PlantedCoupling],
    breaks: Sequence[PlantedBreak],
) -> list[str]:
    """Return for each thing that was planted in the simulated world whether it was found."""
    lines = []
    for coupling in couplings:
        hit = coupling.found(facts.pairs_across)
        what = f"{_named(coupling.first, facts)} leads {_named(coupling.second, facts)} by {_hours(coupling.lag_seconds)}"
        lines.append(f"{what}: {'found, with its lag and sign' if hit else 'not found'}")
    for planted in breaks:
        alarm = planted.found(facts.anomalies)
        what = f"{_named(planted.series, facts)} jumps at {_time(planted.at)}"
        delay = _hours((alarm.observed_at - planted.at).total_seconds()) if alarm else ""
        lines.append(f"{what}: {f'found after {delay}' if alarm else 'not found'}")
    return lines


def _expected(anomaly: Anomaly) -> str:
    """Return the expected value: with its interval if that is what the value broke, else with what it broke."""
    expected = _number(anomaly.expected)
    if anomaly.lower <= anomaly.value <= anomaly.upper:
        return f"{expected}, and {anomaly.reason.partition(';')[0]}"
    return f"{expected} ({_number(anomaly.lower)} to {_number(anomaly.upper)})"


def _pair(pair: Pair, facts: Facts) -> list[str]:
    how = "at the same time as" if pair.lag_seconds == 0 else f"{_hours(pair.lag_seconds)} before"
    return [
        f"{_named(pair.first, facts)} moves {how} {_named(pair.second, facts)}",
        f"  coefficient {pair.coefficient:+.2f}, effective n {pair.n_effective:.0f}, q-value {pair.q_value:.1e} "
        f"among {pair.family_size:,} pairs",
    ]


def _within(facts: Facts) -> str:
    return f"{facts.pairs_within_count} pairs within one source"


def _named(series: tuple[str, str, str], facts: Facts) -> str:
    source, measure, entity = series
    name = facts.entity_names.get((source, entity), entity)
    return f"{source}.{measure}:{entity}" + (f" ({name})" if name != entity else "")


def _hours(seconds: float) -> str:
    hours = seconds / _SECONDS_PER_HOUR
    return f"{hours:.0f} h" if hours == round(hours) else f"{hours:.1f} h"


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _unit(unit: str) -> str:
    """Return a unit as it stands after a number; a pure number (UCUM ``1``) has none."""
    return "" if unit == "1" else f" {unit}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
