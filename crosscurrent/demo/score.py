"""What the system found of what was there: the tables against the truth of a played world.

A coupling is found if a significant pair has its two series and its sign; how far its lag is off is said beside it.
A pair of two sources that is neither planted, nor follows from what is, nor is two forms of one number, is false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from crosscurrent.demo.facts import Query

PAIRS_MAX = 100_000
ALARMS_MAX = 100_000
FALSE_SHOWN_MAX = 5
ALARM_WITHIN = timedelta(hours=24)
"""An alarm is of a break if it comes so long after its first hour at most, or while it lasts."""
ITEMS_WITHIN = timedelta(hours=30)
"""What happens to an item must be known so long after it: some lists are read once a day."""

_PAIRS = """
SELECT pair.left AS left_name, pair.right AS right_name, lag_seconds, sign(pair.coefficient) AS sign,
       count() AS windows, min(window_end) AS first_end, max(window_end) AS last_end
FROM correlations_latest AS pair
WHERE tenant = {tenant:String} AND significant AND splitByChar('.', pair.left)[1] != splitByChar('.', pair.right)[1]
GROUP BY left_name, right_name, lag_seconds, sign
ORDER BY windows DESC, left_name, right_name, lag_seconds LIMIT {limit:UInt32}
"""
_ALARMS = """
SELECT concat(source, '.', measure, ':', entity_id) AS series, observed_at
FROM anomalies WHERE tenant = {tenant:String} ORDER BY observed_at LIMIT {limit:UInt32}
"""
_RUN = """
SELECT (SELECT count() FROM observations WHERE tenant = {tenant:String}) AS observations,
       (SELECT count() FROM correlation_windows_latest WHERE tenant = {tenant:String}) AS windows,
       (SELECT max(observed_at) FROM observations WHERE tenant = {tenant:String}) AS newest_at
