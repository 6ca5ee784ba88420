"""What a day of watching costs: requests that count against a quota, beside a plain poller and dlt's REST source.

500 GitHub repositories and 50 Spotify playlists are watched, of which 2% change an hour, at any second (the scenario
``seldom-changes`` of the played world). Everybody asks the same: of a repository itself, its events, issues and
releases, of a playlist itself and its rows; ``by owner`` asks for the list of the playlists' owner
instead, and for those that it shows to have changed. Ours are the connectors as they are shipped: loop, planner, budget,
conditional requests, digests. Each contender has the played vendors for itself, and the same things happen there.

The day passes in minutes, because time is virtual: the event loop jumps to what is due next. Nothing is scaled. Every
interval, quota window and change has its real length, only that nothing is waited for; requests take no time.

A request *counts* unless it is a 304 to a caller with a token at GitHub, which GitHub does not count. At Spotify each
counts. Requests for tokens are left out. The peers may pass GitHub's 5,000 requests an hour here; where they do, it is
said. *Held after* is the time from a change in the world until an answer that shows it came; what was not held by the
end counts until then. *Age* is the time since the first change that what is held does not show, over all parts and all
time; it is 0 where that is current.

    python -m benchmarks.cost [--quick] [--only-ours]

prints Markdown.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import crosscurrent_poller, plain_poller
from benchmarks.cost_world import (
    GITHUB,
    OWNER,
    PARTS,
    SPOTIFY,
    Freshness,
    Seen,
    Watched,
    Wire,
    freshness,
    watched,
)
from benchmarks.figures import table
from benchmarks.virtual_loop import run_virtual
from crosscurrent.embedded.world.github_api import DEFAULT_LIMIT

HOURS = 24
RATIO_MIN = 10.0
QUICK_HOURS, QUICK_REPOSITORIES, QUICK_PLAYLISTS = 4, 20, 4
OURS, LISTED, PLAIN, DLT = "Crosscurrent", "Crosscurrent, by owner", "plain poller", "dlt REST source"
TITLES = {GITHUB: "GitHub", SPOTIFY: "Spotify"}
MINUTE, HOUR = 60.0, 3600.0
INTERVALS: Mapping[str, Mapping[str, tuple[float | None, ...]]] = {
    OURS: {GITHUB: (10 * MINUTE,), SPOTIFY: (None, HOUR)},
    LISTED: {SPOTIFY: (10 * MINUTE, HOUR)},
    DLT: {GITHUB: (HOUR, 6 * HOUR), SPOTIFY: (HOUR, 3 * HOUR, 6 * HOUR)},
    PLAIN: {
        GITHUB: (HOUR / 2, HOUR, 3 * HOUR, 6 * HOUR),
        SPOTIFY: (HOUR / 2, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR),
    },
}
"""In seconds; ``None`` is the connector's own, planned by how often answers change."""

_NO_LIMIT = 10**9
_GITHUB_ADDRESSES = 4  # of each repository
_CLOSE = 1.05
"""How much longer a delay may be that is called equal: polls of ours are spaced, the peers' take no time."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a contender did at one vendor.

    Attributes:
        contender: its title.
        vendor: whom it asked.
        interval: between two polls, seconds; ``None`` for planned ones.
        requests: all.
        counted: those that count against the quota.
        refused: those that were answered with an error.
        fresh: how current what it holds is.
    """

    contender: str
    vendor: str
    interval: float | None
    requests: int
    counted: int
    refused: int
    fresh: Freshness

    def is_as_fresh_as(self, other: Outcome) -> bool:
        """Return whether changes are held no later, in the median and in the slowest hundredth."""
        return all(
            self.fresh.delay_seconds(share) <= _CLOSE * other.fresh.delay_seconds(share)
            for share in (0.5, 0.99)
        )


