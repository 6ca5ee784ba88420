"""Whether the output of a benchmark meets its targets, for those scripts that do not say so themselves.

A rate that was counted in few trials misses its target only if chance would seldom give as much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from statistics import median

from scipy import stats

CHANCE = 0.01  # probability below which a count is more, or less, than the target allows
ALARM_RATE_FACTOR = 1.5
NAB_FIXED_MIN = 60.0
NAB_TUNED_MIN = 65.0
FALSE_PAIR_SHARE_MAX = 0.05
HTTP_RATIO_MIN = 0.5
SELECT_ONE_MS_MAX = 3.0

_REPLICATES = re.compile(r"^(\d+) replicates a row \((\d+) where", re.MULTILINE)
_ALARMS = re.compile(r"([\d.]+) \((\d+)\)")


class NotJudged(Exception):
    """The output is not as this module knows it."""


def misses(name: str, output: str) -> list[str]:
    """Return the targets that a benchmark's output misses, each with its figure.

    Args:
        name: of the benchmark.
        output: its Markdown.

    Raises:
        NotJudged: the figures are not found in it.
    """
    return JUDGES[name](output) if name in JUDGES else _said(output)


def _said(output: str) -> list[str]:
    return [line.strip() for line in output.splitlines() if "**missed**" in line]


def _cost(output: str) -> list[str]:
    missed = _said(output)
    if not missed and "was left out of this run" in output:
        raise NotJudged("dlt was left out of this run, and against the plain poller the target is met")
    return missed


def _honesty(output: str) -> list[str]:
    found = _REPLICATES.search(output)
    if found is None:
        raise NotJudged("no line tells the replicates")
    many, few = int(found[1]), int(found[2])
    missed, replicates, streams = [], many, False
    for cells in _rows(output):
        if cells[0].startswith("null ("):
            replicates = few if "200 series" in cells[0] else many
        elif cells[0].startswith(("stream of", "coupling among")):
            streams = cells[0].startswith("stream of")
        elif streams:
            if float(cells[3]) > FALSE_PAIR_SHARE_MAX:
                missed.append(f"{cells[0]}: {float(cells[3]):.0%} of the couplings announced are false")
        elif len(cells) == 3:
            count = round(float(cells[1]) * replicates)
            if stats.binom.sf(count - 1, replicates, FALSE_PAIR_SHARE_MAX) < CHANCE:
                missed.append(f"{cells[0]}: false pairs in {count} of {replicates} replicates")
    return missed


def _alarm_rate(output: str) -> list[str]:
    asked: list[float] = []
    found: list[tuple[str, float, str, int]] = []
    for cells in _rows(output):
        if cells[0] == "series":
            asked = [float(cell.removeprefix("asked ")) for cell in cells[1:]]
        cases = zip(asked, map(_ALARMS.fullmatch, cells[1:]), strict=False)
        found += [(cells[0], wanted, cell[1], int(cell[2])) for wanted, cell in cases if cell is not None]
    thousands = [count / float(told) for _, _, told, count in found if float(told)]
    if not thousands:
        raise NotJudged("no table of alarms")
    points = median(thousands)
    return [
        f"{name}: {told} alarms in 1,000 points where {wanted:g} were asked for"
        for name, wanted, told, count in found
        if stats.poisson.sf(count - 1, ALARM_RATE_FACTOR * wanted * points) < CHANCE
        or stats.poisson.cdf(count, wanted * points / ALARM_RATE_FACTOR) < CHANCE
    ]


def _clickhouse_http(output: str) -> list[str]:
    rows = {cells[0]: cells for cells in _rows(output)}
    try:
        ratios = {name: float(rows[name][3]) for name in ("insert, Arrow, rows/s", "read, Arrow, rows/s")}
        p50_ms = float(rows["`SELECT 1`, p50"][2].removesuffix(" ms"))
    except (KeyError, IndexError, ValueError) as error:
        raise NotJudged(f"no figure for {error}") from error
    missed = [f"{name}: {ratio:g} of chDB" for name, ratio in ratios.items() if ratio < HTTP_RATIO_MIN]
    return [*missed, *([f"`SELECT 1`, p50: {p50_ms:g} ms"] if p50_ms >= SELECT_ONE_MS_MAX else [])]


def _nab(output: str) -> list[str]:
    scores = {
        cells[0]: (_first_number(cells[1]), _first_number(cells[2]))
        for cells in _rows(output.partition("### Tuned on this corpus")[2])
        if len(cells) == 4 and cells[1] and cells[0] != "detector"
    }
    ours = scores.get("Crosscurrent")
    rivers = {name: both for name, both in scores.items() if name.startswith("River ")}
    if ours is None or not rivers:
        raise NotJudged("no table of tuned detectors")
    fixed = [
        _first_number(cells[1])
        for cells in _rows(output.partition("threshold fixed in advance")[2].partition("### Tuned")[0])
        if cells[0].partition(" ")[0] == "1"
    ]
    if not fixed:
        raise NotJudged("no score at 1 alarm in 1,000 points")
    missed = [f"fixed in advance: {fixed[0]}"] if fixed[0] < NAB_FIXED_MIN else []
    missed += [f"tuned: {ours[1]}"] if ours[1] < NAB_TUNED_MIN else []
    return missed + [
        f"{name} scores {theirs}, Crosscurrent {own}"
        for name, both in rivers.items()
        for own, theirs in zip(ours, both, strict=True)
        if theirs >= own
    ]


def _first_number(cell: str) -> float:
    try:
        return float(cell.partition("/")[0])
    except ValueError as error:
        raise NotJudged(f"no score in {cell!r}") from error


def _rows(markdown: str) -> Iterator[list[str]]:
    """Yield the cells of each line of each table, but for the lines below the heads."""
    for line in markdown.splitlines():
        if line.startswith("|") and not line.startswith("|-"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


JUDGES: dict[str, Callable[[str], list[str]]] = {
    "cost": _cost,
    "honesty": _honesty,
    "alarm_rate": _alarm_rate,
    "clickhouse_http": _clickhouse_http,
    "nab": _nab,
}