"""
_WATCHED = """
SELECT DISTINCT concat(source, '.', measure, ':', entity_id) AS series FROM observations
WHERE tenant = {tenant:String} AND series IN {series:Array(String)}
"""


_ENTITIES = """
SELECT source, entity_type, entity_id, deleted_at IS NOT NULL AS deleted FROM entities_current
WHERE tenant = {tenant:String} AND entity_id IN {ids:Array(String)}
"""


@dataclass(frozen=True, slots=True)
class CouplingScore:
    """What became of a planted coupling.

    Attributes:
        leads: series.
        follows: series.
        lag_hours: planted.
        watched: whether there are observations of both.
        found: whether a significant pair has both series and the sign.
        found_lag_hours: of the pair in most windows; None if none was found.
        windows: significant windows with it.
        delay_hours: from its beginning to the end of the first window that shows it.
    """

    leads: str
    follows: str
    lag_hours: float
    watched: bool
    found: bool = False
    found_lag_hours: float | None = None
    windows: int = 0
    delay_hours: float | None = None


@dataclass(frozen=True, slots=True)
class BreakScore:
    """What became of a planted break.

    Attributes:
        series: which.
        kind: of the break.
        at: its first hour.
        reached: whether the run got to it.
        found: whether an alarm came in time.
        delay_hours: from its first hour to the alarm.
    """

    series: str
    kind: str
    at: datetime
    reached: bool
    found: bool = False
    delay_hours: float | None = None


@dataclass(frozen=True, slots=True)
class ItemsScore:
    """What became of items that were late, hidden or deleted.

    Attributes:
        list: whose items.
        change: ``late``, ``hide`` or ``delete``.
        at: when it happened, by the world's time.
        is_told: whether the system is to tell that they are gone.
        reached: whether the run got far enough to tell.
        items: how many.
        missed: in words, those that never came in, or of which it is told wrongly whether they are gone.
    """

    list: str
    change: str
    at: datetime
    is_told: bool
    reached: bool
    items: int
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """What a run found of a scenario.

    Attributes:
        scenario: its name.
        couplings: those that held within the run.
        breaks: all of them.
        pairs: pairs of two sources that were significant in some window.
        true_pairs: those of them that were planted or follow from what was.
        false_pairs: the others, with how many windows showed them, most first.
        alarms: anomalies.
        false_alarms: those of them that are of no break.
        observations: measurements in the run.
        windows: windows correlated.
        items: what became of items that were late, hidden or deleted.
    """

    scenario: str
    couplings: tuple[CouplingScore, ...]
    breaks: tuple[BreakScore, ...]
    pairs: int
    true_pairs: int
    false_pairs: tuple[tuple[str, str, int], ...]
    alarms: int
    false_alarms: int
    observations: int
    windows: int
    items: tuple[ItemsScore, ...] = ()

    @property
    def recall(self) -> float | None:
        """Share of the couplings that were found; None without one."""
        return _share(sum(one.found for one in self.couplings), len(self.couplings))

    @property
    def precision(self) -> float | None:
        """Share of the pairs that are true; None without one."""
        return _share(self.true_pairs, self.pairs)

    @property
    def breaks_recall(self) -> float | None:
        """Share of the breaks that were found of those the run got to; None without one."""
        reached = [one for one in self.breaks if one.reached]
        return _share(sum(one.found for one in reached), len(reached))


def take_score(query: Query, tenant: str, truth: Mapping[str, Any]) -> Score:
    """Return what a run found of a world's truth (``GET /_world/truth``); raises what ``query`` raises."""
    parameters: dict[str, object] = {"tenant": tenant}
    run = query(_RUN, parameters)[0]
    planted = sorted({name for one in truth["couplings"] for name in (one["leads"], one["follows"])})
    watched = {row["series"] for row in query(_WATCHED, {**parameters, "series": planted})}
    pairs = _Pairs(query(_PAIRS, {**parameters, "limit": PAIRS_MAX}))
    alarms = query(_ALARMS, {**parameters, "limit": ALARMS_MAX})
    couplings = tuple(pairs.score(one, watched) for one in truth["couplings"])
    breaks = tuple(_break_score(one, alarms, run["newest_at"]) for one in truth["breaks"])
    true, false = pairs.sorted_by(_same_by(truth))
    return Score(
        scenario=str(truth.get("scenario", "")),
        couplings=couplings,
        breaks=breaks,
        pairs=len(true) + len(false),
        true_pairs=len(true),
        false_pairs=tuple(false),
        alarms=len(alarms),
        false_alarms=sum(not _is_of_a_break(alarm, truth["breaks"]) for alarm in alarms),
        observations=int(run["observations"]),
        windows=int(run["windows"]),
        items=_items_scores(query, parameters, truth.get("items", []), run["newest_at"]),
    )