def outcome(contender: str, what: Watched, hours: float, vendor: str, interval: float | None) -> Outcome:
    """Let a contender watch one vendor."""
    seconds = hours * HOUR
    wire = Wire(what) if contender in (OURS, LISTED) else Wire(what, _NO_LIMIT)
    with tempfile.TemporaryDirectory(prefix="crosscurrent-cost-") as directory:
        began = time.monotonic()
        _CONTENDERS[contender](what, wire, seconds, vendor, interval, Path(directory))
    seen: Seen = wire.seen
    print(
        f"{contender}, {TITLES[vendor]}, {_interval(interval)}: {seen.counted[vendor]:,} counted, "
        f"{time.monotonic() - began:.0f} s",
        file=sys.stderr,
        flush=True,
    )
    return Outcome(
        contender,
        vendor,
        interval,
        seen.requests[vendor],
        seen.counted[vendor],
        seen.refused[vendor],
        freshness(what, seen, PARTS[vendor], seconds),
    )


def _ours(
    what: Watched, wire: Wire, seconds: float, vendor: str, interval: float | None, directory: Path
) -> None:
    del directory
    run_virtual(crosscurrent_poller.watch(what, wire, seconds, None, {vendor: interval}))


def _listed(
    what: Watched, wire: Wire, seconds: float, vendor: str, interval: float | None, directory: Path
) -> None:
    del directory
    run_virtual(crosscurrent_poller.watch(what, wire, seconds, None, {vendor: interval}, (f"user:{OWNER}",)))


def _plain(
    what: Watched, wire: Wire, seconds: float, vendor: str, interval: float | None, directory: Path
) -> None:
    del directory
    run_virtual(plain_poller.watch(what, wire, seconds, vendor, interval or HOUR))


def _dlt(
    what: Watched, wire: Wire, seconds: float, vendor: str, interval: float | None, directory: Path
) -> None:
    # only here, because it is in the group of dependencies of the benchmarks
    from benchmarks.contenders import dlt_poller

    run_virtual(dlt_poller.watch(what, wire, seconds, vendor, interval or HOUR, directory))


_CONTENDERS: dict[str, Callable[[Watched, Wire, float, str, float | None, Path], None]] = {
    OURS: _ours,
    LISTED: _listed,
    PLAIN: _plain,
    DLT: _dlt,
}


def report(what: Watched, hours: float, outcomes: Sequence[Outcome]) -> str:
    """Return what was measured as Markdown; a target that is missed is called so."""
    parts = [
        _introduction(what, hours),
        *(
            f"### {TITLES[vendor]}\n\n{_table([one for one in outcomes if one.vendor == vendor], hours)}"
            for vendor in (GITHUB, SPOTIFY)
        ),
    ]
    compared = [_compared(contender, outcomes) for contender in (PLAIN, DLT)]
    rows = [row for found in compared for row in found]
    if rows:
        head = ("at equal or better freshness", "ours counted", "peer counted", "ratio", "")
        parts.append(f"### Compared\n\n{table(head, rows)}\n\n{_COMPARED_NOTE}")
    if not any(one.contender == DLT for one in outcomes):
        parts.append(f"The {DLT} was left out of this run: what is judged is the {PLAIN} alone.")
    return "\n\n".join(parts)


_COMPARED_NOTE = (
    "Of each peer that interval is taken at which it is freshest while ours is still as fresh or fresher, in the median "
    "and in the slowest hundredth. Both together are judged, ours at GitHub at its interval and at Spotify as it plans by "
    "itself. Where a 304 counts, as at Spotify, what is saved is that rows are asked for only when their playlist has "
    "changed, and that polls are planned; where it does not, nearly everything. At equal intervals that is four times at "
    "most: of four requests for a playlist and its rows one is left. *By owner*: the playlists are those of one person, "
    "whose list tells of fifty in one request which have changed (the target `user:ID`; the vendor gives it to apps with "
    "extended quota)."
)


def _introduction(what: Watched, hours: float) -> str:
    counts = {part: 0 for parts in PARTS.values() for part in parts}
    for (part, _), changes in what.changes.items():
        counts[part] += len(changes)
    told = ", ".join(f"{count:,} of {part}" for part, count in counts.items())
    return (
        f"{len(what.repositories)} repositories and {len(what.playlists)} playlists for {hours:g} hours of virtual time; "
        f"changes in the world: {told}. The first round, which everybody needs, is at GitHub "
        f"{len(what.repositories) * _GITHUB_ADDRESSES:,} of the requests."
    )


