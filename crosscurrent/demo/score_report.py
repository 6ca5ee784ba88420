"""A score in words and as plain data (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from crosscurrent.demo.score import FALSE_SHOWN_MAX, BreakScore, CouplingScore, Score


def score_data(score: Score) -> dict[str, object]:
    """Return a score as plain JSON data."""
    breaks = [{**asdict(one), "at": one.at.strftime("%Y-%m-%dT%H:%M:%SZ")} for one in score.breaks]
    pairs = [{"left": left, "right": right, "windows": windows} for left, right, windows in score.false_pairs]
    return {
        **asdict(score),
        "breaks": breaks,
        "items": [{**asdict(one), "at": one.at.strftime("%Y-%m-%dT%H:%M:%SZ")} for one in score.items],
        "false_pairs": pairs,
        "recall": score.recall,
        "precision": score.precision,
        "breaks_recall": score.breaks_recall,
    }


def score_lines(score: Score) -> list[str]:
    """Return what was found of what was there, and what was found that was not."""
    return [
        f"scenario {score.scenario}: {score.observations:,} observations, {score.windows:,} windows correlated",
        "",
        f"couplings: {_found(score.couplings)}",
        *(f"  {_coupling(one)}" for one in score.couplings),
        f"pairs of two sources that were significant in some window: {score.pairs}, of which "
        f"{score.true_pairs} planted or following from it{_percent(', precision', score.precision)}",
        *_false(score),
        "",
        f"breaks: {_found(score.breaks)}",
        *(f"  {_break(one)}" for one in score.breaks),
        *_items(score),
        f"anomalies: {score.alarms}, of which {score.false_alarms} belong to no break"
        f"{_percent(' in', score.false_alarms / score.observations if score.observations else None, 3)}"
        f"{' of all observations' if score.observations else ''}",
    ]


def _found(planted: tuple[CouplingScore, ...] | tuple[BreakScore, ...]) -> str:
    if not planted:
        return "none planted"
    return f"{sum(one.found for one in planted)} of {len(planted)} found"


def _coupling(one: CouplingScore) -> str:
    what = f"{one.leads} leads {one.follows} by {one.lag_hours:g} h"
    if not one.watched:
        return f"{what}: not watched, there are no observations of both"
    if one.found_lag_hours is None:
        return f"{what}: not found"
    error = one.found_lag_hours - one.lag_hours
    lag = "with its lag" if error == 0 else f"with a lag of {one.found_lag_hours:g} h, {error:+g} h off"
    return f"{what}: found in {one.windows} windows, {lag}, {one.delay_hours:.0f} h after it began"


def _break(one: BreakScore) -> str:
    what = f"{one.kind} break of {one.series} at {one.at:%Y-%m-%d %H:%M} UTC"
    if one.delay_hours is not None:
        return f"{what}: found after {one.delay_hours:.0f} h"
    return f"{what}: {'not found' if one.reached else 'the run did not get there'}"


def _items(score: Score) -> Iterator[str]:
    if not score.items:
        return
    reached = [one for one in score.items if one.reached]
    yield f"items late, hidden or deleted: {sum(not one.missed for one in reached)} of {len(reached)} changes in order"
    for one in score.items:
        what = f"  {one.change} of {one.items} of {one.list} at {one.at:%Y-%m-%d %H:%M} UTC"
        told = "told to be gone" if one.is_told else "there"
        yield f"{what}: {'; '.join(one.missed) or told if one.reached else 'the run did not get there'}"


def _false(score: Score) -> Iterator[str]:
    for left, right, windows in score.false_pairs[:FALSE_SHOWN_MAX]:
        yield f"  not there: {left} and {right}, in {windows} windows"
    more = len(score.false_pairs) - FALSE_SHOWN_MAX
    if more > 0:
        yield f"  and {more} more that are not there"


def _percent(words: str, share: float | None, decimals: int = 0) -> str:
    return "" if share is None else f"{words} {share:.{decimals}%}"