@dataclass(slots=True)
class _Pairs:
    """The significant pairs of two sources, by series, lag and sign."""

    rows: Sequence[Mapping[str, Any]]
    _by_series: dict[frozenset[str], list[Mapping[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            self._by_series.setdefault(frozenset((row["left_name"], row["right_name"])), []).append(row)

    def score(self, planted: Mapping[str, Any], watched: set[str]) -> CouplingScore:
        """Return what became of a coupling."""
        leads, follows, lag = planted["leads"], planted["follows"], float(planted["lag_hours"])
        missed = CouplingScore(leads, follows, lag, {leads, follows} <= watched)
        begins, ends = _moment(planted["from"]), planted["until"]
        rows = [
            row
            for row in self._by_series.get(frozenset((leads, follows)), [])
            if row["sign"] == planted["sign"]
            and row["last_end"] > begins
            # a window that begins within the coupling may end after it
            and (ends is None or row["first_end"] <= _moment(ends) + ALARM_WITHIN)
        ]
        if not rows:
            return missed
        best = max(rows, key=lambda row: (row["windows"], -abs(_lag_hours(row, leads) - lag)))
        first = min(row["first_end"] for row in rows)
        return CouplingScore(
            leads,
            follows,
            lag,
            watched=True,
            found=True,
            found_lag_hours=_lag_hours(best, leads),
            windows=sum(int(row["windows"]) for row in rows),
            delay_hours=_hours(max(first, begins) - begins),
        )

    def sorted_by(
        self, is_true: Callable[[str, str], bool]
    ) -> tuple[list[frozenset[str]], list[tuple[str, str, int]]]:
        """Return the true pairs and the false ones, these with their windows, most first."""
        true, false = [], []
        for series, rows in self._by_series.items():
            left, right = rows[0]["left_name"], rows[0]["right_name"]
            if is_true(left, right):
                true.append(series)
            else:
                false.append((left, right, sum(int(row["windows"]) for row in rows)))
        return true, sorted(false, key=lambda one: (-one[2], one[0], one[1]))


def _same_by(truth: Mapping[str, Any]) -> Callable[[str, str], bool]:
    """Return what tells whether a pair follows from the truth: both series hang together by planted couplings."""
    group_of: dict[str, frozenset[str]] = {}
    for one in truth["couplings"]:
        joined = frozenset(
            {one["leads"], one["follows"]}
            | group_of.get(one["leads"], frozenset())
            | group_of.get(one["follows"], frozenset())
        )
        group_of |= dict.fromkeys(joined, joined)
    derived = {
        (source, measure): base for source, base, measures in truth.get("forms", []) for measure in measures
    }

    def base_of(series: str) -> str:
        head, _, entity = series.partition(":")
        source, _, measure = head.partition(".")
        return f"{source}.{derived.get((source, measure), measure)}:{entity}"

    def is_true(left: str, right: str) -> bool:
        return base_of(right) in group_of.get(base_of(left), frozenset())

    return is_true


def _break_score(
    planted: Mapping[str, Any], alarms: Sequence[Mapping[str, Any]], newest: datetime
) -> BreakScore:
    at = _moment(planted["at"])
    hits = [alarm["observed_at"] for alarm in alarms if _is_of_a_break(alarm, [planted])]
    reached = newest >= at
    if not hits:
        return BreakScore(planted["series"], planted["kind"], at, reached)
    return BreakScore(planted["series"], planted["kind"], at, reached, True, _hours(min(hits) - at))


def _items_scores(
    query: Query, parameters: Mapping[str, object], changes: Sequence[Mapping[str, Any]], newest: datetime
) -> tuple[ItemsScore, ...]:
    ids = sorted({item["id"] for change in changes for item in change["entities"]})
    rows = query(_ENTITIES, {**parameters, "ids": ids}) if ids else []
    known = {(row["source"], row["entity_type"], row["entity_id"]): bool(row["deleted"]) for row in rows}
    return tuple(_items_score(change, known, newest) for change in changes)


def _items_score(
    change: Mapping[str, Any], known: Mapping[tuple[str, str, str], bool], newest: datetime
) -> ItemsScore:
    at, until = _moment(change["at"]), change["until"]
    reached = newest >= (at if until is None else _moment(until)) + ITEMS_WITHIN
    missed = []
    for item in change["entities"] if reached else ():
        gone = known.get((change["source"], item["type"], item["id"]))
        if gone is None:
            missed.append(f"{item['type']} {item['id']} never came in")
        elif gone != change["is_told"]:
            missed.append(f"{item['type']} {item['id']} is {'' if gone else 'not '}told to be gone")
    items = len(change["entities"])
    return ItemsScore(change["list"], change["change"], at, change["is_told"], reached, items, tuple(missed))


def _is_of_a_break(alarm: Mapping[str, Any], breaks: Sequence[Mapping[str, Any]]) -> bool:
    for planted in breaks:
        at = _moment(planted["at"])
        lasts = _moment(planted["until"]) - at if planted["until"] else timedelta(0)
        if alarm["series"] == planted["series"] and at <= alarm["observed_at"] <= at + lasts + ALARM_WITHIN:
            return True
    return False


def _lag_hours(row: Mapping[str, Any], leads: str) -> float:
    """Return by how much the leading series of a coupling leads in a pair; negative if it follows there."""
    hours = float(row["lag_seconds"]) / 3600
    return hours if row["left_name"] == leads else -hours


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