def _table(outcomes: Sequence[Outcome], hours: float) -> str:
    head = (
        "",
        "interval",
        "requests",
        "counted",
        "held after, median",
        "p99",
        "age, median",
        "age, p99",
        "not current",
    )
    rows = [
        (
            one.contender,
            _interval(one.interval),
            f"{one.requests:,}",
            f"{one.counted:,}{_over_quota(one, hours)}",
            _duration(one.fresh.delay_seconds(0.5)),
            _duration(one.fresh.delay_seconds(0.99)),
            _duration(one.fresh.age_seconds(0.5)),
            _duration(one.fresh.age_seconds(0.99)),
            f"{one.fresh.stale_share:.2%}",
        )
        for one in outcomes
    ]
    note = f"\n\n¹ More than GitHub's {DEFAULT_LIMIT:,} an hour: the vendor would refuse it."
    return table(head, rows) + (note if any(_over_quota(one, hours) for one in outcomes) else "")


def _over_quota(one: Outcome, hours: float) -> str:
    return "¹" if one.vendor == GITHUB and one.counted > DEFAULT_LIMIT * hours else ""


def _compared(contender: str, outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """Return the rows about one peer: each vendor, and both together, which is what the target is about."""
    rows: list[tuple[str, ...]] = []
    ours_all = theirs_all = 0
    for vendor in (GITHUB, SPOTIFY):
        theirs = [one for one in outcomes if one.contender == contender and one.vendor == vendor]
        if not theirs:
            return []
        several = [one for one in outcomes if one.contender in (OURS, LISTED) and one.vendor == vendor]
        for position, ours in enumerate(several):
            how = f"ours{ours.contender.removeprefix(OURS)}"
            what = f"{contender}, {TITLES[vendor]}, {how} {_interval(ours.interval)}"
            fair = [one for one in theirs if ours.is_as_fresh_as(one)]
            if not fair:
                rows.append((what, f"{ours.counted:,}", "all are fresher", "", "**missed**"))
                continue
            peer = max(fair, key=lambda one: one.counted)
            ratio = f"{peer.counted / ours.counted:.1f}"
            rows.append(
                (
                    f"{what}, it {_interval(peer.interval)}",
                    f"{ours.counted:,}",
                    f"{peer.counted:,}",
                    ratio,
                    "",
                )
            )
            if position == 0:
                ours_all, theirs_all = ours_all + ours.counted, theirs_all + peer.counted
    times = theirs_all / max(1, ours_all)
    met = "met" if times >= RATIO_MIN else "**missed**"
    return [*rows, (f"**{contender}, both**", f"{ours_all:,}", f"{theirs_all:,}", f"{times:.1f}", met)]


def _interval(seconds: float | None) -> str:
    return "planned" if seconds is None else _duration(seconds)


def _duration(seconds: float) -> str:
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE:.0f} min" if seconds < 2 * HOUR else f"{seconds / HOUR:.1f} h"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a smoke test: few things, some hours")
    parser.add_argument(
        "--only-ours", action="store_true", help="without dlt, which the product does not need"
    )
    arguments = parser.parse_args()
    hours = QUICK_HOURS if arguments.quick else HOURS
    what = watched(
        hours,
        repositories=QUICK_REPOSITORIES if arguments.quick else None,
        playlists=QUICK_PLAYLISTS if arguments.quick else None,
    )
    runs = [
        (contender, what, hours, vendor, interval)
        for contender, intervals in INTERVALS.items()
        if not (arguments.only_ours and contender == DLT)
        for vendor, several in intervals.items()
        for interval in several
    ]
    # they share nothing, and time is virtual, so that they may run side by side
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as processes:
        outcomes = list(processes.map(outcome, *zip(*runs, strict=True)))
    print(report(what, hours, outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
